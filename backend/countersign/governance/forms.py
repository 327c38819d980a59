"""Rules as plain JSON and back: the frozen form that a rule set's digest names."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, cast

from countersign.governance.contracts import Authority, RuleData, RuleMode, RuleScope, RuleSetData
from countersign_verify.canonical import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from countersign.shared.types import JSON


def rule_dump(rule: RuleData) -> dict[str, JSON]:
    """Return a rule as plain JSON."""
    dumped: dict[str, JSON] = asdict(rule)
    dumped["authority"] = rule.authority.name
    dumped["mode"] = rule.mode.value
    dumped["check"] = dict(rule.check)
    dumped["scope"] = {name: list(values) for name, values in asdict(rule.scope).items()}
    return dumped


def rule_load(dumped: Mapping[str, JSON]) -> RuleData:
    """Read a rule back from plain JSON."""
    scope = cast("Mapping[str, list[str]]", dumped["scope"])
    version = dumped["version"]
    return RuleData(
        **{name: str(dumped[name]) for name in _TEXTS},
        version=version if isinstance(version, int) else 0,
        authority=Authority[str(dumped["authority"])],
        mode=RuleMode(str(dumped["mode"])),
        core=dumped["core"] is True,
        check=cast("Mapping[str, JSON]", dumped["check"]),
        scope=RuleScope(**{name: tuple(values) for name, values in scope.items()}),
    )


_TEXTS = (
    "code", "title", "document", "document_title", "section", "text", "why", "correction", "severity",
    "digest",
)  # fmt: skip


def ruleset_make(rules: Iterable[RuleData]) -> RuleSetData:
    """Freeze rules: sorted by code, named by the digest of their canonical JSON."""
    ordered = tuple(sorted(rules, key=lambda rule: rule.code))
    return RuleSetData(digest=digest_of(ruleset_dump(ordered)), rules=ordered)


def ruleset_dump(rules: Iterable[RuleData]) -> dict[str, JSON]:
    """Return the frozen form of a rule set."""
    return {"format": "countersign/ruleset/v1", "rules": [rule_dump(rule) for rule in rules]}
