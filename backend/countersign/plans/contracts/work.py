"""Work items, and the evidence that phases are judged by."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class WorkItemState(StrEnum):
    """Where a work item stands; see `models.WorkItem` for the moves."""

    PROPOSED = "proposed"
    READY = "ready"
    RUNNING = "running"
    MERGED = "merged"
    REJECTED = "rejected"
    BACKLOG = "backlog"


class WorkItemKind(StrEnum):
    """What a work item was made from."""

    FINDINGS = "findings"
    DELIVERABLE = "deliverable"


@dataclass(frozen=True, slots=True)
class WorkItemDraft:
    """A work item to be made; `key` names it within its analysis session."""

    key: str
    title: str
    rules: tuple[str, ...]
    paths: tuple[str, ...]
    finding_ids: tuple[str, ...] = ()
    tool: str = ""
    kind: WorkItemKind = WorkItemKind.FINDINGS
    deliverable_id: str | None = None
    priority: int = 0
    persona: str = ""
    adapter: str = ""
    state: WorkItemState = WorkItemState.PROPOSED
    reason: str = ""


@dataclass(frozen=True, slots=True)
class WorkItemData:
    """A work item: one change that somebody can decide on."""

    id: str
    project_id: str
    session_id: str
    deliverable_id: str | None
    deliverable_code: str
    phase_id: str | None
    phase_code: str
    key: str
    title: str
    kind: WorkItemKind
    tool: str
    rules: tuple[str, ...]
    paths: tuple[str, ...]
    finding_ids: tuple[str, ...]
    priority: int
    persona: str
    adapter: str
    state: WorkItemState
    reason: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class FindingFact:
    """A finding that is left in the analysed head."""

    tool: str
    rule: str
    path: str
    fixable: bool


@dataclass(frozen=True, slots=True)
class ChangeFact:
    """What came of a work item's run: its pack, its merge, its gates by name."""

    work_item_id: str
    run_id: str
    pack_digest: str | None
    merge_commit: str | None
    gates: Mapping[str, str] = field(default_factory=dict)

    @property
    def merged(self) -> bool:
        """Say whether the change is merged and can show its pack."""
        return bool(self.pack_digest and self.merge_commit)


@dataclass(frozen=True, slots=True)
class PhaseFacts:
    """The evidence a phase is judged by, gathered by the caller.

    `findings` is what the latest analysis left over at `head_commit`, and None when that head was
    not analysed: then nothing can be said about it, which is not the same as nothing was found.
    """

    head_commit: str
    findings: tuple[FindingFact, ...] | None
    analysis_digest: str | None
    changes: tuple[ChangeFact, ...] = ()


@dataclass(frozen=True, slots=True)
class ProjectStateEntryData:
    """An entry of the project state document that was written for a run."""

    id: str
    project_id: str
    run_id: str
    text: str
    commit: str
    created_at: datetime
