// Passkey assertions (WebAuthn): accepted for exactly one challenge, one relying party and the named origins, by a person
// whom the authenticator recognised, in the page itself and not in a frame of another one.
import { base64, type Bytes, concat, hex, number, same, utf8 } from "./bytes";
import { base64url, base64urlDecode, text } from "./encoding";
import { Refused } from "./errors";
import { sha256 } from "./hash";
import { type JsonObject, strictLoads } from "./json";
import { signatureValid } from "./keys";
import type { Party } from "./trust";

const ES256 = -7;
const EDDSA = -8;
const RS256 = -257;
const MAX_CLIENT_DATA_BYTES = 4096;
const MAX_KEY_BYTES = 1024;
const MIN_RSA_BITS = 2048;
const MAX_EXPONENT_BITS = 32; // what every library takes
const AUTHENTICATOR_DATA = 37; // digest of the relying party, flags, counter: no extension is ever asked for
const FLAG_PRESENT = 0x01;
const FLAG_VERIFIED = 0x04;
const FLAGS_MORE = 0xc0;
const [KTY, ALG, CURVE, X, Y] = [1, 3, -1, -2, -3];
const [OKP, EC2, RSA] = [1, 2, 3];
const [P256, ED25519] = [1, 6];
const COORDINATE = 32;
const LENGTHS: ReadonlyMap<number, number> = new Map([
  [24, 1],
  [25, 2],
  [26, 4],
]);

type Cbor = Map<number, number | Bytes>;

/** A public key of a passkey. */
export interface PasskeyKey {
  /** What two spellings of one key have in common. */
  readonly material: string;
  valid(signature: Bytes, message: Bytes): Promise<boolean>;
}

/** Check an assertion; gives the counter of the authenticator, 0 where it keeps none. */
export async function assertionVerify(
  content: JsonObject,
  publicKey: Bytes,
  challenge: Bytes,
  party: Party,
): Promise<number> {
  const where = "the assertion";
  const data = base64urlDecode(text(content, "authenticator_data", where));
  const clientData = base64urlDecode(text(content, "client_data", where));
  const signature = base64urlDecode(text(content, "signature", where));
  clientDataCheck(clientData, challenge, party.origins);
  const flags = data[32] ?? 0;
  if (data.length !== AUTHENTICATOR_DATA || (flags & FLAGS_MORE) !== 0) {
    throw new Refused("webauthn.data", "the authenticator's data is not of the form of an assertion");
  }
  if (!same(data.subarray(0, 32), sha256(utf8(party.rpId)))) {
    throw new Refused("webauthn.rp", "the passkey signed for another relying party");
  }
  if ((flags & FLAG_PRESENT) === 0 || (flags & FLAG_VERIFIED) === 0) {
    throw new Refused("webauthn.person", "the authenticator did not verify the person");
  }
  const key = await coseKeyRead(publicKey);
  if (!(await key.valid(signature, concat(data, sha256(clientData))))) {
    throw new Refused("webauthn.signature", "the signature is not that of this passkey");
  }
  return number(data.subarray(33, 37));
}

function clientDataCheck(data: Bytes, challenge: Bytes, origins: ReadonlySet<string>): void {
  const content = strictLoads(data, { maxBytes: MAX_CLIENT_DATA_BYTES });
  const where = "the client data";
  if (!(content instanceof Map)) throw new Refused("webauthn.client", "the client data is not an object");
  if (content.get("type") !== "webauthn.get") {
    throw new Refused("webauthn.type", "the passkey signed something that is no assertion");
  }
  if (text(content, "challenge", where) !== base64url(challenge)) {
    throw new Refused("webauthn.challenge", "the passkey signed another statement");
  }
  if (!origins.has(text(content, "origin", where))) {
    throw new Refused("webauthn.origin", "the passkey was used on a page of another origin");
  }
  if ((content.has("crossOrigin") && content.get("crossOrigin") !== false) || content.has("topOrigin")) {
    throw new Refused("webauthn.frame", "the passkey was used inside a page of another origin");
  }
}

/** Read a public key in COSE: ES256, EdDSA or RS256. */
export async function coseKeyRead(data: Bytes): Promise<PasskeyKey> {
  const items = cborMap(data);
  const [kty, alg, curve] = [KTY, ALG, CURVE].map((name) => items.get(name));
  if (kty === EC2 && alg === ES256 && curve === P256 && items.size === 5) {
    return ecKey(concat(Uint8Array.of(4), part(items, X, COORDINATE), part(items, Y, COORDINATE)));
  }
  if (kty === OKP && alg === EDDSA && curve === ED25519 && items.size === 4) {
    const raw = part(items, X, COORDINATE);
    return {
      material: `okp:${hex(raw)}`,
      valid: (signature, message) => signatureValid(raw, signature, message),
    };
  }
  if (kty === RSA && alg === RS256 && items.size === 4) {
    const exponent = unsigned(part(items, X));
    const modulus = unsigned(part(items, CURVE));
    return rsaKey(modulus, exponent);
  }
  throw new Refused("webauthn.key", "the public key of the passkey is of no kind that is accepted");
}

async function ecKey(point: Bytes): Promise<PasskeyKey> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const key = await imported(() => crypto.subtle.importKey("raw", point, algorithm, false, ["verify"]));
  return {
    material: `ec:${hex(point)}`,
    async valid(signature, message) {
      const plain = ecSignature(signature);
      return plain !== undefined && crypto.subtle.verify(algorithm, key, plain, message);
    },
  };
}

async function rsaKey(modulus: Bytes, exponent: Bytes): Promise<PasskeyKey> {
  const odd = ((exponent.at(-1) ?? 0) & (modulus.at(-1) ?? 0) & 1) === 1;
  const one = exponent.length === 1 && exponent[0] === 1;
  if (!odd || one || bits(exponent) > MAX_EXPONENT_BITS || bits(modulus) < MIN_RSA_BITS) throw noKey();
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const parts = { kty: "RSA", alg: "RS256", n: base64url(modulus), e: base64url(exponent), ext: true };
  const key = await imported(() => crypto.subtle.importKey("jwk", parts, algorithm, false, ["verify"]));
  return {
    material: `rsa:${base64(modulus)}:${base64(exponent)}`,
    valid: (signature, message) => crypto.subtle.verify(algorithm, key, signature, message),
  };
}

async function imported(read: () => Promise<CryptoKey>): Promise<CryptoKey> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof DOMException) throw noKey();
    throw error;
  }
}

function noKey(): Refused {
  return new Refused("webauthn.key", "the public key of the passkey is not one");
}

/** Two numbers in DER, as authenticators write signatures, to the 64 bytes that WebCrypto takes. */
export function ecSignature(der: Bytes): Bytes | undefined {
  const plain = new Uint8Array(2 * COORDINATE);
  if (der[0] !== 0x30 || der[1] !== der.length - 2 || der.length < 8 || der.length > 0x81) return undefined;
  let at = 2;
  for (const end of [COORDINATE, 2 * COORDINATE]) {
    const size = der[at + 1] ?? 0;
    const value = der.subarray(at + 2, at + 2 + size);
    const [first = 0x80, second = 0] = value;
    // Shortest form, and no number below zero.
    if (der[at] !== 0x02 || value.length !== size || first >= 0x80) return undefined;
    if (first === 0 && size > 1 && second < 0x80) return undefined;
    const digits = first === 0 ? value.subarray(1) : value;
    if (digits.length > COORDINATE) return undefined;
    plain.set(digits, end - digits.length);
    at += 2 + size;
  }
  return at === der.length ? plain : undefined;
}

/** A number without zeros in front. */
function unsigned(data: Bytes): Bytes {
  const first = data.findIndex((byte) => byte !== 0);
  return first < 0 ? new Uint8Array(0) : data.slice(first);
}

function bits(value: Bytes): number {
  return value.length === 0 ? 0 : 8 * value.length - Math.clz32(value[0] ?? 0) + 24;
}

function part(items: Cbor, name: number, size?: number): Bytes {
  const value = items.get(name);
  if (!(value instanceof Uint8Array) || (size !== undefined && value.length !== size)) {
    throw new Refused("webauthn.key", "a part of the passkey's public key has another form");
  }
  return value;
}

/** Read the one form of CBOR that keys come in: a map of numbers to numbers and byte strings. */
function cborMap(data: Bytes): Cbor {
  if (data.length < 1 || data.length > MAX_KEY_BYTES) {
    throw new Refused("webauthn.cbor", "the public key of the passkey is too large");
  }
  const head = cborHead(data, 0);
  if (head.major !== 5) throw new Refused("webauthn.cbor", "the public key of the passkey is not a map");
  const items: Cbor = new Map();
  let at = head.at;
  for (let count = 0; count < head.value; count += 1) {
    const name = cborItem(data, at);
    if (typeof name.item !== "number" || items.has(name.item)) {
      throw new Refused("webauthn.cbor", "a name in the passkey's public key is no number, or twice");
    }
    const value = cborItem(data, name.at);
    items.set(name.item, value.item);
    at = value.at;
  }
  if (at !== data.length) throw new Refused("webauthn.cbor", "something follows the passkey's public key");
  return items;
}

function cborItem(data: Bytes, start: number): { item: number | Bytes; at: number } {
  const { major, value, at } = cborHead(data, start);
  if (major === 0) return { item: value, at };
  if (major === 1) return { item: -1 - value, at };
  if (major === 2 && at + value <= data.length) return { item: data.slice(at, at + value), at: at + value };
  throw new Refused("webauthn.cbor", "the public key of the passkey holds what no key holds");
}

/** Read a head: its kind, its value, and where what follows begins. */
function cborHead(data: Bytes, start: number): { major: number; value: number; at: number } {
  const first = data[start];
  if (first === undefined) throw new Refused("webauthn.cbor", "the public key of the passkey is cut off");
  const [major, small, at] = [first >> 5, first & 0x1f, start + 1];
  if (small < 24) return { major, value: small, at };
  const size = LENGTHS.get(small) ?? 0;
  const value = number(data.subarray(at, at + size));
  // Only the shortest form: every other would be a second spelling of the same key.
  if (size === 0 || at + size > data.length || value < (size === 1 ? 24 : 2 ** (4 * size))) {
    throw new Refused("webauthn.cbor", "a length in the passkey's public key is malformed");
  }
  return { major, value, at: at + size };
}
