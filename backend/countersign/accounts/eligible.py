"""Who could decide: people with a role that decides and a way to log in, each key counted once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from countersign.accounts.models import RoleAssignment

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Decider:
    """One who decides: a person, or several who hold the same key and count as one.

    Attributes:
        persons: ids of who it is.
        roles: those of the asked ones that they hold.
    """

    persons: frozenset[str]
    roles: frozenset[str]


def role_persons(*, roles: Iterable[str], unattended: bool) -> dict[str, frozenset[str]]:
    """Return who holds one of these roles and can log in: the roles by person.

    Args:
        roles: the roles that are asked for.
        unattended: users without a person in front of them count as well (demo installations only).
    """
    attended = {} if unattended else {"person__users__unattended": False}
    rows = RoleAssignment.objects.filter(role_id__in=list(roles), person__users__is_active=True, **attended)
    held: dict[str, set[str]] = {}
    for holder, role in rows.values_list("person_id", "role_id"):
        held.setdefault(str(holder), set()).add(role)
    return {person: frozenset(mine) for person, mine in sorted(held.items())}


def deciders(
    held: Mapping[str, frozenset[str]],
    groups: Mapping[str, frozenset[str]],
    *,
    without: Collection[str] = (),
) -> tuple[Decider, ...]:
    """Return who could decide of those who hold a role, each key once.

    Args:
        held: the roles by person, as :func:`role_persons` tells.
        groups: who shares a key, as ``key_groups`` tells.
        without: persons who can't, such as those who are away.
    """
    found: dict[frozenset[str], set[str]] = {}
    for person, mine in held.items():
        if person in without:
            continue
        found.setdefault(groups.get(person) or frozenset({person}), set()).update(mine)
    return tuple(Decider(persons, frozenset(mine)) for persons, mine in found.items())
