"""Machine checks: what a change breaks, decided from recorded facts alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from countersign.governance.paths import paths_under
from countersign.governance.violations import violation_make

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from countersign.governance.contracts import (
        ChangeFacts,
        GateFact,
        RuleData,
        ViolationData,
        WaiverData,
    )

# What a check answers: None when the rule holds, otherwise what is wrong and which paths show it.
Broken = tuple[str, tuple[str, ...]]


def _strings(rule: RuleData, name: str) -> tuple[str, ...]:
    value = rule.check.get(name, ())
    return tuple(str(item) for item in value) if isinstance(value, list | tuple) else ()


def _limit(rule: RuleData) -> int:
    value = rule.check.get("limit")
    # A limit that can't be read allows nothing: rules are checked when saved, and this is the second lock.
    return value if isinstance(value, int) and not isinstance(value, bool) else -1


def _gate_required(rule: RuleData, change: ChangeFacts, _score: int | None) -> Broken | None:
    gate = change.gate(str(rule.check.get("gate", "")))
    if gate.status == "pass":
        return None
    said = f": {gate.reason}" if gate.reason else ""
    if gate.status == "fail":
        return f"The gate `{gate.name}` failed{said}.", ()
    return f"The gate `{gate.name}` gave no answer{said}. Unknown is not a pass.", ()


def _max_files(rule: RuleData, change: ChangeFacts, _score: int | None) -> Broken | None:
    changed = max(change.files_changed, len(change.paths))
    limit = _limit(rule)
    return None if changed <= limit else (f"The change touches {changed} files; {limit} are allowed.", ())


def _max_added_lines(rule: RuleData, change: ChangeFacts, _score: int | None) -> Broken | None:
    limit = _limit(rule)
    if change.added_lines <= limit:
        return None
    return f"The change adds {change.added_lines} lines; {limit} are allowed.", ()


def _risk_threshold(rule: RuleData, _change: ChangeFacts, score: int | None) -> Broken | None:
    if rule.check.get("action") != "refuse":
        return None  # a threshold for the CAB is the policy's business, and breaks nothing
    limit = _limit(rule)
    if score is None:
        return f"The risk score is not known; at most {limit} is allowed.", ()
    return None if score <= limit else (f"The risk score is {score}; at most {limit} is allowed.", ())


def _nothing(_rule: RuleData, _change: ChangeFacts, _score: int | None) -> Broken | None:
    return None


_CHECKS: dict[str, Callable[[RuleData, ChangeFacts, int | None], Broken | None]] = {
    "gate_required": _gate_required,
    "max_files": _max_files,
    "max_added_lines": _max_added_lines,
    "risk_threshold": _risk_threshold,
    # Decided by policy_decide, by the platform's own code, or by nobody (advice): nothing to evaluate here.
    "touch_requires_cab": _nothing,
    "unknown_requires_cab": _nothing,
    "permitted_paths": _nothing,
    "platform": _nothing,
    "advice": _nothing,
}
CHECK_KINDS = frozenset(_CHECKS) | {"forbidden_paths"}


def _forbidden_paths(rule: RuleData, change: ChangeFacts, rules: tuple[RuleData, ...]) -> Broken | None:
    touched = set(paths_under(change.paths, _strings(rule, "paths")))
    for other in rules:
        if other.check.get("kind") == "permitted_paths" and other.authority > rule.authority:
            touched -= set(paths_under(touched, _strings(other, "paths")))
    touched -= set(paths_under(touched, _strings(rule, "except")))
    if not touched:
        return None
    return "The change touches paths that it must leave alone.", tuple(sorted(touched))


def _broken(
    rule: RuleData, change: ChangeFacts, rules: tuple[RuleData, ...], score: int | None
) -> Broken | None:
    kind = str(rule.check.get("kind"))
    if kind == "forbidden_paths":
        return _forbidden_paths(rule, change, rules)
    check = _CHECKS.get(kind)
    if check is None:
        return f"The rule's check `{kind}` is not known to this version, so it could not be made.", ()
    return check(rule, change, score)


def _waiver_of(
    rule: RuleData,
    paths: tuple[str, ...],
    waivers: tuple[WaiverData, ...],
    at: datetime | None,
) -> str | None:
    if rule.core or at is None:
        return None
    for waiver in waivers:
        if waiver.expires_at > at and waiver_covers(waiver, rule.code, paths):
            return waiver.id
    return None


def waiver_covers(waiver: WaiverData, rule: str, paths: tuple[str, ...]) -> bool:
    """Say whether an exception is from this rule, and for all paths that show how it was broken."""
    everywhere = not waiver.paths
    return waiver.rule == rule and (
        everywhere or (bool(paths) and set(paths) <= set(paths_under(paths, waiver.paths)))
    )


def change_evaluate(
    rules: tuple[RuleData, ...],
    change: ChangeFacts,
    gates: tuple[GateFact, ...] | None = None,
    *,
    score: int | None = None,
    waivers: tuple[WaiverData, ...] = (),
    at: datetime | None = None,
) -> tuple[ViolationData, ...]:
    """Return what the change breaks, the weightiest document first.

    Args:
        rules: the rules that apply (:func:`countersign.governance.matching.rules_match`).
        change: the recorded facts.
        gates: gate results, where they are not in ``change`` already.
        score: the risk score, once it is known.
        waivers: exceptions for this change; core rules know none.
        at: the moment at which exceptions must still be in force; without it none counts.
    """
    facts = change if gates is None else replace(change, gates=gates)
    found: list[ViolationData] = []
    for rule in sorted(rules, key=lambda each: (-each.authority, each.code)):
        broken = _broken(rule, facts, rules, score)
        if broken is not None:
            what, paths = broken
            waived_by = _waiver_of(rule, paths, waivers, at)
            found.append(violation_make(rule, what=what, paths=paths, waived_by=waived_by))
    return tuple(found)
