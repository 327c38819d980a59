"""Gate ``findings``: no new security weakness, and no comment that silences an analyser was added."""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.findings.comparison import Comparison, findings_compare, rule_counts
from countersign.findings.contracts import HookStatus
from countersign.gates.change import is_bandit_rule
from countersign.gates.contracts import GateStatus, Verdict
from countersign.gates.suppressions import suppressions_added
from countersign.gates.wording import DETAIL_ITEMS, count, finding_json, finding_line, first_lines, some

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from countersign.gates.change import Change
    from countersign.gates.suppressions import Suppression
    from countersign.shared.types import JSON


def findings_check(change: Change) -> Verdict:
    """Run bandit over the changed files on both sides, and compare; look for added suppressions."""
    paths = change.python_paths
    base, result = change.bandit(change.base, paths), change.bandit(change.result, paths)
    for side, answer in (("base", base), ("result", result)):
        if answer.status is not HookStatus.OK:
            return Verdict(
                GateStatus.UNKNOWN,
                f"bandit gave no usable answer on the {side}: {answer.reason}",
                tool="bandit",
                tool_version=answer.version,
            )
    compared = findings_compare(
        base.findings, result.findings, base_lines=change.base.lines, result_lines=change.result.lines
    )
    added = suppressions_added(change.paths, before=change.base.lines, after=change.result.lines)
    targets = [rule for rule in change.context.target_rules if is_bandit_rule(rule)]
    still = len([one for one in result.findings if one.rule in targets])
    were = len([one for one in base.findings if one.rule in targets])
    return findings_verdict(
        compared,
        suppressions=added,
        unreadable=result.unreadable,
        missed=(were, still) if targets and still >= were else None,
        version=result.version,
    )


def findings_verdict(
    compared: Comparison,
    *,
    suppressions: Sequence[Suppression],
    unreadable: Mapping[str, str],
    missed: tuple[int, int] | None,
    version: str,
) -> Verdict:
    """Judge what bandit said about both sides, and the suppressions added (pure).

    Args:
        compared: bandit's findings on both sides.
        suppressions: comments that were added to silence an analyser.
        unreadable: changed files that bandit could not read, with its reasons.
        missed: findings before and after, when the change was to reduce them and did not.
        version: bandit's.
    """
    details: dict[str, JSON] = {
        "new": [finding_json(one) for one in compared.new[:DETAIL_ITEMS]],
        "new_by_rule": rule_counts(compared.new),
        "fixed_by_rule": rule_counts(compared.fixed),
        "kept": len(compared.kept),
        "suppressions_added": [
            {"path": one.path, "line": one.line, "kind": one.kind, "code": one.code}
            for one in suppressions[:DETAIL_ITEMS]
        ],
        "unreadable": dict(sorted(unreadable.items())[:DETAIL_ITEMS]),
    }
    lines = [finding_line(one) for one in compared.new]
    lines += [f"{one.path}:{one.line}: added '{one.text[:100]}'" for one in suppressions]
    lines += [f"{path}: not read: {why[:100]}" for path, why in sorted(unreadable.items())]
    status, reason = GateStatus.PASS, "no new security finding, nothing was silenced"
    if compared.new or suppressions:
        parts = []
        if compared.new:
            rules = some(list(rule_counts(compared.new)))
            parts.append(f"{count(len(compared.new), 'new security finding')} ({rules})")
        if suppressions:
            parts.append(f"{count(len(suppressions), 'added comment')} that silence an analyser")
        status, reason = GateStatus.FAIL, f"{' and '.join(parts)}; mend the code instead"
    elif missed is not None:
        status = GateStatus.FAIL
        reason = f"the change was to reduce security findings: {missed[0]} before, {missed[1]} now"
    elif unreadable:
        status = GateStatus.UNKNOWN
        files = f"{count(len(unreadable), 'changed file')} ({some(sorted(unreadable))})"
        reason = f"bandit could not read {files}, so nothing is known of what they hold"
    return Verdict(status, reason, first_lines(lines), details, tool="bandit", tool_version=version)
