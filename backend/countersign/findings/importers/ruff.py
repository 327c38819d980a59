"""Reads the JSON report of ruff (``--output-format json``)."""

from __future__ import annotations

import re

from pydantic import BaseModel, ConfigDict, NonNegativeInt, TypeAdapter, ValidationError

from countersign.findings.contracts import ReportedFinding, Severity
from countersign.findings.errors import ReportUnreadable
from countersign.findings.families import rule_in
from countersign.findings.importers.paths import path_in_tree

# A file that does not parse: no other rule says anything about it.
SYNTAX_ERROR = "invalid-syntax"

# The longest matching prefix decides; a rule that is not named here is of low severity.
_SEVERITIES = {
    SYNTAX_ERROR: Severity.HIGH,
    "E9": Severity.HIGH,
    "F82": Severity.HIGH,  # undefined names
    "F5": Severity.MEDIUM,
    "F6": Severity.MEDIUM,
    "F7": Severity.HIGH,  # statements where they can't stand
    "F8": Severity.MEDIUM,
    "F": Severity.LOW,
    "B": Severity.MEDIUM,
    "E": Severity.LOW,
    "I": Severity.INFO,
    "W": Severity.INFO,
    "UP": Severity.INFO,
}
_CODE = re.compile(r"[A-Z]+[0-9]+")


class _Place(BaseModel):
    model_config = ConfigDict(strict=True)

    row: NonNegativeInt
    column: NonNegativeInt


class _Fix(BaseModel):
    model_config = ConfigDict(strict=True)

    applicability: str


class _Diagnostic(BaseModel):
    model_config = ConfigDict(strict=True)

    code: str | None
    filename: str
    location: _Place
    end_location: _Place
    message: str
    fix: _Fix | None = None


_REPORT = TypeAdapter(list[_Diagnostic])


def severity_of(rule: str) -> Severity:
    """Return how much a rule matters."""
    known = [prefix for prefix in _SEVERITIES if rule_in(rule, prefix)]
    return _SEVERITIES[max(known, key=len)] if known else Severity.LOW


def ruff_parse(report: bytes, *, root: str) -> tuple[ReportedFinding, ...]:
    """Read a report; findings keep its order.

    Args:
        report: what ruff printed.
        root: where ruff saw the tree.

    Raises:
        ReportUnreadable: it is no such report, or speaks of files outside the tree.
    """
    try:
        diagnostics = _REPORT.validate_json(report)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise ReportUnreadable(f"this is not a report of ruff: {where}: {first['msg']}") from error
    return tuple(_finding(one, root) for one in diagnostics)


def _finding(one: _Diagnostic, root: str) -> ReportedFinding:
    rule = one.code if one.code and _CODE.fullmatch(one.code) else SYNTAX_ERROR
    return ReportedFinding(
        tool="ruff",
        rule=rule,
        path=path_in_tree(one.filename, root),
        line=one.location.row,
        column=one.location.column,
        end_line=max(one.end_location.row, one.location.row),
        message=one.message,
        severity=severity_of(rule),
        # "unsafe" and "display" fixes may change what the code means: ruff itself leaves them to a person.
        fixable=one.fix is not None and one.fix.applicability == "safe",
    )
