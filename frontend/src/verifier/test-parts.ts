// Single parts of the verifier by name, for the test that holds them against those of the other verifier. Each gives what
// it made of its input as text; what is refused is thrown.
import { type Bytes, unhex } from "./bytes";
import { diffRead } from "./diff";
import { canonicalLoads, canonicalObject, canonicalText, strictLoads } from "./json";
import { signatureValid } from "./keys";
import { LogFiles, MAX_FILES, names } from "./log-files";
import type { Source } from "./source";
import { assertionVerify } from "./webauthn";

export * from "./index";

/** What a part is given besides its bytes. */
export interface More {
  readonly key: string;
  readonly signature: string;
  readonly challenge: string;
  readonly rp_id: string;
  readonly origin: string;
  readonly most?: number;
}

type Judge = (data: Bytes, more: More) => string | Promise<string>;

const JUDGES: Readonly<Record<string, Judge>> = {
  strict: (data) => canonicalText(strictLoads(data)),
  canonical: (data) => canonicalText(canonicalLoads(data)),
  diff: (data) => JSON.stringify(diffRead(data).map(({ path, oldBlob, newBlob, mode }) => [path, oldBlob, newBlob, mode])),
  files(data, { most }) {
    const paths = strictLoads(data) as string[];
    const sources = new Map(paths.map((path): [string, Source] => [path, { size: 0, read: () => Promise.resolve(data) }]));
    return `${names(new LogFiles(sources, most).sources.keys())} of ${MAX_FILES}`;
  },
  async assertion(data, { key, challenge, rp_id, origin }) {
    const party = { rpId: rp_id, origins: new Set([origin]) };
    return String(await assertionVerify(canonicalObject(data), unhex(key), unhex(challenge), party));
  },
  signature: async (data, { key, signature }) => String(await signatureValid(unhex(key), unhex(signature), data)),
};

export async function partJudge(part: string, data: Bytes, more: More): Promise<string> {
  const judge = JUDGES[part];
  if (judge === undefined) throw new RangeError(`there is no part ${part}`);
  return judge(data, more);
}
