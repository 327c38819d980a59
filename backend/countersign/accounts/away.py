"""Reading who is away, and who stands in: never another's delegate, and only in roles of their own."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from countersign.accounts.contracts import AbsenceData, Away, Gap
from countersign.accounts.errors import AbsenceNotFound
from countersign.accounts.keys import key_groups, key_twins
from countersign.accounts.models import Absence, Person, RoleAssignment, User
from countersign.accounts.policies import require
from countersign.shared.clock import now

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from django.db.models import QuerySet

    from countersign.shared.actor import Actor

# How long an absence that is over is still shown.
SHOWN: Final = timedelta(days=30)


def absences_open(moment: datetime) -> QuerySet[Absence]:
    """Return the absences that are not over at a moment, and were not ended early."""
    return Absence.objects.filter(ended_at__isnull=True, ends_at__gt=moment)


def away_through(start: datetime, end: datetime) -> dict[str, Away]:
    """Return who is away for the whole of a time, by person; who is back before its end is not.

    Absences that follow on one another count as one; the delegate is that of the first. A delegate who is
    away as well, or shares a key with somebody who is, stands in for nobody, and passes nothing on to a
    delegate of their own.
    """
    rows: dict[str, list[Absence]] = {}
    for row in absences_open(start).select_related("delegate").order_by("person_id", "starts_at"):
        rows.setdefault(str(row.person_id), []).append(row)
    found: dict[str, tuple[Absence, datetime]] = {}
    for person, absences in rows.items():
        until = start
        for absence in absences:
            if absence.starts_at <= until:
                until = absence.ends_at
        if until > start and until >= end:
            found[person] = (absences[0], until)
    held = _held(absence for absence, _ in found.values())
    groups = key_groups() if found else {}
    away = {}
    for person, (absence, until) in found.items():
        roles = _shared(absence, held)
        one = _one(absence.delegate_id, groups)
        nobody = _nobody(absence, roles, held, one, away=not one.isdisjoint(found))
        delegate = str(absence.delegate_id) if absence.delegate_id else None
        away[person] = Away(person, until, delegate, frozenset() if nobody else roles, nobody)
    return away


def away_at(moment: datetime) -> dict[str, Away]:
    """Return who is away at a moment, by person."""
    return away_through(moment, moment)


def absence_list(*, actor: Actor) -> tuple[AbsenceData, ...]:
    """Return who is away now or will be, and was in the last 30 days; the latest first.

    Raises:
        PermissionDenied: the actor may not read.
    """
    require(actor, "read")
    moment = now()
    rows = Absence.objects.filter(ends_at__gt=moment - SHOWN).order_by("-starts_at", "id")
    return absences_data(rows, moment)


def absence_get(*, absence_id: str) -> AbsenceData:
    """Return an absence.

    Raises:
        AbsenceNotFound: there is none.
    """
    found = absences_data(Absence.objects.filter(pk=absence_uuid(absence_id)), now())
    if not found:
        raise absence_missing()
    return found[0]


def absence_uuid(absence_id: str) -> UUID:
    """Read an id; one that is not well-formed names nothing.

    Raises:
        AbsenceNotFound: the id is not a UUID.
    """
    try:
        return UUID(absence_id)
    except ValueError as error:
        raise absence_missing() from error


def absence_missing() -> AbsenceNotFound:
    """Return what is said where there is no such absence."""
    return AbsenceNotFound("there is no such absence: 'countersign absence list' shows those there are")


def absences_data(rows: QuerySet[Absence], moment: datetime) -> tuple[AbsenceData, ...]:
    """Return what others see of absences."""
    chosen = tuple(rows.select_related("person", "delegate"))
    held = _held(chosen)
    names = dict(Person.objects.filter(pk__in={row.declared_by for row in chosen}).values_list("id", "name"))
    open_ = tuple(absences_open(moment))
    groups = key_groups() if chosen else {}
    found = []
    for row in chosen:
        roles = _shared(row, held)
        one = _one(row.delegate_id, groups)
        gaps = _gaps(row, (other for other in open_ if str(other.person_id) in one), moment)
        whole = any(
            gap.starts_at <= max(row.starts_at, moment) and gap.ends_at >= row.ends_at for gap in gaps
        )
        nobody = _nobody(row, roles, held, one, away=whole)
        found.append(
            AbsenceData(
                id=str(row.id),
                person_id=str(row.person_id),
                person_name=row.person.name,
                delegate_id=str(row.delegate_id) if row.delegate_id else None,
                delegate_name=row.delegate.name if row.delegate else None,
                roles=() if nobody else tuple(sorted(roles)),
                nobody=nobody,
                gaps=() if nobody else gaps,
                starts_at=row.starts_at,
                ends_at=row.ends_at,
                ended_at=row.ended_at,
                state=_state(row, moment),
                declared_by=names.get(row.declared_by, "unknown"),
            )
        )
    return tuple(found)


def stand_ins_possible(*, person_id: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Return who could stand in for a person: name and shared roles, by the id of who can log in.

    Who shares a key with them is the same person.
    """
    mine = RoleAssignment.objects.filter(person_id=person_id).values("role_id")
    rows = RoleAssignment.objects.filter(role_id__in=mine, person__users__is_active=True)
    shared: dict[str, tuple[str, set[str]]] = {}
    others = (
        rows.exclude(person_id__in={person_id, *key_twins(person_id)})
        .order_by("person__name", "role_id")
        .distinct()
    )
    for other, name, role in others.values_list("person_id", "person__name", "role_id"):
        shared.setdefault(str(other), (name, set()))[1].add(role)
    return {other: (name, tuple(sorted(roles))) for other, (name, roles) in shared.items()}


def _one(person: UUID | None, groups: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Return all accounts of one person: those that share a key."""
    return groups.get(str(person)) or frozenset({str(person)})


def _gaps(row: Absence, absences: Iterable[Absence], moment: datetime) -> tuple[Gap, ...]:
    """Return what absences of the delegate take of the rest of an absence, those that meet as one."""
    if _state(row, moment) == "over":
        return ()
    gaps: list[Gap] = []
    for other in sorted(absences, key=lambda absence: absence.starts_at):
        start = max(row.starts_at, other.starts_at, moment)
        end = min(row.ends_at, other.ends_at)
        if start >= end:
            continue
        if gaps and start <= gaps[-1].ends_at:
            start, end = gaps[-1].starts_at, max(end, gaps.pop().ends_at)
        gaps.append(Gap(start, end))
    return tuple(gaps)


def _state(row: Absence, moment: datetime) -> str:
    if row.ended_at is not None or row.ends_at <= moment:
        return "over"
    return "now" if row.starts_at <= moment else "coming"


def _held(rows: Iterable[Absence]) -> dict[str, frozenset[str]]:
    """Return the roles of the persons and their delegates; who can't log in any more is not among them."""
    persons = {person for row in rows for person in (row.person_id, row.delegate_id) if person}
    active = User.objects.filter(person_id__in=persons, is_active=True)
    held: dict[str, set[str]] = {str(person): set() for person in active.values_list("person_id", flat=True)}
    roles = RoleAssignment.objects.filter(person_id__in=list(held))
    for person, role in roles.values_list("person_id", "role_id"):
        held[str(person)].add(role)
    return {person: frozenset(mine) for person, mine in held.items()}


def _shared(row: Absence, held: Mapping[str, frozenset[str]]) -> frozenset[str]:
    nothing: frozenset[str] = frozenset()
    return held.get(str(row.person_id), nothing) & held.get(str(row.delegate_id), nothing)


def _nobody(
    row: Absence,
    roles: frozenset[str],
    held: Mapping[str, frozenset[str]],
    one: frozenset[str],
    *,
    away: bool,
) -> str:
    """Say why nobody stands in; nothing where somebody does.

    Args:
        row: the absence.
        roles: those that both hold.
        held: the roles of who can log in.
        one: the delegate, with all who share a key with them.
        away: the delegate is away as well.
    """
    if row.delegate is None:
        return "nobody was named: name a delegate"
    name = row.delegate.name
    if str(row.person_id) in one:
        return f"{name} has the same key as the one who is away, and counts as them: name somebody else"
    if str(row.delegate_id) not in held:
        return f"{name} can't log in any more: name somebody else"
    if not roles:
        return f"{name} holds none of the same roles any more: name somebody else"
    if away:
        return f"{name} is away as well: name somebody else"
    return ""
