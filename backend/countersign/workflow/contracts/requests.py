"""Decision requests as every face shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import datetime

    from countersign.workflow.contracts.common import ProjectRef
    from countersign.workflow.contracts.runs import GateCount, GateReportView, PackRef, RiskView

SubjectKind = Literal["change", "phase"]
Tier = Literal["director", "cab"]


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
    """A decision request in the inbox.

    Attributes:
        reminded: how much of its time is over: ``none``, ``half`` or ``four_fifths``.
        reminded_me: one of those reminders was for the viewer.
        instead_of: names of people who are away, for whom the viewer is asked.
        escalated_to: names of the owners who were told, or of who stands in for them.
        escalated_to_me: the viewer is one of them.
    """

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
    reminded: Literal["none", "half", "four_fifths"]
    reminded_me: bool
    instead_of: tuple[str, ...]
    escalated_to: tuple[str, ...]
    escalated_to_me: bool


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
    passkey: bool
    trial_branch: str | None
    reasons: tuple[PolicyReason, ...]


@dataclass(frozen=True, slots=True)
class AskedItemView:
    """One thing that was asked for."""

    path: str
    line: int | None
    text: str


@dataclass(frozen=True, slots=True)
class AskedView:
    """A request for changes that an attempt was given."""

    decision_id: str
    request_id: str
    by_label: str
    reason: str
    items: tuple[AskedItemView, ...]
    decided_at: datetime


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
    items: tuple[AskedItemView, ...] = ()


@dataclass(frozen=True, slots=True)
class ExcludedView:
    """Somebody who may not decide."""

    label: str
    why: str


@dataclass(frozen=True, slots=True)
class DecidersView:
    """Who could give the approvals that a role still lacks; ``people`` are names."""

    role: str
    needed: int
    people: tuple[str, ...]


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
        asked: what people had asked for on earlier attempts when this one began.
        supersedes: the request that this one took the place of.
    """

    request: RequestView
    digest: str
    pack: PackRef | None
    run_id: str | None
    attempt: int | None
    blocked_reason: BlockedReason | None
    policy: PolicyView
    votes: tuple[VoteView, ...]
    asked: tuple[AskedView, ...]
    excluded: tuple[ExcludedView, ...]
    deciders: tuple[DecidersView, ...]
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
    supersedes: str | None
    superseded_by: str | None
