"""Whether the people there are can fill a quorum: against trying every way to seat them."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from countersign.approvals.contracts import QuorumRule
from countersign.approvals.seats import seats_open

ROLES = ("director", "cab_member", "security_reviewer")
roles_held = st.frozensets(st.sampled_from(ROLES))


def most_seated(seats: list[str], people: list[frozenset[str]]) -> int:
    padded = [*people, *(frozenset[str]() for _ in range(max(0, len(seats) - len(people))))]
    return max(
        sum(role in roles for role, roles in zip(seats, order, strict=False))
        for order in permutations(padded)
    )


@settings(deadline=None, database=None)
@given(st.lists(st.sampled_from(ROLES), max_size=4), st.lists(roles_held, max_size=4))
def test_seats_open_leaves_no_more_open_than_must_be(wanted: list[str], people: list[frozenset[str]]) -> None:
    rules = [QuorumRule(role, wanted.count(role)) for role in ROLES if role in wanted]
    missing = seats_open(rules, people)
    assert sum(missing.values()) == len(wanted) - most_seated(wanted, people)
    assert all(count <= wanted.count(role) for role, count in missing.items())


def test_seats_open_gives_nobody_two_seats() -> None:
    rules = [QuorumRule("director", 1), QuorumRule("cab_member", 1)]
    both = frozenset({"director", "cab_member"})
    assert seats_open(rules, [both]) == {"cab_member": 1}
    assert seats_open(rules, [both, frozenset({"director"})]) == {}


def test_seats_open_names_the_role_and_the_number() -> None:
    rules = [QuorumRule("cab_member", 3)]
    assert seats_open(rules, [frozenset({"cab_member"}), frozenset({"director"})]) == {"cab_member": 2}
