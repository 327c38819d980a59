"""Who decides, as every face shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class QuorumPartView:
    """How many of a role."""

    role: str
    count: int


@dataclass(frozen=True, slots=True)
class SeatsView:
    """How many of a role are asked for, how many could decide, and how many lack."""

    role: str
    required: int
    eligible: int
    missing: int


@dataclass(frozen=True, slots=True)
class QuorumTierView:
    """A tier, and whether enough people are there; ``lacks`` says what is missing, with the mend."""

    tier: str
    quorum: tuple[QuorumPartView, ...]
    seats: tuple[SeatsView, ...] = ()
    lacks: str | None = None


@dataclass(frozen=True, slots=True)
class QuorumPolicyView:
    """One version of who decides, or a proposal for the next."""

    id: str
    project: str | None
    state: str
    version: int | None
    tiers: tuple[QuorumTierView, ...] | None
    reason: str
    proposed_by: str
    decided_by: str | None
    created_at: datetime
    decided_at: datetime | None
    checkpointed: bool
    may_confirm: bool
    may_withdraw: bool


@dataclass(frozen=True, slots=True)
class QuorumScopeView:
    """Who decides in a project, or by the platform's policy where ``project`` is ``None``.

    Attributes:
        own: the project has a policy of its own.
        version: of the policy that counts; 0 for what is built in.
        waiting: a policy that asks for less waits for its checkpoint.
        trial: one person decides alone.
    """

    project: str | None
    own: bool
    version: int
    waiting: bool
    trial: bool
    tiers: tuple[QuorumTierView, ...]
    proposal: QuorumPolicyView | None
    versions: tuple[QuorumPolicyView, ...]
