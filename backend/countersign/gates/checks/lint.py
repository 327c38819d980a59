"""Gate ``lint``: the change reduces what it set out to reduce, and adds nothing new for the linter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.findings.comparison import Comparison, findings_compare, rule_counts
from countersign.findings.contracts import HookStatus
from countersign.findings.families import rule_in
from countersign.gates.change import is_bandit_rule
from countersign.gates.contracts import GateStatus, Verdict
from countersign.gates.wording import DETAIL_ITEMS, count, finding_json, finding_line, first_lines, some

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from countersign.findings.contracts import FindingData
    from countersign.gates.change import Change
    from countersign.shared.types import JSON


def lint_check(change: Change) -> Verdict:
    """Run ruff over both sides and compare."""
    base, result = change.ruff(change.base), change.ruff(change.result)
    for side, answer in (("base", base), ("result", result)):
        if answer.status is not HookStatus.OK:
            return Verdict(
                GateStatus.UNKNOWN,
                f"ruff gave no usable answer on the {side}: {answer.reason}",
                tool="ruff",
                tool_version=answer.version,
            )
    compared = findings_compare(
        base.findings, result.findings, base_lines=change.base.lines, result_lines=change.result.lines
    )
    targets = tuple(rule for rule in change.context.target_rules if not is_bandit_rule(rule))
    return lint_verdict(base.findings, result.findings, compared, targets=targets, version=result.version)


def lint_verdict(
    base: Sequence[FindingData],
    result: Sequence[FindingData],
    compared: Comparison,
    *,
    targets: Sequence[str],
    version: str,
) -> Verdict:
    """Judge what ruff said about both sides (pure)."""
    before, after = _of_rules(base, targets), _of_rules(result, targets)
    details: dict[str, JSON] = {
        "findings_before": len(base),
        "findings_after": len(result),
        "target_rules": list(targets),
        "target_findings_before": before,
        "target_findings_after": after,
        "fixed_by_rule": rule_counts(compared.fixed),
        "new_by_rule": rule_counts(compared.new),
        "new": [finding_json(one) for one in compared.new[:DETAIL_ITEMS]],
    }
    status = GateStatus.PASS
    gone = count(len(compared.fixed), "finding")
    reason = f"{gone} of the linter fewer, none new" if compared.fixed else "nothing new for the linter"
    summary = first_lines(f"{rule}: {number} fixed" for rule, number in rule_counts(compared.fixed).items())
    if compared.new:
        status = GateStatus.FAIL
        rules = some([f"{rule} ({number})" for rule, number in rule_counts(compared.new).items()])
        reason = (
            f"{count(len(compared.new), 'new finding')} of the linter: {rules}; mend them or leave them out"
        )
        summary = first_lines(finding_line(one) for one in compared.new)
    elif targets and after >= before:
        status = GateStatus.FAIL
        reason = (
            f"the change was to reduce {some(list(targets))}, but there were {before} findings before and"
            f" there are {after} now"
        )
        summary = ()
    return Verdict(status, reason, summary, details, tool="ruff", tool_version=version)


def _of_rules(findings: Iterable[FindingData], targets: Sequence[str]) -> int:
    return sum(any(rule_in(one.rule, target) for target in targets) for one in findings)
