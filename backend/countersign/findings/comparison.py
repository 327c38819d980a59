"""Which findings of a changed tree are new, which are gone, which were there before (pure)."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from countersign.findings.fingerprint import line_normalise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from countersign.findings.contracts import FindingData

    LinesOf = Callable[[str], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The findings of a result, sorted into what the change did.

    Attributes:
        new: were not there before.
        fixed: are not there any more.
        kept: were there before, as they stand now.
    """

    new: tuple[FindingData, ...]
    fixed: tuple[FindingData, ...]
    kept: tuple[FindingData, ...]


def findings_compare(
    base: Iterable[FindingData],
    result: Iterable[FindingData],
    *,
    base_lines: LinesOf,
    result_lines: LinesOf,
) -> Comparison:
    """Compare the findings of two trees.

    A finding was there before when the base has one with its fingerprint, or when the change rewrote the very
    lines in which the base had a finding of the same rule: rewording a bad line does not make its flaw new,
    but the same flaw in a place of its own is.

    Args:
        base: findings of the tree before.
        result: findings of the tree after.
        base_lines: the lines of a file before; asked only for files whose findings differ.
        result_lines: the lines of a file after; likewise.
    """
    before = {one.fingerprint: one for one in base}
    after = {one.fingerprint: one for one in result}
    kept = [one for fingerprint, one in after.items() if fingerprint in before]
    gone: dict[tuple[str, str, str], list[FindingData]] = defaultdict(list)
    for fingerprint, one in before.items():
        if fingerprint not in after:
            gone[one.path, one.tool, one.rule].append(one)
    hunks: dict[str, _Hunks] = {}
    new = []
    for fingerprint, one in after.items():
        if fingerprint in before:
            continue
        candidates = gone[one.path, one.tool, one.rule]
        if candidates and one.path not in hunks:
            hunks[one.path] = _Hunks(base_lines(one.path), result_lines(one.path))
        ancestor = next((old for old in candidates if hunks[one.path].same_place(old, one)), None)
        if ancestor is None:
            new.append(one)
        else:
            candidates.remove(ancestor)
            kept.append(one)
    fixed = [one for remaining in gone.values() for one in remaining]
    return Comparison(_sorted(new), _sorted(fixed), _sorted(kept))


def _sorted(findings: Iterable[FindingData]) -> tuple[FindingData, ...]:
    return tuple(
        sorted(findings, key=lambda one: (one.path, one.line, one.column, one.rule, one.fingerprint))
    )


class _Hunks:
    """Which lines of two versions of a file stand for one another."""

    def __init__(self, before: Sequence[str], after: Sequence[str]) -> None:
        matcher = SequenceMatcher(
            None,
            [line_normalise(line) for line in before],
            [line_normalise(line) for line in after],
            autojunk=False,
        )
        self._opcodes = matcher.get_opcodes()

    def same_place(self, before: FindingData, after: FindingData) -> bool:
        """Say whether two findings share a line, or a stretch of lines that was rewritten."""
        old_from, old_to = before.line - 1, before.end_line
        new_from, new_to = after.line - 1, after.end_line
        for tag, old_start, old_end, new_start, new_end in self._opcodes:
            old_low, old_high = max(old_from, old_start), min(old_to, old_end)
            new_low, new_high = max(new_from, new_start), min(new_to, new_end)
            if old_low >= old_high or new_low >= new_high:
                continue
            if tag != "equal":
                return True
            # Unchanged lines stand for one another one by one.
            moved = new_start - old_start
            if max(old_low + moved, new_low) < min(old_high + moved, new_high):
                return True
        return False


def rule_counts(findings: Iterable[FindingData]) -> dict[str, int]:
    """Count findings by rule."""
    return dict(sorted(Counter(one.rule for one in findings).items()))
