"""Saying who is away and who stands in, and taking it back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from countersign.accounts.away import absence_get, absence_missing, absence_uuid, absences_open
from countersign.accounts.errors import (
    AbsenceInvalid,
    AbsenceNotYours,
    AbsenceOver,
    DelegateRefused,
    PersonNotFound,
)
from countersign.accounts.keys import key_twins
from countersign.accounts.models import Absence, Person, User
from countersign.accounts.policies import may, require
from countersign.accounts.selectors import roles_of
from countersign.audit.services import record
from countersign.shared.clock import isoformat
from countersign.shared.clocks import moment_agreed

if TYPE_CHECKING:
    from datetime import datetime

    from countersign.accounts.contracts import AbsenceData
    from countersign.shared.actor import Actor

LONGEST: Final = timedelta(days=366)


@transaction.atomic(durable=True)
def absence_declare(
    *,
    actor: Actor,
    ends_at: datetime,
    starts_at: datetime | None = None,
    person: str = "",
    delegate: str = "",
) -> AbsenceData:
    """Say that a person is away, from now on or from a moment to come, and who stands in.

    It takes no right away and gives none: the delegate is asked in roles that they hold by themselves.

    Args:
        actor: the person, or an administrator.
        ends_at: when they are back.
        starts_at: when they leave; left out, now.
        person: who is away, by address or id; left out, the actor.
        delegate: who stands in, by address or id; may be left out.

    Raises:
        PermissionDenied: none of the actor's roles is ever away.
        AbsenceNotYours: the actor is neither the person, acting by themselves, nor an administrator.
        PersonNotFound: nobody has that address or id.
        AbsenceInvalid: it begins in the past, ends before it begins, is endless, or meets another one.
        DelegateRefused: the delegate can't stand in; the message says why.
        ClocksDisagree: no clock can be trusted to say what is past.
    """
    require(actor, "absence.write")
    absent = _person_named(person) if person else str(actor.person_id)
    _own_require(actor, {absent})
    other = _person_named(delegate) if delegate else None
    _lock(absent, other)
    moment = moment_agreed()
    start = moment if starts_at is None else starts_at
    _times_require(start, ends_at, moment)
    row = Absence(
        person_id=UUID(absent),
        delegate_id=UUID(other) if other else None,
        starts_at=start,
        ends_at=ends_at,
        declared_by=UUID(str(actor.person_id)),
    )
    own = absences_open(moment).filter(person_id=absent, starts_at__lt=ends_at, ends_at__gt=start).first()
    if own is not None:
        message = (
            f"there is an absence from {isoformat(own.starts_at)} to {isoformat(own.ends_at)} already: end "
            f"it first ({own.id})"
        )
        raise AbsenceInvalid(message, absence_id=str(own.id))
    if other:
        _delegate_require(row, moment)
    row.save(force_insert=True)
    _record(actor, "absence.declared", row, starts_at=isoformat(start), ends_at=isoformat(ends_at))
    return absence_get(absence_id=str(row.id))


@transaction.atomic(durable=True)
def absence_end(*, actor: Actor, absence_id: str) -> AbsenceData:
    """End an absence now, or call it off before it begins.

    Raises:
        PermissionDenied: none of the actor's roles is ever away.
        AbsenceNotFound: there is no such absence.
        AbsenceNotYours: the actor is neither the person, acting by themselves, nor an administrator.
        AbsenceOver: it is over already.
        ClocksDisagree: no clock can be trusted to say what is past.
    """
    require(actor, "absence.write")
    row = _row(absence_id, moment_agreed(), actor)
    Absence.objects.filter(pk=row.pk, ended_at__isnull=True).update(ended_at=Now())
    _record(actor, "absence.ended", row)
    return absence_get(absence_id=absence_id)


@transaction.atomic(durable=True)
def absence_delegate(*, actor: Actor, absence_id: str, delegate: str) -> AbsenceData:
    """Name another delegate, or none; a delegate may lay it down themselves.

    Raises:
        PermissionDenied: none of the actor's roles is ever away.
        AbsenceNotFound: there is no such absence.
        AbsenceNotYours: the actor is neither the person, acting by themselves, nor an administrator.
        AbsenceOver: it is over already.
        PersonNotFound: nobody has that address or id.
        DelegateRefused: the delegate can't stand in; the message says why.
        ClocksDisagree: no clock can be trusted to say what is past.
    """
    require(actor, "absence.write")
    moment = moment_agreed()
    other = _person_named(delegate) if delegate else None
    row = _row(absence_id, moment, actor, laid_down=other is None, delegate=other)
    row.delegate_id = UUID(other) if other else None
    if other:
        _delegate_require(row, moment)
    Absence.objects.filter(pk=row.pk, ended_at__isnull=True).update(delegate_id=row.delegate_id)
    _record(actor, "absence.delegated", row)
    return absence_get(absence_id=absence_id)


def _row(
    absence_id: str, moment: datetime, actor: Actor, *, laid_down: bool = False, delegate: str | None = None
) -> Absence:
    """Return an absence that the actor may change, with everybody locked whom it is about."""
    found = Absence.objects.filter(pk=absence_uuid(absence_id)).first()
    if found is None:
        raise absence_missing()
    _lock(str(found.person_id), delegate)
    row = Absence.objects.select_for_update(of=("self",)).get(pk=found.pk)
    mine = {str(row.person_id)}
    if laid_down and row.delegate_id:
        mine.add(str(row.delegate_id))
    _own_require(actor, mine)
    if row.ended_at is not None or row.ends_at <= moment:
        message = "this absence is over: nothing about it can be changed any more"
        raise AbsenceOver(message, absence_id=absence_id)
    return row


def _own_require(actor: Actor, persons: set[str]) -> None:
    """Let a person pass who acts by themselves: one of these, or an administrator."""
    by_themselves = actor.kind == "person" and actor.person_id is not None
    if by_themselves and actor.minted_by in {None, actor.person_id}:
        if actor.person_id in persons or may(actor, "account.write"):
            return
        message = "who is away is said by the person themselves, or by an administrator for them"
    else:
        message = "people say by themselves when they are away: use your own token, or log in"
    raise AbsenceNotYours(message)


def _person_named(name: str) -> str:
    """Return the id of the person with this address or id.

    Raises:
        PersonNotFound: there is none, or they were erased.
    """
    people = Person.objects.filter(erased_at__isnull=True)
    try:
        found = people.filter(pk=UUID(name))
    except ValueError:
        found = people.filter(users__email__iexact=name.strip())
    person = found.values_list("id", flat=True).first()
    if person is None:
        message = f"nobody has the address or id '{name}': write the address that they log in with"
        raise PersonNotFound(message)
    return str(person)


def _lock(person: str, delegate: str | None) -> None:
    """Let nobody else change the absences of these two meanwhile, whoever comes first."""
    chosen = Person.objects.filter(pk__in=[person, *([delegate] if delegate else [])])
    list(chosen.order_by("pk").select_for_update().values_list("pk", flat=True))


def _times_require(start: datetime, end: datetime, moment: datetime) -> None:
    if start < moment:
        message = "an absence begins now or later, never in the past: leave its beginning out to begin now"
    elif end <= start:
        message = "an absence ends after it begins"
    elif end - start > LONGEST:
        message = (
            f"an absence lasts at most {LONGEST.days} days; who is away for longer gives their roles back"
        )
    else:
        return
    raise AbsenceInvalid(message)


def _delegate_require(row: Absence, moment: datetime) -> None:
    """Refuse a delegate who could not be asked instead.

    Raises:
        DelegateRefused: it is the person themselves or shares a key with them, can't log in, holds none of
            the same roles, or is away in that time.
    """
    person, delegate = str(row.person_id), str(row.delegate_id)
    if delegate == person or delegate in key_twins(person):
        message = "nobody stands in for themselves, with a second account or with a shared key either"
        raise DelegateRefused(message)
    if not User.objects.filter(person_id=delegate, is_active=True).exists():
        message = "a delegate has to be able to log in: name somebody else"
        raise DelegateRefused(message)
    if not roles_of(person) & roles_of(delegate):
        roles = ", ".join(sorted(roles_of(person))) or "none"
        message = (
            "a delegate gets no right by standing in, and so has to hold one of the same roles by "
            f"themselves; the one who is away holds: {roles}"
        )
        raise DelegateRefused(message, roles=sorted(roles_of(person)))
    away = absences_open(moment).filter(
        person_id__in={delegate, *key_twins(delegate)}, starts_at__lt=row.ends_at, ends_at__gt=row.starts_at
    )
    if away.exists():
        message = "this delegate is away in that time as well, and passes it on to nobody: name somebody else"
        raise DelegateRefused(message)


def _record(actor: Actor, kind: str, row: Absence, **more: str) -> None:
    record(
        actor=actor,
        type=kind,
        subject=("person", str(row.person_id)),
        data={
            "absence_id": str(row.id),
            "delegate": str(row.delegate_id) if row.delegate_id else None,
            **more,
        },
    )
