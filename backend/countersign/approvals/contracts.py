"""What the approvals room takes and hands to others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from countersign.shared.types import JSON

Verdict = Literal["approve", "reject", "request_changes"]


@dataclass(frozen=True, slots=True)
class QuorumRule:
    """So many distinct persons of one role."""

    role: str
    count: int


@dataclass(frozen=True, slots=True)
class ChangeBinding:
    """What a decision on a change is bound to."""

    run_id: str
    base_commit: str
    result_tree: str
    manifest_digest: str
    score: int
    ruleset_digest: str

    def as_json(self) -> dict[str, JSON]:
        """Return the binding as it stands in a decision statement."""
        return {
            "run_id": self.run_id,
            "base_commit": self.base_commit,
            "result_tree": self.result_tree,
            "manifest_digest": self.manifest_digest,
            "score": self.score,
            "ruleset_digest": self.ruleset_digest,
        }


@dataclass(frozen=True, slots=True)
class PolicySnapshot:
    """The policy as it was when the request was opened; later rules don't change it.

    Attributes:
        trial: the branch of the trial, where one person decides alone.
        stopped: the rules that block it, each with the paths that show how it was broken.
        exceptions: ids of the exceptions without which it would be blocked.
    """

    tier: str
    quorum: tuple[QuorumRule, ...]
    reasons: tuple[Mapping[str, str], ...]
    blocked: bool
    passkey: bool = False
    trial: str = ""
    stopped: tuple[tuple[str, tuple[str, ...]], ...] = ()
    exceptions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AskedItem:
    """One thing that a person wants to be different.

    Attributes:
        path: a file of the change, or nothing where it is about the change as a whole.
        line: a line of that file, if one was named.
        text: what is asked for.
    """

    text: str
    path: str = ""
    line: int | None = None

    def as_json(self) -> dict[str, JSON]:
        """Return the item as it is signed, and as an agent gets it."""
        return {"path": self.path, "line": self.line, "text": self.text}


@dataclass(frozen=True, slots=True)
class AskedChanges:
    """A signed request for changes, as the next attempt gets it."""

    decision_id: str
    request_id: str
    person_id: str
    statement_digest: str
    reason: str
    items: tuple[AskedItem, ...]
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class DecisionData:
    """One decision.

    Attributes:
        envelope: the statement; without signatures until the signer has answered.
        refused: why the signer signs it not, if it does not.
    """

    id: str
    request_id: str
    person_id: str
    user_id: str
    role: str
    verdict: str
    reason: str
    items: tuple[AskedItem, ...]
    unattended: bool
    statement_digest: str
    envelope: Mapping[str, JSON]
    event_id: str
    decided_at: datetime
    assertion: Mapping[str, JSON] | None = None
    break_glass: str = ""
    refused: str = ""

    @property
    def signed(self) -> bool:
        """Whether the platform's key for decisions has signed it."""
        return bool(self.envelope["signatures"])


@dataclass(frozen=True, slots=True)
class SignerLag:
    """How many decisions wait for the signer, and for how long the oldest one has."""

    pending: int
    oldest_seconds: float


@dataclass(frozen=True, slots=True)
class RequestData:
    """One approval request.

    Attributes:
        subject_kind: ``change`` or ``phase``.
        subject_digest: what is decided on: the pack's digest, or the digest of a phase's proof.
        excluded: ids of persons who can't decide.
        state: ``pending``, ``approved``, ``rejected``, ``changes_requested``, ``expired`` or ``void``.
    """

    id: str
    project_id: str
    subject_kind: str
    subject_id: str
    subject_digest: str
    title: str
    phase_code: str
    state: str
    policy: PolicySnapshot
    binding: ChangeBinding | None
    excluded: tuple[str, ...]
    carry_over_allowed: bool
    expires_at: datetime
    created_at: datetime
    decided_at: datetime | None
    void_reason: str
    supersedes: str | None
    superseded_by: str | None
    decisions: tuple[DecisionData, ...]


@dataclass(frozen=True, slots=True)
class BreakGlassData:
    """One break-glass window.

    Attributes:
        state: ``requested``, ``lapsed``, ``open``, ``review_due``, ``review_overdue`` or ``reviewed``.
        permits: what it lets happen: ``quorum`` is a merge on one signature of the two.
        requested_by: id of the person who asked.
        opened_by: id of the person who countersigned.
        event_id: of the event that opened it.
    """

    id: str
    project_id: str
    state: str
    reason: str
    minutes: int
    permits: tuple[str, ...]
    requested_by: str
    requested_at: datetime
    opened_by: str | None
    opened_at: datetime | None
    expires_at: datetime | None
    event_id: str | None
    closed_at: datetime | None
    review_due_at: datetime | None
    reviewed_by: str | None
    reviewed_at: datetime | None
    review: str


@dataclass(frozen=True, slots=True)
class AssertionInput:
    """What the approver's own passkey answered: which preparation it signed, and the parts in base64url."""

    prepared_id: str
    credential_id: str
    authenticator_data: str
    client_data: str
    signature: str


@dataclass(frozen=True, slots=True)
class AllowedCredential:
    """A passkey that may sign: its id in base64url, and how a browser reaches it."""

    id: str
    transports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PreparedData:
    """A statement that waits for the signature of a passkey.

    Attributes:
        challenge: what the passkey has to sign, in base64url.
    """

    id: str
    statement: Mapping[str, JSON]
    statement_digest: str
    challenge: str
    rp_id: str
    origin: str
    allow_credentials: tuple[AllowedCredential, ...]
    expires_at: datetime
