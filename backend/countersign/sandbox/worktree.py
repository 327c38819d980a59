"""Disposable clones for agents, and the proposals that are read out of them."""

from __future__ import annotations

import hashlib
import os
import posixpath
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pathspec import GitIgnoreSpec

from countersign.sandbox.contracts import ChangedEntry, Proposal, TreeEntry
from countersign.sandbox.errors import ProposalRefused
from countersign.sandbox.git import git
from countersign.sandbox.paths import doubles, link_problem, name_problem
from countersign.sandbox.repository import EXECUTABLE, GITLINK, REGULAR, SYMLINK
from countersign_verify.tree import git_object_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from countersign.sandbox.repository import Repository

_MAX_FILES = 100_000
_MAX_DEPTH = 64
_MAX_FILE_BYTES = 8 << 20
_MAX_PROPOSAL_BYTES = 32 << 20
_MAX_REASONS = 50
# What tools leave beside the work; only ever skipped where the base does not track it.
_LEFTOVERS = (
    "__pycache__/",
    "*.py[co]",
    ".pytest_cache/",
    ".ruff_cache/",
    ".mypy_cache/",
    ".hypothesis/",
    ".coverage",
)
_MAX_IGNORE_BYTES = 64 << 10
_MAX_STARS = 4


def worktree_create(repository: Repository, commit: str, directory: Path) -> tuple[str, ...]:
    """Lay out a self-contained clone of one commit; return what was left out (``Repository.archive``).

    It shares nothing with the platform's repository: no alternates, no hard links, no remote. Its ``.git`` is
    for the
    agent's convenience alone; once an agent has had it, the host never runs Git on it.

    Raises:
        RepositoryInvalid: the directory is not empty, or the commit can't be written safely.
    """
    left_out = repository.archive(commit, directory)
    own = directory / ".git"
    git(own, "init", "--quiet", "--bare", "--template=", "--object-format=sha1", "--initial-branch=work")
    objects = git(repository.path, "rev-list", "--objects", "--no-walk", commit)
    ids = b"".join(line.split(b" ")[0] + b"\n" for line in objects.splitlines())
    pack = git(repository.path, "pack-objects", "--stdout", "--quiet", stdin=ids)
    (own / "shallow").write_text(f"{commit}\n")
    git(own, "index-pack", "--stdin", "--strict", stdin=pack)
    (own / "config").write_text("[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n")
    git(own, "update-ref", "refs/heads/work", commit)
    git(own, "read-tree", commit)
    return left_out


@dataclass(slots=True)
class _Walk:
    """What is found while a worktree is read."""

    reasons: list[str] = field(default_factory=list)
    files: int = 0

    def refuse(self, path: str, problem: str) -> None:
        if len(self.reasons) < _MAX_REASONS:
            self.reasons.append(f"{path!r} {problem}")


def patch_extract(worktree: Path, *, repository: Repository, commit: str) -> Proposal:
    """Read what changed in a worktree against the commit it was made from, as plain entries.

    Only files are read, never the worktree's own Git: the base comes from the platform's repository, links
    are not
    followed, and what is neither file nor link is refused. Call it when the agent's processes have ended.

    Args:
        worktree: the directory that the agent worked in.
        repository: where ``commit`` is.
        commit: what the worktree was made from.

    Raises:
        ProposalRefused: it holds what no proposal may hold; every reason is named.
    """
    base = {entry.path: entry for entry in repository.tree_entries(commit)}
    ignored = _ignore_rules(repository, base)
    walk = _Walk()
    present: set[str] = set()
    changed: dict[str, tuple[str, bytes]] = {}
    skipped: list[str] = []
    for path, status, descriptor in _walk(worktree, base, walk):
        if path not in base and _is_ignored(path, ignored):
            skipped.append(path)
            continue
        present.add(path)
        entry = _read(path, status, descriptor, base.get(path), walk)
        if entry is not None:
            changed[path] = entry
    removed = [
        item for path, item in base.items() if path not in present and not _never_laid_out(repository, item)
    ]
    entries = _entries(base, changed, removed, walk)
    _doubles_refuse(base, entries, walk)
    if sum(len(entry.data or b"") for entry in entries) > _MAX_PROPOSAL_BYTES:
        walk.reasons.append(f"the proposal is larger than {_MAX_PROPOSAL_BYTES >> 20} MiB")
    if walk.reasons:
        raise ProposalRefused(tuple(sorted(walk.reasons)))
    return Proposal(commit, entries, tuple(sorted(skipped)))


def _walk(
    worktree: Path, base: Mapping[str, TreeEntry], walk: _Walk
) -> Iterator[tuple[str, os.stat_result, int]]:
    """Yield every name below ``worktree`` but its ``.git``, with status and its directory's descriptor."""
    below = {posixpath.dirname(path) for path in base}
    for top, names, files, descriptor in os.fwalk(worktree, follow_symlinks=False, onerror=None):
        relative = os.path.relpath(top, worktree)
        prefix = "" if relative == "." else f"{relative}/"
        if not prefix and ".git" in names:
            names.remove(".git")
        if prefix.count("/") >= _MAX_DEPTH:
            walk.refuse(prefix, "is nested too deeply")
            names.clear()
        for name in [*names, *files]:
            path = f"{prefix}{name}"
            walk.files += 1
            if walk.files > _MAX_FILES:
                walk.reasons.append(f"the worktree holds more than {_MAX_FILES} names")
                return
            status = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
            if not stat.S_ISDIR(status.st_mode):
                yield path, status, descriptor
                continue
            problem = None if path in below else name_problem(path)
            if problem:
                walk.refuse(path, problem)
                names.remove(name)
            elif not os.access(name, os.R_OK | os.X_OK, dir_fd=descriptor, follow_symlinks=False):
                walk.refuse(path, "can't be read")
                names.remove(name)


def _read(
    path: str, status: os.stat_result, descriptor: int, base: TreeEntry | None, walk: _Walk
) -> tuple[str, bytes] | None:
    """Return mode and bytes of what differs from the base; refuse by name what a proposal may not hold."""
    name = posixpath.basename(path)
    problem = name_problem(path) if base is None else None
    if problem is None and stat.S_ISLNK(status.st_mode):
        return _if_changed(SYMLINK, os.fsencode(os.readlink(name, dir_fd=descriptor)), base)
    if problem is None and not stat.S_ISREG(status.st_mode):
        problem = "is neither a file nor a link"
    elif problem is None and status.st_mode & (stat.S_ISUID | stat.S_ISGID | stat.S_ISVTX):
        problem = f"has the mode {stat.S_IMODE(status.st_mode):o}"
    elif problem is None and status.st_size > _MAX_FILE_BYTES:
        problem = f"is larger than {_MAX_FILE_BYTES >> 20} MiB"
    if problem is None:
        try:
            file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=descriptor)
        except OSError as error:
            problem = f"can't be read ({error.strerror})"
        else:
            with os.fdopen(file, "rb") as stream:
                return _if_changed(_file_mode(status), stream.read(_MAX_FILE_BYTES + 1), base)
    if base is not None and _is_large_and_same(name, status, descriptor, base):
        return None
    walk.refuse(path, problem)
    return None


def _file_mode(status: os.stat_result) -> str:
    return EXECUTABLE if status.st_mode & stat.S_IXUSR else REGULAR


def _if_changed(mode: str, data: bytes, base: TreeEntry | None) -> tuple[str, bytes] | None:
    if base is not None and base.mode == mode and base.blob == git_object_id("blob", data):
        return None
    return mode, data


def _is_large_and_same(name: str, status: os.stat_result, descriptor: int, base: TreeEntry) -> bool:
    """Say whether a file too large for a proposal is what the base holds; it is hashed piece by piece."""
    if (
        not stat.S_ISREG(status.st_mode)
        or stat.S_IMODE(status.st_mode) & ~0o777
        or _file_mode(status) != base.mode
    ):
        return False
    digest = hashlib.sha1(f"blob {status.st_size}\0".encode(), usedforsecurity=False)
    with os.fdopen(
        os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=descriptor), "rb"
    ) as stream:
        while piece := stream.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest() == base.blob


def _entries(
    base: Mapping[str, TreeEntry],
    changed: Mapping[str, tuple[str, bytes]],
    removed: list[TreeEntry],
    walk: _Walk,
) -> tuple[ChangedEntry, ...]:
    entries = [ChangedEntry(item.path, item.mode, None) for item in removed]
    for path, (mode, data) in changed.items():
        problem = name_problem(path)
        if problem is None and path in base and base[path].mode == GITLINK:
            problem = "is a submodule"
        if problem is None and mode == SYMLINK:
            problem = link_problem(path, os.fsdecode(data))
        if problem:
            walk.refuse(path, problem)
        else:
            entries.append(ChangedEntry(path, mode, data))
    return tuple(sorted(entries, key=lambda entry: entry.path))


def _never_laid_out(repository: Repository, entry: TreeEntry) -> bool:
    """Say whether the worktree never had this entry, so that its absence is no removal."""
    if entry.mode == GITLINK:
        return True
    return entry.mode == SYMLINK and bool(
        link_problem(entry.path, os.fsdecode(repository.blob_read(entry.blob)))
    )


def _doubles_refuse(base: Mapping[str, TreeEntry], entries: tuple[ChangedEntry, ...], walk: _Walk) -> None:
    """Refuse names that only some file systems tell apart, where the proposal brought one of them."""
    brought = {entry.path for entry in entries if entry.data is not None and entry.path not in base}
    result = (set(base) - {entry.path for entry in entries if entry.data is None}) | brought
    ancestors = {path[:end] for path in brought for end in _ends(path)}
    for names in doubles(result).values():
        for name in names:
            if name in ancestors and not any(other.startswith(f"{name}/") or other == name for other in base):
                walk.refuse(name, f"differs only in case or Unicode form from {_other(names, name)!r}")


def _ends(path: str) -> Iterator[int]:
    yield from (index for index, char in enumerate(path) if char == "/")
    yield len(path)


def _other(names: tuple[str, ...], name: str) -> str:
    return next(other for other in names if other != name)


def _ignore_rules(repository: Repository, base: Mapping[str, TreeEntry]) -> dict[str, GitIgnoreSpec]:
    """Read the base's own ignore files, by directory; the agent's changes to them count for nothing here."""
    rules = {"": [*_LEFTOVERS]}
    for entry in base.values():
        if posixpath.basename(entry.path) == ".gitignore" and entry.mode in {REGULAR, EXECUTABLE}:
            text = repository.blob_read(entry.blob)[:_MAX_IGNORE_BYTES].decode(errors="replace")
            # Patterns become regular expressions: many stars in one of them could keep the matcher busy for
            # hours.
            usable = [line for line in text.splitlines() if line.replace("**", "*").count("*") <= _MAX_STARS]
            rules.setdefault(posixpath.dirname(entry.path), []).extend(usable)
    # The library's other matchers break off at names that are not UTF-8, which are refused by name later.
    return {
        directory: GitIgnoreSpec.from_lines(lines, backend="simple") for directory, lines in rules.items()
    }


def _is_ignored(path: str, rules: Mapping[str, GitIgnoreSpec]) -> bool:
    for directory, spec in rules.items():
        prefix = f"{directory}/" if directory else ""
        if path.startswith(prefix) and spec.match_file(path[len(prefix) :]):
            return True
    return False


def tree_digest(directory: Path) -> str:
    """Return a digest over names, kinds, executable bits and bytes below ``directory``, not its ``.git``."""
    lines: list[bytes] = []
    for top, names, files, descriptor in os.fwalk(directory, follow_symlinks=False):
        relative = os.path.relpath(top, directory)
        prefix = "" if relative == "." else f"{relative}/"
        if not prefix and ".git" in names:
            names.remove(".git")
        links = [name for name in names if stat.S_ISLNK(os.lstat(Path(top) / name).st_mode)]
        for name in [*files, *links]:
            status = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
            if stat.S_ISLNK(status.st_mode):
                mode, data = SYMLINK, os.fsencode(os.readlink(name, dir_fd=descriptor))
            elif stat.S_ISREG(status.st_mode):
                mode = EXECUTABLE if status.st_mode & stat.S_IXUSR else REGULAR
                data = (Path(top) / name).read_bytes()
            else:
                mode, data = "special", b""
            digest = hashlib.sha256(data).hexdigest()
            lines.append(os.fsencode(f"{prefix}{name}") + f"\0{mode} {digest}\n".encode())
    return f"sha256:{hashlib.sha256(b''.join(sorted(lines))).hexdigest()}"
