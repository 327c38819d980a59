"""Whether the people there are can fill a quorum: a pure function, each of them on one seat."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from countersign.approvals.contracts import QuorumRule


def seats_open(rules: Sequence[QuorumRule], people: Sequence[frozenset[str]]) -> dict[str, int]:
    """Return how many seats of each role nobody can take; nothing where the quorum can be met.

    Args:
        rules: how many of which role.
        people: the roles of each who could decide; nobody takes two seats.
    """
    seats = [rule.role for rule in rules for _ in range(rule.count)]
    taken: dict[int, int] = {}
    missing: dict[str, int] = {}
    for seat, role in enumerate(seats):
        if not _seat(seat, seats, people, taken, set()):
            missing[role] = missing.get(role, 0) + 1
    return missing


def _seat(
    seat: int,
    seats: Sequence[str],
    people: Sequence[frozenset[str]],
    taken: dict[int, int],
    asked: set[int],
) -> bool:
    """Find somebody for a seat; who sits elsewhere moves when another one can take that seat."""
    for person, roles in enumerate(people):
        if seats[seat] not in roles or person in asked:
            continue
        asked.add(person)
        if person not in taken or _seat(taken[person], seats, people, taken, asked):
            taken[person] = seat
            return True
    return False
