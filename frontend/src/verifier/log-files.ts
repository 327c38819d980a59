// The files of an exported log: which there may be, and reading them.
import { type Bytes, compare, same, utf8 } from "./bytes";
import { integer, keysExact, text } from "./encoding";
import { Refused } from "./errors";
import { canonicalBytes, canonicalObject } from "./json";
import { type Checkpoint, checkpointOpen, type OpenedNote, verifierSame } from "./notes";
import type { Source } from "./source";
import { tilePaths } from "./tiles";
import type { Trust } from "./trust";

/** A checkpoint and the note that it was read from. */
export type Signed = [Checkpoint, OpenedNote];

export const CHECKPOINT = "checkpoint";
export const CHECKPOINTS = "checkpoints.jsonl";
export const INDEX = "index.json";
const TRUST = "trust.json";
export const FIXED = [CHECKPOINT, CHECKPOINTS, INDEX, TRUST];
export const ENVELOPE_SUFFIX = ".dsse.json";
export const MAX_FILES = 2_000_000;
export const MAX_NOTE_BYTES = 128 * 1024;
export const MAX_TRUST_BYTES = 1024 * 1024;
const LINE = new Set(["size", "note"]);
const SHOWN = 5;
const CHUNK = 1024 * 1024;
const NEWLINE = 0x0a;

/** The files of an export, by name. */
export class LogFiles {
  readonly sources: ReadonlyMap<string, Source>;

  constructor(sources: ReadonlyMap<string, Source>, most = MAX_FILES) {
    if (names(sources.keys(), most) > most) throw new Refused("export.files", `the export holds more than ${most} files`);
    this.sources = sources;
  }

  source(name: string): Source {
    const source = this.sources.get(name);
    if (source === undefined) throw new Refused("export.missing", `the file ${name} is missing`);
    return source;
  }

  /** The bytes of a file. */
  async read(name: string, limit: number): Promise<Bytes> {
    const source = this.source(name);
    if (source.size > limit) throw new Refused("export.size", `the file ${name} is larger than ${limit} bytes`);
    return source.read(0, source.size);
  }

  /** Require that exactly these files lie beneath a prefix; gives how many. */
  expect(expected: Iterable<string>, beneath = ""): number {
    const wanted = new Set(expected);
    const missing = [...wanted].filter((name) => !this.sources.has(name) || !name.startsWith(beneath));
    if (missing.length > 0) throw new Refused("export.missing", `missing: ${shown(missing)}`);
    const extra = [...this.sources.keys()].filter((name) => name.startsWith(beneath) && !wanted.has(name));
    if (extra.length > 0) throw new Refused("export.extra", `nothing in the log accounts for ${shown(extra)}`);
    return wanted.size;
  }
}

/** How many names these paths take, of files and of the directories that hold them; not counted on beyond the limit. */
export function names(paths: Iterable<string>, most = MAX_FILES): number {
  const found = new Set<string>();
  for (const path of paths) {
    if (found.size > most) break;
    let name = path;
    while (name !== "" && !found.has(name)) {
      found.add(name);
      name = name.slice(0, Math.max(0, name.lastIndexOf("/")));
    }
  }
  return found.size;
}

/** Require exactly the tiles and entry bundles of a log of this size; gives how many. */
export function tilesExpect(files: LogFiles, size: number): number {
  const bundles = [...files.sources.keys()].filter((name) => name.startsWith("tile/entries/")).length;
  // Before listing what a checkpoint of a giant log would call for.
  if (size > bundles * 256) throw new Refused("export.missing", `${bundles} entry bundles can't hold ${size} entries`);
  return files.expect(tilePaths(size), "tile/");
}

/** Require that the export's copy of the trust file is the one in use. */
export async function trustCopyCheck(files: LogFiles, trust: Trust): Promise<void> {
  const copy = await files.read(TRUST, MAX_TRUST_BYTES);
  if (!same(copy, trust.raw) && !same(copy, canonicalBytes(trust.data))) {
    throw new Refused("trust.copy", "the trust file in the export is not the one given");
  }
}

/** Open the newest checkpoint. */
export async function checkpointRead(files: LogFiles, trust: Trust): Promise<Signed> {
  return checkpointVerify(await files.read(CHECKPOINT, MAX_NOTE_BYTES), trust);
}

/** Open a checkpoint note with the keys of the trust file; the log itself must have signed. */
export async function checkpointVerify(note: string | Bytes, trust: Trust): Promise<Signed> {
  const [checkpoint, opened] = await checkpointOpen(note, [...trust.logKeys, ...trust.witnesses], trust.origin);
  if (!opened.signers.some((signer) => trust.logKeys.some((key) => verifierSame(key, signer)))) {
    throw new Refused("note.unsigned", "the log itself did not sign the checkpoint");
  }
  return [checkpoint, opened];
}

/** Open every stored checkpoint, oldest first; the last one is the newest checkpoint to the byte. */
export async function checkpointsRead(files: LogFiles, trust: Trust): Promise<Signed[]> {
  const checkpoints: Signed[] = [];
  let note = "";
  let number = 0;
  for await (const line of lines(files.source(CHECKPOINTS), 2 * MAX_NOTE_BYTES)) {
    number += 1;
    if (line.at(-1) !== NEWLINE) {
      throw new Refused("checkpoint.line", `a line of ${CHECKPOINTS} is too long or not ended`);
    }
    const where = `line ${number} of ${CHECKPOINTS}`;
    const data = canonicalObject(line.subarray(0, -1));
    keysExact(data, LINE, where);
    note = text(data, "note", where);
    const [checkpoint, opened] = await checkpointVerify(note, trust);
    if (integer(data, "size", where) !== checkpoint.size) {
      throw new Refused("checkpoint.size", `${where} states another size`);
    }
    if (checkpoint.size <= (checkpoints.at(-1)?.[0].size ?? -1)) {
      throw new Refused("checkpoint.order", `${where} does not grow the log`);
    }
    checkpoints.push([checkpoint, opened]);
  }
  if (!same(utf8(note), await files.read(CHECKPOINT, MAX_NOTE_BYTES))) {
    throw new Refused("checkpoint.last", `the last line of ${CHECKPOINTS} is not the newest checkpoint`);
  }
  return checkpoints;
}

/** The lines of a file with their newlines, each cut after this many bytes: what follows comes as a line of its own. */
export async function* lines(source: Source, longest: number): AsyncGenerator<Bytes> {
  let held: Bytes = new Uint8Array(0);
  let at = 0;
  for (;;) {
    let newline = held.indexOf(NEWLINE);
    while (newline < 0 && held.length < longest && at < source.size) {
      const more = await source.read(at, Math.min(source.size, at + Math.max(CHUNK, longest)));
      at += more.length;
      const grown = new Uint8Array(held.length + more.length);
      grown.set(held);
      grown.set(more, held.length);
      held = grown;
      newline = held.indexOf(NEWLINE);
    }
    if (held.length === 0) return;
    const end = Math.min(newline < 0 ? held.length : newline + 1, longest);
    yield held.subarray(0, end);
    held = held.subarray(end);
  }
}

function shown(names: readonly string[]): string {
  const sorted = [...names].sort(compare);
  const more = sorted.length > SHOWN ? ` and ${sorted.length - SHOWN} more` : "";
  return `${sorted.slice(0, SHOWN).join(", ")}${more}`;
}
