// DSSE envelopes and in-toto v1 statements.
import { type Bytes, concat, hex, utf8 } from "./bytes";
import { base64Decode, given, isObject, keysExact, list, object, text } from "./encoding";
import { Refused } from "./errors";
import { canonicalObject, type Json, type JsonObject } from "./json";
import { signatureValid } from "./keys";

const PAYLOAD_TYPE = "application/vnd.in-toto+json";
const STATEMENT_TYPE = "https://in-toto.io/Statement/v1";
const MAX_SIGNATURES = 16;
const ENVELOPE_FIELDS = new Set(["payload", "payloadType", "signatures"]);
const SIGNATURE_FIELDS = new Set(["keyid", "sig"]);
const STATEMENT_FIELDS = new Set(["_type", "subject", "predicateType", "predicate"]);
const SUBJECT_FIELDS = new Set(["name", "digest"]);

export type Keys = ReadonlyMap<string, Bytes>;

/** An in-toto v1 statement that was read strictly. */
export interface Statement {
  /** For each named subject its digests. */
  readonly subjects: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly predicate: JsonObject;
}

/** Who signed an envelope, as it says, and what. */
export interface Opened {
  readonly payload: Bytes;
  readonly signers: readonly string[];
}

/**
 * Check an envelope. Stricter than DSSE asks for: every signature must be by a known key and must hold, and what counts
 * is key material, not key ids.
 */
export async function envelopeOpen(data: Bytes, keys: Keys, threshold = 1): Promise<Opened> {
  const { payload, signatures } = envelopeRead(canonicalObject(data));
  const kind = utf8(PAYLOAD_TYPE);
  const message = concat(utf8(`DSSEv1 ${kind.length} ${PAYLOAD_TYPE} ${payload.length} `), payload);
  const material = new Set<string>();
  for (const [id, signature] of signatures) {
    const key = keys.get(id);
    if (key === undefined) throw new Refused("dsse.key", `signed by the key ${id.slice(0, 80)}, which is not trusted for this`);
    if (!(await signatureValid(key, signature, message))) {
      throw new Refused("dsse.signature", `the signature by ${id} does not hold`);
    }
    if (material.has(hex(key))) throw new Refused("dsse.twice", `the key ${id} signed twice`);
    material.add(hex(key));
  }
  if (material.size === 0 || material.size < threshold) {
    throw new Refused("dsse.threshold", `${material.size} keys signed where ${threshold} are needed`);
  }
  return { payload, signers: signatures.map(([id]) => id) };
}

/** Read a statement of a given kind from a payload that was verified. */
export function statementRead(payload: Bytes, predicateType: string): Statement {
  const data = canonicalObject(payload);
  keysExact(data, STATEMENT_FIELDS, "the statement");
  if (data.get("_type") !== STATEMENT_TYPE) {
    throw new Refused("statement.type", "the payload is not an in-toto v1 statement");
  }
  if (data.get("predicateType") !== predicateType) {
    throw new Refused("statement.predicate", `the statement is not of the kind ${predicateType}`);
  }
  const subjects = new Map<string, ReadonlyMap<string, string>>();
  for (const item of list(data, "subject", "the statement")) {
    const [name, digests] = subjectRead(item);
    if (subjects.has(name)) throw new Refused("statement.subject", `the statement names the subject ${name} twice`);
    subjects.set(name, digests);
  }
  if (subjects.size === 0) throw new Refused("statement.subject", "the statement has no subject");
  return { subjects, predicate: object(data, "predicate", "the statement") };
}

/** Whether a statement names exactly this one subject, by this one digest. */
export function subjectIs({ subjects }: Statement, name: string, digest: string): boolean {
  const digests = subjects.get(name);
  return subjects.size === 1 && digests?.size === 1 && digests.get("sha256") === digest;
}

export async function statementVerify(data: Bytes, keys: Keys, predicateType: string): Promise<Statement> {
  return statementRead((await envelopeOpen(data, keys)).payload, predicateType);
}

function envelopeRead(envelope: JsonObject): { payload: Bytes; signatures: [string, Bytes][] } {
  keysExact(envelope, ENVELOPE_FIELDS, "the envelope");
  if (given(envelope, "payloadType") !== PAYLOAD_TYPE) {
    throw new Refused("dsse.type", `the payload is not of the type ${PAYLOAD_TYPE}`);
  }
  const entries = list(envelope, "signatures", "the envelope");
  if (entries.length > MAX_SIGNATURES) {
    throw new Refused("dsse.signatures", `an envelope has at most ${MAX_SIGNATURES} signatures`);
  }
  const signatures = entries.map((entry): [string, Bytes] => {
    if (!isObject(entry)) throw new Refused("dsse.shape", "a signature of the envelope is not an object");
    keysExact(entry, SIGNATURE_FIELDS, "a signature of the envelope");
    return [text(entry, "keyid", "a signature"), base64Decode(text(entry, "sig", "a signature"))];
  });
  return { payload: base64Decode(text(envelope, "payload", "the envelope")), signatures };
}

function subjectRead(item: Json): [string, ReadonlyMap<string, string>] {
  if (!isObject(item)) throw new Refused("statement.subject", "a subject of the statement is not an object");
  keysExact(item, SUBJECT_FIELDS, "a subject of the statement");
  const digests = new Map<string, string>();
  for (const [algorithm, value] of object(item, "digest", "a subject")) {
    if (typeof value !== "string" || value === "") {
      throw new Refused("statement.subject", "a digest of a subject is not text");
    }
    digests.set(algorithm, value);
  }
  if (digests.size === 0) throw new Refused("statement.subject", "a subject of the statement has no digest");
  return [text(item, "name", "a subject"), digests];
}
