"""Where two rules disagree the higher document wins, and the lower rule is rejected on the record.

Two rules disagree when they speak of the same thing (the same topic) and the lower one asks for less than
the higher one does, or permits what it forbids. A lower rule that asks for *more* does not disagree: both
can be kept. Rules of equal weight never overrule one another: both bind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.governance.contracts import RuleConflict, RuleMode
from countersign.governance.paths import path_matches
from countersign.governance.violations import violation_make

if TYPE_CHECKING:
    from countersign.governance.contracts import RuleData

_LIMITS = frozenset({"max_files", "max_added_lines", "risk_threshold"})


def _strings(rule: RuleData, name: str) -> tuple[str, ...]:
    value = rule.check.get(name, ())
    return tuple(str(item) for item in value) if isinstance(value, list | tuple) else (str(value),)


def _topic(rule: RuleData) -> tuple[str, ...] | None:
    kind = str(rule.check["kind"])
    if kind == "gate_required":
        return (kind, str(rule.check["gate"]))
    if kind == "risk_threshold":
        return (kind, str(rule.check["action"]))
    if kind == "touch_requires_cab":
        return (kind, *sorted(_strings(rule, "touches")))
    return (kind,) if kind in _LIMITS or kind == "unknown_requires_cab" else None


def _limit(rule: RuleData) -> int:
    value = rule.check.get("limit", 0)
    return value if isinstance(value, int) else 0


def _scopes_meet(one: RuleData, other: RuleData) -> bool:
    """Say whether some change could fall under both; when that can't be excluded, it is assumed."""
    pairs = (
        (one.scope.languages, other.scope.languages),
        (one.scope.personas, other.scope.personas),
        (one.scope.phases, other.scope.phases),
    )
    return all(not left or not right or not set(left).isdisjoint(right) for left, right in pairs)


def _asks_less(lower: RuleData, higher: RuleData) -> bool:
    if lower.mode.strength < higher.mode.strength:
        return True
    return str(lower.check["kind"]) in _LIMITS and _limit(lower) > _limit(higher)


def _permits_forbidden(lower: RuleData, higher: RuleData) -> bool:
    if (lower.check["kind"], higher.check["kind"]) != ("permitted_paths", "forbidden_paths"):
        return False
    forbidden = _strings(higher, "paths")
    permitted = _strings(lower, "paths")
    # Patterns meet when they are equal or one covers the other's text; a pattern that begins with a wildcard
    # can reach anywhere, so it is taken to meet everything.
    return any(
        one == other or other.startswith("*") or one.startswith("*") or _covers(one, other)
        for one in permitted
        for other in forbidden
    )


def _covers(one: str, other: str) -> bool:
    return path_matches(one.rstrip("/*"), other) or path_matches(other.rstrip("/*"), one)


def _disagree(lower: RuleData, higher: RuleData) -> bool:
    if lower.authority >= higher.authority or not _scopes_meet(lower, higher):
        return False
    if higher.mode is RuleMode.OBSERVE:
        return False
    if _permits_forbidden(lower, higher):
        return True
    topic = _topic(lower)
    return topic is not None and topic == _topic(higher) and _asks_less(lower, higher)


def _conflict(winner: RuleData, lower: RuleData) -> RuleConflict:
    violation = violation_make(
        winner,
        what=(
            f"Rule `{lower.code}` of {lower.citation} ({lower.authority.name}) asks for less than this rule "
            f"of {winner.citation} ({winner.authority.name})."
        ),
        correction=(
            f"Withdraw `{lower.code}`, or have the higher document changed; until then it has no effect."
        ),
        blocking=False,
        state="The lower rule was rejected; the higher one is in force.",
    )
    return RuleConflict(winner=winner.code, rejected=lower.code, violation=violation)


def conflicts_resolve(
    rules: tuple[RuleData, ...],
) -> tuple[tuple[RuleData, ...], tuple[RuleConflict, ...]]:
    """Return the rules that stand, and each rejected rule with the higher one that overrules it."""
    conflicts: dict[str, RuleConflict] = {}
    for lower in rules:
        winners = [higher for higher in rules if _disagree(lower, higher)]
        if winners:
            winner = max(winners, key=lambda rule: (rule.authority, rule.code))
            conflicts[lower.code] = _conflict(winner, lower)
    kept = tuple(rule for rule in rules if rule.code not in conflicts)
    return kept, tuple(conflicts[code] for code in sorted(conflicts))
