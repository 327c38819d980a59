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
    from collections.abc import Mapping

    from countersign.governance.contracts import RuleData, RuleScope

_LIMITS = frozenset({"max_files", "max_added_lines", "risk_threshold"})
_FORBIDDEN = ("forbidden_paths",)
# Kinds of which there is one question to a change; for the rest, what the rule names is part of the topic.
_TOPICS = frozenset({"max_files", "max_added_lines", "unknown_requires_cab", "forbidden_paths"})


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
    return (kind,) if kind in _TOPICS else None


def _limit(rule: RuleData) -> int:
    value = rule.check.get("limit", 0)
    return value if isinstance(value, int) else 0


def _covers_scope(wider: RuleScope, narrower: RuleScope) -> bool:
    """Say whether everything that falls under the narrower scope falls under the wider one too."""
    return all(
        not outer or (bool(inner) and set(inner) <= set(outer))
        for outer, inner in (
            (wider.languages, narrower.languages),
            (wider.paths, narrower.paths),
            (wider.finding_types, narrower.finding_types),
            (wider.personas, narrower.personas),
            (wider.phases, narrower.phases),
        )
    )


def _asks_less(lower: RuleData, higher: RuleData) -> bool:
    if lower.check["kind"] == "forbidden_paths":
        return False  # two prohibitions add up, whatever each of them says
    if lower.mode.strength < higher.mode.strength:
        return True
    return str(lower.check["kind"]) in _LIMITS and _limit(lower) > _limit(higher)


def _permits_forbidden(lower: RuleData, higher: RuleData) -> bool:
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


def _winners(
    lower: RuleData, rivals: Mapping[tuple[str, ...], list[RuleData]], *, same_facts: bool
) -> list[RuleData]:
    permits = lower.check["kind"] == "permitted_paths"
    topic = _FORBIDDEN if permits else _topic(lower)
    disagree = _permits_forbidden if permits else _asks_less
    return [
        higher
        for higher in (rivals.get(topic, ()) if topic else ())
        if higher.authority > lower.authority
        and higher.mode is not RuleMode.OBSERVE
        and (same_facts or _covers_scope(higher.scope, lower.scope))
        and disagree(lower, higher)
    ]


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
    rules: tuple[RuleData, ...], *, same_facts: bool = False
) -> tuple[tuple[RuleData, ...], tuple[RuleConflict, ...]]:
    """Return the rules that stand, and each rejected rule with the higher one that overrules it.

    Args:
        rules: the rules to compare.
        same_facts: all of them apply to the same change, so scopes need no comparing. Otherwise a rule is
            rejected only where the higher one applies everywhere that it does: where it applies to more, it
            is still needed there.
    """
    rivals: dict[tuple[str, ...], list[RuleData]] = {}
    for rule in rules:
        if topic := _topic(rule):
            rivals.setdefault(topic, []).append(rule)
    conflicts: dict[str, RuleConflict] = {}
    for lower in rules:
        winners = _winners(lower, rivals, same_facts=same_facts)
        if winners:
            winner = max(winners, key=lambda rule: (rule.authority, rule.code))
            conflicts[lower.code] = _conflict(winner, lower)
    kept = tuple(rule for rule in rules if rule.code not in conflicts)
    return kept, tuple(conflicts[code] for code in sorted(conflicts))
