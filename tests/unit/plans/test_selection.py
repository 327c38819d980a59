import pytest

from countersign.plans.contracts import DeliverableData, DeliverableState, FindingFact, SelectorData
from countersign.plans.selection import (
    deliverable_choose,
    findings_assign,
    path_matches,
    rule_matches,
    selector_matches,
)


def deliverable(
    code: str, *rules: str, tool: str | None = None, paths: tuple[str, ...] = ("**",)
) -> DeliverableData:
    return DeliverableData(
        id=f"id-{code}",
        phase_id="phase",
        code=code,
        title=code,
        state=DeliverableState.PLANNED,
        selector=SelectorData(rules=rules, paths=paths, tool=tool),
        criteria=(),
    )


@pytest.mark.parametrize(
    ("pattern", "rule", "expected"),
    [
        ("F401", "F401", True),
        ("F", "F401", True),
        ("F", "FURB101", False),
        ("E7", "E711", True),
        ("E7", "E501", False),
        ("B", "B101", True),
        ("F401", "F40", False),
        ("invalid-syntax", "invalid-syntax", True),
        ("F", "invalid-syntax", False),
    ],
)
def test_rule_matches_reads_families_as_ruff_does(pattern: str, rule: str, expected: bool) -> None:
    assert rule_matches(pattern, rule) is expected


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("**", "a/b/c.py", True),
        ("**/*.py", "c.py", True),
        ("**/*.py", "a/b/c.py", True),
        ("src/**", "src/a/b.py", True),
        ("src/**", "lib/src/a.py", False),
        ("src/*.py", "src/a/b.py", False),
        ("src/?.py", "src/a.py", True),
        ("src/?.py", "src//.py", False),
        ("a.b", "axb", False),
    ],
)
def test_path_matches_stars_stop_at_directories(pattern: str, path: str, expected: bool) -> None:
    assert path_matches(pattern, path) is expected


def test_selector_matches_needs_tool_rule_and_path() -> None:
    selector = SelectorData(rules=("B",), paths=("src/**",), tool="bandit")
    assert selector_matches(selector, tool="bandit", rule="B101", path="src/a.py")
    assert not selector_matches(selector, tool="ruff", rule="B009", path="src/a.py")
    assert not selector_matches(selector, tool="bandit", rule="B101", path="tests/a.py")
    assert not selector_matches(selector, tool="bandit", rule="F401", path="src/a.py")


def test_deliverable_choose_takes_the_first_that_covers_the_whole_group() -> None:
    plan = (deliverable("one", "F401", paths=("src/**",)), deliverable("two", "F", "E7"))
    chosen = deliverable_choose(plan, tool="ruff", rules=["F401"], paths=["src/a.py"])
    assert chosen is plan[0]
    assert deliverable_choose(plan, tool="ruff", rules=["F401", "E711"], paths=["src/a.py"]) is plan[1]
    assert deliverable_choose(plan, tool="ruff", rules=["F401"], paths=["src/a.py", "b.py"]) is plan[1]
    assert deliverable_choose(plan, tool="ruff", rules=["W291"], paths=["a.py"]) is None
    assert deliverable_choose(plan, tool="ruff", rules=[], paths=["a.py"]) is None
    assert deliverable_choose(plan, tool="ruff", rules=["F401"], paths=[]) is None


def test_findings_assign_gives_each_finding_one_deliverable_or_none() -> None:
    plan = (deliverable("one", "F401"), deliverable("two", "F"))
    findings = [
        FindingFact(tool="ruff", rule=rule, path="a.py", fixable=True)
        for rule in ("F401", "F841", "W291", "F401")
    ]
    assigned = findings_assign(plan, findings)
    assert [finding.rule for finding in assigned["id-one"]] == ["F401", "F401"]
    assert [finding.rule for finding in assigned["id-two"]] == ["F841"]
    assert [finding.rule for finding in assigned[""]] == ["W291"]
