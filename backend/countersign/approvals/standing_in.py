"""Who is asked to decide on a request at this moment, and who stands in for those who are away.

Nobody gets a right by standing in: a delegate is asked in a role of their own, and only where they took no
part in the change and have not decided.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from countersign.accounts.eligible import role_persons
from countersign.accounts.keys import key_groups
from countersign.approvals.quorum import roles_lacking
from countersign.shared.env import demo_installation

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from countersign.accounts.contracts import Away
    from countersign.approvals.contracts import RequestData
    from countersign.shared.types import JSON


@dataclass(frozen=True, slots=True)
class AskedPerson:
    """Somebody who is asked.

    Attributes:
        instead_of: the persons for whom they stand in.
    """

    person_id: str
    instead_of: tuple[str, ...] = ()

    def as_json(self) -> dict[str, JSON]:
        """Return it as it is kept and logged."""
        return {"person_id": self.person_id, "instead_of": list(self.instead_of)}


@dataclass(frozen=True, slots=True)
class AwayPerson:
    """Somebody who would be asked, and is away.

    Attributes:
        roles: those that the request waits for, and the person holds.
        stand_in: who is asked instead.
        nobody: why nobody is; empty where somebody is.
    """

    person_id: str
    roles: tuple[str, ...]
    until: datetime
    stand_in: str | None
    nobody: str


@dataclass(frozen=True, slots=True)
class People:
    """Who is asked about a request, and who is away."""

    asked: tuple[AskedPerson, ...]
    away: tuple[AwayPerson, ...]


def persons_outside(request: RequestData, groups: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Return who can't decide (any more): participants and who has decided, with all who share a key."""
    persons = {decision.person_id for decision in request.decisions}
    if not request.policy.trial:
        persons |= set(request.excluded)
    return frozenset(persons.union(*(groups.get(person, frozenset()) for person in persons)))


def people_asked(request: RequestData, away: Mapping[str, Away]) -> People:
    """Return who could give what a request still waits for, at the moment that ``away`` tells of."""
    lacking = roles_lacking(request.policy.quorum, request.decisions)
    held = role_persons(roles=lacking, unattended=demo_installation())
    out = persons_outside(request, key_groups())
    able = {person: roles for person, roles in held.items() if person not in out}
    absent = tuple(
        _absent(person, roles, away[person], able) for person, roles in able.items() if person in away
    )
    asked = tuple(
        AskedPerson(person, tuple(item.person_id for item in absent if item.stand_in == person))
        for person in able
        if person not in away
    )
    return People(asked, absent)


def owner_asked(request: RequestData, away: Mapping[str, Away], owner: str) -> tuple[AskedPerson, ...]:
    """Return whom an escalation tells: the owner, or who stands in; nobody where nobody does."""
    if owner not in away:
        return (AskedPerson(owner),)
    stand_in = away[owner].stand_in
    if stand_in is None or stand_in in persons_outside(request, key_groups()):
        return ()
    return (AskedPerson(stand_in, (owner,)),)


def _absent(person: str, roles: frozenset[str], away: Away, able: Mapping[str, frozenset[str]]) -> AwayPerson:
    """Return who stands in for somebody on this request: a delegate who could decide on it by themselves."""
    stand_in, nobody = away.stand_in, away.nobody
    if stand_in is not None and not able.get(stand_in, frozenset()) & roles:
        stand_in = None
        nobody = "the delegate can't: took part in this, has decided, or holds none of the roles it waits for"
    return AwayPerson(person, tuple(sorted(roles)), away.until, stand_in, nobody)
