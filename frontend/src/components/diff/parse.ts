import { type FileData, parseDiff } from "react-diff-view";

import { visibleText } from "@/lib/visible-text";

export interface DiffFile {
  path: string;
  previousPath: string | null;
  kind: "added" | "modified" | "deleted";
  binary: boolean;
  added: number;
  deleted: number;
  data: FileData;
  /** One per hunk; a file without hunks (binary, mode only) has one that stands for the whole of it. */
  units: readonly string[];
}

export interface ParsedDiff {
  files: readonly DiffFile[];
  /** Ids of everything that has to be on the screen once, in reading order. */
  units: readonly string[];
  hidden: number;
}

const KINDS: Partial<Record<FileData["type"], DiffFile["kind"]>> = { add: "added", delete: "deleted" };

/** Splits a unified diff into what a reviewer must see. Throws when the text is not a diff: it then shows nothing. */
export function diffParse(source: string): ParsedDiff {
  const { text, hidden } = visibleText(source);
  const files = parseDiff(text).map(fileOf);
  if (files.length === 0 && text.trim() !== "") throw new Error("The text is not a unified diff.");
  return { files, units: files.flatMap((file) => file.units), hidden };
}

function fileOf(data: FileData, at: number): DiffFile {
  const kind = KINDS[data.type] ?? "modified";
  const path = kind === "deleted" ? data.oldPath : data.newPath;
  const changes = data.hunks.flatMap((hunk) => hunk.changes);
  const hunks = data.hunks.map((_, hunk) => `${at}:${hunk}`);
  return {
    path,
    previousPath: kind === "modified" && data.oldPath !== data.newPath ? data.oldPath : null,
    kind,
    binary: data.isBinary === true,
    added: changes.filter((change) => change.type === "insert").length,
    deleted: changes.filter((change) => change.type === "delete").length,
    data,
    units: hunks.length > 0 ? hunks : [`${at}:whole`],
  };
}
