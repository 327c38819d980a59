/** The hexadecimal part of `sha256:<hex>`. */
export function digestHex(digest: string): string {
  return digest.replace(/^sha256:/, "").toLowerCase();
}

/** First and last characters: enough to compare by eye, with the whole in a title beside it. */
export function digestShort(digest: string): string {
  const hex = digestHex(digest);
  return hex.length <= 14 ? hex : `${hex.slice(0, 8)}…${hex.slice(-4)}`;
}

/** The digest of bytes as the platform writes digests, or null where the browser offers no hashing (plain http). */
export async function digestOf(bytes: BufferSource): Promise<string | null> {
  const subtle = (globalThis.crypto as Partial<Crypto>).subtle;
  if (subtle === undefined) return null;
  const hash = await subtle.digest("SHA-256", bytes);
  return `sha256:${Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
