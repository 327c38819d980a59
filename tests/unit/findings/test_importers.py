import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from countersign.findings.contracts import Severity
from countersign.findings.errors import ReportUnreadable
from countersign.findings.importers.bandit import bandit_parse
from countersign.findings.importers.detect_secrets import detect_secrets_parse
from countersign.findings.importers.paths import path_in_tree
from countersign.findings.importers.ruff import ruff_parse, severity_of


def _ruff(**changes: object) -> bytes:
    diagnostic = {
        "code": "F401",
        "filename": "/tree/pkg/a.py",
        "location": {"row": 3, "column": 8},
        "end_location": {"row": 3, "column": 10},
        "message": "`os` imported but unused",
        "fix": {"applicability": "safe", "edits": []},
        **changes,
    }
    return json.dumps([diagnostic]).encode()


def _issue(**changes: object) -> dict[str, object]:
    return {
        "filename": "./pkg/a.py",
        "test_id": "B602",
        "issue_severity": "HIGH",
        "issue_confidence": "HIGH",
        "issue_text": "a shell",
        "line_number": 2,
        "line_range": [2, 3],
        "col_offset": 4,
        **changes,
    }


def _bandit(*issues: dict[str, object], errors: Sequence[Mapping[str, object]] = ()) -> bytes:
    metrics: dict[str, object] = {"./pkg/a.py": {}, "./b.py": {}, "_totals": {}}
    return json.dumps({"errors": list(errors), "results": list(issues), "metrics": metrics}).encode()


def test_ruff_parse_reads_place_rule_and_fix() -> None:
    (one,) = ruff_parse(_ruff(), root="/tree")
    assert (one.tool, one.rule, one.path, one.line, one.column, one.end_line) == (
        "ruff",
        "F401",
        "pkg/a.py",
        3,
        8,
        3,
    )
    assert one.fixable
    assert one.severity is Severity.LOW


@pytest.mark.parametrize("fix", [None, {"applicability": "unsafe"}, {"applicability": "display"}])
def test_ruff_parse_takes_only_safe_fixes_for_fixable(fix: object) -> None:
    (one,) = ruff_parse(_ruff(fix=fix), root="/tree")
    assert not one.fixable


def test_ruff_parse_names_a_file_that_does_not_parse() -> None:
    (one,) = ruff_parse(_ruff(code=None, fix=None), root="/tree")
    assert one.rule == "invalid-syntax"
    assert one.severity is Severity.HIGH


@pytest.mark.parametrize(
    "report",
    [
        b"",
        b"{}",
        b"[{}]",
        _ruff()[:-3],
        _ruff(location={"row": "3", "column": 8}),
        _ruff(location={"row": -3, "column": 8}),
        _ruff(filename="/etc/passwd"),
        _ruff(filename="/tree/../etc/passwd"),
        b"\xff\xfe",
    ],
)
def test_ruff_parse_refuses_what_is_no_report_of_this_tree(report: bytes) -> None:
    with pytest.raises(ReportUnreadable):
        ruff_parse(report, root="/tree")


@pytest.mark.parametrize(
    ("rule", "severity"),
    [("F821", Severity.HIGH), ("F841", Severity.MEDIUM), ("B006", Severity.MEDIUM), ("FURB105", Severity.LOW),
     ("I001", Severity.INFO), ("E999", Severity.HIGH), ("SIM108", Severity.LOW)],
)  # fmt: skip
def test_severity_of_takes_the_longest_prefix_of_the_family(rule: str, severity: Severity) -> None:
    assert severity_of(rule) is severity


def test_bandit_parse_reads_findings_errors_and_what_was_scanned() -> None:
    error = {"filename": "./b.py", "reason": "syntax error"}
    report = bandit_parse(_bandit(_issue(), errors=(error,)), root="/tree")
    (one,) = report.findings
    assert (one.tool, one.rule, one.path, one.line, one.end_line, one.column) == (
        "bandit",
        "B602",
        "pkg/a.py",
        2,
        3,
        5,
    )
    assert one.severity is Severity.HIGH
    assert not one.fixable
    assert report.unreadable == {"b.py": "syntax error"}
    assert report.scanned == {"pkg/a.py"}


@pytest.mark.parametrize(
    ("severity", "confidence", "expected"),
    [("HIGH", "LOW", Severity.MEDIUM), ("MEDIUM", "LOW", Severity.LOW), ("LOW", "LOW", Severity.LOW),
     ("MEDIUM", "HIGH", Severity.MEDIUM), ("UNDEFINED", "HIGH", Severity.LOW)],
)  # fmt: skip
def test_bandit_parse_lowers_what_bandit_is_not_sure_of(
    severity: str, confidence: str, expected: Severity
) -> None:
    issue = _issue(issue_severity=severity, issue_confidence=confidence)
    (one,) = bandit_parse(_bandit(issue), root="/tree").findings
    assert one.severity is expected


@pytest.mark.parametrize(
    "report",
    [b"", b"[]", b'{"results": []}', _bandit(_issue(test_id="X1")), _bandit(_issue(issue_severity="DIRE")),
     _bandit(_issue(filename="../x.py")), _bandit()[:-1]],
)  # fmt: skip
def test_bandit_parse_refuses_what_is_no_report_of_this_tree(report: bytes) -> None:
    with pytest.raises(ReportUnreadable):
        bandit_parse(report, root="/tree")


def _secrets(filename: str = "result/0.py", hashed: str = "a" * 40) -> bytes:
    secret = {"type": "AWS Access Key", "filename": filename, "hashed_secret": hashed, "line_number": 4}
    report = {
        "version": "1.5.0",
        "plugins_used": [{"name": "AWSKeyDetector"}],
        "results": {filename: [secret]},
    }
    return json.dumps(report).encode()


def test_detect_secrets_parse_names_kind_and_place() -> None:
    (one,) = detect_secrets_parse(_secrets(), root="/tree")
    assert (one.path, one.line, one.kind, one.hashed) == ("result/0.py", 4, "aws-access-key", "a" * 40)


@pytest.mark.parametrize(
    "report",
    [b"", b"{}", _secrets(hashed="short"), _secrets(filename="/etc/x"),
     b'{"version": "1", "plugins_used": [], "results": {}}'],
)  # fmt: skip
def test_detect_secrets_parse_refuses_what_is_no_report_of_this_tree(report: bytes) -> None:
    with pytest.raises(ReportUnreadable):
        detect_secrets_parse(report, root="/tree")


def test_path_in_tree_refuses_the_tree_itself() -> None:
    assert path_in_tree("./a/b.py", "/tree") == "a/b.py"
    assert path_in_tree("/tree/a.py", "/tree") == "a.py"
    for path in (".", "", "/tree", "a/../../b", str(Path("/treehouse/a.py"))):
        with pytest.raises(ReportUnreadable):
            path_in_tree(path, "/tree")
