"""How long a request waits, and who is told while it does: in working time, by the database's clock.

Nothing here ever approves: reminders and escalations tell people, and the end is "not approved".
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from countersign.accounts.away import away_at
from countersign.approvals.models import Reminder, ReminderKind, RequestState
from countersign.approvals.selectors import request_data
from countersign.approvals.standing_in import AskedPerson, owner_asked, people_asked
from countersign.audit.services import record
from countersign.shared.clock import now
from countersign.shared.working_time import WorkingCalendar, working_add

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from countersign.accounts.contracts import Away
    from countersign.approvals.models import ApprovalRequest
    from countersign.shared.actor import Actor

logger = logging.getLogger(__name__)

STANDARD_HOURS = 56
HALF = Fraction(1, 2)
FOUR_FIFTHS = Fraction(4, 5)
# At four fifths the approvers hear of it before the first owner does.
_IN_ORDER = ("due_at", "position", F("person_id").asc(nulls_first=True))


@dataclass(frozen=True, slots=True)
class DecisionTime:
    """How long people have to decide.

    Attributes:
        hours: working hours from the request to its expiry.
        owners: persons who are told one after the other once four fifths are over.
    """

    hours: int = STANDARD_HOURS
    calendar: WorkingCalendar = field(default_factory=WorkingCalendar)
    owners: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReminderData:
    """What somebody was told, or will be.

    Attributes:
        kind: ``half``, ``four_fifths`` or ``escalation``.
        person_id: the owner whom an escalation tells.
        told: who was told, and instead of whom.
    """

    request_id: str
    kind: str
    person_id: str | None
    told: tuple[AskedPerson, ...]
    due_at: datetime
    sent_at: datetime | None


def expiry(time: DecisionTime, start: datetime) -> datetime:
    """Return when a request that was opened at ``start`` expires.

    Raises:
        CalendarInvalid: the calendar holds too little working time.
    """
    return working_add(time.calendar, start, timedelta(hours=time.hours))


def reminders_plan(request: ApprovalRequest, time: DecisionTime, start: datetime) -> None:
    """Write down, inside the caller's transaction, who is told what and when."""
    planned: list[tuple[ReminderKind, int, str | None, Fraction]] = [
        (ReminderKind.HALF, 0, None, HALF),
        (ReminderKind.FOUR_FIFTHS, 0, None, FOUR_FIFTHS),
    ]
    for position, owner in enumerate(time.owners):
        share = FOUR_FIFTHS + (1 - FOUR_FIFTHS) * Fraction(position, len(time.owners))
        planned.append((ReminderKind.ESCALATION, position, owner, share))
    seconds = time.hours * 3600
    Reminder.objects.bulk_create(
        Reminder(
            request=request,
            kind=kind,
            position=position,
            person_id=person_id,
            due_at=working_add(time.calendar, start, timedelta(seconds=float(seconds * share))),
        )
        for kind, position, person_id, share in planned
    )


@transaction.atomic(durable=True)
def reminders_send(*, actor: Actor) -> int:
    """Tell what is due on requests that still wait, each once; return how many were told.

    The row that is marked as sent is what people see; who marks it first has told it.
    """
    due = Reminder.objects.filter(
        sent_at__isnull=True,
        due_at__lte=Now(),
        request__state=RequestState.PENDING,
        request__expires_at__gt=Now(),
    )
    told = 0
    away: Mapping[str, Away] | None = None
    # An owner who is away lets the next one be told at once.
    while batch := list(due.order_by(*_IN_ORDER).select_related("request")):
        away = away_at(now()) if away is None else away
        for reminder in batch:
            if Reminder.objects.filter(pk=reminder.pk, sent_at__isnull=True).update(sent_at=Now()):
                _tell(actor, reminder, away)
                told += 1
    return told


def _tell(actor: Actor, reminder: Reminder, away: Mapping[str, Away]) -> None:
    request_id = str(reminder.request_id)
    escalated = reminder.kind == ReminderKind.ESCALATION
    told = _told(reminder, away)
    Reminder.objects.filter(pk=reminder.pk).update(told=[person.as_json() for person in told])
    if escalated and not told:
        later = Reminder.objects.filter(
            request=reminder.request, kind=ReminderKind.ESCALATION, sent_at__isnull=True, due_at__gt=Now()
        )
        Reminder.objects.filter(pk__in=later.order_by("position").values("pk")[:1]).update(due_at=Now())
    record(
        actor=actor,
        type="approval.escalated" if escalated else "approval.reminded",
        subject=("approval_request", request_id),
        data={
            "kind": reminder.kind,
            "person_id": str(reminder.person_id) if reminder.person_id else None,
            "step": reminder.position + 1 if escalated else None,
            "told": [person.as_json() for person in told],
        },
    )
    logger.warning(
        "a decision request is escalated" if escalated else "a decision request still waits",
        extra={
            "request_id": request_id,
            "kind": reminder.kind,
            "person_id": str(reminder.person_id or ""),
            "told": len(told),
        },
    )


def _told(reminder: Reminder, away: Mapping[str, Away]) -> tuple[AskedPerson, ...]:
    """Return whom to tell now: those who could decide, or the owner; who stands in for those who are away."""
    request = request_data(reminder.request)
    if reminder.person_id is None:
        return people_asked(request, away).asked
    return owner_asked(request, away, str(reminder.person_id))


def reminders_sent(*, request_ids: Iterable[str]) -> dict[str, tuple[ReminderData, ...]]:
    """Return what was told about requests, in order, by request."""
    rows = Reminder.objects.filter(request_id__in=list(request_ids), sent_at__isnull=False)
    found: dict[str, list[ReminderData]] = {}
    for row in rows.order_by(*_IN_ORDER):
        found.setdefault(str(row.request_id), []).append(
            ReminderData(
                request_id=str(row.request_id),
                kind=row.kind,
                person_id=str(row.person_id) if row.person_id else None,
                told=_told_then(row),
                due_at=row.due_at,
                sent_at=row.sent_at,
            )
        )
    return {request_id: tuple(items) for request_id, items in found.items()}


def _told_then(row: Reminder) -> tuple[AskedPerson, ...]:
    if row.told is None:
        return (AskedPerson(str(row.person_id)),) if row.person_id else ()
    return tuple(AskedPerson(item["person_id"], tuple(item["instead_of"])) for item in row.told)
