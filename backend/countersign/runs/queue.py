"""Reading the merge queue of a project."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from django.db.models import F
from django.db.models.functions import Now

from countersign.accounts.policies import require
from countersign.runs.contracts import ReservationData, StandingData
from countersign.runs.models import Merge, Run, RunState, SlotReservation, Standing
from countersign.runs.selectors import run_data

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django.db.models import QuerySet

    from countersign.runs.contracts import RunData
    from countersign.shared.actor import Actor

# On its way to a decision or a merge: what can hold the next slot. Any other run has ended.
UNDER_WAY = (
    RunState.PROPOSING,
    RunState.CHECKING,
    RunState.SEALING,
    RunState.WAITING_APPROVAL,
    RunState.APPROVED,
    RunState.MERGING,
)
IN_LINE = (RunState.MERGING, RunState.APPROVED, RunState.WAITING_APPROVAL)
_LAST_MERGES = 10


def reservations_live() -> QuerySet[SlotReservation]:
    """Return the reservations that hold now, by the database's clock."""
    return SlotReservation.objects.filter(
        ended_at__isnull=True, expires_at__gt=Now(), run__state__in=UNDER_WAY
    )


def reservation_data(row: SlotReservation) -> ReservationData:
    """Return what others see of a reservation."""
    return ReservationData(
        id=str(row.id),
        project_id=str(row.project_id),
        run_id=str(row.run_id),
        person_id=str(row.person_id),
        reserved_at=row.reserved_at,
        expires_at=row.expires_at,
    )


def standing_data(row: Standing) -> StandingData:
    """Return what others see of how a change stands."""
    return StandingData(
        run_id=str(row.run_id),
        request_id=str(row.request_id),
        base_commit=row.base_commit,
        key=row.key,
        verdict=row.verdict,
        why=row.why,
        reports=tuple(row.reports),
        behind=tuple(row.behind),
        next_base=row.next_base,
        event_id=str(row.event_id or ""),
        checked_at=row.checked_at,
    )


def queue_list(*, actor: Actor, project_id: str) -> tuple[RunData, ...]:
    """Return the changes that wait for the merge slot, in order, then those that wait for a decision.

    The one that is being merged comes first, then the one that the slot is kept for if it is approved, then
    the others in the order of their approvals.

    Raises:
        PermissionDenied: the actor may not read runs.
    """
    require(actor, "read")
    reserved = reservations_live().filter(project_id=project_id).values_list("run_id", flat=True).first()
    rows = Run.objects.filter(project_id=project_id, state__in=IN_LINE)
    ordered = sorted(
        rows,
        key=lambda run: (
            IN_LINE.index(RunState(run.state)),
            run.id != reserved,
            run.queued_at or run.updated_at if run.state == RunState.APPROVED else run.created_at,
            run.id,
        ),
    )
    return tuple(run_data(run) for run in ordered)


def reservation_of(*, actor: Actor, project_id: str) -> ReservationData | None:
    """Return the reservation of a project's next merge slot that holds now, if any.

    Raises:
        PermissionDenied: the actor may not read runs.
    """
    require(actor, "read")
    row = reservations_live().filter(project_id=project_id).first()
    return reservation_data(row) if row else None


def standings_of(*, actor: Actor, run_ids: Iterable[str]) -> dict[str, StandingData]:
    """Return how changes stood when they were last verified ahead of time, by run.

    Raises:
        PermissionDenied: the actor may not read runs.
    """
    require(actor, "read")
    rows = Standing.objects.filter(run_id__in=list(run_ids))
    return {str(row.run_id): standing_data(row) for row in rows}


def merge_seconds(*, project_id: str) -> float:
    """Return how long a merge takes here from its intent to its delivery; 0 before the first one."""
    merges = Merge.objects.filter(run__project_id=project_id, delivered_at__isnull=False)
    taken = merges.annotate(taken=F("delivered_at") - F("created_at")).order_by("-created_at")
    last = [each.total_seconds() for each in taken.values_list("taken", flat=True)[:_LAST_MERGES]]
    return median(last) if last else 0.0


def merged_since(*, project_id: str, moment: datetime) -> bool:
    """Say whether a change of the project was merged after a moment."""
    return Merge.objects.filter(run__project_id=project_id, delivered_at__gt=moment).exists()
