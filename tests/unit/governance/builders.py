"""Rules and changes for these tests, by their defaults and what a test says otherwise."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from countersign.governance.contracts import (
    Authority,
    ChangeFacts,
    GateFact,
    RuleData,
    RuleMode,
    RuleScope,
)
from countersign.shared.actor import Actor

GATES = ("tests", "lint", "findings", "secrets", "test_integrity")
PASSED = tuple(GateFact(name, "pass") for name in GATES)

ADMIN = Actor(kind="person", id="u-admin", label="Ada Admin", roles=frozenset({"admin"}))
DIRECTOR = Actor(kind="person", id="u-director", label="Dora Director", roles=frozenset({"director"}))
REVIEWER = Actor(
    kind="person", id="u-reviewer", label="Rita Reviewer", roles=frozenset({"security_reviewer"})
)
AGENT = Actor(kind="agent", id="a-1", label="agent", roles=frozenset({"agent"}))

_RULE = RuleData(
    code="quality.tests-pass",
    version=1,
    title="The tests pass",
    document="production-constraints",
    document_title="Production implementation and compliance rules",
    section="5",
    authority=Authority.SUPREME,
    scope=RuleScope(),
    text="Keep the tests passing.",
    why="Broken code helps nobody.",
    correction="Repair the change.",
    check={"kind": "gate_required", "gate": "tests"},
    mode=RuleMode.ENFORCE,
    severity="high",
    core=False,
    digest="sha256:" + "0" * 64,
)


def rule(code: str = "quality.tests-pass", **changes: Any) -> RuleData:  # noqa: ANN401 - any field of a rule
    return replace(_RULE, code=code, **changes)


def ordinary_change(**changes: Any) -> ChangeFacts:  # noqa: ANN401 - any field of a change
    """Five library files, each without an unused import; everything else as it should be."""
    facts = ChangeFacts(
        paths=tuple(f"src/attr/_module{number}.py" for number in range(5)),
        deleted_lines=7,
        files_changed=5,
        languages=("python",),
        gates=PASSED,
        baseline_status="passed",
        isolation="bubblewrap",
        proposer="deterministic_tool",
        finding_types=("ruff:F401",),
        personas=("code-quality",),
        phases=("P1",),
    )
    return replace(facts, **changes)
