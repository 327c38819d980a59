// Reading a whole log: every entry, every tile, the root at every checkpoint.
import { type Bytes, joined, same } from "./bytes";
import { Refused } from "./errors";
import type { Clock } from "./log-clock";
import { eventRead, LogContent, type LoggedEvent } from "./log-events";
import type { LogFiles } from "./log-files";
import { CompactRange, HASH_SIZE, leafHash, perfectRoot } from "./merkle";
import type { Checkpoint } from "./notes";
import { bundleDecode, MAX_BUNDLE_BYTES, TILE_WIDTH, tilePath, TileTree } from "./tiles";

const HASHES_BYTES = TILE_WIDTH * HASH_SIZE;

/** Told of how many of how many events were read. */
export type Progress = (done: number, all: number) => void;

/** What one entry bundle gave; up to the first event that is malformed. */
interface Bundle {
  readonly first: number;
  width: number;
  readonly ids: string[];
  readonly times: string[];
  readonly events: LoggedEvent[];
  hashes: Bytes[];
  root?: Bytes;
  error?: Refused;
}

/** Read every entry, recompute every tile and the root at every checkpoint; the last checkpoint is the newest. */
export async function logRead(
  files: LogFiles,
  checkpoints: readonly Checkpoint[],
  clock: Clock,
  progress: Progress,
): Promise<LogContent> {
  const tree = new TileTree(async (path, data) => {
    if (!same(await files.read(path, HASHES_BYTES), data)) throw misfit(path);
  });
  const size = checkpoints.at(-1)?.size ?? 0;
  const content = new LogContent(size);
  const seen = new Set<string>();
  const waiting = [...checkpoints].reverse();
  rootsCheck(tree, { first: 0, width: 0, ids: [], times: [], events: [], hashes: [] }, waiting); // of the empty log
  for (let number = 0; number * TILE_WIDTH < size; number += 1) {
    const bundle = await bundleRead(files, number, size);
    idsCheck(bundle, seen, size);
    clock.take(bundle.first, bundle.times);
    content.events.push(...bundle.events);
    if (bundle.width === 0 && bundle.error !== undefined) throw bundle.error;
    rootsCheck(tree, bundle, waiting);
    if (bundle.error !== undefined) throw bundle.error;
    if (bundle.root !== undefined) await tree.appendTile(bundle.root);
    else for (const hashed of bundle.hashes) await tree.append(hashed);
    progress(bundle.first + bundle.width, size);
  }
  await tree.close();
  return content;
}

/** Read one entry bundle and the tile of its hashes. */
async function bundleRead(files: LogFiles, number: number, size: number): Promise<Bundle> {
  const first = number * TILE_WIDTH;
  const width = Math.min(TILE_WIDTH, size - first);
  const path = tilePath("entries", number, width);
  const bundle: Bundle = { first, width: 0, ids: [], times: [], events: [], hashes: [] };
  let index = first;
  let entries: Bytes[];
  try {
    entries = bundleDecode(await files.read(path, MAX_BUNDLE_BYTES), width);
  } catch (error) {
    return failed(bundle, error, path);
  }
  try {
    for (const entry of entries) {
      const { id, time, kept } = eventRead(entry, index);
      bundle.ids.push(id);
      bundle.times.push(time);
      if (kept !== undefined) bundle.events.push(kept);
      index += 1;
    }
  } catch (error) {
    return failed(bundle, error, `${path}, event ${index}`);
  }
  bundle.width = width;
  bundle.hashes = entries.map(leafHash);
  if (width < TILE_WIDTH) return bundle;
  bundle.root = perfectRoot(bundle.hashes);
  const tile = tilePath(0, number);
  try {
    if (!same(await files.read(tile, HASHES_BYTES), joined(bundle.hashes))) throw misfit(tile);
  } catch (error) {
    return failed(bundle, error);
  }
  return bundle;
}

/** A bundle that does not hold, with the reason and the place. */
function failed(bundle: Bundle, error: unknown, place = ""): Bundle {
  if (!(error instanceof Refused)) throw error;
  bundle.error = place === "" ? error : new Refused(error.code, `${place}: ${error.message}`);
  return bundle;
}

function misfit(path: string): Refused {
  return new Refused("tile.hash", `the tile ${path} does not hold the hashes of its entries`);
}

function idsCheck(bundle: Bundle, seen: Set<string>, size: number): void {
  for (const [offset, id] of bundle.ids.entries()) {
    if (seen.has(id)) {
      const path = tilePath("entries", bundle.first / TILE_WIDTH, Math.min(TILE_WIDTH, size - bundle.first));
      throw new Refused("event.twice", `${path}, event ${bundle.first + offset}: its id occurs twice`);
    }
    seen.add(id);
  }
}

/** Compare the roots of the checkpoints whose last leaf lies in this bundle. */
function rootsCheck(tree: TileTree, bundle: Bundle, waiting: Checkpoint[]): void {
  const rest = new CompactRange();
  for (;;) {
    const checkpoint = waiting.at(-1);
    if (checkpoint === undefined || checkpoint.size > bundle.first + bundle.width) return;
    waiting.pop();
    let root: Bytes;
    if (bundle.root !== undefined && checkpoint.size === bundle.first + TILE_WIDTH) root = tree.rootAfter(bundle.root);
    else {
      rest.extend(bundle.hashes.slice(rest.size, checkpoint.size - bundle.first));
      root = tree.rootWith(rest);
    }
    if (!same(root, checkpoint.root)) {
      throw new Refused("tree.root", `the entries do not give the root signed at size ${checkpoint.size}`);
    }
  }
}
