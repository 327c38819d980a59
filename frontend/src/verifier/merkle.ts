// RFC 6962 Merkle trees over leaf hashes: roots, compact ranges, inclusion proofs.
import { type Bytes, same } from "./bytes";
import { Refused } from "./errors";
import { sha256 } from "./hash";

export const HASH_SIZE = 32;
const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);
export const EMPTY_ROOT = sha256();

export type Range = readonly [begin: number, end: number];

/** Hash the data of one leaf (prefix 0x00, so that a leaf can never pass for a node). */
export function leafHash(data: Bytes): Bytes {
  return sha256(LEAF, data);
}

/** Hash two children into their parent (prefix 0x01). */
export function nodeHash(left: Bytes, right: Bytes): Bytes {
  return sha256(NODE, left, right);
}

/** The right edge of a growing tree: one hash for each perfect subtree, largest first. */
export class CompactRange {
  size = 0;
  private parts: Bytes[] = [];

  get hashes(): readonly Bytes[] {
    return this.parts;
  }

  append(hashed: Bytes): void {
    let joined = hashed;
    for (let size = this.size; size % 2 === 1; size = Math.floor(size / 2)) {
      joined = nodeHash(this.parts.pop() ?? EMPTY_ROOT, joined);
    }
    this.parts.push(joined);
    this.size += 1;
  }

  extend(hashes: Iterable<Bytes>): void {
    for (const hashed of hashes) this.append(hashed);
  }

  root(): Bytes {
    return rootOver(this.parts);
  }

  copy(): CompactRange {
    const range = new CompactRange();
    range.size = this.size;
    range.parts = [...this.parts];
    return range;
  }
}

/** Root over perfect subtrees, largest first. */
export function rootOver(parts: readonly Bytes[]): Bytes {
  return parts.length === 0 ? EMPTY_ROOT : parts.reduceRight((right, left) => nodeHash(left, right));
}

/** Root over a power of two of hashes. */
export function perfectRoot(hashes: readonly Bytes[]): Bytes {
  let row = hashes;
  while (row.length > 1) {
    const next: Bytes[] = [];
    for (let at = 0; at < row.length; at += 2) next.push(nodeHash(row[at] ?? EMPTY_ROOT, row[at + 1] ?? EMPTY_ROOT));
    row = next;
  }
  return row[0] ?? EMPTY_ROOT;
}

/** Leaf ranges whose roots form the inclusion proof, leaf upwards. */
export function inclusionRanges(index: number, size: number): Range[] {
  if (!(index >= 0 && index < size)) throw new Refused("merkle.index", `there is no leaf ${index} in a tree of ${size}`);
  const ranges: Range[] = [];
  let [begin, end] = [0, size];
  while (end - begin > 1) {
    const middle = begin + split(end - begin);
    if (index < middle) {
      ranges.push([middle, end]);
      end = middle;
    } else {
      ranges.push([begin, middle]);
      begin = middle;
    }
  }
  return ranges.reverse();
}

/** Root over leaves of a stored tree; `node(level, index)` reads one of its hashes. */
export async function rangeRoot([begin, end]: Range, node: (level: number, index: number) => Promise<Bytes>): Promise<Bytes> {
  const parts: Bytes[] = [];
  for (let position = begin; position < end; ) {
    let level = 0;
    while (2 ** (level + 1) <= end - position) level += 1;
    if (position % 2 ** level !== 0) throw new Refused("merkle.range", `the range ${begin}..${end} is not aligned`);
    parts.push(await node(level, position / 2 ** level));
    position += 2 ** level;
  }
  if (parts.length === 0) throw new Refused("merkle.range", `the range ${begin}..${end} is empty`);
  return rootOver(parts);
}

/** Check that a leaf hash lies at this place in the tree with this size and root. */
export function verifyInclusion(hashed: Bytes, index: number, size: number, proof: readonly Bytes[], root: Bytes): void {
  const ranges = inclusionRanges(index, size);
  shapeCheck(proof, ranges.length);
  let result = hashed;
  ranges.forEach(([begin], at) => {
    const sibling = proof[at] ?? EMPTY_ROOT;
    result = begin < index ? nodeHash(sibling, result) : nodeHash(result, sibling);
  });
  if (hashed.length !== HASH_SIZE || !same(result, root)) {
    throw new Refused("merkle.inclusion", `leaf ${index} is not part of this tree of ${size}`);
  }
}

function shapeCheck(proof: readonly Bytes[], expected: number): void {
  if (proof.length !== expected) {
    throw new Refused("merkle.proof", `the proof has ${proof.length} hashes instead of ${expected}`);
  }
  if (proof.some((item) => item.length !== HASH_SIZE)) {
    throw new Refused("merkle.proof", "a hash of the proof is not 32 bytes long");
  }
}

/** Largest power of two below `size`. */
function split(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}
