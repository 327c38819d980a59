"""Who still has to say yes: a pure function of the policy and the votes."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from countersign.approvals.contracts import DecisionData, QuorumRule, Verdict


@dataclass(frozen=True, slots=True)
class QuorumProgress:
    """How many of a role are needed and how many have approved."""

    role: str
    required: int
    given: int


def quorum_progress(
    rules: Sequence[QuorumRule], decisions: Sequence[DecisionData]
) -> tuple[QuorumProgress, ...]:
    """Return, role by role, how many distinct persons with distinct keys have approved in it.

    Rules for the same role add up: what one person gave to one rule does not count for the next.
    """
    needed: dict[str, int] = {}
    for rule in rules:
        needed[rule.role] = needed.get(rule.role, 0) + rule.count
    given = [decision.role for decision in _distinct(decisions)]
    return tuple(QuorumProgress(role, count, min(given.count(role), count)) for role, count in needed.items())


def roles_lacking(rules: Sequence[QuorumRule], decisions: Sequence[DecisionData]) -> dict[str, int]:
    """Return how many approvals lack, by role; roles that have their number are left out."""
    return {
        item.role: item.required - item.given
        for item in quorum_progress(rules, decisions)
        if item.given < item.required
    }


def _distinct(decisions: Sequence[DecisionData]) -> list[DecisionData]:
    """Return the approvals that count: each person once in all roles together, and each passkey once."""
    seen: set[str] = set()
    counted = []
    for decision in decisions:
        keys = {decision.person_id}
        if decision.assertion is not None:
            keys.add(str(decision.assertion["credential"]))
        if decision.verdict == "approve" and seen.isdisjoint(keys):
            counted.append(decision)
            seen |= keys
    return counted


def quorum_met(rules: Sequence[QuorumRule], decisions: Sequence[DecisionData]) -> bool:
    """Say whether every role has its approvals; a policy that asks for nobody is never satisfied."""
    progress = quorum_progress(rules, decisions)
    return bool(progress) and all(item.given >= item.required >= 1 for item in progress)


def role_wanted(
    rules: Sequence[QuorumRule],
    decisions: Sequence[DecisionData],
    roles: frozenset[str],
    verdict: Verdict,
    holders: Mapping[str, int] = MappingProxyType({}),
) -> str | None:
    """Return the role in which somebody holding ``roles`` can decide, if any.

    An approval has to help the quorum along, first of all in the role that the fewest people hold. A "no"
    counts whether or not the role has its number: who may decide on a request may stop it while it waits.
    """
    progress = quorum_progress(rules, decisions)
    lacking = [item.role for item in progress if item.role in roles and item.given < item.required]
    if lacking or verdict == "approve":
        return min(lacking, key=lambda role: holders.get(role, 0), default=None)
    return next((item.role for item in progress if item.role in roles), None)
