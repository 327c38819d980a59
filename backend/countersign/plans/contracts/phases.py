"""Plans, phases, deliverables and what they demand."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from countersign.plans.contracts.inputs import InputData
from countersign.plans.contracts.texts import PlanRemark
from countersign.shared.types import JSON


class PhaseState(StrEnum):
    """Where a phase stands; see `models.Phase` for the moves."""

    BLOCKED = "blocked"
    ACTIVE = "active"
    AWAITING_SIGNOFF = "awaiting_signoff"
    COMPLETE = "complete"


class DeliverableState(StrEnum):
    """Where a deliverable stands, recomputed from evidence."""

    PLANNED = "planned"
    IN_PROGRESS = "in_progress"
    DONE = "done"


class GateKind(StrEnum):
    """What a gate of a phase is: its own, or one that stands for every phase."""

    QUALITY = "quality"
    GO = "go"
    NO_GO = "no_go"
    DECISION = "decision"
    STANDARD = "standard"
    CHECKLIST = "checklist"


@dataclass(frozen=True, slots=True)
class SelectorData:
    """Which findings a deliverable is about."""

    rules: tuple[str, ...]
    paths: tuple[str, ...] = ("**",)
    tool: str | None = None

    def as_dict(self) -> dict[str, JSON]:
        """Give the selector as plain data."""
        return {"tool": self.tool, "rules": list(self.rules), "paths": list(self.paths)}


@dataclass(frozen=True, slots=True)
class NoteData:
    """A piece of prose that the plan carries along, with the line that it began on."""

    title: str
    text: str
    line: int | None


@dataclass(frozen=True, slots=True)
class FileData:
    """A file that is to be created or modified."""

    path: str
    action: str | None
    note: str


@dataclass(frozen=True, slots=True)
class OptionData:
    """One way to decide a strategic question."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class DecisionData:
    """A strategic decision that a phase needs."""

    question: str
    options: tuple[OptionData, ...]
    documented: str


@dataclass(frozen=True, slots=True)
class RiskData:
    """A risk of the plan."""

    risk: str
    probability: str
    impact: str
    mitigation: str


@dataclass(frozen=True, slots=True)
class ReportData:
    """A report or review that the plan asks for."""

    title: str
    text: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CriterionData:
    """An acceptance criterion with the answer of the last evaluation."""

    code: str
    text: str
    check: Mapping[str, Any]  # the validated check document; its keys depend on its kind
    met: bool
    evidence: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class DeliverableData:
    """A deliverable of a phase."""

    id: str
    phase_id: str
    code: str
    title: str
    state: DeliverableState
    selector: SelectorData | None
    criteria: tuple[CriterionData, ...]
    owner: str = ""
    condition: str = ""
    files: tuple[FileData, ...] = ()
    technical_notes: str = ""
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PhaseGateData:
    """A quality gate of a phase with the answer of the last evaluation."""

    code: str
    text: str
    check: Mapping[str, Any]  # the validated check document; its keys depend on its kind
    met: bool
    evidence: str | None
    reason: str
    kind: GateKind = GateKind.QUALITY


@dataclass(frozen=True, slots=True)
class SignoffData:
    """The Director's sign-off of a phase: which request, which decision, over which proof."""

    request_id: str
    decision_id: str
    proof_digest: str
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class PhaseData:
    """A phase of a plan."""

    id: str
    plan_id: str
    project_id: str
    code: str
    title: str
    objective: str
    order: int
    depends_on: tuple[str, ...]
    state: PhaseState
    missing: tuple[str, ...]
    proof_digest: str
    evaluated_at: datetime | None
    signoff: SignoffData | None
    deliverables: tuple[DeliverableData, ...]
    gates: tuple[PhaseGateData, ...]
    owner: str = ""
    duration: str = ""
    planned_start: date | None = None
    planned_end: date | None = None
    stated_status: str = ""
    prerequisites: tuple[str, ...] = ()
    specification: str = ""
    files: tuple[FileData, ...] = ()
    decisions: tuple[DecisionData, ...] = ()
    notes: tuple[NoteData, ...] = ()
    needs: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Say whether the phase is complete."""
        return self.state is PhaseState.COMPLETE


@dataclass(frozen=True, slots=True)
class PlanData:
    """One version of a project's plan."""

    id: str
    project_id: str
    code: str
    title: str
    description: str
    version: int
    source_digest: str
    created_at: datetime
    phases: tuple[PhaseData, ...]
    source_format: str = "yaml"
    authority: str = ""
    stated_status: str = ""
    created_on: str = ""
    inputs: tuple[InputData, ...] = ()
    risks: tuple[RiskData, ...] = ()
    escalation: tuple[str, ...] = ()
    reports: tuple[ReportData, ...] = ()
    notes: tuple[NoteData, ...] = ()
    remarks: tuple[PlanRemark, ...] = ()


@dataclass(frozen=True, slots=True)
class PhaseEvaluation:
    """A phase after an evaluation, with the proof that was judged and what it lacked."""

    phase: PhaseData
    proof: Mapping[str, Any]  # the proof document, canonical JSON data
    proof_digest: str
    complete: bool
    missing: tuple[str, ...]
