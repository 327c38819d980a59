"""Findings and trees to test with."""

from collections.abc import Mapping
from pathlib import Path

from hypothesis import strategies as st

from countersign.findings.contracts import FindingData, ReportedFinding, Severity


def finding(rule: str = "F401", path: str = "pkg/a.py", line: int = 1, **changes: object) -> FindingData:
    fields: dict[str, object] = {
        "id": f"{path}:{line}:{rule}",
        "tool": "ruff",
        "rule": rule,
        "path": path,
        "line": line,
        "column": 1,
        "end_line": line,
        "message": "something",
        "severity": Severity.LOW,
        "fixable": True,
        "fingerprint": f"{path}|{rule}|{line}",
        "snippet_digest": "",
    }
    return FindingData(**{**fields, **changes})  # type: ignore[arg-type]  # the fields above


def reported(rule: str = "F401", path: str = "a.py", line: int = 1, column: int = 1) -> ReportedFinding:
    return ReportedFinding("ruff", rule, path, line, column, line, "something", Severity.LOW, fixable=False)


def write_tree(root: Path, files: Mapping[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


RULES = ("F401", "F841", "I001", "RET505", "RET508", "SIM108", "B006", "E999", "W291", "UP032", "PIE790")
PATHS = st.lists(st.sampled_from(("src", "pkg", "tests", "docs", "sub")), max_size=3).flatmap(
    lambda parts: st.sampled_from(("a.py", "b.py", "test_c.py", "conftest.py")).map(
        lambda name: "/".join([*parts, name])
    )
)


@st.composite
def findings(draw: st.DrawFn) -> list[FindingData]:
    places = draw(
        st.lists(
            st.tuples(
                PATHS, st.integers(1, 60), st.sampled_from(RULES), st.booleans(), st.sampled_from(Severity)
            ),
            max_size=80,
            unique_by=lambda one: one[:3],
        )
    )
    made = [
        finding(rule, path, line, fixable=fixable, severity=severity)
        for path, line, rule, fixable, severity in places
    ]
    bandit = draw(st.lists(PATHS, max_size=5, unique=True))
    return made + [
        finding(
            "B101", path, 1, tool="bandit", fixable=False, id=f"{path}:bandit", fingerprint=f"{path}|bandit"
        )
        for path in bandit
    ]
