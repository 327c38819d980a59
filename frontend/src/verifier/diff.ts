// Reading which blobs a unified diff leads from and to (`git diff --full-index`, no renames).
import { type Bytes, utf8, utf8Escaped, withoutEnd } from "./bytes";
import { Refused } from "./errors";

const INDEX = /^index ([0-9a-f]{40}|[0-9a-f]{64})\.\.([0-9a-f]{40}|[0-9a-f]{64})(?: ([0-7]{6}))?$/;
const MODE = /^(new file mode|deleted file mode|old mode|new mode) ([0-7]{6})$/;
const QUOTED_FIRST = /^"((?:[^"\\]|\\[^\n])*)"/;
const QUOTED_WHOLE = /^"((?:[^"\\]|\\[^\n])*)"$/;
const ESCAPES: ReadonlyMap<string, number> = new Map([
  ["a", 7],
  ["b", 8],
  ["t", 9],
  ["n", 10],
  ["v", 11],
  ["f", 12],
  ["r", 13],
  ['"', 34],
  ["\\", 92],
]);
const SECTION = utf8("diff --git ");
const CONTENT = ["@@ ", "Binary files ", "GIT binary patch"].map(utf8);
const NEWLINE = 0x0a;
const MAX_FILES = 100_000;
const MAX_LINE_BYTES = 64 * 1024;
const MAX_HEADER_LINES = 16;

/** One file of a diff; `mode` is that after the change (before it, when removed), where the diff says. */
export interface FileDiff {
  readonly path: string;
  readonly oldBlob: string | null;
  readonly newBlob: string | null;
  readonly mode: string | null;
}

/** List the files of a diff. */
export function diffRead(data: Bytes): FileDiff[] {
  const found: FileDiff[] = [];
  for (const lines of sections(data)) found.push(section(lines));
  return found;
}

/** The header lines of each section: what stands between `diff --git` and the first hunk. */
function* sections(data: Bytes): Generator<string[]> {
  if (!starts(data, 0, data.length, SECTION)) {
    if (data.some((byte) => byte !== NEWLINE)) {
      throw new Refused("diff.shape", "the diff does not start with a section of a file");
    }
    return;
  }
  // Lines of a hunk start with a blank, plus, minus or backslash, so they can't pass for a section.
  let count = 0;
  for (let begin = 0; begin < data.length; ) {
    count += 1;
    if (count > MAX_FILES) throw new Refused("diff.files", `the diff shows more than ${MAX_FILES} files`);
    const following = sectionAfter(data, begin);
    yield header(data, begin, following - 1);
    begin = following;
  }
}

/** Where the next section begins, or one past the end and the newline that is not there. */
function sectionAfter(data: Bytes, begin: number): number {
  for (let at = begin; at < data.length; at += 1) {
    if (data[at] === NEWLINE && data[at + 1] === SECTION[0] && starts(data, at + 1, data.length, SECTION)) return at + 1;
  }
  return data.length + 1;
}

function header(data: Bytes, start: number, end: number): string[] {
  const lines: string[] = [];
  for (let begin = start; begin <= end; ) {
    const newline = data.subarray(begin, Math.min(end, begin + MAX_LINE_BYTES + 1)).indexOf(NEWLINE);
    const stop = newline < 0 ? end : begin + newline;
    if (CONTENT.some((mark) => starts(data, begin, stop, mark))) break;
    if (stop - begin > MAX_LINE_BYTES || lines.length === MAX_HEADER_LINES) {
      throw new Refused("diff.header", "the header of a section of the diff is too long");
    }
    lines.push(utf8Escaped(data.subarray(begin, stop)));
    begin = stop + 1;
  }
  return lines;
}

function starts(data: Bytes, begin: number, end: number, mark: Bytes): boolean {
  return end - begin >= mark.length && mark.every((byte, at) => data[begin + at] === byte);
}

function section([first = "", ...rest]: readonly string[]): FileDiff {
  const modes = new Map<string, string>();
  let found: readonly (string | undefined)[] | undefined;
  const { path, before: minus, after: plus } = namesOf(first.slice(SECTION.length));
  for (const line of rest) {
    const index = INDEX.exec(line);
    const mode = MODE.exec(line);
    if (index !== null) found = index;
    else if (mode !== null) modes.set(mode[1] ?? "", mode[2] ?? "");
    else if (/^(?:rename |copy |similarity )/.test(line)) {
      throw new Refused("diff.rename", "the diff shows a rename; every file must be shown by itself");
    } else if (line.startsWith("--- ") || line.startsWith("+++ ")) {
      const named = withoutEnd(line.slice(4), "\t");
      if (named !== "/dev/null" && named !== (line.startsWith("-") ? minus : plus)) {
        throw new Refused("diff.path", "a section of the diff names two paths");
      }
    } else if (line !== "" && !line.startsWith("dissimilarity ")) {
      throw new Refused("diff.shape", `a line of the diff's header is not known: ${line.slice(0, 80)}`);
    }
  }
  if (found === undefined && !(modes.size === 2 && modes.has("old mode") && modes.has("new mode"))) {
    throw new Refused("diff.index", `the diff of ${path} does not name its blobs in full`);
  }
  const [, before = null, after = null, mode = null] = found ?? [];
  return {
    path,
    oldBlob: modes.has("new file mode") ? null : before,
    newBlob: modes.has("deleted file mode") ? null : after,
    mode: modes.get("new mode") ?? modes.get("new file mode") ?? modes.get("deleted file mode") ?? mode,
  };
}

/** The one path of `a/<path> b/<path>`, and how the lines `---` and `+++` must spell it. */
function namesOf(text: string): { path: string; before: string; after: string } {
  const characters = Array.from(text);
  const middle = Math.floor(characters.length / 2);
  let before = characters.slice(0, middle).join("");
  let after = characters.slice(middle + 1).join("");
  let [first, second] = [before, after];
  if (text.startsWith('"')) {
    const match = QUOTED_FIRST.exec(text);
    const rest = match === null ? null : QUOTED_WHOLE.exec(text.slice(match[0].length + 1));
    if (match === null || rest === null) throw malformed();
    [before, after] = [match[0], rest[0]];
    [first, second] = [unquote(match[1] ?? ""), unquote(rest[1] ?? "")];
  }
  if (!first.startsWith("a/") || !second.startsWith("b/") || first.slice(2) !== second.slice(2)) {
    throw new Refused("diff.path", "a section of the diff names two paths");
  }
  if (/\p{Surrogate}/u.test(first)) throw new Refused("diff.path", "a path of the diff is not UTF-8");
  return { path: first.slice(2), before, after };
}

function malformed(): Refused {
  return new Refused("diff.path", "a path of the diff is malformed");
}

/** Undo Git's quoting of unusual paths. */
function unquote(text: string): string {
  const raw: number[] = [];
  const characters = Array.from(text);
  for (let at = 0; at < characters.length; ) {
    const character = characters[at] ?? "";
    const next = characters[at + 1] ?? "";
    const escaped = ESCAPES.get(next);
    if (character !== "\\") {
      const unit = character.charCodeAt(0);
      if (character.length === 1 && unit >= 0xdc00 && unit < 0xe000) raw.push(unit - 0xdc00);
      else raw.push(...utf8(character));
      at += 1;
    } else if (escaped !== undefined) {
      raw.push(escaped);
      at += 2;
    } else {
      const digits = characters.slice(at + 1, at + 4).join("");
      if (!/^[0-3][0-7]{2}$/.test(digits)) throw malformed();
      raw.push(Number.parseInt(digits, 8));
      at += 4;
    }
  }
  return utf8Escaped(Uint8Array.from(raw));
}
