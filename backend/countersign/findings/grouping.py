"""Which findings make one work item (pure, deterministic, explained).

What belongs together has the same kind of rule and lies in the same area; what a person must look at in one
sitting has a bounded size; and no file is in two proposals, so that each can be approved and merged without
making the approval of another one void.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from countersign.findings.contracts import FindingData, FindingGroup, Severity
from countersign.findings.families import RuleFamily, family_of, rules_with_companions
from countersign.findings.paths import area_of, common_directory, is_test_path

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

# More than this nobody reviews with care in one sitting. A single file is never divided.
MAX_FINDINGS = 30
MAX_FILES = 10

_SOURCE, _TESTS, _APART = range(3)
# After every deliverable of any plan.
_UNASKED = 1 << 30
_KINDS = {
    _SOURCE: "product code",
    _TESTS: "tests, which come after product code",
    _APART: "files that steer builds and gates: changing them needs a stronger approval, so they stand apart",
}


@dataclass(frozen=True, slots=True)
class _Bundle:
    """Findings of one family in one area, before the size is bounded.

    ``wanted`` is the place of the deliverable that asks for them, or ``_UNASKED``.
    """

    tool: str
    family: RuleFamily
    wanted: int
    kind: int
    area: str
    fixable: bool
    findings: tuple[FindingData, ...]

    @property
    def severity(self) -> Severity:
        return max((one.severity for one in self.findings), key=lambda severity: severity.rank)

    @property
    def order(self) -> tuple[int, int, int, int, int, str, str]:
        return (
            self.wanted,
            self.kind,
            -self.severity.rank,
            -self.family.weight,
            -len(self.findings),
            self.key,
            self.tool,
        )

    @property
    def key(self) -> str:
        mark = ":apart" if self.kind == _APART else ""
        # Tests that lie among product code, so that the area's name does not tell them apart.
        if self.kind == _TESTS and not is_test_path(f"{self.area}/module.py"):
            mark = ":tests"
        asked = "" if self.wanted == _UNASKED else f":plan{self.wanted + 1}"
        return f"{self.tool}:{self.family.code}:{self.area}{mark}{asked}"


def findings_group(
    findings: Iterable[FindingData],
    *,
    limit: int = 5,
    apart: Collection[str] = (),
    wanted: Sequence[Collection[str]] = (),
) -> tuple[FindingGroup, ...]:
    """Put findings into groups: the proposals first, best first; then the backlog.

    Args:
        findings: stored findings of one session, in any order.
        limit: how many groups may be proposed at most.
        apart: paths that must not be mixed with others, such as files that configure the gates.
        wanted: ids of the findings that the plan asks for now, one collection a deliverable, in the plan's
            order; they come first and are not mixed with others.

    Returns:
        Every finding in exactly one group. At most ``limit`` groups are ``proposed``: an adapter can do all
        of each, and no file is in two of them.
    """
    asked = {finding_id: place for place in reversed(range(len(wanted))) for finding_id in wanted[place]}
    bundles = _bundles(findings, frozenset(apart), asked)
    taken: dict[str, str] = {}
    proposed: list[FindingGroup] = []
    backlog: list[FindingGroup] = []
    for bundle in sorted((one for one in bundles if one.fixable), key=lambda one: one.order):
        free = tuple(one for one in bundle.findings if one.path not in taken)
        held = tuple(one for one in bundle.findings if one.path in taken)
        # What is left of a bundle is worth a decision of its own only while it is the larger part of it, or
        # when somebody waits for it.
        if bundle.wanted == _UNASKED and len(free) < len(held):
            free, held = (), bundle.findings
        for group in _bounded(bundle, free):
            if len(proposed) < limit:
                proposed.append(group)
                taken.update(dict.fromkeys(group.paths, group.title))
            else:
                backlog.append(_later(group, f"It waits: {limit} proposals at a time are enough."))
        if held:
            backlog.append(_held_back(bundle, held, taken))
    manual = sorted((one for one in bundles if not one.fixable), key=lambda one: one.order)
    return (*proposed, *backlog, *(_manual(bundle) for bundle in manual))


def _bundles(
    findings: Iterable[FindingData], apart: frozenset[str], asked: Mapping[str, int]
) -> list[_Bundle]:
    sorted_findings = sorted(
        findings,
        key=lambda one: (one.path, one.line, one.column, one.tool, one.rule, one.fingerprint, one.id),
    )
    together: dict[tuple[str, str, int, int, str, bool], list[FindingData]] = defaultdict(list)
    families: dict[str, RuleFamily] = {}
    for one in sorted_findings:
        family = family_of(one.tool, one.rule)
        families[family.code] = family
        kind = _APART if one.path in apart else _TESTS if is_test_path(one.path) else _SOURCE
        place = asked.get(one.id, _UNASKED)
        together[one.tool, family.code, place, kind, area_of(one.path), one.fixable].append(one)
    return [
        _Bundle(tool, families[code], place, kind, area, fixable, tuple(members))
        for (tool, code, place, kind, area, fixable), members in together.items()
    ]


def _bounded(bundle: _Bundle, findings: Sequence[FindingData]) -> list[FindingGroup]:
    parts = _split(findings)
    groups = []
    for number, part in enumerate(parts, start=1):
        several = len(parts) > 1
        suffix = f", part {number} of {len(parts)}" if several else ""
        size = (
            f" Divided so that one sitting is enough ({MAX_FINDINGS} findings, {MAX_FILES} files)."
            if several
            else ""
        )
        groups.append(
            _group(
                bundle,
                part,
                key=f"{bundle.key}:{number}" if several else bundle.key,
                suffix=suffix,
                proposed=True,
                reason=f"{_what(bundle, part)} An adapter can mend all of it without a model.{size}",
            )
        )
    return groups


def _split(findings: Sequence[FindingData]) -> list[list[FindingData]]:
    """Divide findings, sorted by path, into consecutive parts of a bounded size without dividing a file."""
    by_path: dict[str, list[FindingData]] = defaultdict(list)
    for one in findings:
        by_path[one.path].append(one)
    parts: list[list[FindingData]] = []
    files = 0
    for members in by_path.values():
        if not parts or files == MAX_FILES or len(parts[-1]) + len(members) > MAX_FINDINGS:
            parts.append([])
            files = 0
        parts[-1].extend(members)
        files += 1
    return parts


def _held_back(bundle: _Bundle, findings: Sequence[FindingData], taken: dict[str, str]) -> FindingGroup:
    first = sorted({taken[one.path] for one in findings if one.path in taken})
    return _group(
        bundle,
        findings,
        key=f"{bundle.key}:later",
        suffix=", after what is proposed",
        proposed=False,
        reason=f"{_what(bundle, findings)} It waits for {_names(first)}, which changes the same files.",
    )


def _later(group: FindingGroup, why: str) -> FindingGroup:
    return FindingGroup(
        key=group.key,
        title=group.title,
        rule_family=group.rule_family,
        rules=group.rules,
        area=group.area,
        finding_ids=group.finding_ids,
        paths=group.paths,
        fixable=group.fixable,
        proposed=False,
        severity=group.severity,
        reason=f"{group.reason} {why}",
    )


def _manual(bundle: _Bundle) -> FindingGroup:
    return _group(
        bundle,
        bundle.findings,
        key=f"{bundle.key}:manual",
        suffix=", by judgement",
        proposed=False,
        reason=f"{_what(bundle, bundle.findings)} No adapter can mend it safely by itself.",
    )


def _what(bundle: _Bundle, findings: Sequence[FindingData]) -> str:
    places = _count(len(findings), "place")
    files = _count(len({one.path for one in findings}), "file")
    rules = ", ".join(_rules(findings))
    where = f"in {files} of {_place(bundle.area)}"
    asked = "" if bundle.wanted == _UNASKED else " The plan asks for it now."
    return f"{places} with {bundle.family.noun} ({rules}) {where}: {_KINDS[bundle.kind]}.{asked}"


def _rules(findings: Sequence[FindingData]) -> tuple[str, ...]:
    return tuple(sorted({one.rule for one in findings}))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _group(
    bundle: _Bundle, findings: Sequence[FindingData], *, key: str, suffix: str, proposed: bool, reason: str
) -> FindingGroup:
    paths = tuple(sorted({one.path for one in findings}))
    named = "" if bundle.wanted == _UNASKED else f" ({', '.join(_rules(findings))})"
    return FindingGroup(
        key=key,
        title=f"{bundle.family.verb}{named} in {_place(bundle.area)}{suffix}",
        rule_family=bundle.family.code,
        rules=rules_with_companions(one.rule for one in findings) if bundle.fixable else _rules(findings),
        area=common_directory(paths),
        finding_ids=tuple(one.id for one in findings),
        paths=paths,
        fixable=bundle.fixable,
        proposed=proposed,
        severity=max((one.severity for one in findings), key=lambda severity: severity.rank),
        reason=reason,
    )


def _place(area: str) -> str:
    return "the project's root" if area == "." else area


def _names(titles: Sequence[str]) -> str:
    return " and ".join(f"'{title}'" for title in titles)
