"""The merge queue of a project as every face shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import datetime

    from countersign.workflow.contracts.common import ProjectRef
    from countersign.workflow.contracts.requests import Tier

PlaceState = Literal["merging", "approved", "waiting_approval"]
PlaceVerdict = Literal["holds", "void", "unknown", "unverified"]


@dataclass(frozen=True, slots=True)
class ReservationView:
    """The next merge slot, kept for one change."""

    run_id: str
    request_id: str | None
    title: str
    by_label: str
    reserved_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PlaceView:
    """One change in the line.

    Attributes:
        state: is merged now, is approved and waits for its turn, or waits for a decision.
        since: when it came into this state.
        votes: how many have signed it, and how many of them it takes.
        verdict: what is known of its decision on the branch as it will be when it is its turn; on the branch
            as it is for what waits for a decision.
        why: why it would not hold, or why nobody knows.
        behind: titles of the changes that are merged before it.
        checked_at: when that was found out; nothing where its own pack says it.
        reservable: the next slot can be kept for it, should nothing else forbid it.
    """

    position: int
    run_id: str
    request_id: str
    title: str
    state: PlaceState
    since: datetime
    tier: Tier
    risk_score: int | None
    votes: int
    votes_required: int
    verdict: PlaceVerdict
    why: str
    behind: tuple[str, ...]
    checked_at: datetime | None
    reserved: bool
    reservable: bool


@dataclass(frozen=True, slots=True)
class QueueView:
    """The merge queue of a project.

    Attributes:
        base_move: what a moved branch does to decisions: ``carry_over`` or ``strict``.
        slot_minutes: for how long the next slot can be kept; 0 for never.
        merge_seconds: how long a merge takes here; 0 before the first one.
        may_reserve: the viewer may keep the next slot and give it back.
        may_configure: the viewer may change the settings of the project.
    """

    project: ProjectRef
    branch: str
    head_commit: str
    base_move: Literal["carry_over", "strict"]
    slot_minutes: int
    merge_seconds: float
    may_reserve: bool
    may_configure: bool
    reservation: ReservationView | None
    places: tuple[PlaceView, ...]
