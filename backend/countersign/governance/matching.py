"""Which rules apply to a finding, a work item or a change: those whose scope matches, and only those."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING

from countersign.governance.conflicts import conflicts_resolve
from countersign.governance.paths import paths_under

if TYPE_CHECKING:
    from collections.abc import Iterable

    from countersign.governance.contracts import (
        MatchFacts,
        RuleConflict,
        RuleData,
        RuleScope,
        RuleSetData,
    )


@lru_cache(maxsize=16_384)
def _type_matches(finding_type: str, pattern: str) -> bool:
    """Compare ``tool:rule`` with a pattern; a pattern without a tool is compared with the rule alone."""
    if ":" in pattern:
        return fnmatchcase(finding_type, pattern)
    return fnmatchcase(finding_type.rpartition(":")[2], pattern)


def _types_match(finding_types: Iterable[str], patterns: tuple[str, ...]) -> bool:
    return any(_type_matches(finding_type, pattern) for finding_type in finding_types for pattern in patterns)


def scope_matches(scope: RuleScope, facts: MatchFacts) -> bool:
    """Say whether a scope covers the facts: every dimension that it names must share something with them."""
    return (
        (not scope.languages or not set(scope.languages).isdisjoint(facts.languages))
        and (not scope.personas or not set(scope.personas).isdisjoint(facts.personas))
        and (not scope.phases or not set(scope.phases).isdisjoint(facts.phases))
        and (not scope.finding_types or _types_match(facts.finding_types, scope.finding_types))
        and (not scope.paths or bool(paths_under(facts.paths, scope.paths)))
    )


def rules_match_explained(
    ruleset: RuleSetData, facts: MatchFacts
) -> tuple[tuple[RuleData, ...], tuple[RuleConflict, ...]]:
    """Return what :func:`rules_match` does, and each rule that was left out with what overruled it."""
    matching = tuple(rule for rule in ruleset.rules if scope_matches(rule.scope, facts))
    kept, conflicts = conflicts_resolve(matching, same_facts=True)
    return tuple(sorted(kept, key=lambda rule: (-rule.authority, rule.code))), conflicts


def rules_match(ruleset: RuleSetData, facts: MatchFacts) -> tuple[RuleData, ...]:
    """Return the rules of the set that apply to the facts, the weightiest document first, then by code.

    Where two of them disagree, the one of the lower authority is left out.
    """
    return rules_match_explained(ruleset, facts)[0]
