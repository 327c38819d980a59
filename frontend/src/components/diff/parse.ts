import type { ChangeData, FileData, HunkData } from "react-diff-view";

import { visibleText } from "@/lib/visible-text";

/**
 * A strict reader of `git diff`. What a person approves must be what is drawn, so a line that is not understood, or a
 * hunk that does not hold what its head promises, refuses the whole diff instead of being left out.
 */
export interface DiffFile {
  path: string;
  kind: "added" | "modified" | "deleted";
  binary: boolean;
  /** From and to, when the mode changes: making a file executable is a change too. */
  modes: readonly [string, string] | null;
  added: number;
  deleted: number;
  type: FileData["type"];
  hunks: readonly HunkData[];
  /** One id a hunk; a file without hunks (binary, mode only) has one that stands for the whole of it. */
  units: readonly string[];
}

export interface ParsedDiff {
  files: readonly DiffFile[];
  /** Ids of everything that has to be on the screen once, in reading order. */
  units: readonly string[];
  /** How many characters in it cannot be seen and are drawn by name. */
  hidden: number;
}

const TYPES: Readonly<Record<DiffFile["kind"], FileData["type"]>> = { added: "add", modified: "modify", deleted: "delete" };
const HUNK = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/;
const START = "diff --git ";

class Lines {
  readonly #lines: readonly string[];
  #at = 0;

  constructor(source: string) {
    const lines = source.split("\n");
    if (lines.at(-1) === "") lines.pop();
    this.#lines = lines;
  }

  peek(): string | undefined {
    return this.#lines[this.#at];
  }

  take(): string {
    const line = this.#lines[this.#at];
    if (line === undefined) throw new Error("The diff ends in the middle of a hunk.");
    this.#at += 1;
    return line;
  }

  refuse(why: string): Error {
    return new Error(`Line ${this.#at} of the diff: ${why}.`);
  }
}

export function diffParse(source: string): ParsedDiff {
  const lines = new Lines(source);
  const files: DiffFile[] = [];
  let hidden = 0;
  const show = (text: string): string => {
    const visible = visibleText(text.endsWith("\r") ? `${text.slice(0, -1)}␍` : text);
    hidden += visible.hidden;
    return visible.text;
  };
  while (lines.peek() !== undefined) files.push(readFile(lines, files.length, show));
  return { files, units: files.flatMap((file) => file.units), hidden };
}

interface Head {
  path: string;
  kind: DiffFile["kind"];
  binary: boolean;
  oldMode: string | null;
  newMode: string | null;
}

function readFile(lines: Lines, at: number, show: (text: string) => string): DiffFile {
  const first = lines.take();
  if (!first.startsWith(START)) throw lines.refuse("a file was expected");
  const head: Head = { path: sharedPath(first.slice(START.length)), kind: "modified", binary: false, oldMode: null, newMode: null };
  readHead(lines, head);
  const hunks: HunkData[] = [];
  while (lines.peek()?.startsWith("@@ ") === true) hunks.push(readHunk(lines, show));
  const changes = hunks.flatMap((hunk) => hunk.changes);
  return {
    path: head.path,
    kind: head.kind,
    binary: head.binary,
    modes: head.oldMode !== null && head.newMode !== null ? [head.oldMode, head.newMode] : null,
    added: changes.filter((change) => change.type === "insert").length,
    deleted: changes.filter((change) => change.type === "delete").length,
    type: TYPES[head.kind],
    hunks,
    units: hunks.length > 0 ? hunks.map((_, hunk) => `${at}:${hunk}`) : [`${at}:whole`],
  };
}

function readHead(lines: Lines, head: Head): void {
  for (;;) {
    const line = lines.peek();
    if (line === undefined || line.startsWith(START) || line.startsWith("@@ ")) return;
    lines.take();
    if (line.startsWith("new file mode ")) head.kind = "added";
    else if (line.startsWith("deleted file mode ")) head.kind = "deleted";
    else if (line.startsWith("old mode ")) head.oldMode = line.slice(9);
    else if (line.startsWith("new mode ")) head.newMode = line.slice(9);
    else if (line.startsWith("--- ")) takePath(head, line.slice(4), "a/");
    else if (line.startsWith("+++ ")) takePath(head, line.slice(4), "b/");
    else if (line.startsWith("Binary files ")) head.binary = true;
    else if (line === "GIT binary patch") {
      head.binary = true;
      while (lines.peek()?.startsWith(START) === false) lines.take();
    } else if (!line.startsWith("index ")) throw lines.refuse("this is no part of a file's head");
  }
}

function takePath(head: Head, text: string, prefix: string): void {
  const name = unquote(text.replace(/\t$/, ""));
  if (name === "/dev/null") return;
  if (name !== prefix + head.path) throw new Error(`The diff names ${name} under the head of ${head.path}.`);
}

/** "a/PATH b/PATH": the platform's diffs know no renames, so both halves are the same path. */
function sharedPath(text: string): string {
  const half = (text.length - 1) / 2;
  const [left, right] = [unquote(text.slice(0, half)), unquote(text.slice(half + 1))];
  if (text[half] !== " " || !left.startsWith("a/") || right !== `b/${left.slice(2)}`) {
    throw new Error(`The diff names two different files: ${text}`);
  }
  return left.slice(2);
}

const ESCAPES: Readonly<Record<string, number>> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13, '"': 34, "\\": 92 };

/** Git quotes unusual paths as C does, byte by byte. */
function unquote(text: string): string {
  if (!text.startsWith('"') || !text.endsWith('"')) return text;
  const bytes: number[] = [];
  for (const [, octal, escape, plain] of text.slice(1, -1).matchAll(/\\([0-3][0-7]{2})|\\(.)|([^\\]+)/g)) {
    if (octal !== undefined) bytes.push(parseInt(octal, 8));
    else if (escape !== undefined) bytes.push(ESCAPES[escape] ?? 63);
    else bytes.push(...new TextEncoder().encode(plain));
  }
  return new TextDecoder().decode(new Uint8Array(bytes));
}

function readHunk(lines: Lines, show: (text: string) => string): HunkData {
  const content = lines.take();
  const match = HUNK.exec(content);
  if (match === null) throw lines.refuse("this is no head of a hunk");
  const [oldStart, oldLines, newStart, newLines] = [match[1], match[2] ?? "1", match[3], match[4] ?? "1"].map(Number) as [
    number,
    number,
    number,
    number,
  ];
  const changes: ChangeData[] = [];
  let [old, current] = [0, 0];
  while (old < oldLines || current < newLines || lines.peek()?.startsWith("\\") === true) {
    const line = lines.take();
    const text = show(line.slice(1));
    if (line.startsWith("+")) {
      changes.push({ type: "insert", isInsert: true, lineNumber: newStart + current++, content: text });
    } else if (line.startsWith("-")) {
      changes.push({ type: "delete", isDelete: true, lineNumber: oldStart + old++, content: text });
    } else if (line.startsWith(" ")) {
      changes.push({
        type: "normal",
        isNormal: true,
        oldLineNumber: oldStart + old++,
        newLineNumber: newStart + current++,
        content: text,
      });
    } else if (line.startsWith("\\")) {
      const last = changes.at(-1);
      if (last !== undefined) last.content += " ⟦no newline at the end⟧";
    } else throw lines.refuse("this is no line of a hunk");
  }
  if (old !== oldLines || current !== newLines) throw lines.refuse("the hunk holds more than its head says");
  return { content: show(content), oldStart, oldLines, newStart, newLines, changes };
}
