"""Keeping the next merge slot for one change, and how waiting changes stand."""

from __future__ import annotations

from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Now

from countersign.audit.services import record
from countersign.jobs.services import lease_check
from countersign.runs.errors import (
    MergeSlotTaken,
    ReservationNotFound,
    ReservationRefused,
    RunNotFound,
    SlotReserved,
)
from countersign.runs.models import Run, RunState, SlotReservation, Standing
from countersign.runs.queue import UNDER_WAY, merged_since, reservation_data, reservations_live, standing_data
from countersign.runs.selectors import as_uuid
from countersign.shared.clock import isoformat
from countersign.shared.clocks import moment_agreed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from countersign.jobs.contracts import Lease
    from countersign.runs.contracts import ReservationData, StandingData, StandingFound
    from countersign.shared.actor import Actor
    from countersign.shared.types import JSON


def slot_lock(project_id: str) -> None:
    """Let one transaction at a time look at who is next in a project; freed when it ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"merge-slot:{project_id}"])


def slot_turn_require(run: Run) -> None:
    """Refuse the slot, inside the caller's transaction, to a change whose turn it is not.

    Raises:
        SlotReserved: it is kept for another change.
        MergeSlotTaken: another change was approved before.
    """
    slot_lock(str(run.project_id))
    kept = reservations_live().filter(project_id=run.project_id).first()
    if kept is not None and kept.run_id == run.pk:
        return
    if kept is not None:
        until = isoformat(kept.expires_at)
        message = f"the next merge of this project is kept for another change until {until}"
        raise SlotReserved(message, run_id=str(run.pk), reserved_for=str(kept.run_id), until=until)
    first = Run.objects.filter(project_id=run.project_id, state=RunState.APPROVED).exclude(pk=run.pk)
    earlier = first.filter(Q(queued_at__lt=run.queued_at) | Q(queued_at=run.queued_at, id__lt=run.pk))
    if run.queued_at is not None and (before := earlier.count()):
        message = f"{before} {'change was' if before == 1 else 'changes were'} approved before this one"
        raise MergeSlotTaken(message, run_id=str(run.pk), before=before)


@transaction.atomic(durable=True)
def slot_reserve(
    *, actor: Actor, run_id: str, minutes: int, rivals: frozenset[str] = frozenset()
) -> ReservationData:
    """Keep the next merge slot of a project for one change; a repeat finds the reservation that holds.

    Args:
        actor: the person who asks for it; the caller lets persons only get here.
        run_id: the change.
        minutes: how long, by the database's clock.
        rivals: other runs that wait and could have the slot kept for them as well.

    Raises:
        RunNotFound: there is no such run.
        ReservationRefused: nobody may keep slots here, the change has ended or is being merged, the slot is
            kept for another one, or it was just kept and others have their turn first.
        ClocksDisagree: no clock can be trusted to say when it ends.
    """
    run = Run.objects.filter(pk=as_uuid(run_id)).first()
    if run is None:
        message = "there is no such run"
        raise RunNotFound(message, run_id=run_id)
    project_id = str(run.project_id)
    slot_lock(project_id)
    moment = moment_agreed()
    kept = reservations_live().filter(project_id=project_id).first()
    if kept is not None and kept.run_id == run.pk:
        return reservation_data(kept)
    _reservable_require(run, kept, minutes)
    _fair_require(run, rivals, moment)
    for stale in SlotReservation.objects.filter(project_id=project_id, ended_at__isnull=True):
        reservation_end(actor, stale, "expired" if stale.expires_at <= moment else "ended")
    row = SlotReservation.objects.create(
        project_id=run.project_id,
        run=run,
        person_id=str(actor.person_id),
        reserved_at=moment,
        expires_at=moment + timedelta(minutes=minutes),
    )
    record(
        actor=actor,
        type="slot.reserved",
        subject=("project", project_id),
        data={"run_id": run_id, "reservation_id": str(row.id), "until": isoformat(row.expires_at)},
    )
    return reservation_data(row)


def _reservable_require(run: Run, kept: SlotReservation | None, minutes: int) -> None:
    if minutes <= 0:
        message = "no change of this project may keep the slot: its setting slot_minutes is 0"
        raise ReservationRefused(message, run_id=str(run.pk))
    if run.state not in UNDER_WAY or run.state == RunState.MERGING:
        message = f"the change is '{run.state}': there is nothing to keep the slot for"
        raise ReservationRefused(message, run_id=str(run.pk), state=run.state)
    if kept is not None:
        until = isoformat(kept.expires_at)
        message = f"the slot is kept for another change until {until}; ask again after that"
        raise ReservationRefused(message, reserved_for=str(kept.run_id), until=until)


def _fair_require(run: Run, rivals: frozenset[str], moment: datetime) -> None:
    """Let others have their turn between two reservations, unless they leave it alone for as long.

    After its own reservation a change lets everybody go first who waits; after one for another change, those
    that had been approved before it ended.
    """
    last = SlotReservation.objects.filter(project_id=run.project_id).order_by("-reserved_at").first()
    if last is None:
        return
    ended = last.ended_at or last.expires_at
    again = ended + (last.expires_at - last.reserved_at)
    if moment >= again or merged_since(project_id=str(run.project_id), moment=ended):
        return
    others = Run.objects.filter(project_id=run.project_id, state=RunState.APPROVED).exclude(pk=run.pk)
    if last.run_id == run.pk:
        waiting = others.count() + len(rivals - {str(run.pk)})
        who = (
            f"this change had the slot last, and {waiting} {'other waits' if waiting == 1 else 'others wait'}"
        )
    else:
        waiting = others.filter(queued_at__lt=ended).count()
        many = "approved change has" if waiting == 1 else "approved changes have"
        who = f"the slot was kept until {isoformat(ended)}, and {waiting} {many} waited through it"
    if waiting:
        message = f"{who}: they come first until {isoformat(again)}"
        raise ReservationRefused(message, run_id=str(run.pk), waiting=waiting, again=isoformat(again))


@transaction.atomic(durable=True)
def slot_release(*, actor: Actor, project_id: str) -> None:
    """Give the kept slot of a project back before its time.

    Raises:
        ReservationNotFound: it is not kept for anybody.
    """
    slot_lock(project_id)
    kept = reservations_live().filter(project_id=project_id).first()
    if kept is None:
        message = "the next merge slot of this project is not kept for any change"
        raise ReservationNotFound(message, project_id=project_id)
    reservation_end(actor, kept, "given_back")


@transaction.atomic(durable=True)
def slots_expire(*, actor: Actor) -> int:
    """End the reservations whose time is over or whose change has ended; return how many."""
    over = SlotReservation.objects.filter(ended_at__isnull=True)
    late = over.filter(Q(expires_at__lte=Now()) | ~Q(run__state__in=UNDER_WAY)).select_related("run")
    return sum(
        reservation_end(actor, row, "ended" if row.run.state not in UNDER_WAY else "expired") for row in late
    )


def reservation_end(actor: Actor, row: SlotReservation, ended_as: str) -> bool:
    """End a reservation inside the caller's transaction; say whether it had not ended yet."""
    ended = SlotReservation.objects.filter(pk=row.pk, ended_at__isnull=True).update(
        ended_at=Now(), ended_as=ended_as
    )
    if ended:
        record(
            actor=actor,
            type="slot.released",
            subject=("project", str(row.project_id)),
            data={"run_id": str(row.run_id), "reservation_id": str(row.pk), "as": ended_as},
        )
    return bool(ended)


@transaction.atomic(durable=True)
def standing_record(
    *,
    actor: Actor,
    lease: Lease,
    standing: StandingFound,
    answers: Mapping[str, JSON] = MappingProxyType({}),
) -> StandingData:
    """Keep how a waiting change stands on a base; what was known of it before is replaced.

    Args:
        actor: who found out.
        lease: of the job that did.
        standing: what was found out.
        answers: what the log is told of the gates' answers besides, so that they can be used later.

    Raises:
        LeaseLost: another worker verifies the queue.
    """
    lease_check(lease)
    event_id = record(
        actor=actor,
        type="run.reverified",
        subject=("run", standing.run_id),
        data={
            "request_id": standing.request_id,
            "base_commit": standing.base_commit,
            "key": standing.key,
            "verdict": standing.verdict,
            "why": standing.why[:500],
            "behind": list(standing.behind),
            **answers,
        },
    )
    row, _ = Standing.objects.update_or_create(
        run_id=standing.run_id,
        defaults={
            "request_id": standing.request_id,
            "base_commit": standing.base_commit,
            "key": standing.key,
            "verdict": standing.verdict,
            "why": standing.why,
            "reports": [dict(report) for report in standing.reports],
            "behind": list(standing.behind),
            "next_base": standing.next_base,
            "event_id": event_id,
            "checked_at": Now(),
        },
    )
    row.refresh_from_db()
    return standing_data(row)
