// Ed25519 keys and what they signed, by WebCrypto.
import { type Bytes, hex, unhex } from "./bytes";
import { Refused, Unsupported } from "./errors";
import { digestBytes } from "./hash";

export const PUBLIC_KEY_SIZE = 32;
export const SIGNATURE_SIZE = 64;

// The points of order 1, 2, 4 and 8, by their y and without their sign: a key that is one of them "signs" whatever one
// likes.
const PRIME = 2n ** 255n - 19n;
const ORDER_8 = 0x5fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n;
const SMALL_ORDER: ReadonlySet<bigint> = new Set([0n, 1n, ORDER_8, PRIME - ORDER_8, PRIME - 1n, PRIME, PRIME + 1n]);
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
  const positive = point.toReversed();
  positive[0] = (positive[0] ?? 0) & 0x7f;
  return SMALL_ORDER.has(BigInt(`0x${hex(positive)}`));
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
