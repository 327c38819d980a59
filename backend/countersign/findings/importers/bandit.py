"""Reads the JSON report of bandit (``-f json``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, TypeAdapter, ValidationError

from countersign.findings.contracts import ReportedFinding, Severity
from countersign.findings.errors import ReportUnreadable
from countersign.findings.importers.paths import path_in_tree

_Level = Literal["UNDEFINED", "LOW", "MEDIUM", "HIGH"]

_SEVERITIES = {
    "UNDEFINED": Severity.LOW,
    "LOW": Severity.LOW,
    "MEDIUM": Severity.MEDIUM,
    "HIGH": Severity.HIGH,
}


class _Issue(BaseModel):
    model_config = ConfigDict(strict=True)

    filename: str
    test_id: Annotated[str, Field(pattern=r"^B[0-9]{3}$")]
    issue_severity: _Level
    issue_confidence: _Level
    issue_text: str
    line_number: NonNegativeInt
    line_range: list[int] = []
    col_offset: int = 0


class _Error(BaseModel):
    model_config = ConfigDict(strict=True)

    filename: str
    reason: str


class _Report(BaseModel):
    model_config = ConfigDict(strict=True)

    errors: list[_Error]
    results: list[_Issue]
    metrics: dict[str, object]


_REPORT = TypeAdapter(_Report)


@dataclass(frozen=True, slots=True)
class BanditReport:
    """What bandit said.

    Attributes:
        findings: in the order of the report.
        unreadable: files it could not read, with its reason.
        scanned: files it did read.
    """

    findings: tuple[ReportedFinding, ...]
    unreadable: dict[str, str]
    scanned: frozenset[str]


def bandit_parse(report: bytes, *, root: str) -> BanditReport:
    """Read a report.

    Args:
        report: what bandit printed.
        root: where bandit saw the tree.

    Raises:
        ReportUnreadable: it is no such report, or speaks of files outside the tree.
    """
    try:
        parsed = _REPORT.validate_json(report)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise ReportUnreadable(f"this is not a report of bandit: {where}: {first['msg']}") from error
    unreadable = {path_in_tree(one.filename, root): one.reason for one in parsed.errors}
    scanned = {path_in_tree(name, root) for name in parsed.metrics if name != "_totals"}
    return BanditReport(
        findings=tuple(_finding(one, root) for one in parsed.results),
        unreadable=unreadable,
        scanned=frozenset(scanned - set(unreadable)),
    )


def _finding(one: _Issue, root: str) -> ReportedFinding:
    severity = _SEVERITIES[one.issue_severity]
    if one.issue_confidence == "LOW" and severity.rank > Severity.LOW.rank:
        severity = Severity.LOW if severity is Severity.MEDIUM else Severity.MEDIUM
    return ReportedFinding(
        tool="bandit",
        rule=one.test_id,
        path=path_in_tree(one.filename, root),
        line=one.line_number,
        column=max(one.col_offset, 0) + 1,
        end_line=max([one.line_number, *one.line_range]),
        message=one.issue_text,
        severity=severity,
        fixable=False,
    )
