// What was dropped or chosen, and what it is.
import { MAX_FILES } from "@/verifier";

import { STRINGS } from "./strings";

export type Files = ReadonlyMap<string, File>;

/** What the files are, or why they are nothing that can be verified. */
export type Known =
  | { readonly kind: "pack"; readonly name: string; readonly pack: File; readonly decisions: readonly File[] }
  | { readonly kind: "log"; readonly name: string; readonly files: Files }
  | { readonly kind: "events"; readonly name: string; readonly lines: File }
  | { readonly kind: "none"; readonly why: string };

const DECISION = ".dsse.json";

/** Tell a pack, an exported log and found events apart, by their names alone: what they hold is for the verifier. */
export function recognise(files: Files, most = MAX_FILES): Known {
  if (files.size > most) return { kind: "none", why: STRINGS.tooMany(most) };
  const [root, beneath] = withoutRoot(files);
  if (beneath.has("checkpoint") || beneath.has("checkpoints.jsonl")) return { kind: "log", name: root, files: beneath };
  const named = [...files.values()];
  const packs = named.filter(({ name }) => name.endsWith(".tar"));
  const [pack] = packs;
  if (packs.length > 1) return { kind: "none", why: STRINGS.manyPacks };
  if (pack !== undefined) {
    return { kind: "pack", name: pack.name, pack, decisions: named.filter(({ name }) => name.endsWith(DECISION)) };
  }
  const lines = named.filter(({ name }) => name.endsWith(".jsonl"));
  const [only] = lines;
  if (only !== undefined && lines.length === 1) return { kind: "events", name: only.name, lines: only };
  if (named.length === 1 && named[0]?.name.endsWith(".json") === true) return { kind: "none", why: STRINGS.looksLikeTrust };
  return { kind: "none", why: files.size === 0 ? STRINGS.nothing : STRINGS.unknown };
}

/** Paths within the one directory that holds them all, and its name. */
function withoutRoot(files: Files): readonly [root: string, beneath: Files] {
  const roots = new Set([...files.keys()].map((path) => path.slice(0, path.indexOf("/") + 1)));
  const [root = ""] = roots;
  if (roots.size !== 1) return ["", files];
  return [root.slice(0, -1), new Map([...files].map(([path, file]) => [path.slice(root.length), file]))];
}

/** The files of an input element: with their paths where a directory was chosen. */
export function chosen(list: FileList | null): Files {
  return new Map([...(list ?? [])].map((file) => [file.webkitRelativePath || file.name, file]));
}

/** The files that were dropped, those of directories with them. */
export async function dropped(data: DataTransfer): Promise<Files> {
  // The list of entries is gone after the first wait.
  const entries = [...data.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  const found = new Map<string, File>();
  for (const entry of entries) await walk(entry, found);
  return found;
}

/** Collects files until there is one more than can be verified: what comes after it need not be known to say so. */
async function walk(entry: FileSystemEntry, found: Map<string, File>): Promise<void> {
  if (entry.isFile) {
    const file = await new Promise<File>((done, failed) => {
      (entry as FileSystemFileEntry).file(done, failed);
    });
    found.set(entry.fullPath.slice(1), file);
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  // A directory is read a hundred entries at a time, until nothing more comes.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((done, failed) => {
      reader.readEntries(done, failed);
    });
    if (some.length === 0) return;
    for (const one of some) {
      if (found.size > MAX_FILES) return;
      await walk(one, found);
    }
  }
}
