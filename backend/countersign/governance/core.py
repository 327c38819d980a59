"""The governance core: what can't be switched off, and what a rule file does when it tries.

Seed rules of the product put it in words; the list here is what code compares with, so that neither a rule
file nor the console can take a rule out of the core by no longer calling it so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from countersign.governance.rulebook import Rulebook

CORE_RULES: Final = frozenset(
    {
        "core.audit-trail",
        "core.separation-of-duties",
        "core.cost-accounting",
        "core.persona-scorecards",
        "core.unknown-is-a-failure",
        "core.governance-stays-on",
        "risk.cab-above-50",
        "risk.sensitive-areas-need-the-cab",
        "risk.unknown-needs-the-cab",
    }
)


def core_offences(book: Rulebook) -> tuple[str, ...]:
    """Return the core rules that a rule file leaves out, weakens, or claims falsely."""
    rules = {rule.code: rule for rule in book.rules}
    offences = {code for code in CORE_RULES if code not in rules}
    for code in CORE_RULES & rules.keys():
        rule = rules[code]
        everywhere = not any(rule.scope.model_dump().values())
        if rule.mode != "enforce" or not rule.core or not everywhere or rule.check.kind == "advice":
            offences.add(code)
    offences |= {rule.code for rule in book.rules if rule.core and rule.code not in CORE_RULES}
    return tuple(sorted(offences))
