"""Runs, gates, risk and packs as every face shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from countersign.shared.types import JSON
    from countersign.workflow.contracts.common import ProjectRef


@dataclass(frozen=True, slots=True)
class GateCount:
    """How many gates passed."""

    passed: int
    total: int


@dataclass(frozen=True, slots=True)
class GateReportView:
    """What one gate said."""

    name: str
    status: Literal["pass", "fail", "unknown"]
    reason: str
    summary: str
    tool: str
    tool_version: str
    claimed_by_code_under_test: bool
    duration_ms: int
    report_digest: str


@dataclass(frozen=True, slots=True)
class RiskInputView:
    """One thing that moved a risk factor."""

    name: str
    value: int | None
    effect: int
    source: str
    known: bool


@dataclass(frozen=True, slots=True)
class RiskFactorView:
    """A risk factor; ``value`` is ``None`` when it is unknown."""

    name: str
    weight: int
    value: int | None
    contribution_milli: int | None
    inputs: tuple[RiskInputView, ...]


@dataclass(frozen=True, slots=True)
class RiskBesideView:
    """A change of the same session to the same files, and its own score."""

    run_id: str
    title: str
    score: int


@dataclass(frozen=True, slots=True)
class RiskView:
    """The risk score and all that moved it.

    Attributes:
        alone: the score of this change alone.
        together: the changes that ``score`` is about besides this one.
    """

    score: int
    threshold: int
    unknown: tuple[str, ...]
    factors: tuple[RiskFactorView, ...]
    alone: int
    together: tuple[RiskBesideView, ...]


@dataclass(frozen=True, slots=True)
class RunStepView:
    """One step of a run."""

    name: str
    state: Literal["pending", "running", "done", "failed"]
    summary: str
    started_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class AttemptView:
    """One attempt of a run."""

    number: int
    seed: int
    outcome: str
    reason: str
    started_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class CostView:
    """What a run cost; a deterministic tool costs nothing and has no model."""

    tokens_in: int
    tokens_out: int
    cost_micros: int
    model: str | None


@dataclass(frozen=True, slots=True)
class RunView:
    """A run in a list."""

    id: str
    title: str
    work_item_id: str
    work_item_key: str
    project: ProjectRef
    state: str
    attempt: int
    persona: str
    adapter: str
    risk_score: int | None
    pack_digest: str | None
    approval_request_id: str | None
    created_at: datetime
    updated_at: datetime
    merge_commit: str | None
    tag: str | None
    incident_reason: str | None
    gates: GateCount


@dataclass(frozen=True, slots=True)
class RunDetailView:
    """A run with its steps, gates, risk and attempts."""

    run: RunView
    branch: str
    base_commit: str
    result_tree: str | None
    isolation: str
    prompt_id: str | None
    step: str
    steps: tuple[RunStepView, ...]
    gate_reports: tuple[GateReportView, ...]
    risk: RiskView | None
    attempts: tuple[AttemptView, ...]
    cost: CostView
    allowed_actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunEventView:
    """One thing that happened to a run."""

    id: str
    time: datetime
    type: str
    summary: str
    actor_label: str | None


@dataclass(frozen=True, slots=True)
class PackRef:
    """A pack by its digest."""

    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class PackMember:
    """A member of a pack."""

    path: str
    sha256: str
    size: int
    media_type: str


@dataclass(frozen=True, slots=True)
class PackView:
    """A pack's manifest."""

    digest: str
    size: int
    members: tuple[PackMember, ...]
    fields: Mapping[str, JSON]
