"""Which findings a deliverable is about: pure matching of rules and paths."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Protocol, TypeVar

from countersign.plans.contracts import DeliverableData, SelectorData


class SelectableFinding(Protocol):
    """What must be known of a finding to select it."""

    @property
    def tool(self) -> str:
        """The tool that reported it."""

    @property
    def rule(self) -> str:
        """The rule it breaks."""

    @property
    def path(self) -> str:
        """The file it is in."""


_Finding = TypeVar("_Finding", bound=SelectableFinding)

_RULE = re.compile(r"^([A-Z]+)([0-9]*)$")


@lru_cache(maxsize=16_384)
def rule_matches(pattern: str, rule: str) -> bool:
    """Say whether a rule is the pattern or belongs to its family, as ruff reads selectors.

    `F` covers `F401` but not `FURB101`; `E7` covers `E711` but not `E501`.
    """
    wanted = _RULE.match(pattern)
    given = _RULE.match(rule)
    if wanted is None or given is None:
        return pattern == rule
    return wanted[1] == given[1] and given[2].startswith(wanted[2])


def path_matches(pattern: str, path: str) -> bool:
    """Say whether a path matches a glob in which `**` crosses directories and `*` does not."""
    return _glob(pattern).fullmatch(path) is not None


def selector_matches(selector: SelectorData, *, tool: str, rule: str, path: str) -> bool:
    """Say whether a finding belongs to a selector."""
    return (
        selector.tool in {None, tool}
        and any(rule_matches(pattern, rule) for pattern in selector.rules)
        and any(path_matches(pattern, path) for pattern in selector.paths)
    )


def deliverable_choose(
    deliverables: Iterable[DeliverableData],
    *,
    tool: str,
    rules: Iterable[str],
    paths: Iterable[str],
) -> DeliverableData | None:
    """Find the first deliverable, in plan order, that covers every rule on every path of a group."""
    rules = tuple(rules)
    paths = tuple(paths)
    if not rules or not paths:
        return None
    for deliverable in deliverables:
        if deliverable.selector is not None and all(
            selector_matches(deliverable.selector, tool=tool, rule=rule, path=path)
            for rule in rules
            for path in paths
        ):
            return deliverable
    return None


def findings_assign(
    deliverables: Iterable[DeliverableData], findings: Iterable[_Finding]
) -> dict[str, tuple[_Finding, ...]]:
    """Give each deliverable's findings by its id; the first deliverable in plan order takes one.

    Findings that no deliverable asks for are under the empty id: they are outside the plan.
    """
    deliverables = tuple(deliverables)
    assigned: dict[str, list[_Finding]] = {}
    for finding in findings:
        chosen = deliverable_choose(
            deliverables, tool=finding.tool, rules=(finding.rule,), paths=(finding.path,)
        )
        assigned.setdefault("" if chosen is None else chosen.id, []).append(finding)
    return {key: tuple(members) for key, members in assigned.items()}


@lru_cache(maxsize=1024)
def _glob(pattern: str) -> re.Pattern[str]:
    parts: list[str] = []
    position = 0
    while position < len(pattern):
        if pattern.startswith("**/", position):
            parts.append("(?:[^/]+/)*")
            position += 3
        elif pattern.startswith("**", position):
            parts.append(".*")
            position += 2
        elif pattern[position] == "*":
            parts.append("[^/]*")
            position += 1
        elif pattern[position] == "?":
            parts.append("[^/]")
            position += 1
        else:
            parts.append(re.escape(pattern[position]))
            position += 1
    return re.compile("".join(parts), re.DOTALL)
