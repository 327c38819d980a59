"""The platform's own bare repositories: trees built entry by entry, refs moved by compare-and-swap."""

from __future__ import annotations

import os
import posixpath
import re
import tempfile
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

from countersign.sandbox.contracts import ImportedHead, Replacement, TreeEntry
from countersign.sandbox.errors import RefMoved, RepositoryInvalid, RepositoryNotFound
from countersign.sandbox.exchange import repository_deliver, repository_import
from countersign.sandbox.git import git
from countersign.sandbox.paths import link_problem, path_problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

__all__ = [
    "ImportedHead",
    "Replacement",
    "Repository",
    "TreeEntry",
    "repository_deliver",
    "repository_import",
]

GITLINK, SYMLINK, EXECUTABLE, REGULAR = "160000", "120000", "100755", "100644"
_MODES = {SYMLINK, EXECUTABLE, REGULAR}
_OBJECT_ID = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_IDENTITY = re.compile(r"[^<>\n\0]+ <[^<>\n\0]*>")
_ABSENT = "0" * 40
_CONFIG = """[core]
\trepositoryformatversion = 0
\tfilemode = true
\tbare = true
\tlogallrefupdates = true
[gc]
\tauto = 0
"""


class Repository:
    """One bare repository that the platform created; nobody else's code or configuration is ever in it."""

    def __init__(self, path: Path) -> None:
        """Name the repository at ``path``; nothing is read yet."""
        self.path = path

    @classmethod
    def create(cls, path: Path) -> Repository:
        """Create an empty repository, or return the one that is there.

        Raises:
            RepositoryInvalid: something else stands at ``path``.
        """
        repository = cls(path)
        if repository.exists:
            return repository
        if path.exists() and any(path.iterdir()):
            message = f"{path} is there and is no repository of the platform"
            raise RepositoryInvalid(message)
        path.parent.mkdir(parents=True, exist_ok=True)
        git(path, "init", "--quiet", "--bare", "--template=", "--object-format=sha1", "--initial-branch=main")
        (path / "config").write_text(_CONFIG)
        return repository

    @property
    def exists(self) -> bool:
        """Say whether the repository is there."""
        return (self.path / "HEAD").is_file() and (self.path / "objects").is_dir()

    def _git(self, *arguments: str, stdin: bytes = b"", ok: tuple[int, ...] = (0,)) -> bytes:
        return git(self.path, *arguments, stdin=stdin, ok=ok)

    def head(self, branch: str) -> str | None:
        """Return the commit that ``branch`` is at, or ``None`` when there is no such branch."""
        found = self._git("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}^{{commit}}", ok=(0, 1))
        return found.decode().strip() or None

    def commit_tree_id(self, commit: str) -> str:
        """Return the tree of a commit.

        Raises:
            RepositoryNotFound: there is no such commit.
        """
        tree = (
            self._git("rev-parse", "--verify", "--quiet", f"{_checked(commit)}^{{tree}}", ok=(0, 1))
            .decode()
            .strip()
        )
        if not tree:
            message = f"there is no commit {commit}"
            raise RepositoryNotFound(message)
        return tree

    def tree_entries(self, commit: str) -> tuple[TreeEntry, ...]:
        """Return every file, link and submodule of a commit (or tree), sorted by path.

        Raises:
            RepositoryNotFound: there is no such commit.
            RepositoryInvalid: a name in it is not UTF-8.
        """
        listing = self._git("ls-tree", "-r", "-z", "--full-tree", self.commit_tree_id(commit))
        entries = []
        for line in listing.split(b"\0")[:-1]:
            meta, _, name = line.partition(b"\t")
            mode, _, blob = meta.decode().split(" ")
            try:
                entries.append(TreeEntry(name.decode(), mode, blob))
            except UnicodeDecodeError:
                message = f"the name {name!r} is not UTF-8"
                raise RepositoryInvalid(message) from None
        return tuple(sorted(entries, key=lambda entry: entry.path))

    def blob_read(self, blob: str) -> bytes:
        """Return the bytes of a blob.

        Raises:
            RepositoryInvalid: there is no such blob.
        """
        return self._git("cat-file", "blob", _checked(blob))

    def blobs_read(self, blobs: Sequence[str]) -> Iterator[bytes]:
        """Yield the bytes of many blobs in their order, with one process.

        Raises:
            RepositoryInvalid: one of them is not there.
        """
        answer = self._git(
            "cat-file", "--batch", stdin="".join(f"{_checked(blob)}\n" for blob in blobs).encode()
        )
        position = 0
        for blob in blobs:
            end = answer.index(b"\n", position)
            header = answer[position:end].split(b" ")
            if len(header) != 3 or header[1] != b"blob":  # noqa: PLR2004 - id, type, size
                message = f"there is no blob {blob}"
                raise RepositoryInvalid(message)
            size = int(header[2])
            yield answer[end + 1 : end + 1 + size]
            position = end + size + 2

    def blob_write(self, data: bytes) -> str:
        """Store a blob as it is, without any filter, and return its id."""
        return (
            self._git("hash-object", "-w", "--stdin", "--no-filters", "-t", "blob", stdin=data)
            .decode()
            .strip()
        )

    def tree_build(self, base_tree: str, replacements: Sequence[Replacement]) -> str:
        """Return the tree that is ``base_tree`` with exactly these entries replaced; there is no merging.

        Raises:
            RepositoryInvalid: a path or mode is not allowed, a removed path is not there, or a blob is
            missing.
        """
        lines = []
        for item in sorted(replacements, key=lambda item: (item.blob is not None, item.path)):
            problem = path_problem(item.path)
            if problem is None and item.blob is not None and item.mode not in _MODES:
                problem = f"has the mode {item.mode}"
            if problem:
                message = f"{item.path!r} {problem}"
                raise RepositoryInvalid(message)
            mode, blob = (item.mode, _checked(item.blob)) if item.blob is not None else ("0", _ABSENT)
            lines.append(f"{mode} {blob}\t{item.path}\0")
        expected = {entry.path: (entry.mode, entry.blob) for entry in self.tree_entries(base_tree)}
        for item in replacements:
            if item.blob is not None:
                expected[item.path] = (item.mode, item.blob)
            elif expected.pop(item.path, None) is None:
                message = f"{item.path!r} is to be removed and is not there"
                raise RepositoryInvalid(message)
        with tempfile.TemporaryDirectory(prefix="countersign-index-") as directory:
            private = {"GIT_INDEX_FILE": str(Path(directory) / "index")}
            git(self.path, "read-tree", _checked(base_tree), extra=private)
            git(self.path, "update-index", "-z", "--index-info", stdin="".join(lines).encode(), extra=private)
            tree = git(self.path, "write-tree", extra=private).decode().strip()
        # A file in the place of a directory would silently take away all that was in it.
        if {entry.path: (entry.mode, entry.blob) for entry in self.tree_entries(tree)} != expected:
            message = "the replacements collide with what stands beside them"
            raise RepositoryInvalid(message)
        return tree

    def commit_create(  # noqa: PLR0917 - the parts of a commit in the order in which Git writes them
        self,
        tree: str,
        parents: Sequence[str],
        message: str,
        author: str,
        time: datetime,
        committer: str | None = None,
    ) -> str:
        """Create a commit whose bytes follow from the arguments alone, and return its id.

        Args:
            tree: what it holds.
            parents: in their order.
            message: text; a last newline is added.
            author: ``Name <address>``.
            time: of author and committer, written in UTC to the second.
            committer: by default the author.

        Raises:
            RepositoryInvalid: an identity is malformed, or an object is missing.
        """
        for identity in (author, committer or author):
            if not _IDENTITY.fullmatch(identity):
                text = f"not an identity: {identity!r}"
                raise RepositoryInvalid(text)
        for parent in parents:
            self.commit_tree_id(parent)
        moment = f"{int(time.astimezone(UTC).timestamp())} +0000"
        lines = [f"tree {_checked(tree)}", *(f"parent {_checked(parent)}" for parent in parents)]
        lines += [
            f"author {author} {moment}",
            f"committer {committer or author} {moment}",
            "",
            message.rstrip("\n"),
            "",
        ]
        self._git("cat-file", "-e", f"{tree}^{{tree}}")
        return (
            self._git("hash-object", "-w", "--stdin", "-t", "commit", stdin="\n".join(lines).encode())
            .decode()
            .strip()
        )

    def commit_object(self, commit: str) -> bytes:
        """Return the raw bytes of a commit object.

        Raises:
            RepositoryInvalid: there is no such commit.
        """
        return self._git("cat-file", "commit", _checked(commit))

    def ref_swap(self, ref: str, new: str, old: str | None) -> None:
        """Move ``ref`` (full name) from ``old`` (``None``: not there yet) to ``new``.

        Raises:
            RefMoved: the ref is somewhere else.
            RepositoryInvalid: the name or the commit is not valid.
        """
        self.commit_tree_id(new)
        self._git("check-ref-format", ref)
        try:
            self._git(
                "update-ref", "--no-deref", "-m", "countersign", ref, _checked(new), _checked(old or _ABSENT)
            )
        except RepositoryInvalid as error:
            message = f"{ref} is not at {old or 'nothing'} any more"
            raise RefMoved(message, ref=ref, expected=old) from error

    def tag_create(self, name: str, commit: str) -> None:
        """Create a lightweight tag; the same tag on the same commit again is no error.

        Raises:
            RefMoved: the tag is on another commit.
        """
        ref = f"refs/tags/{name}"
        there = self._git("rev-parse", "--verify", "--quiet", ref, ok=(0, 1)).decode().strip()
        if there != commit:
            self.ref_swap(ref, commit, None)

    def diff(self, base: str, result: str) -> bytes:
        """Return the unified diff of two commits or trees: no renames, full ids, binary files declared."""
        options = (
            "-r",
            "-p",
            "-U3",
            "--no-renames",
            "--full-index",
            "--no-ext-diff",
            "--no-textconv",
            "--no-color",
        )
        prefixes = ("--src-prefix=a/", "--dst-prefix=b/", "--diff-algorithm=myers")
        trees = (self.commit_tree_id(base), self.commit_tree_id(result))
        return self._git("diff-tree", *options, *prefixes, *trees)

    def commits_between(self, old: str, new: str) -> tuple[str, ...]:
        """Return the first-parent commits after ``old`` up to ``new``, oldest first.

        Raises:
            RepositoryInvalid: ``old`` is not on the first-parent line of ``new``.
        """
        line = self._git("rev-list", "--first-parent", _checked(new)).decode().split()
        if old not in line:
            message = f"{old} is not on the line of {new}"
            raise RepositoryInvalid(message)
        return tuple(reversed(line[: line.index(old)]))

    def contains(self, commit: str, ancestor: str) -> bool:
        """Say whether ``ancestor`` is ``commit`` or in its history.

        Raises:
            RepositoryNotFound: there is no commit ``commit``.
        """
        self.commit_tree_id(commit)
        found = self._git("rev-list", "--max-count=1", _checked(ancestor), f"^{commit}", ok=(0, 128))
        return self._git("cat-file", "-t", _checked(ancestor), ok=(0, 128)) == b"commit\n" and not found

    def archive(self, commit: str, directory: Path) -> tuple[str, ...]:
        """Write the files of a commit into the new, empty ``directory``; return what was left out.

        The bytes are the blobs' own (no attributes apply). Submodules, and links that leave the tree, are
        left out:
        whoever reads the directory can't be led out of it.

        Raises:
            RepositoryInvalid: the directory is not empty, or a name in the commit can't be written safely.
        """
        directory.mkdir(parents=True, exist_ok=True)
        if any(directory.iterdir()):
            message = f"{directory} is not empty"
            raise RepositoryInvalid(message)
        entries = [entry for entry in self.tree_entries(commit) if entry.mode != GITLINK]
        left_out = [entry.path for entry in self.tree_entries(commit) if entry.mode == GITLINK]
        for entry, data in zip(entries, self.blobs_read([entry.blob for entry in entries]), strict=True):
            problem = path_problem(entry.path)
            if problem:
                message = f"{entry.path!r} {problem}"
                raise RepositoryInvalid(message)
            if entry.mode == SYMLINK and link_problem(entry.path, os.fsdecode(data)):
                left_out.append(entry.path)
                continue
            _write(directory, entry, data)
        return tuple(left_out)


def _write(directory: Path, entry: TreeEntry, data: bytes) -> None:
    """Write one entry; its parents are real directories: a tree can't hold a link and names below it."""
    path = directory / entry.path
    (directory / posixpath.dirname(entry.path)).mkdir(parents=True, exist_ok=True)
    if entry.mode == SYMLINK:
        path.symlink_to(os.fsdecode(data))
        return
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with os.fdopen(os.open(path, flags, 0o755 if entry.mode == EXECUTABLE else 0o644), "wb") as file:
        file.write(data)


def _checked(object_id: str) -> str:
    """Let through only object ids, so that nothing can be taken for an option or another revision."""
    if not _OBJECT_ID.fullmatch(object_id):
        message = f"not an object id: {object_id!r}"
        raise RepositoryInvalid(message)
    return object_id
