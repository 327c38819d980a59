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
    """Return, rule by rule, how many distinct persons have approved in that role."""
    progress = []
    for rule in rules:
        persons = {
            decision.person_id
            for decision in decisions
            if decision.verdict == "approve" and decision.role == rule.role
        }
        progress.append(QuorumProgress(rule.role, rule.count, min(len(persons), rule.count)))
    return tuple(progress)


def quorum_met(rules: Sequence[QuorumRule], decisions: Sequence[DecisionData]) -> bool:
    """Say whether every rule has its approvals; no rule at all is not a quorum."""
    progress = quorum_progress(rules, decisions)
    return bool(progress) and all(item.given >= item.required for item in progress)


def role_wanted(
    rules: Sequence[QuorumRule], decisions: Sequence[DecisionData], roles: frozenset[str]
) -> str | None:
    """Return the role in which somebody holding ``roles`` can help the quorum along, if any."""
    for item in quorum_progress(rules, decisions):
        if item.role in roles and item.given < item.required:
            return item.role
    return None
