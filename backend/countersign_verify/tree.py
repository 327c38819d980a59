"""Git object ids, computed from names, modes and blob ids alone.

This is what lets a verifier recompute the tree and the commits of a merge without a repository: a tree
to merge is the base with exactly the approved entries replaced, and nothing else.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from countersign_verify.errors import RefusedError

MODE_FILE = "100644"
MODE_EXECUTABLE = "100755"
MODE_LINK = "120000"
MODE_SUBMODULE = "160000"
MODE_DIRECTORY = "40000"
MODES = frozenset({MODE_FILE, MODE_EXECUTABLE, MODE_LINK, MODE_SUBMODULE})
REPLACEMENT_MODES = frozenset({MODE_FILE, MODE_EXECUTABLE, MODE_LINK})
MAX_PATH_DEPTH = 100

_OBJECT_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_HEX_SIZE = {"sha1": 40, "sha256": 64}


@dataclass(frozen=True, slots=True, order=True)
class TreeEntry:
    """One file of a tree: its path from the root, its mode, and the id of its blob."""

    path: str
    mode: str
    blob: str


@dataclass(frozen=True, slots=True, order=True)
class Replacement:
    """What becomes of one path: new mode and blob, or nothing at all when ``blob`` is None."""

    path: str
    mode: str
    blob: str | None


@dataclass(frozen=True, slots=True)
class Commit:
    """What a raw commit object says."""

    tree: str
    parents: tuple[str, ...]
    author: str
    committer: str
    message: str


def git_object_id(kind: str, data: bytes, *, algorithm: str = "sha1") -> str:
    """Id of a Git object: ``kind`` is blob, tree, commit or tag.

    Raises:
        RefusedError: The algorithm is not one that Git uses.
    """
    if algorithm not in _HEX_SIZE:
        raise RefusedError("tree.algorithm", f"Git has no object ids by {algorithm!a}")
    digest = hashlib.new(algorithm, usedforsecurity=False)
    digest.update(f"{kind} {len(data)}\0".encode("ascii"))
    digest.update(data)
    return digest.hexdigest()


def tree_id(entries: Iterable[TreeEntry], *, algorithm: str = "sha1") -> str:
    """Id of the root tree that holds exactly these files.

    Raises:
        RefusedError: A path, mode or id is malformed, a path occurs twice, or is file and directory at once.
    """
    root: dict[str, object] = {}
    for entry in entries:
        _check_entry(entry.path, entry.mode, entry.blob, algorithm)
        *directories, name = entry.path.split("/")
        node = root
        for directory in directories:
            child = node.setdefault(directory, {})
            if not isinstance(child, dict):
                raise RefusedError("tree.conflict", f"{entry.path[:200]!a} runs through a file")
            node = child
        if name in node:
            raise RefusedError("tree.duplicate", f"the path {entry.path[:200]!a} occurs twice")
        node[name] = (entry.mode, entry.blob)
    return _tree_node_id(root, algorithm)


def tree_replace(entries: Iterable[TreeEntry], replacements: Iterable[Replacement]) -> tuple[TreeEntry, ...]:
    """The files of a tree after exactly these replacements, sorted by path.

    Raises:
        RefusedError: A path occurs twice, a path to remove is not there, or a replacement is malformed.
    """
    files: dict[str, TreeEntry] = {}
    for entry in entries:
        if entry.path in files:
            raise RefusedError("tree.duplicate", f"the path {entry.path[:200]!a} occurs twice")
        files[entry.path] = entry
    seen: set[str] = set()
    for replacement in replacements:
        path = replacement.path
        if path in seen:
            raise RefusedError("tree.duplicate", f"the path {path[:200]!a} is replaced twice")
        seen.add(path)
        path_check(path)
        if replacement.blob is None:
            if files.pop(path, None) is None:
                raise RefusedError("tree.absent", f"{path[:200]!a} is to be removed but is not there")
        elif replacement.mode not in REPLACEMENT_MODES:
            raise RefusedError("tree.mode", f"{path[:200]!a} would get the mode {replacement.mode[:20]!a}")
        else:
            files[path] = TreeEntry(path, replacement.mode, replacement.blob)
    return tuple(files[path] for path in sorted(files))


def tree_changes(old: Iterable[TreeEntry], new: Iterable[TreeEntry]) -> tuple[Replacement, ...]:
    """The replacements that lead from one tree to another, sorted by path."""
    before: Mapping[str, TreeEntry] = {entry.path: entry for entry in old}
    after: Mapping[str, TreeEntry] = {entry.path: entry for entry in new}
    changes = [
        Replacement(path, entry.mode, entry.blob)
        for path, entry in after.items()
        if before.get(path) != entry
    ]
    changes += [Replacement(path, before[path].mode, None) for path in before.keys() - after.keys()]
    return tuple(sorted(changes, key=lambda change: change.path))


def path_check(path: str) -> None:
    """Require a path that may be written into a governed tree.

    Raises:
        RefusedError: It is absolute, empty, leaves the tree, holds a control character or names ``.git``.
    """
    parts = path.split("/")
    if len(parts) > MAX_PATH_DEPTH or any(part in {"", ".", ".."} for part in parts):
        raise RefusedError("tree.path", f"the path {path[:200]!a} does not stay inside the tree")
    if any(character < " " or character == "\x7f" for character in path):
        raise RefusedError("tree.path", f"the path {path[:200]!a} holds a control character")
    if any(part.lower().rstrip(". ") in {".git", "git~1"} for part in parts):
        raise RefusedError("tree.git", f"the path {path[:200]!a} reaches into .git")


def object_id_check(text: object, what: str) -> str:
    """Require the id of a Git object.

    Raises:
        RefusedError: It is something else.
    """
    if not isinstance(text, str) or _OBJECT_ID.fullmatch(text) is None:
        raise RefusedError("tree.id", f"{what} is not the id of a Git object")
    return text


def commit_tree(data: bytes) -> str:
    """Id of the tree of any raw commit object, however it is signed or encoded.

    Raises:
        RefusedError: It does not start with a tree.
    """
    line, separator, _ = data.partition(b"\n")
    if not separator or not line.startswith(b"tree "):
        raise RefusedError("commit.shape", "the commit does not start with its tree")
    return object_id_check(line[5:].decode("ascii", "replace"), "the tree of the commit")


def commit_parse(data: bytes) -> Commit:
    """Read a raw commit object (without its ``commit <size>`` header).

    Raises:
        RefusedError: It is not a commit with exactly a tree, parents, an author and a committer.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RefusedError("commit.utf8", "the commit is not UTF-8") from error
    header, separator, message = text.partition("\n\n")
    names = [line.partition(" ") for line in header.split("\n")]
    values: dict[str, list[str]] = {}
    for name, _, value in names:
        values.setdefault(name, []).append(value)
    order = ["tree", *["parent"] * len(values.get("parent", [])), "author", "committer"]
    if not separator or [name for name, _, _ in names] != order:
        raise RefusedError(
            "commit.shape", "the commit has other headers than tree, parents, author, committer"
        )
    return Commit(
        tree=object_id_check(values["tree"][0], "the tree of the commit"),
        parents=tuple(object_id_check(item, "a parent") for item in values.get("parent", [])),
        author=values["author"][0],
        committer=values["committer"][0],
        message=message,
    )


def _tree_node_id(node: Mapping[str, object], algorithm: str) -> str:
    """Id of one directory. Its depth is bounded by the check of every path."""
    lines: list[tuple[bytes, bytes]] = []
    for name, child in node.items():
        raw = name.encode("utf-8")
        if isinstance(child, dict):
            mode, object_id, key = MODE_DIRECTORY, _tree_node_id(child, algorithm), raw + b"/"
        elif isinstance(child, tuple):
            (mode, object_id), key = child, raw
        else:  # pragma: no cover - the tree is built above of nothing else
            raise RefusedError("tree.shape", "the tree is malformed")
        lines.append((key, f"{mode} ".encode("ascii") + raw + b"\0" + bytes.fromhex(object_id)))
    # Git sorts a directory as if its name ended in a slash.
    return git_object_id("tree", b"".join(line for _, line in sorted(lines)), algorithm=algorithm)


def _check_entry(path: str, mode: str, blob: str, algorithm: str) -> None:
    if not path.isascii() and any("\ud800" <= character <= "\udfff" for character in path):
        raise RefusedError("tree.path", f"the path {path[:200]!a} is not Unicode")
    parts = path.split("/")
    if len(parts) > MAX_PATH_DEPTH or any(part in {"", ".", ".."} for part in parts) or "\0" in path:
        raise RefusedError("tree.path", f"the path {path[:200]!a} does not stay inside the tree")
    if mode not in MODES:
        raise RefusedError("tree.mode", f"{path[:200]!a} has the mode {mode[:20]!a}, which no file has")
    object_id_check(blob, f"the blob of {path[:200]!a}")
    if len(blob) != _HEX_SIZE[algorithm]:
        raise RefusedError("tree.id", f"the blob id of {path[:200]!a} is of another algorithm")
