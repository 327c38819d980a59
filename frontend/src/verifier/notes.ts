// Signed notes and log checkpoints (C2SP signed-note, tlog-checkpoint, tlog-cosignature).
import { type Bytes, concat, hex, same, utf8, utf8Decode } from "./bytes";
import { base64Decode } from "./encoding";
import { Refused } from "./errors";
import { sha256 } from "./hash";
import { PUBLIC_KEY_SIZE, SIGNATURE_SIZE, signatureValid } from "./keys";
import { HASH_SIZE } from "./merkle";

export const ALGORITHM_ED25519 = 0x01;
export const ALGORITHM_COSIGNATURE = 0x04;
export const MAX_NOTE_BYTES = 64 * 1024;
export const MAX_SIGNATURES = 64;
const KEY_HASH_SIZE = 4;
const TIMESTAMP_SIZE = 8;
// White space as Unicode has it; what JavaScript calls so is a little different.
// eslint-disable-next-line no-control-regex -- the separators of ASCII are white space too
const SPACE = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;
const SIGNATURE_LINE = /^\u2014 ([^+ ]+) ([A-Za-z0-9+/=]+)$/;
const SIZE = /^(?:0|[1-9][0-9]{0,18})$/;

/** A public key that may sign notes under a name. */
export interface Verifier {
  readonly name: string;
  readonly algorithm: number;
  readonly publicKey: Bytes;
  /** The four bytes that lead from a signature line to this key. */
  readonly keyHash: Bytes;
}

/** A note whose signatures by known keys all hold (there is at least one). */
export interface OpenedNote {
  readonly text: string;
  readonly signers: readonly Verifier[];
  /** Those of the signers that are witnesses, with the seconds since the epoch at which they signed. */
  readonly cosigners: readonly { readonly verifier: Verifier; readonly timestamp: bigint }[];
}

/** What a log's signed note says: this many leaves have this root. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Bytes;
}

export function verifierSame(one: Verifier, other: Verifier): boolean {
  return one.name === other.name && one.algorithm === other.algorithm && same(one.publicKey, other.publicKey);
}

/** Read a verifier key string `name+hash+base64`. */
export function verifierParse(text: string): Verifier {
  const [name, rest] = partition(text, "+");
  const [hashed, encoded] = partition(rest, "+");
  nameCheck(name);
  const data = base64Decode(encoded);
  const algorithm = data[0] ?? 0;
  if (data.length !== 1 + PUBLIC_KEY_SIZE || ![ALGORITHM_ED25519, ALGORITHM_COSIGNATURE].includes(algorithm)) {
    throw new Refused("note.key", `the verifier key of ${name} is of no known kind`);
  }
  const publicKey = data.slice(1);
  const keyHash = sha256(utf8(name), utf8("\n"), data).slice(0, KEY_HASH_SIZE);
  if (hex(keyHash) !== hashed) throw new Refused("note.key", `the hash in the verifier key of ${name} does not fit`);
  return { name, algorithm, publicKey, keyHash };
}

/** Check a note against the keys that are trusted; signatures by other keys are passed over. */
export async function openNote(note: string | Bytes, verifiers: readonly Verifier[]): Promise<OpenedNote> {
  const [text, lines] = noteSplit(typeof note === "string" ? note : decode(note));
  const checked: Verifier[] = [];
  const cosigners: { verifier: Verifier; timestamp: bigint }[] = [];
  for (const line of lines) {
    const [name, data] = signatureParse(line);
    // Of two keys under one name and hash the later one counts.
    const found = verifiers.findLast((item) => item.name === name && same(item.keyHash, data.subarray(0, KEY_HASH_SIZE)));
    if (found === undefined) continue;
    if (checked.some((item) => verifierSame(item, found))) {
      throw new Refused("note.twice", `the note carries two signatures by ${name}`);
    }
    const timestamp = await signatureCheck(found, data.subarray(KEY_HASH_SIZE), text);
    checked.push(found);
    if (timestamp !== undefined) cosigners.push({ verifier: found, timestamp });
  }
  if (checked.length === 0) throw new Refused("note.unsigned", "the note is not signed by any trusted key");
  return { text, signers: checked, cosigners };
}

/** Check a checkpoint note and read it. */
export async function checkpointOpen(
  note: string | Bytes,
  verifiers: readonly Verifier[],
  origin: string,
): Promise<[Checkpoint, OpenedNote]> {
  const opened = await openNote(note, verifiers);
  const checkpoint = checkpointParse(opened.text);
  if (checkpoint.origin !== origin) {
    throw new Refused("checkpoint.origin", `the checkpoint is of another log, ${checkpoint.origin}`);
  }
  return [checkpoint, opened];
}

/** Read the text of a checkpoint note. Extension lines are refused: nobody here writes any. */
export function checkpointParse(text: string): Checkpoint {
  const [origin, size, encoded, end, ...more] = text.split("\n");
  if (origin === undefined || size === undefined || encoded === undefined || end !== "" || more.length > 0 || origin === "") {
    throw new Refused("checkpoint.shape", "a checkpoint has the lines origin, size and root");
  }
  if (!SIZE.test(size)) throw new Refused("checkpoint.size", "the size of the checkpoint is not a number");
  const root = base64Decode(encoded);
  if (root.length !== HASH_SIZE) throw new Refused("checkpoint.root", "the root of the checkpoint is not 32 bytes long");
  return { origin, size: Number(size), root };
}

function partition(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + mark.length)];
}

function signatureParse(line: string): [string, Bytes] {
  const [, name = "", encoded = ""] = SIGNATURE_LINE.exec(line) ?? [];
  if (name === "" || SPACE.test(name)) throw new Refused("note.line", "a signature line of the note is malformed");
  const data = base64Decode(encoded);
  if (data.length <= KEY_HASH_SIZE) throw new Refused("note.line", "a signature of the note is too short");
  return [name, data];
}

/** Check one signature; gives the time that a witness vouches for. */
async function signatureCheck(verifier: Verifier, data: Bytes, text: string): Promise<bigint | undefined> {
  let timestamp: bigint | undefined;
  let signature = data;
  let message = utf8(text);
  if (verifier.algorithm === ALGORITHM_COSIGNATURE) {
    timestamp = data.subarray(0, TIMESTAMP_SIZE).reduce((value, byte) => value * 256n + BigInt(byte), 0n);
    signature = data.subarray(TIMESTAMP_SIZE);
    message = concat(utf8(`cosignature/v1\ntime ${timestamp}\n`), message);
  }
  if (signature.length !== SIGNATURE_SIZE || !(await signatureValid(verifier.publicKey, signature, message))) {
    throw new Refused("note.signature", `the signature of the note by ${verifier.name} does not hold`);
  }
  return timestamp;
}

/** Take a note apart into its text and its signature lines. */
function noteSplit(note: string): [string, string[]] {
  const at = note.lastIndexOf("\n\n");
  const rest = note.slice(at + 2);
  if (at < 0 || !rest.endsWith("\n")) {
    throw new Refused("note.shape", "a note is a text, an empty line and signature lines");
  }
  const text = note.slice(0, at + 1);
  textCheck(text);
  const lines = rest.slice(0, -1).split("\n");
  if (lines.length > MAX_SIGNATURES) {
    throw new Refused("note.signatures", `a note has at most ${MAX_SIGNATURES} signatures`);
  }
  return [text, lines];
}

function decode(note: Bytes): string {
  const text = utf8Decode(note);
  if (text === undefined) throw new Refused("note.utf8", "the note is not UTF-8");
  return text;
}

function textCheck(text: string): void {
  if (!text.endsWith("\n") || Array.from(text).length > MAX_NOTE_BYTES) {
    throw new Refused("note.shape", "the text of a note ends in a newline and has at most 64 KiB");
  }
  // eslint-disable-next-line no-control-regex -- these are what is looked for
  if (/[\x00-\x09\x0b-\x1f]/.test(text)) throw new Refused("note.control", "the note holds a control character");
}

function nameCheck(name: string): void {
  if (name === "" || name.includes("+") || SPACE.test(name)) {
    throw new Refused("note.name", "a key name holds no white space and no plus sign");
  }
}
