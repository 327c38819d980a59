"""How gates speak to people (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from countersign.findings.contracts import FindingData
    from countersign.shared.types import JSON

# What stands on the page at once; the rest is in the details.
SUMMARY_LINES = 10
# What one report lists of one kind; the count is always whole.
DETAIL_ITEMS = 100


def count(number: int, noun: str, plural: str = "") -> str:
    """Return ``1 test`` or ``3 tests``."""
    return f"{number} {noun}" if number == 1 else f"{number} {plural or noun + 's'}"


def first_lines(lines: Iterable[str]) -> tuple[str, ...]:
    """Return the lines that a person sees at once, the last of them saying how many more there are."""
    every = list(lines)
    if len(every) <= SUMMARY_LINES:
        return tuple(every)
    shown = every[: SUMMARY_LINES - 1]
    return (*shown, f"and {len(every) - len(shown)} more")


def some(names: Sequence[str], limit: int = 3) -> str:
    """Return the first few names in one line."""
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more


def finding_line(finding: FindingData) -> str:
    """Return one finding as a line."""
    return f"{finding.path}:{finding.line}: {finding.rule} {finding.message}"


def finding_json(finding: FindingData) -> dict[str, JSON]:
    """Return one finding for a report."""
    return {
        "tool": finding.tool,
        "rule": finding.rule,
        "path": finding.path,
        "line": finding.line,
        "message": finding.message[:500],
        "severity": finding.severity.value,
        "fingerprint": finding.fingerprint,
    }
