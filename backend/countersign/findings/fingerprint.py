"""The identity of a finding: the same in another commit, also when its line moved (pure)."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING

from countersign.findings.contracts import FindingData

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from countersign.findings.contracts import ReportedFinding

    LinesOf = Callable[[str], Sequence[str]]

# Raised when the recipe below changes: fingerprints of two versions never compare equal.
_VERSION = "1"


def line_normalise(line: str) -> str:
    """Return a line without what moving or re-indenting it changes."""
    return " ".join(line.split())


def _digest(*parts: str) -> str:
    # The lengths keep ("a", "bc") and ("ab", "c") apart.
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _text_at(lines: Sequence[str], number: int) -> str:
    return line_normalise(lines[number - 1]) if 1 <= number <= len(lines) else ""


def findings_fingerprint(reported: Iterable[ReportedFinding], lines_of: LinesOf) -> tuple[FindingData, ...]:
    """Give every reported finding its fingerprint; exact repeats are dropped.

    The fingerprint is made of tool, rule, path, the normalised text of the line, and the count of earlier
    findings with the same four: two equal findings on equal lines stay two.

    Args:
        reported: what a tool said about one tree.
        lines_of: returns the lines of a file of that tree; an empty sequence when it can't be read.

    Returns:
        Findings in the order of path, line, column and rule.
    """
    ordered = sorted(
        set(reported),
        key=lambda one: (one.path, one.line, one.column, one.tool, one.rule, one.end_line, one.message),
    )
    seen: Counter[tuple[str, str, str, str]] = Counter()
    found = []
    for one in ordered:
        text = _text_at(lines_of(one.path), one.line)
        identity = (one.tool, one.rule, one.path, text)
        found.append(
            FindingData(
                id="",
                tool=one.tool,
                rule=one.rule,
                path=one.path,
                line=one.line,
                column=one.column,
                end_line=one.end_line,
                message=one.message,
                severity=one.severity,
                fixable=one.fixable,
                fingerprint=_digest(_VERSION, *identity, str(seen[identity])),
                snippet_digest=_digest(text),
            )
        )
        seen[identity] += 1
    return tuple(found)
