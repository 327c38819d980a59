// Ed25519 keys and what they signed, by WebCrypto.
import { type Bytes, hex, unhex } from "./bytes";
import { Refused, Unsupported } from "./errors";
import { digestBytes } from "./hash";

export const PUBLIC_KEY_SIZE = 32;
export const SIGNATURE_SIZE = 64;

// The points of order 1, 2, 4 and 8, without their sign: a key that is one of them "signs" whatever one likes.
const SMALL_ORDER = new Set([
  "00".repeat(32),
  `01${"00".repeat(31)}`,
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  `ec${"ff".repeat(30)}7f`,
  `ed${"ff".repeat(30)}7f`,
  `ee${"ff".repeat(30)}7f`,
]);
const imported = new Map<string, Promise<CryptoKey>>();

/** Name a key by content: `sha256:` and the hex digest of its raw public bytes. */
export function keyId(raw: Bytes): string {
  if (raw.length !== PUBLIC_KEY_SIZE) throw new Refused("key.size", "an Ed25519 public key has 32 bytes");
  return digestBytes(raw);
}

/** Whether the signature is this key's over this message. */
export async function signatureValid(raw: Bytes, signature: Bytes, message: Bytes): Promise<boolean> {
  if (raw.length !== PUBLIC_KEY_SIZE) throw new Refused("key.size", "an Ed25519 public key has 32 bytes");
  if (signature.length !== SIGNATURE_SIZE) return false;
  if (ofSmallOrder(raw) || ofSmallOrder(signature.subarray(0, PUBLIC_KEY_SIZE))) return false;
  const key = await keyImport(raw);
  return key !== undefined && crypto.subtle.verify("Ed25519", key, signature, message);
}

function ofSmallOrder(point: Bytes): boolean {
  const positive = point.slice();
  positive[31] = (positive[31] ?? 0) & 0x7f;
  return SMALL_ORDER.has(hex(positive));
}

async function keyImport(raw: Bytes): Promise<CryptoKey | undefined> {
  const name = hex(raw);
  let key = imported.get(name);
  if (key === undefined) {
    key = crypto.subtle.importKey("raw", raw, "Ed25519", false, ["verify"]);
    imported.set(name, key);
  }
  try {
    return await key;
  } catch (error) {
    // A point that is none signs nothing; a browser without Ed25519 can say nothing.
    if (error instanceof DOMException && error.name === "DataError" && (await ed25519Known())) return undefined;
    throw new Unsupported("signatures with Ed25519");
  }
}

/** Whether WebCrypto here knows Ed25519: asked with a key that is one (RFC 8032, section 7.1, test 1). */
export async function ed25519Known(): Promise<boolean> {
  const known = unhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  try {
    await crypto.subtle.importKey("raw", known, "Ed25519", false, ["verify"]);
    return true;
  } catch {
    return false;
  }
}
