"""Who still has to say yes: a pure function of the policy and the votes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from countersign.approvals.contracts import DecisionData, QuorumRule


@dataclass(frozen=True, slots=True)
class QuorumProgress:
    """How many of a role are needed and how many have approved."""

    role: str
    required: int
    given: int


def quorum_progress(
    rules: Sequence[QuorumRule], decisions: Sequence[DecisionData]
) -> tuple[QuorumProgress, ...]:
    """Return, role by role, how many distinct persons have approved in it.

    Rules for the same role add up: what one person gave to one rule does not count for the next.
    """
    needed: dict[str, int] = {}
    for rule in rules:
        needed[rule.role] = needed.get(rule.role, 0) + rule.count
    progress = []
    for role, count in needed.items():
        persons = {
            decision.person_id
            for decision in decisions
            if decision.verdict == "approve" and decision.role == role
        }
        progress.append(QuorumProgress(role, count, min(len(persons), count)))
    return tuple(progress)


def quorum_met(rules: Sequence[QuorumRule], decisions: Sequence[DecisionData]) -> bool:
    """Say whether every role has its approvals; a policy that asks for nobody is never satisfied."""
    progress = quorum_progress(rules, decisions)
    return bool(progress) and all(item.given >= item.required >= 1 for item in progress)


def role_wanted(
    rules: Sequence[QuorumRule], decisions: Sequence[DecisionData], roles: frozenset[str]
) -> str | None:
    """Return the role in which somebody holding ``roles`` can help the quorum along, if any."""
    for item in quorum_progress(rules, decisions):
        if item.role in roles and item.given < item.required:
            return item.role
    return None
