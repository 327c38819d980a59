"""From the platform's own diff to the facts that rules, risk and policy judge.

Everything here is read from bytes that the platform made itself; nothing that an agent says about its patch
goes in, except as a supplied input that can only raise the risk.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, Literal, TypedDict, Unpack

from unidiff.errors import UnidiffParseError
from unidiff.patch import PatchSet

from countersign.governance.contracts import ChangeFacts, FileChange
from countersign.governance.touches import constructs_detect, touches_detect

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from countersign.governance.contracts import GateFact, HistoryFacts, SuppliedRisk, VulnerabilityFacts

ChangeKind = Literal["added", "modified", "deleted"]

_LANGUAGES: Final[dict[str, str]] = {
    ".py": "python", ".pyi": "python", ".pyx": "cython", ".js": "javascript", ".mjs": "javascript",
    ".cjs": "javascript", ".jsx": "javascript", ".ts": "typescript", ".tsx": "typescript", ".go": "go",
    ".rs": "rust", ".java": "java", ".c": "c", ".h": "c", ".cc": "cpp", ".cpp": "cpp", ".hpp": "cpp",
    ".sh": "shell", ".bash": "shell", ".sql": "sql", ".rb": "ruby", ".php": "php", ".md": "markdown",
    ".rst": "restructuredtext", ".toml": "toml", ".yaml": "yaml", ".yml": "yaml", ".json": "json",
    ".html": "html", ".css": "css",
}  # fmt: skip


_ESCAPE = re.compile(rb"\\([0-7]{3}|.)")
_ESCAPES: Final = {b"a": b"\a", b"b": b"\b", b"t": b"\t", b"n": b"\n", b"v": b"\v", b"f": b"\f", b"r": b"\r"}


class Circumstances(TypedDict, total=False):
    """What the platform knows about a change besides its diff; the names are those of ``ChangeFacts``."""

    gates: tuple[GateFact, ...]
    baseline_status: Literal["passed", "failed", "unknown"]
    isolation: str
    proposer: str
    history: HistoryFacts
    vulnerabilities: VulnerabilityFacts | None
    supplied: tuple[SuppliedRisk, ...]
    finding_types: tuple[str, ...]
    personas: tuple[str, ...]
    phases: tuple[str, ...]


def language_of(path: str) -> str | None:
    """Name the language of a file by its suffix, or say nothing."""
    return _LANGUAGES.get(PurePosixPath(path).suffix.lower())


def languages_of(paths: Iterable[str]) -> tuple[str, ...]:
    """Name the languages of some files, sorted."""
    return tuple(sorted({language for path in paths if (language := language_of(path))}))


def _unquote(path: str) -> str:
    """Undo the C-style quoting with which Git writes unusual file names."""
    if not (path.startswith('"') and path.endswith('"')):
        return path
    raw = _ESCAPE.sub(_unescape, path[1:-1].encode("utf-8", errors="surrogateescape"))
    return raw.decode("utf-8", errors="surrogateescape")


def _unescape(match: re.Match[bytes]) -> bytes:
    escape = match.group(1)
    return bytes([int(escape, 8) & 0xFF]) if escape.isdigit() else _ESCAPES.get(escape, escape)


def _lines_by_path(diff: bytes) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Read added and removed lines from a unified diff; what can't be read is missing from the answer."""
    try:
        patches = PatchSet(diff.decode("utf-8", errors="replace"))
    except UnidiffParseError:
        return {}
    found: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
    for patch in patches:
        if patch.is_binary_file:
            continue
        lines = [line for hunk in patch for line in hunk]
        found[_unquote(patch.path)] = (
            tuple(line.value.rstrip("\r\n") for line in lines if line.is_added),
            tuple(line.value.rstrip("\r\n") for line in lines if line.is_removed),
        )
    return found


def file_changes(changed: Mapping[str, ChangeKind], diff: bytes) -> tuple[FileChange, ...]:
    """Combine the list of changed entries (which decides) with the diff (which shows their lines).

    A changed entry that the diff does not show as text counts as unreadable, like a binary file.
    """
    lines = _lines_by_path(diff)
    changes: list[FileChange] = []
    for path, kind in sorted(changed.items()):
        added, removed = lines.get(path, ((), ()))
        changes.append(FileChange(path, kind, added, removed, binary=path not in lines))
    return tuple(changes)


def change_facts(
    changes: Iterable[FileChange],
    *,
    gate_configuration: Iterable[str] = (),
    **circumstances: Unpack[Circumstances],
) -> ChangeFacts:
    """Build the facts of a change.

    Args:
        changes: every changed file (:func:`file_changes`).
        gate_configuration: further paths that configure the project's gates; touching one is noted.
        **circumstances: what the platform knows besides (see ``ChangeFacts``).
    """
    files = tuple(sorted(changes, key=lambda change: change.path))
    paths = tuple(change.path for change in files)
    touches = set(touches_detect(files))
    if not set(gate_configuration).isdisjoint(paths):
        touches.add("gate_configuration")
    return ChangeFacts(
        paths=paths,
        added_lines=sum(len(change.added) for change in files),
        deleted_lines=sum(len(change.removed) for change in files),
        files_changed=len(files),
        languages=languages_of(paths),
        touches=frozenset(touches),
        dependency_change="dependencies" in touches,
        deleted_paths=tuple(change.path for change in files if change.change == "deleted"),
        unread_paths=tuple(change.path for change in files if change.binary),
        constructs=constructs_detect(files),
        **circumstances,
    )
