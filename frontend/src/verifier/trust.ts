// The trust file: the keys that a stranger decides to believe, and what they may say.
import { type Bytes, hex } from "./bytes";
import type { Keys } from "./dsse";
import { base64Decode, flag, given, integer, isObject, keysExact, list, object, text, texts } from "./encoding";
import { Refused } from "./errors";
import { type Json, type JsonObject, strictLoads } from "./json";
import { keyId } from "./keys";
import {
  ALGORITHM_COSIGNATURE,
  ALGORITHM_ED25519,
  type OpenedNote,
  type Verifier,
  verifierParse,
  verifierSame,
} from "./notes";
import { TRUST_FORMAT } from "./vocabulary";

const ROLES = ["runner", "gates", "scorer", "decisions"];
export const SELF_ATTESTED = "self-attested";
export const WITNESSED = "witnessed";
const FIELDS = ["format", "origin", "log_keys", "mode", "roles", "allow_unattended", "witnesses", "quorum"];
const OPTIONAL = ["accounts", "passkeys"];
const WHERE = "the trust file";

/** Where roles come from. */
export interface Accounts {
  readonly admins: ReadonlySet<string>;
  readonly operatorGrants: boolean;
}

/** Whom an authenticator has to have signed for: the relying party, and the addresses of its pages. */
export interface Party {
  readonly rpId: string;
  readonly origins: ReadonlySet<string>;
}

export interface Trust {
  readonly origin: string;
  readonly logKeys: readonly Verifier[];
  readonly mode: string;
  readonly roles: ReadonlyMap<string, Keys>;
  readonly allowUnattended: boolean;
  readonly witnesses: readonly Verifier[];
  readonly quorum: number;
  /** What the file says, and the file as read, to be compared with the copy in an export. */
  readonly data: Json;
  readonly raw: Bytes;
  /** Undefined where the file leaves roles to the key of the decisions. */
  readonly accounts: Accounts | undefined;
  /** Undefined where no passkey may decide. */
  readonly passkeys: Party | undefined;
}

/** Read a trust file. */
export function trustRead(data: Bytes): Trust {
  const value = strictLoads(data);
  if (!isObject(value)) throw new Refused("trust.shape", "the trust file is not an object");
  keysExact(value, new Set([...FIELDS, ...OPTIONAL.filter((name) => value.has(name))]), WHERE);
  if (given(value, "format") !== TRUST_FORMAT) {
    throw new Refused("trust.format", `the trust file is not of the format ${TRUST_FORMAT}`);
  }
  const trust: Trust = {
    origin: text(value, "origin", WHERE),
    logKeys: verifiers(value, "log_keys", ALGORITHM_ED25519),
    mode: text(value, "mode", WHERE),
    roles: rolesRead(object(value, "roles", WHERE)),
    allowUnattended: flag(value, "allow_unattended", WHERE),
    witnesses: verifiers(value, "witnesses", ALGORITHM_COSIGNATURE),
    quorum: integer(value, "quorum", WHERE),
    data: value,
    raw: data,
    accounts: accountsRead(value),
    passkeys: passkeysRead(value),
  };
  if (trust.logKeys.length === 0) throw new Refused("trust.keys", "the trust file names no key of the log");
  modeCheck(trust);
  return trust;
}

/** What the mode means, for a stranger. */
export function trustDescribe({ mode, quorum }: Trust): string {
  return mode === SELF_ATTESTED
    ? "self-attested: only the operator's own keys vouch for this; whoever holds them could " +
        "have written another history, and no independent witness would know"
    : `witnessed: at least ${quorum} independent witnesses saw every state of the log`;
}

/** Count the witnesses that cosigned a note. */
export function witnessesCheck({ witnesses, quorum }: Trust, { signers }: OpenedNote): number {
  const seen = new Set(
    signers
      .filter((signer) => witnesses.some((witness) => verifierSame(witness, signer)))
      .map(({ publicKey }) => hex(publicKey)),
  );
  if (seen.size < quorum) throw new Refused("witness.quorum", `${seen.size} witnesses cosigned where ${quorum} must`);
  return seen.size;
}

export function roleKeys(trust: Trust, ...roles: readonly string[]): Keys {
  return new Map(roles.flatMap((role) => [...(trust.roles.get(role) ?? [])]));
}

function modeCheck({ mode, quorum, witnesses, logKeys }: Trust): void {
  const named = new Set(witnesses.map(({ publicKey }) => hex(publicKey)));
  if (mode !== SELF_ATTESTED && mode !== WITNESSED) {
    throw new Refused("trust.mode", `the mode of the trust file is ${mode}`);
  }
  if (quorum < 0 || quorum > named.size || (mode === WITNESSED && quorum === 0)) {
    throw new Refused("trust.quorum", "the trust file names too few witnesses for its quorum");
  }
  if (logKeys.some(({ publicKey }) => named.has(hex(publicKey)))) {
    throw new Refused("trust.witness", "a witness of the trust file is the log itself");
  }
}

function verifiers(data: JsonObject, name: string, algorithm: number): Verifier[] {
  return list(data, name, WHERE).map((item) => {
    if (typeof item !== "string") throw new Refused("trust.keys", `a key under ${name} is not text`);
    const verifier = verifierParse(item);
    if (verifier.algorithm !== algorithm) throw new Refused("trust.keys", `a key under ${name} is of another kind`);
    return verifier;
  });
}

function rolesRead(data: JsonObject): Map<string, Keys> {
  const where = "'roles' of the trust file";
  keysExact(data, new Set(ROLES), where);
  return new Map(
    ROLES.map((role) => {
      const keys = new Map<string, Bytes>();
      for (const [id, encoded] of object(data, role, where)) {
        if (typeof encoded !== "string") throw new Refused("trust.keys", `a key under ${role} is not text`);
        const raw = base64Decode(encoded);
        if (keyId(raw) !== id) throw new Refused("trust.keys", `a key id under ${role} does not name its key`);
        keys.set(id, raw);
      }
      return [role, keys];
    }),
  );
}

function accountsRead(data: JsonObject): Accounts | undefined {
  if (!data.has("accounts")) return undefined;
  const where = "'accounts' of the trust file";
  const value = object(data, "accounts", WHERE);
  keysExact(value, new Set(["admins", "operator_grants"]), where);
  return { admins: different(value, "admins", where), operatorGrants: flag(value, "operator_grants", where) };
}

function passkeysRead(data: JsonObject): Party | undefined {
  if (!data.has("passkeys")) return undefined;
  const where = "'passkeys' of the trust file";
  const value = object(data, "passkeys", WHERE);
  keysExact(value, new Set(["rp_id", "origins"]), where);
  return { rpId: text(value, "rp_id", where), origins: different(value, "origins", where) };
}

function different(data: JsonObject, name: string, where: string): ReadonlySet<string> {
  const items = list(data, name, where);
  const found = new Set(texts(items));
  if (found.size !== items.length) throw new Refused("trust.list", `${name} of ${where} is not a list of different texts`);
  return found;
}
