"""Plans, phases and work items as every face shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import date, datetime

    from countersign.plans.contracts import (
        DecisionData,
        FileData,
        NoteData,
        PlanRemark,
        ReportData,
        RiskData,
    )
    from countersign.workflow.contracts.common import PlanRef, ProjectRef


@dataclass(frozen=True, slots=True)
class CriterionView:
    """An acceptance criterion; ``met`` is ``None`` while it is unknown, which is not a pass."""

    code: str
    text: str
    check_kind: str
    met: bool | None
    reason: str


@dataclass(frozen=True, slots=True)
class InputAnswerView:
    """An answer to an input, with who gave it."""

    number: int
    version: int
    value: str
    pointer: str
    by_label: str
    created_at: datetime
    counts: bool


@dataclass(frozen=True, slots=True)
class InputView:
    """Something that work of a plan needs to know; ``waiting`` names the work that waits for it."""

    id: str
    name: str
    text: str
    state: str
    value: str
    pointer: str
    secret: bool
    optional: bool
    kind: str
    needed_by: tuple[str, ...]
    waiting: tuple[str, ...]
    answers: tuple[InputAnswerView, ...]


@dataclass(frozen=True, slots=True)
class WorkItemView:
    """A work item and where it stands."""

    id: str
    key: str
    title: str
    state: str
    persona: str
    adapter: str
    reason: str
    finding_count: int
    run_id: str | None
    approval_request_id: str | None
    waits_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeliverableView:
    """A deliverable with what proves it and what works on it."""

    code: str
    title: str
    state: str
    criteria: tuple[CriterionView, ...]
    work_items: tuple[WorkItemView, ...]
    owner: str
    condition: str
    files: tuple[FileData, ...]
    technical_notes: str
    from_findings: bool


@dataclass(frozen=True, slots=True)
class PhaseGateView:
    """A gate of a phase."""

    code: str
    kind: str
    text: str
    check_kind: str
    met: bool | None
    reason: str


@dataclass(frozen=True, slots=True)
class PhaseView:
    """A phase with all that the board shows."""

    id: str
    code: str
    title: str
    order: int
    state: str
    complete: bool
    missing: tuple[str, ...]
    depends_on: tuple[str, ...]
    deliverables_total: int
    deliverables_done: int
    waiting_on: Literal["agent", "person", "phase", "nobody"]
    waiting_request_ids: tuple[str, ...]
    gates: tuple[PhaseGateView, ...]
    signoff_request_id: str | None
    deliverables: tuple[DeliverableView, ...]
    backlog_count: int
    owner: str
    duration: str
    planned_start: date | None
    planned_end: date | None
    stated_status: str
    prerequisites: tuple[str, ...]
    specification: str
    files: tuple[FileData, ...]
    decisions: tuple[DecisionData, ...]
    notes: tuple[NoteData, ...]


@dataclass(frozen=True, slots=True)
class PhaseDetailView:
    """A phase with its plan and project."""

    plan: PlanRef
    project: ProjectRef
    phase: PhaseView


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan in a list."""

    id: str
    code: str
    title: str
    version: str
    project: ProjectRef
    source_digest: str
    created_at: datetime
    phases_total: int
    phases_complete: int


@dataclass(frozen=True, slots=True)
class PlanDetailView:
    """A plan with its phases, in order, and what it says beside them."""

    plan: PlanView
    phases: tuple[PhaseView, ...]
    source_format: str
    authority: str
    stated_status: str
    created_on: str
    inputs: tuple[InputView, ...]
    risks: tuple[RiskData, ...]
    escalation: tuple[str, ...]
    reports: tuple[ReportData, ...]
    notes: tuple[NoteData, ...]
    remarks: tuple[PlanRemark, ...]
