"""What the reads across rooms hand to every face: plain, frozen, ready to be rendered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from countersign.shared.types import JSON

SubjectKind = Literal["change", "phase"]
Tier = Literal["director", "cab"]


@dataclass(frozen=True, slots=True)
class RunBegun:
    """A run that was put in line and the job that carries it out."""

    run_id: str
    job_id: str


@dataclass(frozen=True, slots=True)
class Installation:
    """What this installation is, and how far its log can be trusted."""

    origin: str
    mode: Literal["self-attested", "witnessed"]
    demo: bool


@dataclass(frozen=True, slots=True)
class ProjectRef:
    """A project as others name it."""

    id: str
    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class PlanRef:
    """A plan as others name it."""

    id: str
    code: str
    title: str


@dataclass(frozen=True, slots=True)
class CriterionView:
    """An acceptance criterion; ``met`` is ``None`` while it is unknown, which is not a pass."""

    code: str
    text: str
    check_kind: str
    met: bool | None
    reason: str


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


@dataclass(frozen=True, slots=True)
class DeliverableView:
    """A deliverable with what proves it and what works on it."""

    code: str
    title: str
    state: str
    criteria: tuple[CriterionView, ...]
    work_items: tuple[WorkItemView, ...]


@dataclass(frozen=True, slots=True)
class PhaseGateView:
    """A gate of a phase."""

    code: str
    text: str
    met: bool | None


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
    """A plan with its phases, in order."""

    plan: PlanView
    phases: tuple[PhaseView, ...]


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
class RiskView:
    """The risk score and all that moved it."""

    score: int
    threshold: int
    unknown: tuple[str, ...]
    factors: tuple[RiskFactorView, ...]


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
class RequestSubject:
    """What a decision is about."""

    kind: SubjectKind
    id: str
    title: str
    digest: str


@dataclass(frozen=True, slots=True)
class QuorumView:
    """How many of a role are needed and have said yes."""

    role: str
    required: int
    given: int


@dataclass(frozen=True, slots=True)
class RequestView:
    """A decision request in the inbox."""

    id: str
    state: str
    subject: RequestSubject
    title: str
    project: ProjectRef
    phase_code: str | None
    risk_score: int | None
    tier: Tier
    quorum: tuple[QuorumView, ...]
    gates: GateCount
    files_changed: int
    added_lines: int
    deleted_lines: int
    created_at: datetime
    expires_at: datetime
    decided_at: datetime | None
    allowed_actions: tuple[str, ...]
    mine: bool


@dataclass(frozen=True, slots=True)
class PackRef:
    """A pack by its digest."""

    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class BlockedReason:
    """Why the viewer can't decide."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class PolicyReason:
    """A rule that moved the policy."""

    rule: str
    text: str


@dataclass(frozen=True, slots=True)
class PolicyView:
    """Who must decide, and why."""

    tier: Tier
    decision_text: str
    blocked: bool
    reasons: tuple[PolicyReason, ...]


@dataclass(frozen=True, slots=True)
class VoteView:
    """A decision that was signed."""

    id: str
    verdict: Literal["approve", "reject", "request_changes"]
    by_label: str
    role: str
    decided_at: datetime
    reason: str
    unattended: bool


@dataclass(frozen=True, slots=True)
class ExcludedView:
    """Somebody who may not decide."""

    label: str
    why: str


@dataclass(frozen=True, slots=True)
class ChangedFileView:
    """A changed file."""

    path: str
    change: Literal["added", "modified", "deleted"]
    added: int
    deleted: int
    binary: bool


@dataclass(frozen=True, slots=True)
class ChangeView:
    """The change that a decision is bound to."""

    branch: str
    base_commit: str
    result_tree: str
    manifest_digest: str
    ruleset_digest: str
    commit: str | None
    agent_says: str
    files: tuple[ChangedFileView, ...]


@dataclass(frozen=True, slots=True)
class DiffRef:
    """Where the diff is."""

    url: str
    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class RollbackView:
    """How to take the change back."""

    steps: tuple[str, ...]
    command: str | None
    text: str


@dataclass(frozen=True, slots=True)
class PromptRef:
    """The prompt that a run was given."""

    id: str
    digest: str
    text: str
    persona: str
    template: str
    template_version: str
    adapter: str
    model: str | None


@dataclass(frozen=True, slots=True)
class TranscriptView:
    """What the agent said, inert."""

    digest: str
    text: str
    truncated: bool


@dataclass(frozen=True, slots=True)
class WorkItemRef:
    """A work item as others name it."""

    id: str
    key: str
    title: str
    finding_count: int
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FindingView:
    """A finding, briefly."""

    tool: str
    rule: str
    path: str
    line: int
    message: str
    severity: str


@dataclass(frozen=True, slots=True)
class ViolationView:
    """A broken rule and the answer to it."""

    rule: str
    text: str
    response: str


@dataclass(frozen=True, slots=True)
class ProofItem:
    """One line of a completeness proof."""

    code: str
    text: str
    met: bool | None


@dataclass(frozen=True, slots=True)
class PhaseProofView:
    """The completeness proof of a phase."""

    complete: bool
    missing: tuple[str, ...]
    items: tuple[ProofItem, ...]


@dataclass(frozen=True, slots=True)
class ExecutionView:
    """What became of a decision."""

    state: Literal["waiting", "merging", "merged", "void", "failed"]
    merge_commit: str | None
    state_commit: str | None
    tag: str | None
    addendum: bool
    reason: str | None


@dataclass(frozen=True, slots=True)
class CheckpointView:
    """A signed head of the log."""

    origin: str
    size: int
    root: str
    note: str


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """What an approver takes away; the checkpoint is ``None`` until it covers the decision."""

    decision_id: str
    statement_digest: str
    checkpoint: CheckpointView | None
    verify_command: str
    pack_url: str


@dataclass(frozen=True, slots=True)
class RequestDetailView:
    """Everything that the decision page shows.

    Attributes:
        digest: what the decision is bound to: the pack's digest for a change, the proof's for a phase.
    """

    request: RequestView
    digest: str
    pack: PackRef | None
    run_id: str | None
    attempt: int | None
    blocked_reason: BlockedReason | None
    policy: PolicyView
    votes: tuple[VoteView, ...]
    excluded: tuple[ExcludedView, ...]
    risk: RiskView | None
    gate_reports: tuple[GateReportView, ...]
    change: ChangeView | None
    diff: DiffRef | None
    rollback: RollbackView
    prompt: PromptRef | None
    transcript: TranscriptView | None
    work_item: WorkItemRef | None
    findings: tuple[FindingView, ...]
    violations: tuple[ViolationView, ...]
    isolation: str
    phase_proof: PhaseProofView | None
    execution: ExecutionView | None
    receipt: ReceiptView | None
    superseded_by: str | None


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
