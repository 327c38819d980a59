// Single events of a log: that a signed checkpoint covers them, from a handful of tiles or from the proofs beside them.
import type { Bytes } from "./bytes";
import { base64Decode, given, integer, keysExact, list, object, text } from "./encoding";
import { Refused } from "./errors";
import { canonicalBytes, canonicalObject, MAX_DEPTH } from "./json";
import { eventRead } from "./log-events";
import { checkpointRead, checkpointVerify, LogFiles, lines, MAX_NOTE_BYTES } from "./log-files";
import { witnessesAttempt } from "./log-verify";
import { inclusionRanges, leafHash, rangeRoot, verifyInclusion } from "./merkle";
import type { Checkpoint, OpenedNote } from "./notes";
import type { Report } from "./report";
import type { Source } from "./source";
import {
  bundleDecode,
  MAX_BUNDLE_BYTES,
  MAX_ENTRY_BYTES,
  TILE_WIDTH,
  tileNode,
  tilePath,
} from "./tiles";
import type { Trust } from "./trust";

const TILE_BYTES = TILE_WIDTH * 32;
const FORMAT = "countersign/events/v1";
// An event, and a proof of 64 hashes in base64 with quotes and commas.
const MAX_LINE_BYTES = MAX_ENTRY_BYTES + 8 * 1024;
const MAX_HEADER_BYTES = 2 * MAX_NOTE_BYTES;
const HEADER = new Set(["checkpoint", "format", "search"]);
const LINE = new Set(["event", "leaf_index", "proof"]);
const FAILURES_SHOWN = 20;
const NEWLINE = 0x0a;

/** Check that one event of an export is part of the log that its newest checkpoint signs. */
export async function eventVerify(
  sources: () => ReadonlyMap<string, Source>,
  index: number,
  trust: Trust,
  report: Report,
): Promise<void> {
  const files = await report.attempt(
    "files",
    () => new LogFiles(sources()),
    (found) => `${found.sources.size} files`,
  );
  if (files === undefined) return;
  const head = await report.attempt("checkpoint", () => checkpointRead(files, trust), headDetail);
  if (head === undefined) {
    report.notCovered("event", "not reached: an earlier check failed");
    return;
  }
  await witnessesAttempt(trust, head[1], report, "cosigned the newest checkpoint");
  await report.attempt(
    "event",
    () => entryProve(files, head[0], index),
    (entry) => eventDetail(entry, index),
  );
  report.notCovered("rest", "only this event was looked at: 'log' checks them all and what lies beside");
}

/** The entry at a place of the log, proved to be there (RFC 6962 section 2.1.1). */
async function entryProve(files: LogFiles, head: Checkpoint, index: number): Promise<Bytes> {
  const ranges = inclusionRanges(index, head.size);
  const number = Math.floor(index / TILE_WIDTH);
  const width = Math.min(TILE_WIDTH, head.size - number * TILE_WIDTH);
  const bundle = await files.read(tilePath("entries", number, width), MAX_BUNDLE_BYTES);
  const entry = bundleDecode(bundle, width)[index % TILE_WIDTH] ?? new Uint8Array(0);
  const tiles = new Map<string, Bytes>();
  const read = async (path: string): Promise<Bytes> => {
    const tile = tiles.get(path) ?? (await files.read(path, TILE_BYTES));
    tiles.set(path, tile);
    return tile;
  };
  const proof: Bytes[] = [];
  for (const range of ranges) {
    proof.push(await rangeRoot(range, (level, at) => tileNode(read, head.size, level, at)));
  }
  verifyInclusion(leafHash(entry), index, head.size, proof, head.root);
  eventRead(entry, index);
  return entry;
}

function eventDetail(entry: Bytes, index: number): string {
  const event = canonicalObject(entry);
  const subject = object(event, "subject", "the event");
  const [kind, time] = [text(event, "type", "the event"), text(event, "time", "the event")];
  return `${index}: ${kind} on ${text(subject, "type", "it")} ${text(subject, "id", "it")} at ${time}, proved`;
}

function headDetail([{ size, origin }]: [Checkpoint, OpenedNote]): string {
  return `${size} events of ${origin}`;
}

/** Check every line of a file of events, each with the proof that a signed checkpoint covers it. */
export async function eventsVerify(source: Source, trust: Trust, report: Report): Promise<void> {
  let header: Bytes | undefined;
  for await (const line of lines(source, MAX_HEADER_BYTES)) {
    header = line;
    break;
  }
  const head = await report.attempt("checkpoint", () => headerRead(header, trust), headDetail);
  if (head === undefined) {
    report.notCovered("events", "not reached: an earlier check failed");
    return;
  }
  await witnessesAttempt(trust, head[1], report, "cosigned the checkpoint");
  await linesCheck(source, header?.length ?? 0, head[0], report);
  report.notCovered(
    "completeness",
    "that these are all events of the search: 'log' with the whole log shows what there is",
  );
}

async function headerRead(line: Bytes | undefined, trust: Trust): Promise<[Checkpoint, OpenedNote]> {
  if (line?.at(-1) !== NEWLINE) throw new Refused("events.header", "the first line is too long or not ended");
  const where = "the first line";
  const data = canonicalObject(line.subarray(0, -1));
  keysExact(data, HEADER, where);
  if (given(data, "format") !== FORMAT) throw new Refused("events.format", `the file is not of the format ${FORMAT}`);
  object(data, "search", where);
  return checkpointVerify(text(data, "checkpoint", where), trust);
}

async function linesCheck(source: Source, begin: number, head: Checkpoint, report: Report): Promise<void> {
  const rest: Source = {
    size: source.size - begin,
    read: (from, to) => source.read(begin + from, begin + to),
  };
  const places = new Set<number>();
  let number = 1;
  let failed = 0;
  let within = false; // of a line that was cut, and counted, already
  for await (const line of lines(rest, MAX_LINE_BYTES)) {
    const ended = line.at(-1) === NEWLINE;
    if (within) {
      within = !ended;
      continue;
    }
    within = !ended;
    number += 1;
    try {
      places.add(lineCheck(line, head, places));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      failed += 1;
      if (failed <= FAILURES_SHOWN) report.add(`line ${number}`, "failed", error.message, [error.code]);
    }
  }
  if (failed > FAILURES_SHOWN) {
    report.add("events", "failed", `${failed} lines do not hold, and only some were named`);
  }
  if (failed === 0) report.add("events", "ok", `${places.size}, each once and proved to be in the log`);
}

/** The place of the event in a line that holds. */
function lineCheck(line: Bytes, head: Checkpoint, places: ReadonlySet<number>): number {
  if (line.at(-1) !== NEWLINE) throw new Refused("events.line", "the line is too long or not ended");
  const where = "the line";
  // The event is nested once more than it is by itself.
  const data = canonicalObject(line.subarray(0, -1), { maxDepth: MAX_DEPTH + 1 });
  keysExact(data, LINE, where);
  const index = integer(data, "leaf_index", where);
  if (places.has(index)) throw new Refused("events.twice", `the event ${index} stands here a second time`);
  const event = canonicalBytes(object(data, "event", where));
  eventRead(event, index);
  const proof = list(data, "proof", where).map((item) => {
    if (typeof item !== "string") throw new Refused("field.type", "the proof of the line is not a list of texts");
    return base64Decode(item);
  });
  verifyInclusion(leafHash(event), index, head.size, proof, head.root);
  return index;
}
