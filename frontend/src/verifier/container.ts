// The file format of a pack: a plain tar of which every single byte is determined by its manifest. The header of every
// member is computed, never interpreted: a reader knows which bytes must come next and refuses everything else.
import { ascii, type Bytes, hex, isZero, same, utf8, withoutEnd } from "./bytes";
import { Refused } from "./errors";
import { Sha256 } from "./hash";
import type { Source, Stream } from "./source";
import { MANIFEST } from "./vocabulary";

const BLOCK = 512;
const CHUNK = 1024 * 1024;
export const MAX_MEMBERS = 10_000;
export const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;
export const MAX_MEMBER_BYTES = 1024 * 1024 * 1024;
const MAX_PACK_BYTES = 4 * 1024 * 1024 * 1024;
const MAX_PATH = 100;

const PATH = /^[A-Za-z0-9_][A-Za-z0-9_.@+-]*(?:\/[A-Za-z0-9_][A-Za-z0-9_.@+-]*)*$/;
// What Python's int() takes for eleven octal digits; all but digits are refused a step later.
const OCTAL = /^[\t-\r ]*([+-]?)(?:0[oO]_?)?([0-7]+(?:_[0-7]+)*)[\t-\r ]*$/;
const COMPRESSED: readonly [Bytes, string][] = [
  [Uint8Array.of(0x1f, 0x8b), "gzip"],
  [utf8("PK"), "zip"],
  [utf8("BZ"), "bzip2"],
  [Uint8Array.of(0xfd, 0x37), "xz"],
  [Uint8Array.of(0x28, 0xb5), "zstd"],
];
const TYPES: ReadonlyMap<string, string> = new Map([
  ["1", "a hard link"],
  ["2", "a symbolic link"],
  ["3", "a device"],
  ["4", "a device"],
  ["5", "a directory"],
  ["6", "a pipe"],
  ["x", "an extension header"],
  ["g", "an extension header"],
  ["L", "an extension header"],
  ["K", "an extension header"],
  ["S", "a sparse file"],
]);

/** Size and hash of a member's bytes. */
export interface Measure {
  readonly size: number;
  readonly sha256: string;
}

/** Require names that are sorted, different, and different on every file system. */
export function pathsCheck(paths: readonly string[]): void {
  if (paths.length > MAX_MEMBERS) throw new Refused("pack.members", `${paths.length} members are more than ${MAX_MEMBERS}`);
  const seen = new Set([MANIFEST]);
  let previous = "";
  for (const path of paths) {
    pathCheck(path);
    if (seen.has(path.toLowerCase())) throw new Refused("pack.duplicate", `the member ${path} occurs twice`);
    seen.add(path.toLowerCase());
    if (path < previous) throw new Refused("pack.order", `the member ${path} is not in sorted order`);
    previous = path;
  }
}

function pathCheck(path: string): void {
  if (path.startsWith("/")) throw new Refused("pack.path", `the member ${path} has an absolute name`);
  if (path.split("/").includes("..")) throw new Refused("pack.path", `the member ${path} leaves the pack with '..'`);
  if (path.length > MAX_PATH || !PATH.test(path)) {
    throw new Refused("pack.path", `the member ${path} has a name that packs don't use`);
  }
}

/** Size of the pack that holds a manifest and members of these sizes. */
export function fileSize(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total + BLOCK + size + padding(size), 2 * BLOCK);
}

/** Read the manifest at the head of a pack. */
export async function manifestRead(stream: Stream): Promise<Bytes> {
  const head = await stream.take(BLOCK);
  for (const [magic, name] of COMPRESSED) {
    if (same(head.subarray(0, 2), magic)) {
      throw new Refused("pack.compressed", `the pack is compressed (${name}); packs never are`);
    }
  }
  if (head.length < BLOCK || ascii(head.subarray(257, 263)) !== "ustar\0") {
    throw new Refused("pack.format", "the file is not a pack");
  }
  if (nameOf(head) !== MANIFEST) {
    throw new Refused("pack.manifest", `the first member is not ${MANIFEST}: ${diagnose(head)}`);
  }
  const [, sign, digits] = OCTAL.exec(ascii(head.subarray(124, 135))) ?? [];
  if (digits === undefined) throw new Refused("pack.header", "the size of the manifest is not a number");
  const size = Number.parseInt(digits.replaceAll("_", ""), 8) * (sign === "-" ? -1 : 1);
  if (size < 0 || size > MAX_MANIFEST_BYTES) {
    throw new Refused("pack.manifest", `the manifest is larger than ${MAX_MANIFEST_BYTES} bytes`);
  }
  expect(head, header(MANIFEST, size), MANIFEST);
  const manifest = new Uint8Array(size);
  let filled = 0;
  for (let chunk = await stream.take(size); chunk.length > 0; chunk = await stream.take(size - filled)) {
    manifest.set(chunk, filled);
    filled += chunk.length;
  }
  if (filled !== size) throw new Refused("pack.truncated", "the file ends within the manifest");
  await zeros(stream, padding(size));
  return manifest;
}

/** Compare the size of the file with the size that the manifest calls for, before anything is read. */
export function sizeCheck({ size }: Source, expected: number): void {
  if (expected > MAX_PACK_BYTES) {
    throw new Refused("pack.size", `the manifest calls for ${expected} bytes: more than any pack has`);
  }
  if (size < expected) throw new Refused("pack.truncated", `the file has ${size} bytes where ${expected} are called for`);
}

/** Check all members after the manifest, and the end of the file; gives the offset of each member's bytes. */
export async function membersRead(
  stream: Stream,
  expected: ReadonlyMap<string, Measure>,
): Promise<Map<string, number>> {
  const offsets = new Map<string, number>();
  for (const [path, measured] of expected) {
    const head = await stream.take(BLOCK);
    if (head.length < BLOCK || isZero(head)) {
      throw new Refused("pack.truncated", `the pack ends before its member ${path}`);
    }
    const wanted = header(path, measured.size);
    if (!same(head, wanted)) {
      repeatCheck(head, offsets);
      expect(head, wanted, path);
    }
    offsets.set(path, stream.position);
    await bodyCheck(stream, path, measured);
    await zeros(stream, padding(measured.size));
  }
  const end = await stream.take(BLOCK);
  if (end.length === BLOCK && !isZero(end)) {
    repeatCheck(end, offsets);
    throw new Refused("pack.extra", `the manifest does not list this member: ${diagnose(end)}`);
  }
  const rest = await stream.take(BLOCK + 1);
  if (end.length + rest.length !== 2 * BLOCK || !isZero(end) || !isZero(rest)) {
    throw new Refused("pack.trailer", "the pack does not end where it must");
  }
  return offsets;
}

function repeatCheck(head: Bytes, offsets: ReadonlyMap<string, number>): void {
  const name = nameOf(head);
  if (offsets.has(name) || name === MANIFEST) throw new Refused("pack.duplicate", `the member ${name} occurs twice`);
}

async function bodyCheck(stream: Stream, path: string, { size, sha256 }: Measure): Promise<void> {
  const hash = new Sha256();
  for (let left = size; left > 0; ) {
    const chunk = await stream.take(Math.min(CHUNK, left));
    if (chunk.length === 0) throw new Refused("pack.truncated", `the file ends within its member ${path}`);
    hash.update(chunk);
    left -= chunk.length;
  }
  if (hex(hash.digest()) !== sha256) {
    throw new Refused("pack.hash", `the bytes of ${path} are not those of the manifest`);
  }
}

/** The one ustar header that a member of this name and size has. */
function header(path: string, size: number): Bytes {
  const head = new Uint8Array(BLOCK);
  const put = (at: number, text: string): void => {
    head.set(utf8(text), at);
  };
  put(0, path);
  put(100, "0000644\0".concat("0000000\0", "0000000\0"));
  put(124, `${size.toString(8).padStart(11, "0")}\0`);
  put(136, "00000000000\0");
  put(148, " ".repeat(8)); // the checksum counts itself as blanks
  put(156, "0");
  put(257, "ustar\x0000");
  const checksum = head.reduce((total, byte) => total + byte, 0);
  put(148, `${checksum.toString(8).padStart(6, "0")}\0 `);
  return head;
}

function padding(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

function expect(head: Bytes, wanted: Bytes, path: string): void {
  if (!same(head, wanted)) {
    throw new Refused("pack.header", `the header of ${path} is not the one it must have: ${diagnose(head)}`);
  }
}

async function zeros(stream: Stream, size: number): Promise<void> {
  const data = await stream.take(size);
  if (data.length !== size || !isZero(data)) throw new Refused("pack.padding", "the padding after a member is not zero");
}

function nameOf(head: Bytes): string {
  return withoutEnd(ascii(head.subarray(0, 100)), "\0");
}

/** Say what a header that does not belong there is. */
function diagnose(head: Bytes): string {
  const name = nameOf(head);
  const kind = TYPES.get(ascii(head.subarray(156, 157))) ?? "a file";
  if (name.split("/").includes("..")) return `${kind} that leaves the pack with '..', ${name}`;
  return name.startsWith("/") ? `${kind} with an absolute name, ${name}` : `${kind}, ${name}`;
}
