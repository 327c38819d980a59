"""The one form in which a broken rule is answered (implementation rules, section 7).

What happened, which rule and where it is written, why it matters, what must be done instead, and that work
stays stopped until it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.governance.contracts import RuleMode, ViolationData

if TYPE_CHECKING:
    from countersign.governance.contracts import RuleData

_STOPPED = "Work on this change stays stopped until the correction is made."
_ADVICE = "This rule advises: work may go on, and the reviewers see this."
_OBSERVED = "This rule only observes: it is counted, and nothing is stopped."
_WAIVED = "An exception is in force: work may go on under its compensating controls."
_MAX_PATHS_SHOWN = 20


def _state(mode: RuleMode, *, blocking: bool, waived: bool) -> str:
    if blocking:
        return _STOPPED
    if waived:
        return _WAIVED
    return _OBSERVED if mode is RuleMode.OBSERVE else _ADVICE


def violation_text(rule: RuleData, *, what: str, correction: str, state: str, paths: tuple[str, ...]) -> str:
    """Render the answer to one broken rule."""
    lines = [
        f"### Rule broken: {rule.title}",
        "",
        f"**What happened:** {what}",
    ]
    if paths:
        shown = paths[:_MAX_PATHS_SHOWN]
        lines += ["", *(f"- `{path}`" for path in shown)]
        if len(paths) > len(shown):
            lines.append(f"- and {len(paths) - len(shown)} more")
    lines += [
        "",
        f"**Rule:** `{rule.code}`, version {rule.version} ({rule.severity})",
        f"- Written in: {rule.citation}",
        f"- Authority: {rule.authority.name}",
        "",
        f"**Why it matters:** {rule.why}",
        "",
        f"**Required correction:** {correction}",
        "",
        f"**{state}**",
        "",
    ]
    return "\n".join(lines)


def violation_make(
    rule: RuleData,
    *,
    what: str,
    correction: str = "",
    paths: tuple[str, ...] = (),
    waived_by: str | None = None,
    blocking: bool | None = None,
    state: str = "",
) -> ViolationData:
    """Build the answer to one broken rule; without a word on ``blocking``, the rule's mode decides."""
    stops = rule.mode is RuleMode.ENFORCE and waived_by is None if blocking is None else blocking
    mend = correction or rule.correction
    return ViolationData(
        rule=rule.code,
        rule_version=rule.version,
        document=rule.document,
        section=rule.section,
        authority=rule.authority.name,
        mode=rule.mode.value,
        severity=rule.severity,
        what=what,
        why=rule.why,
        correction=mend,
        blocking=stops,
        text=violation_text(
            rule,
            what=what,
            correction=mend,
            state=state or _state(rule.mode, blocking=stops, waived=waived_by is not None),
            paths=paths,
        ),
        paths=paths,
        waived_by=waived_by,
    )
