// The C2SP tlog-tiles layout of a log's hashes and entries.
import { type Bytes, joined } from "./bytes";
import { Refused } from "./errors";
import { CompactRange, HASH_SIZE, perfectRoot, rootOver } from "./merkle";

export const TILE_WIDTH = 256;
export const MAX_ENTRY_BYTES = 65_535;
export const MAX_BUNDLE_BYTES = TILE_WIDTH * (MAX_ENTRY_BYTES + 2);
const LENGTH_BYTES = 2;
const GROUP = 1000;

/** Path of a tile: `tile/<level>/<index>`, with `.p/<width>` when it is not full. */
export function tilePath(level: number | "entries", index: number, width = TILE_WIDTH): string {
  const groups = [String(index % GROUP).padStart(3, "0")];
  for (let rest = Math.floor(index / GROUP); rest > 0; rest = Math.floor(rest / GROUP)) {
    groups.unshift(`x${String(rest % GROUP).padStart(3, "0")}`);
  }
  return `tile/${level}/${groups.join("/")}${width === TILE_WIDTH ? "" : `.p/${width}`}`;
}

/** Every file that a log of this size consists of: no more, no fewer. */
export function* tilePaths(size: number): Generator<string> {
  yield* levelPaths("entries", size);
  let level = 0;
  for (let rest = size; rest > 0 || level === 0; rest = Math.floor(rest / TILE_WIDTH)) {
    yield* levelPaths(level, rest);
    level += 1;
  }
}

function* levelPaths(level: number | "entries", size: number): Generator<string> {
  const full = Math.floor(size / TILE_WIDTH);
  for (let index = 0; index < full; index += 1) yield tilePath(level, index);
  if (size % TILE_WIDTH > 0) yield tilePath(level, full, size % TILE_WIDTH);
}

/** The entries of a bundle, which must be exactly as many as it should hold. */
export function bundleDecode(data: Bytes, width: number): Bytes[] {
  const entries: Bytes[] = [];
  let position = 0;
  while (position < data.length) {
    const begin = position + LENGTH_BYTES;
    // A length that is cut to one byte is that byte; what it calls for is not there.
    const [high = 0, low] = data.subarray(position, begin);
    position = begin + (low === undefined ? high : high * 256 + low);
    if (position > data.length || entries.length === width) throw misfit(width);
    entries.push(data.subarray(begin, position));
  }
  if (entries.length !== width) throw misfit(width);
  return entries;
}

function misfit(width: number): Refused {
  return new Refused("tile.bundle", `an entry bundle does not hold exactly ${width} entries`);
}

export type Sink = (path: string, data: Bytes) => Promise<void>;

/** A tree that grows by full tiles and gives out each of its further hash tiles once, to be compared. */
export class TileTree {
  private readonly sink: Sink;
  private readonly levels: Bytes[][] = [[]];
  private readonly counts: number[] = [0];
  private readonly full = new CompactRange(); // over the roots of the full tiles of level 0

  constructor(sink: Sink) {
    this.sink = sink;
  }

  /** Add one leaf hash. */
  async append(hashed: Bytes): Promise<void> {
    await this.push(0, hashed);
  }

  /** Add a full tile of leaf hashes by its root; that tile itself does not go to the sink. */
  async appendTile(root: Bytes): Promise<void> {
    await this.up(0, root);
  }

  /** Root of the full tiles so far followed by at most one tile of further leaves. */
  rootWith(rest: CompactRange): Bytes {
    return rootOver([...this.full.hashes, ...rest.hashes]);
  }

  /** Root of the full tiles so far followed by one more, given by its own root. */
  rootAfter(root: Bytes): Bytes {
    const full = this.full.copy();
    full.append(root);
    return full.root();
  }

  /** Give out the tiles that are not full. */
  async close(): Promise<void> {
    for (const [level, pending] of this.levels.entries()) {
      if (pending.length > 0) await this.sink(tilePath(level, this.counts[level] ?? 0, pending.length), joined(pending));
    }
  }

  private async push(level: number, hashed: Bytes): Promise<void> {
    const pending = (this.levels[level] ??= []);
    pending.push(hashed);
    if (pending.length < TILE_WIDTH) return;
    await this.sink(tilePath(level, this.counts[level] ?? 0), joined(pending));
    const root = perfectRoot(pending);
    this.levels[level] = [];
    await this.up(level, root);
  }

  /** Count a full tile and put its root on the next level. */
  private async up(level: number, root: Bytes): Promise<void> {
    this.counts[level] = (this.counts[level] ?? 0) + 1;
    if (level === 0) this.full.append(root);
    await this.push(level + 1, root);
  }
}

/** A stored hash of a log: covers the leaves `[index * 2**level, (index + 1) * 2**level)`. */
export async function tileNode(
  read: (path: string) => Promise<Bytes>,
  size: number,
  level: number,
  index: number,
): Promise<Bytes> {
  const tileLevel = Math.floor(level / 8);
  const count = 2 ** (level % 8);
  const rowSize = Math.floor(size / 2 ** (8 * tileLevel));
  const first = index * count;
  if (first + count > rowSize) {
    throw new Refused("tile.absent", `a log of ${size} has no complete node ${index} of level ${level}`);
  }
  const tile = Math.floor(first / TILE_WIDTH);
  const begin = first % TILE_WIDTH;
  const width = Math.min(TILE_WIDTH, rowSize - tile * TILE_WIDTH);
  const data = await read(tilePath(tileLevel, tile, width));
  if (data.length !== width * HASH_SIZE) throw new Refused("tile.size", "a tile does not have the size it must have");
  return perfectRoot(
    Array.from({ length: count }, (_, at) => data.subarray((begin + at) * HASH_SIZE, (begin + at + 1) * HASH_SIZE)),
  );
}
