"""A change as Git objects of the platform's own repository: frozen, never merged by a strategy.

A tree is always built by replacing exactly the approved paths, and a commit's bytes follow from the records
alone, so that doing it again gives the same ids (DESIGN section 2, step 9; section 4, rule 6).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from countersign.runs.contracts import ChangedEntryData
from countersign.runs.errors import ProposalEmpty
from countersign.sandbox.contracts import Replacement
from countersign.sandbox.repository import Repository
from countersign_verify.vocabulary import BREAK_GLASS_TRAILER, TRIAL_TRAILER

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from countersign.governance.facts import ChangeKind
    from countersign.projects.contracts import ProjectData
    from countersign.runs.contracts import RunData
    from countersign.sandbox.contracts import ChangedEntry

# Facts of the platform stand in commits; an agent is never their author.
IDENTITY = "Countersign <countersign@localhost>"


@dataclass(frozen=True, slots=True)
class FrozenChange:
    """A change on one base: its commit, its tree, its diff."""

    base_commit: str
    change_commit: str
    result_tree: str
    entries: tuple[ChangedEntryData, ...]
    diff: bytes

    @property
    def patch_digest(self) -> str:
        """``sha256:`` of the diff."""
        return f"sha256:{hashlib.sha256(self.diff).hexdigest()}"

    @property
    def patch_lines(self) -> int:
        """Added and removed lines."""
        return sum(diff_line_counts(self.diff))


def repository_of(project: ProjectData) -> Repository:
    """Return the platform's own bare repository of a project."""
    return Repository(Path(project.repository_path))


def diff_line_counts(diff: bytes) -> tuple[int, int]:
    """Return how many lines a unified diff adds and removes."""
    added = removed = 0
    for line in diff.splitlines():
        added += line.startswith(b"+") and not line.startswith(b"+++ ")
        removed += line.startswith(b"-") and not line.startswith(b"--- ")
    return added, removed


def entries_store(repository: Repository, entries: Iterable[ChangedEntry]) -> tuple[ChangedEntryData, ...]:
    """Write the proposed contents as blobs and return the change by object ids, sorted by path."""
    return tuple(
        sorted(
            (
                ChangedEntryData(
                    entry.path,
                    entry.mode,
                    repository.blob_write(entry.data) if entry.data is not None else None,
                )
                for entry in entries
            ),
            key=lambda item: item.path,
        )
    )


def tree_with(repository: Repository, base_commit: str, entries: Iterable[ChangedEntryData]) -> str:
    """Return the tree of ``base_commit`` with exactly these paths replaced."""
    base_tree = repository.commit_tree_id(base_commit)
    replacements = tuple(Replacement(entry.path, entry.mode, entry.blob) for entry in entries)
    return repository.tree_build(base_tree, replacements)


def change_freeze(
    repository: Repository,
    *,
    base_commit: str,
    entries: tuple[ChangedEntryData, ...],
    message: str,
    moment: datetime,
) -> FrozenChange:
    """Put the entries on a base and commit them; the same input gives the same commit.

    Raises:
        ProposalEmpty: the entries change nothing on this base.
    """
    result_tree = tree_with(repository, base_commit, entries)
    if not entries or result_tree == repository.commit_tree_id(base_commit):
        text = "the agent proposed no change: there was nothing for it to do, or it could not do it"
        raise ProposalEmpty(text)
    change_commit = repository.commit_create(result_tree, (base_commit,), message, IDENTITY, moment)
    return FrozenChange(
        base_commit=base_commit,
        change_commit=change_commit,
        result_tree=result_tree,
        entries=entries,
        diff=repository.diff(base_commit, change_commit),
    )


def change_message(run: RunData) -> str:
    """Return the message of a change's commit: facts of the platform, nothing that an agent wrote."""
    return (
        f"{run.slug}: {run.title}\n\n"
        f"Phase: {run.phase_code}\nPersona: {run.persona}\nAdapter: {run.adapter}\n"
        f"Countersign-Run: {run.id}\nCountersign-Prompt: {run.prompt_id}\n"
    )


def merge_message(
    run: RunData,
    *,
    decision_ids: Iterable[str],
    addendum: str | None,
    trial: bool = False,
    break_glass: str = "",
) -> str:
    """Return the message of a merge commit: what was approved, by which decisions, on which evidence."""
    lines = [f"Merge {run.branch}: {run.title}", "", f"Countersign-Run: {run.id}"]
    lines.append(f"Countersign-Pack: {run.pack_digest}")
    lines += [f"Countersign-Decision: {decision}" for decision in sorted(decision_ids)]
    if addendum:
        lines.append(f"Countersign-Addendum: {addendum}")
    if trial:
        lines.append(TRIAL_TRAILER)
    if break_glass:
        lines.append(f"{BREAK_GLASS_TRAILER}: {break_glass}")
    return "\n".join(lines) + "\n"


def changed_kinds(
    repository: Repository, base_commit: str, entries: Iterable[ChangedEntryData]
) -> dict[str, ChangeKind]:
    """Say of each path whether it is added, modified or deleted against the base."""
    known = {entry.path for entry in repository.tree_entries(base_commit)}
    kinds: dict[str, ChangeKind] = {}
    for entry in entries:
        if entry.blob is None:
            kinds[entry.path] = "deleted"
        else:
            kinds[entry.path] = "modified" if entry.path in known else "added"
    return kinds
