"""Opening, closing and reviewing break-glass: two people, at most an hour, loud, reviewed within a day."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.db import transaction

from countersign.accounts.keys import key_twins
from countersign.approvals.break_glass_models import MAX_MINUTES, BreakGlass
from countersign.approvals.errors import (
    BreakGlassInvalid,
    BreakGlassNotFound,
    BreakGlassOver,
    BreakGlassPersons,
    BreakGlassUnreviewed,
)
from countersign.approvals.selectors import as_uuid
from countersign.approvals.windows import REQUEST_VALID, REVIEW_WITHIN, window_data
from countersign.audit.services import record
from countersign.projects.selectors import project_get
from countersign.shared.clock import isoformat
from countersign.shared.clocks import moment_agreed

if TYPE_CHECKING:
    from datetime import datetime

    from countersign.approvals.contracts import BreakGlassData
    from countersign.shared.actor import Actor

MAX_WORDS: Final = 4_000
# What a window lets happen: a change merges on one signature of the two, whatever the quorum. Gates stay.
PERMITS: Final = ("quorum",)

logger = logging.getLogger(__name__)


@transaction.atomic(durable=True)
def break_glass_request(*, actor: Actor, project_id: str, reason: str, minutes: int) -> BreakGlassData:
    """Ask for a window; it opens when another person countersigns within a quarter of an hour.

    Raises:
        BreakGlassPersons: no person asks by themselves.
        BreakGlassInvalid: no reason, an endless one, or more than an hour.
        BreakGlassUnreviewed: an earlier window was not reviewed in time.
        ProjectNotFound: there is no such project.
        ClocksDisagree: no clock can be trusted to say when it ends.
    """
    person = _person(actor)
    _words_check(reason)
    if not 1 <= minutes <= MAX_MINUTES:
        message = f"a window is open for 1 to {MAX_MINUTES} minutes"
        raise BreakGlassInvalid(message, field="minutes")
    moment = moment_agreed()
    _reviews_require(moment)
    project = project_get(actor=actor, project_id=project_id)
    row = BreakGlass.objects.create(
        project_id=project.id, reason=reason, minutes=minutes, permits=list(PERMITS), requested_by=person
    )
    row.refresh_from_db()
    record(
        actor=actor,
        type="break_glass.requested",
        subject=("break_glass", str(row.id)),
        data={"project": project.slug, "minutes": minutes, "reason": reason},
    )
    logger.warning("break-glass asked for", extra={"break_glass": str(row.id), "project": project.slug})
    return window_data(row, moment)


@transaction.atomic(durable=True)
def break_glass_confirm(*, actor: Actor, window_id: str) -> BreakGlassData:
    """Open a window as the second person; the time runs from here, by the database's clock.

    Raises:
        BreakGlassNotFound: there is no such window.
        BreakGlassPersons: it is the one who asked, or no person by themselves.
        BreakGlassOver: it was opened already, or its request has lapsed.
        BreakGlassUnreviewed: an earlier window was not reviewed in time.
        ClocksDisagree: no clock can be trusted to say when it ends.
    """
    person = _person(actor)
    row = _locked(window_id)
    if row.requested_by == person or str(row.requested_by) in key_twins(str(person)):
        message = "break-glass takes two people with a key each: somebody else has to countersign"
        raise BreakGlassPersons(message, break_glass_id=window_id)
    moment = moment_agreed()
    _reviews_require(moment)
    ends = moment + timedelta(minutes=row.minutes)
    project = project_get(actor=actor, project_id=str(row.project_id))
    event_id = record(
        actor=actor,
        type="break_glass.opened",
        subject=("break_glass", window_id),
        data={
            "project": project.slug,
            "requested_by": str(row.requested_by),
            "opened_by": str(person),
            "minutes": row.minutes,
            "opened_at": isoformat(moment),
            "expires_at": isoformat(ends),
            "permits": list(row.permits),
        },
    )
    moved = BreakGlass.objects.filter(
        pk=row.pk, opened_at__isnull=True, requested_at__gt=moment - REQUEST_VALID
    ).update(opened_by=person, opened_at=moment, expires_at=ends, event_id=event_id)
    if not moved:
        message = "the window was opened already, or its request has lapsed: ask for it again"
        raise BreakGlassOver(message, break_glass_id=window_id)
    logger.warning(
        "BREAK-GLASS IS OPEN",
        extra={"break_glass": window_id, "project": project.slug, "minutes": row.minutes},
    )
    return _read(window_id, moment)


@transaction.atomic(durable=True)
def break_glass_close(*, actor: Actor, window_id: str) -> BreakGlassData:
    """End a window before its time; what was merged stays, and the review is still owed.

    Raises:
        BreakGlassNotFound: there is no such window.
        BreakGlassPersons: no person closes it by themselves.
        BreakGlassOver: it is not open.
        ClocksDisagree: no clock can be trusted to say whether it is over.
    """
    person = _person(actor)
    _locked(window_id)
    moment = moment_agreed()
    moved = BreakGlass.objects.filter(pk=window_id, closed_at__isnull=True, expires_at__gt=moment).update(
        closed_by=person, closed_at=moment
    )
    if not moved:
        message = "the window is not open"
        raise BreakGlassOver(message, break_glass_id=window_id)
    record(actor=actor, type="break_glass.closed", subject=("break_glass", window_id))
    logger.warning("break-glass is closed", extra={"break_glass": window_id})
    return _read(window_id, moment)


@transaction.atomic(durable=True)
def break_glass_review(*, actor: Actor, window_id: str, review: str) -> BreakGlassData:
    """Say, as a third person, what was done in a window that is over and whether it had to be.

    Raises:
        BreakGlassNotFound: there is no such window.
        BreakGlassInvalid: no words, or endless ones.
        BreakGlassPersons: one of the two reviews, or no person by themselves.
        BreakGlassOver: it is still open, was never open, or is reviewed.
        ClocksDisagree: no clock can be trusted to say whether it is over.
    """
    person = _person(actor)
    _words_check(review)
    row = _locked(window_id)
    if person in {row.requested_by, row.opened_by}:
        message = "somebody who was neither of the two has to review it"
        raise BreakGlassPersons(message, break_glass_id=window_id)
    moment = moment_agreed()
    state = window_data(row, moment).state
    if state not in {"review_due", "review_overdue"}:
        message = f"there is nothing to review: the window is {state.replace('_', ' ')}"
        raise BreakGlassOver(message, break_glass_id=window_id, state=state)
    BreakGlass.objects.filter(pk=window_id, reviewed_at__isnull=True).update(
        reviewed_by=person, reviewed_at=moment, review=review
    )
    record(
        actor=actor,
        type="break_glass.reviewed",
        subject=("break_glass", window_id),
        data={"review": review, "overdue": state == "review_overdue"},
    )
    return _read(window_id, moment)


def _person(actor: Actor) -> UUID:
    """Let a person pass who acts by themselves, and return who it is."""
    own = actor.minted_by in {None, actor.person_id}
    if actor.kind != "person" or actor.person_id is None or actor.unattended or not own:
        message = "break-glass is for people who act by themselves: use your own token, or log in"
        raise BreakGlassPersons(message)
    return UUID(actor.person_id)


def _words_check(text: str) -> None:
    if not text.strip() or len(text) > MAX_WORDS:
        message = f"say why, in at most {MAX_WORDS} characters"
        raise BreakGlassInvalid(message, field="reason")


def _reviews_require(moment: datetime) -> None:
    overdue = BreakGlass.objects.filter(
        opened_at__lte=moment - REVIEW_WITHIN, reviewed_at__isnull=True
    ).first()
    if overdue is not None:
        message = f"an earlier break-glass was not reviewed within a day: review {overdue.pk} first"
        raise BreakGlassUnreviewed(message, break_glass_id=str(overdue.pk))


def _locked(window_id: str) -> BreakGlass:
    row = BreakGlass.objects.select_for_update().filter(pk=as_uuid(window_id)).first()
    if row is None:
        message = "there is no such break-glass window"
        raise BreakGlassNotFound(message, break_glass_id=window_id)
    return row


def _read(window_id: str, moment: datetime) -> BreakGlassData:
    return window_data(BreakGlass.objects.get(pk=window_id), moment)
