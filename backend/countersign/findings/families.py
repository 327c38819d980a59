"""What kind of thing a rule speaks of, for people (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class RuleFamily:
    """Rules that one person would look after in one sitting.

    Attributes:
        code: stable, used in keys.
        verb: what fixing them is, the start of a title.
        noun: what they are called.
        weight: how much fixing one is worth next to another family of the same severity.
    """

    code: str
    verb: str
    noun: str
    weight: int


_FAMILIES = {
    "unused": RuleFamily("unused", "Remove unused code", "unused imports and variables", 90),
    "correctness": RuleFamily("correctness", "Mend likely mistakes", "likely mistakes", 100),
    "bugbear": RuleFamily("bugbear", "Remove what invites bugs", "constructs that invite bugs", 80),
    "simplify": RuleFamily("simplify", "Simplify control flow", "needless complications", 60),
    "returns": RuleFamily("returns", "Flatten branches after return", "branches after a return", 55),
    "comprehensions": RuleFamily(
        "comprehensions", "Simplify comprehensions", "roundabout comprehensions", 50
    ),
    "needless": RuleFamily("needless", "Remove needless code", "code without effect", 65),
    "performance": RuleFamily("performance", "Remove slow constructs", "slow constructs", 60),
    "modernise": RuleFamily("modernise", "Use the syntax of today", "syntax from older Pythons", 40),
    "imports": RuleFamily("imports", "Sort imports", "unsorted imports", 30),
    "whitespace": RuleFamily("whitespace", "Tidy whitespace", "stray whitespace", 20),
    "style": RuleFamily("style", "Tidy statements", "statements in doubtful style", 35),
    "security": RuleFamily("security", "Mend security weaknesses", "security weaknesses", 100),
    "other": RuleFamily("other", "Mend findings", "findings", 10),
}

# The longest matching prefix decides.
_RUFF_PREFIXES = {
    "F401": "unused",
    "F811": "unused",
    "F841": "unused",
    "F": "correctness",
    "E9": "correctness",
    "invalid-syntax": "correctness",
    "E": "style",
    "W": "whitespace",
    "W605": "correctness",
    "I": "imports",
    "UP": "modernise",
    "B": "bugbear",
    "SIM": "simplify",
    "C4": "comprehensions",
    "PIE": "needless",
    "RET": "returns",
    "PERF": "performance",
}


# Mending one of these leaves another of them behind: an adapter is given all of them at once.
_TOGETHER = (frozenset({"RET505", "RET506", "RET507", "RET508"}),)


def rules_with_companions(rules: Iterable[str]) -> tuple[str, ...]:
    """Return the rules, sorted, with those that mending them calls for."""
    chosen = set(rules)
    for together in _TOGETHER:
        if not together.isdisjoint(chosen):
            chosen |= together
    return tuple(sorted(chosen))


def rule_in(rule: str, prefix: str) -> bool:
    """Say whether a rule is the named one or of the named family (``F401`` in ``F``, not ``FURB105``)."""
    return rule == prefix or (rule.startswith(prefix) and rule[len(prefix) :].isdigit())


def family_of(tool: str, rule: str) -> RuleFamily:
    """Return the family of a tool's rule."""
    if tool == "bandit":
        return _FAMILIES["security"]
    if tool == "ruff":
        known = [prefix for prefix in _RUFF_PREFIXES if rule_in(rule, prefix)]
        if known:
            return _FAMILIES[_RUFF_PREFIXES[max(known, key=len)]]
    return _FAMILIES["other"]
