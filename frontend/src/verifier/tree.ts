// Git objects, recomputed without a repository: a tree to merge is the base with exactly the approved entries replaced.
import { ascii, type Bytes, compare, compareBytes, concat, hex, joined, unhex, utf8, utf8Decode, withoutEnd } from "./bytes";
import { Refused } from "./errors";
import { sha1 } from "./hash";
import type { Json } from "./json";

const MODES = new Set(["100644", "100755", "120000", "160000"]);
const REPLACEMENT_MODES = new Set(["100644", "100755", "120000"]);
const MODE_DIRECTORY = "40000";
const MAX_PATH_DEPTH = 100;
const OBJECT_ID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
const SHA1_DIGITS = 40;

/** One file of a tree. */
export interface TreeEntry {
  readonly path: string;
  readonly mode: string;
  readonly blob: string;
}

/** What becomes of one path: new mode and blob, or nothing at all when `blob` is null. */
export interface Replacement {
  readonly path: string;
  readonly mode: string;
  readonly blob: string | null;
}

/** What a raw commit object says. */
export interface Commit {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly message: string;
}

type Node = Map<string, Node | readonly [mode: string, blob: string]>;

/** Id of a Git object. */
export function gitObjectId(kind: "commit" | "tree", data: Bytes): string {
  return hex(sha1(utf8(`${kind} ${data.length}\0`), data));
}

/** Id of the root tree that holds exactly these files. */
export function treeId(entries: Iterable<TreeEntry>): string {
  const root: Node = new Map();
  for (const { path, mode, blob } of entries) {
    entryCheck(path, mode, blob);
    const directories = path.split("/");
    const name = directories.pop() ?? "";
    let node = root;
    for (const directory of directories) {
      let child = node.get(directory);
      if (child === undefined) {
        child = new Map<string, Node>();
        node.set(directory, child);
      }
      if (!(child instanceof Map)) throw new Refused("tree.conflict", `${path} runs through a file`);
      node = child;
    }
    if (node.has(name)) throw new Refused("tree.duplicate", `the path ${path} occurs twice`);
    node.set(name, [mode, blob]);
  }
  return nodeId(root);
}

/** The files of a tree after exactly these replacements, sorted by path. */
export function treeReplace(entries: Iterable<TreeEntry>, replacements: Iterable<Replacement>): TreeEntry[] {
  const files = new Map<string, TreeEntry>();
  for (const entry of entries) {
    if (files.has(entry.path)) throw new Refused("tree.duplicate", `the path ${entry.path} occurs twice`);
    files.set(entry.path, entry);
  }
  const seen = new Set<string>();
  for (const { path, mode, blob } of replacements) {
    if (seen.has(path)) throw new Refused("tree.duplicate", `the path ${path} is replaced twice`);
    seen.add(path);
    pathCheck(path);
    if (blob === null) {
      if (!files.delete(path)) throw new Refused("tree.absent", `${path} is to be removed but is not there`);
    } else if (REPLACEMENT_MODES.has(mode)) files.set(path, { path, mode, blob });
    else throw new Refused("tree.mode", `${path} would get the mode ${mode}`);
  }
  return [...files.values()].sort(byPath);
}

/** The paths that differ between two trees, sorted. */
export function treeChanges(before: Iterable<TreeEntry>, after: Iterable<TreeEntry>): string[] {
  const old = new Map([...before].map((entry) => [entry.path, entry]));
  const changed: string[] = [];
  for (const { path, mode, blob } of after) {
    const known = old.get(path);
    old.delete(path);
    if (known?.mode !== mode || known.blob !== blob) changed.push(path);
  }
  return [...changed, ...old.keys()].sort(compare);
}

export function byPath(one: { readonly path: string }, other: { readonly path: string }): number {
  return compare(one.path, other.path);
}

export function replacementsSame(one: readonly Replacement[], other: readonly Replacement[]): boolean {
  return (
    one.length === other.length &&
    one.every(({ path, mode, blob }, at) => {
      const match = other[at];
      return match?.path === path && match.mode === mode && match.blob === blob;
    })
  );
}

/** Require a path that may be written into a governed tree. */
function pathCheck(path: string): void {
  const parts = path.split("/");
  if (outside(parts)) throw new Refused("tree.path", `the path ${path} does not stay inside the tree`);
  // eslint-disable-next-line no-control-regex -- these are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(path)) throw new Refused("tree.path", `the path ${path} holds a control character`);
  if (parts.some((part) => [".git", "git~1"].includes(withoutEnd(part.toLowerCase(), ". ")))) {
    throw new Refused("tree.git", `the path ${path} reaches into .git`);
  }
}

/** Require the id of a Git object. */
export function objectIdCheck(value: Json | undefined, what: string): string {
  if (typeof value !== "string" || !OBJECT_ID.test(value)) {
    throw new Refused("tree.id", `${what} is not the id of a Git object`);
  }
  return value;
}

/** Id of the tree of any raw commit object, however it is signed or encoded. */
export function commitTree(data: Bytes): string {
  const end = data.indexOf(0x0a);
  const line = ascii(data.subarray(0, Math.max(end, 0)));
  if (end < 0 || !line.startsWith("tree ")) {
    throw new Refused("commit.shape", "the commit does not start with its tree");
  }
  return objectIdCheck(line.slice(5), "the tree of the commit");
}

/** Read a raw commit object (without its `commit <size>` header). */
export function commitParse(data: Bytes): Commit {
  const text = utf8Decode(data);
  if (text === undefined) throw new Refused("commit.utf8", "the commit is not UTF-8");
  const end = text.indexOf("\n\n");
  const lines = (end < 0 ? text : text.slice(0, end)).split("\n").map((line): [string, string] => {
    const at = line.indexOf(" ");
    return at < 0 ? [line, ""] : [line.slice(0, at), line.slice(at + 1)];
  });
  const named = (wanted: string): string[] => lines.filter(([name]) => name === wanted).map(([, value]) => value);
  const parents = named("parent");
  const order = ["tree", ...parents.map(() => "parent"), "author", "committer"];
  if (end < 0 || lines.map(([name]) => name).join("\n") !== order.join("\n")) {
    throw new Refused("commit.shape", "the commit has other headers than tree, parents, author, committer");
  }
  return {
    tree: objectIdCheck(named("tree")[0], "the tree of the commit"),
    parents: parents.map((parent) => objectIdCheck(parent, "a parent")),
    message: text.slice(end + 2),
  };
}

/** The lines of a commit's message, ended by whatever ends a line in Unicode. */
export function messageLines(raw: Bytes): string[] {
  // eslint-disable-next-line no-control-regex -- some of them are control characters
  return commitParse(raw).message.split(/\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/);
}

/** Id of one directory. Its depth is bounded by the check of every path. */
function nodeId(node: Node): string {
  const lines: [key: Bytes, line: Bytes][] = [];
  for (const [name, child] of node) {
    const [mode, id] = child instanceof Map ? [MODE_DIRECTORY, nodeId(child)] : child;
    // Git sorts a directory as if its name ended in a slash.
    lines.push([utf8(child instanceof Map ? `${name}/` : name), concat(utf8(`${mode} ${name}\0`), unhex(id))]);
  }
  lines.sort(([one], [other]) => compareBytes(one, other));
  return gitObjectId("tree", joined(lines.map(([, line]) => line)));
}

function entryCheck(path: string, mode: string, blob: string): void {
  if (outside(path.split("/")) || path.includes("\0")) {
    throw new Refused("tree.path", `the path ${path} does not stay inside the tree`);
  }
  if (!MODES.has(mode)) throw new Refused("tree.mode", `${path} has the mode ${mode}, which no file has`);
  if (objectIdCheck(blob, `the blob of ${path}`).length !== SHA1_DIGITS) {
    throw new Refused("tree.id", `the blob id of ${path} is of another algorithm`);
  }
}

function outside(parts: readonly string[]): boolean {
  return parts.length > MAX_PATH_DEPTH || parts.some((part) => ["", ".", ".."].includes(part));
}
