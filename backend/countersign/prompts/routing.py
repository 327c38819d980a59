"""Which persona a work item goes to, and why: a pure function over data."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING

from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

from countersign.prompts.contracts import RoutingDecision
from countersign.prompts.errors import NoPersona

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable, Mapping

    from countersign.prompts.contracts import PersonaData, RoutingFacts


@lru_cache(maxsize=1024)
def _glob(pattern: str) -> re.Pattern[str] | None:
    return GitIgnoreSpecPattern(pattern).regex


def _under(path: str, pattern: str) -> bool:
    expression = _glob(pattern)
    return expression is not None and expression.match(path) is not None


def _best(
    what: str, values: Iterable[str], weights: Mapping[str, int], matches: Callable[[str, str], bool]
) -> tuple[int, list[str]]:
    """Return the share of the values' weights and the patterns that gave it."""
    given = sorted(set(values))
    if not given or not weights:
        return 0, []
    total = 0
    used: dict[str, int] = {}
    for value in given:
        hits = [(weight, pattern) for pattern, weight in weights.items() if matches(value, pattern)]
        if hits:
            weight, pattern = max(hits)
            total += weight
            used[pattern] = used.get(pattern, 0) + 1
    reasons = [f"{count} of {len(given)} {what} match `{pattern}`" for pattern, count in sorted(used.items())]
    return -(-total // len(given)), reasons


def _score(persona: PersonaData, facts: RoutingFacts) -> tuple[int, list[str]]:
    routing = persona.routing
    parts = (
        _best("finding types", facts.finding_types, routing.finding_types, fnmatchcase),
        _best("paths", facts.paths, routing.paths, _under),
        _best("kinds of work", (facts.kind,), routing.kinds, fnmatchcase),
        _best("severities", facts.severities, routing.severities, fnmatchcase),
    )
    return sum(score for score, _ in parts), [reason for _, reasons in parts for reason in reasons]


def persona_route(personas: Iterable[PersonaData], facts: RoutingFacts) -> RoutingDecision:
    """Choose the persona that the facts draw most; at a tie the first by code, and without any the fallback.

    Raises:
        NoPersona: there are no personas, or nothing matches and none of them is the fallback.
    """
    known = sorted(personas, key=lambda persona: persona.code)
    if not known:
        message = "there are no personas to route to; sync the shipped ones first"
        raise NoPersona(message)
    scored = {persona.code: _score(persona, facts) for persona in known}
    best = max(known, key=lambda persona: scored[persona.code][0])
    scores = {code: score for code, (score, _) in scored.items()}
    if scores[best.code] > 0:
        reasons = tuple(scored[best.code][1])
        return RoutingDecision(best.code, reasons, scores)
    fallback = next((persona for persona in known if persona.routing.fallback), None)
    if fallback is None:
        message = "nothing about this work matches a persona, and none is the fallback"
        raise NoPersona(message)
    return RoutingDecision(fallback.code, ("nothing about this work matches another persona",), scores)
