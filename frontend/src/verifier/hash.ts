// SHA-256 and SHA-1 (of which Git's ids are made) without waiting: WebCrypto answers each call later and takes no
// streams, which a tree of a million small hashes cannot do with. The tests hold both against WebCrypto.
import { type Bytes, hex } from "./bytes";

const BLOCK = 64;

// The first 32 bits of the fractional parts of the square and cube roots of the first primes.
const START: number[] = [];
const ROUNDS: number[] = [];
for (let candidate = 2; ROUNDS.length < 64; candidate += 1) {
  if (Array.from({ length: candidate - 2 }, (_, at) => at + 2).some((divisor) => candidate % divisor === 0)) continue;
  if (START.length < 8) START.push(fraction(Math.sqrt(candidate)));
  ROUNDS.push(fraction(Math.cbrt(candidate)));
}
function fraction(root: number): number {
  return Math.floor((root - Math.floor(root)) * 2 ** 32);
}

/** Numbers of 32 bits, in the order of this machine or of the hash: a view is as fast as an array, and never undefined. */
function words(count: number, values: readonly number[] = []): DataView {
  const view = new DataView(new ArrayBuffer(4 * count));
  values.forEach((value, at) => {
    view.setUint32(4 * at, value, true);
  });
  return view;
}

const K = words(64, ROUNDS);
const W = words(80);

abstract class Hash {
  private readonly start: readonly number[];
  protected readonly state: DataView;
  private readonly block = new Uint8Array(BLOCK);
  private readonly view = new DataView(this.block.buffer);
  private filled = 0;
  private length = 0;

  constructor(start: readonly number[]) {
    this.start = start;
    this.state = words(start.length, start);
  }

  protected abstract compress(view: DataView, at: number): void;

  update(data: Bytes): this {
    this.length += data.length;
    let at = 0;
    if (this.filled > 0) {
      at = Math.min(BLOCK - this.filled, data.length);
      this.block.set(data.subarray(0, at), this.filled);
      this.filled += at;
      if (this.filled < BLOCK) return this;
      this.compress(this.view, 0);
      this.filled = 0;
    }
    if (at + BLOCK <= data.length) {
      const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
      for (; at + BLOCK <= data.length; at += BLOCK) this.compress(view, at);
    }
    this.block.set(data.subarray(at));
    this.filled = data.length - at;
    return this;
  }

  /** The digest of what came so far; what comes after begins anew. */
  digest(): Bytes {
    this.block.fill(0, this.filled);
    this.block[this.filled] = 0x80;
    if (this.filled >= BLOCK - 8) {
      this.compress(this.view, 0);
      this.block.fill(0);
    }
    this.view.setUint32(BLOCK - 8, Math.floor(this.length / 2 ** 29));
    this.view.setUint32(BLOCK - 4, (this.length * 8) % 2 ** 32);
    this.compress(this.view, 0);
    const result = new Uint8Array(this.state.byteLength);
    const out = new DataView(result.buffer);
    this.start.forEach((value, at) => {
      out.setInt32(4 * at, this.state.getInt32(4 * at, true));
      this.state.setUint32(4 * at, value, true);
    });
    this.filled = 0;
    this.length = 0;
    return result;
  }

  protected add(at: number, value: number): void {
    this.state.setInt32(at, this.state.getInt32(at, true) + value, true);
  }
}

export class Sha256 extends Hash {
  constructor() {
    super(START);
  }

  protected compress(view: DataView, at: number): void {
    for (let t = 0; t < 64; t += 4) W.setInt32(t, view.getInt32(at + t), true);
    for (let t = 64; t < 256; t += 4) {
      const x = W.getInt32(t - 60, true);
      const y = W.getInt32(t - 8, true);
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      W.setInt32(t, W.getInt32(t - 64, true) + s0 + W.getInt32(t - 28, true) + s1, true);
    }
    const state = this.state;
    let a = state.getInt32(0, true);
    let b = state.getInt32(4, true);
    let c = state.getInt32(8, true);
    let d = state.getInt32(12, true);
    let e = state.getInt32(16, true);
    let f = state.getInt32(20, true);
    let g = state.getInt32(24, true);
    let h = state.getInt32(28, true);
    for (let t = 0; t < 256; t += 4) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K.getInt32(t, true) + W.getInt32(t, true)) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
    }
    this.add(0, a);
    this.add(4, b);
    this.add(8, c);
    this.add(12, d);
    this.add(16, e);
    this.add(20, f);
    this.add(24, g);
    this.add(28, h);
  }
}

class Sha1 extends Hash {
  constructor() {
    super([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0]);
  }

  protected compress(view: DataView, at: number): void {
    for (let t = 0; t < 64; t += 4) W.setInt32(t, view.getInt32(at + t), true);
    for (let t = 64; t < 320; t += 4) {
      const x =
        W.getInt32(t - 12, true) ^ W.getInt32(t - 32, true) ^ W.getInt32(t - 56, true) ^ W.getInt32(t - 64, true);
      W.setInt32(t, (x << 1) | (x >>> 31), true);
    }
    const state = this.state;
    let a = state.getInt32(0, true);
    let b = state.getInt32(4, true);
    let c = state.getInt32(8, true);
    let d = state.getInt32(12, true);
    let e = state.getInt32(16, true);
    for (let t = 0; t < 320; t += 4) {
      let mixed: number;
      if (t < 80) mixed = ((b & c) | (~b & d)) + 0x5a827999;
      else if (t < 160) mixed = (b ^ c ^ d) + 0x6ed9eba1;
      else if (t < 240) mixed = ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
      else mixed = (b ^ c ^ d) + 0xca62c1d6;
      const next = (((a << 5) | (a >>> 27)) + mixed + e + W.getInt32(t, true)) | 0;
      e = d;
      d = c;
      c = (b << 30) | (b >>> 2);
      b = a;
      a = next;
    }
    this.add(0, a);
    this.add(4, b);
    this.add(8, c);
    this.add(12, d);
    this.add(16, e);
  }
}

// For what is hashed in one go: each digest begins anew.
const ofSha256 = new Sha256();
const ofSha1 = new Sha1();

export function sha256(...parts: readonly Bytes[]): Bytes {
  for (const part of parts) ofSha256.update(part);
  return ofSha256.digest();
}

export function sha1(...parts: readonly Bytes[]): Bytes {
  for (const part of parts) ofSha1.update(part);
  return ofSha1.digest();
}

/** Name bytes by content: `sha256:<hex>`. */
export function digestBytes(data: Bytes): string {
  return `sha256:${hex(sha256(data))}`;
}
