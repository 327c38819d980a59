"""What the governance room hands to others: frozen, plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from countersign.shared.types import JSON

Tier = Literal["director", "cab"]

TOUCH_KINDS: Final = frozenset(
    {"authentication", "cryptography", "ci", "build", "dependencies", "gate_configuration"}
)


class Authority(IntEnum):
    """How much a document weighs; where two rules disagree, the higher one wins."""

    REQUEST = 10
    REQUIREMENTS = 20
    AUTHORITATIVE = 30
    SUPREME = 40


class RuleMode(StrEnum):
    """What breaking a rule does: it is counted, it is said, or it stops the work."""

    OBSERVE = "observe"
    ADVISE = "advise"
    ENFORCE = "enforce"

    @property
    def strength(self) -> int:
        """Order the modes: the stronger binds more."""
        return {"observe": 0, "advise": 1, "enforce": 2}[self.value]


@dataclass(frozen=True, slots=True)
class DocumentData:
    """A governance document: what rules cite."""

    code: str
    title: str
    authority: Authority
    sections: Mapping[str, str]
    digest: str


@dataclass(frozen=True, slots=True)
class RuleScope:
    """Where a rule applies. An empty dimension means "everywhere"; all dimensions must hold."""

    languages: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    finding_types: tuple[str, ...] = ()
    personas: tuple[str, ...] = ()
    phases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleData:
    """One version of one rule.

    Attributes:
        document: code of the document that demands it.
        section: where in that document.
        text: what a prompt tells the agent.
        why: what breaking it costs.
        correction: what must be done instead.
        check: what the platform verifies, by machine (``kind`` and its parameters).
        core: part of the governance core, which can't be switched off.
    """

    code: str
    version: int
    title: str
    document: str
    document_title: str
    section: str
    authority: Authority
    scope: RuleScope
    text: str
    why: str
    correction: str
    check: Mapping[str, JSON]
    mode: RuleMode
    severity: str
    core: bool
    digest: str

    @property
    def citation(self) -> str:
        """Say in plain words where the rule is written."""
        return f"{self.document_title} ({self.document}), section {self.section}"


@dataclass(frozen=True, slots=True)
class RuleSetData:
    """Rules frozen together under one digest."""

    digest: str
    rules: tuple[RuleData, ...]

    def rule(self, code: str) -> RuleData | None:
        """Return the rule of this code, if the set holds it."""
        return next((rule for rule in self.rules if rule.code == code), None)


@dataclass(frozen=True, slots=True)
class MatchFacts:
    """What a rule's scope is compared with. Finding types read ``tool:rule`` (``ruff:F401``)."""

    languages: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    finding_types: tuple[str, ...] = ()
    personas: tuple[str, ...] = ()
    phases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GateFact:
    """What one gate said about the change."""

    name: str
    status: Literal["pass", "fail", "unknown"]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class HistoryFacts:
    """What became of earlier changes of this kind, counted from the platform's own records."""

    merged: int = 0
    rejected: int = 0
    incidents: int = 0
    rollbacks: int = 0


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file of a change, as the platform's own diff shows it."""

    path: str
    change: Literal["added", "modified", "deleted"]
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    binary: bool = False


@dataclass(frozen=True, slots=True)
class SuppliedRisk:
    """Something that an agent, a patch or CI said about the risk. It can only raise the score."""

    factor: str
    name: str
    effect: int
    source: str


@dataclass(frozen=True, slots=True)
class VulnerabilityFacts:
    """What a vulnerability report says about the dependencies that changed."""

    critical: int = 0
    high: int = 0
    medium: int = 0
    low: int = 0


@dataclass(frozen=True, slots=True)
class ChangeFacts:
    """Everything that rules, risk and policy look at, recorded with the run.

    Attributes:
        paths: every changed path.
        deleted_paths: those of them that are gone afterwards.
        unread_paths: those whose content can't be judged as text (binary files).
        touches: what of special weight is changed (see ``TOUCH_KINDS``).
        constructs: named constructs that the added lines bring in (``dynamic code``, ``shell``, ...).
        dependency_change: the resolved dependency set differs from the base.
        vulnerabilities: the report on a changed dependency set; ``None`` when there is none.
        proposer: what made the patch, by the platform's own record of the adapter
            (``deterministic_tool``, ``cli_agent``, ``model``, ``external_agent``).
        supplied: what came from outside the platform; it can only raise.
    """

    paths: tuple[str, ...]
    added_lines: int = 0
    deleted_lines: int = 0
    files_changed: int = 0
    languages: tuple[str, ...] = ()
    touches: frozenset[str] = frozenset()
    gates: tuple[GateFact, ...] = ()
    dependency_change: bool = False
    baseline_status: Literal["passed", "failed", "unknown"] = "unknown"
    isolation: str = "unconfined"
    proposer: str = "external_agent"
    history: HistoryFacts = field(default_factory=HistoryFacts)
    deleted_paths: tuple[str, ...] = ()
    unread_paths: tuple[str, ...] = ()
    constructs: tuple[str, ...] = ()
    vulnerabilities: VulnerabilityFacts | None = None
    supplied: tuple[SuppliedRisk, ...] = ()
    finding_types: tuple[str, ...] = ()
    personas: tuple[str, ...] = ()
    phases: tuple[str, ...] = ()

    def gate(self, name: str) -> GateFact:
        """Return what a gate said; a gate that said nothing is unknown, never passed."""
        for fact in self.gates:
            if fact.name == name:
                return fact
        return GateFact(name, "unknown", "the gate did not run")

    def match_facts(self) -> MatchFacts:
        """Return the part that rule scopes are compared with."""
        return MatchFacts(
            languages=self.languages,
            paths=self.paths,
            finding_types=self.finding_types,
            personas=self.personas,
            phases=self.phases,
        )


@dataclass(frozen=True, slots=True)
class WaiverData:
    """A granted exception from one rule.

    Attributes:
        run_id: the run whose change it was made for; nothing where it is for every change.
        paths: where it applies; nothing for everywhere.
        reviewer: the account that granted it.
        reviewer_person: the person whose account it is.
        revoked_at: when it was ended early.
    """

    id: str
    rule: str
    run_id: str | None
    paths: tuple[str, ...]
    reason: str
    compensating_controls: tuple[str, ...]
    expires_at: datetime
    reviewer: str
    granted_at: datetime
    reviewer_person: str = ""
    revoked_at: datetime | None = None
    revoked_by: str = ""
    revoke_reason: str = ""


@dataclass(frozen=True, slots=True)
class ViolationData:
    """One broken rule, answered in one form.

    Attributes:
        blocking: work stays stopped until it is corrected.
        waived_by: id of the exception under which it does not block.
        text: the full answer: what, which rule and where, why it matters, what must be done.
    """

    rule: str
    rule_version: int
    document: str
    section: str
    authority: str
    mode: str
    severity: str
    what: str
    why: str
    correction: str
    blocking: bool
    text: str
    paths: tuple[str, ...] = ()
    waived_by: str | None = None


@dataclass(frozen=True, slots=True)
class PolicyReason:
    """One reason for a tier, with the rule that gives it."""

    rule: str
    text: str


@dataclass(frozen=True, slots=True)
class QuorumPart:
    """How many distinct people of one role must approve."""

    role: str
    count: int


@dataclass(frozen=True, slots=True)
class PolicyDecision:
    """Who must decide on a change, and why."""

    tier: Tier
    quorum: tuple[QuorumPart, ...]
    reasons: tuple[PolicyReason, ...]
    blocked: bool

    def as_json(self) -> dict[str, JSON]:
        """Return the decision as plain JSON, as it stands in requests and packs."""
        return {
            "tier": self.tier,
            "quorum": [{"role": part.role, "count": part.count} for part in self.quorum],
            "reasons": [{"rule": reason.rule, "text": reason.text} for reason in self.reasons],
            "blocked": self.blocked,
        }


@dataclass(frozen=True, slots=True)
class RuleConflict:
    """Two rules that can't both hold: the lower one was rejected."""

    winner: str
    rejected: str
    violation: ViolationData


@dataclass(frozen=True, slots=True)
class SyncResult:
    """What a sync made new, by code."""

    documents: tuple[str, ...]
    rules: tuple[str, ...]
    unchanged: int
