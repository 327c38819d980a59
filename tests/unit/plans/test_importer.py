"""Importing plans: seed 001 (phases P0 to P12: codes, dependencies, deliverables, criteria, gates)."""

import re
import time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import countersign.cli
from countersign.plans.errors import PlanInvalid
from countersign.plans.importer import plan_parse

GOOD = """\
code: PLAN
title: A plan
phases:
  - code: P1
    title: First
    deliverables:
      - code: P1.1
        title: No unused imports
        selector: {tool: ruff, rules: [F401]}
        acceptance_criteria:
          - text: None is left.
            check: {kind: findings_zero}
    gates:
      - code: G1
        text: Tests pass.
        check: {kind: gate_passed, gates: [tests]}
  - code: P2
    title: Second
    depends_on: [P1]
    deliverables:
      - code: P2.1
        title: No weaknesses
        selector: {rules: [B], paths: ["src/**"]}
        acceptance_criteria:
          - code: A
            text: All merged.
            check: {kind: merged, fixable_only: true}
"""


def problems_of(text: str, format: str = "yaml") -> list[tuple[int, int, str]]:  # noqa: A002
    with pytest.raises(PlanInvalid) as caught:
        plan_parse(text, format)
    problems = caught.value.data["problems"]
    assert isinstance(problems, list)
    return [(problem["line"], problem["column"], problem["message"]) for problem in problems]


def test_plan_parse_reads_everything() -> None:
    plan = plan_parse(GOOD)
    assert (plan.code, plan.title) == ("PLAN", "A plan")
    assert [phase.code for phase in plan.phases] == ["P1", "P2"]
    assert plan.phases[1].depends_on == ["P1"]
    selector = plan.phases[0].deliverables[0].selector
    assert selector is not None
    assert selector.paths == ["**"]
    assert plan.phases[1].deliverables[0].acceptance_criteria[0].check.kind == "merged"
    assert plan.phases[0].gates[0].check.kind == "gate_passed"


def test_plan_parse_accepts_the_plan_of_the_demonstration() -> None:
    path = Path(countersign.cli.__path__[0]) / "demo" / "plan.yaml"
    plan = plan_parse(path.read_text(encoding="utf-8"))
    assert [(phase.code, phase.depends_on) for phase in plan.phases] == [("P1", []), ("P2", ["P1"])]
    assert all(item.acceptance_criteria for phase in plan.phases for item in phase.deliverables)


def test_plan_parse_refuses_an_unknown_format() -> None:
    assert "format 'toml' is not known" in problems_of("", "toml")[0][2]


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("", 1, 1, "the text is empty"),
        ("- a", 1, 1, "input should be a valid dictionary"),
        ("a: [1,\nb: 2]\nc", 3, 2, "expected"),
        ("a: [1,", 1, 7, "expected"),
        ("a: \x00", 1, 4, "U+0000 is no text"),
        ("a: \ufffe", 1, 4, "not allowed in YAML"),
        ("a: 1\nb: &x 2\nc: *x\n", 3, 4, "aliases are not allowed"),
        ("a: " + "[" * 40, 1, 35, "nested deeper"),
        ("[a, b]: 1", 1, 1, "a key must be plain text"),
        ("code: A\ncode: B\n", 2, 1, "given twice"),
        ("code: !!binary aGk=\n", 1, 7, "are not allowed"),
        ("code: !!int x\n", 1, 7, "could not be read"),
        ("a: 1\n---\nb: 1\n", 2, 1, "expected a single document"),
    ],
)
def test_plan_parse_refuses_unreadable_text(text: str, line: int, column: int, message: str) -> None:
    found = problems_of(text)
    assert found[0][:2] == (line, column)
    assert message in found[0][2]


def test_plan_parse_refuses_a_text_without_end() -> None:
    assert "2,000,001 bytes and may have 2,000,000" in problems_of("#" * 2_000_001)[0][2]


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("title: A plan", "title: 7", 2, "title: input should be a valid string"),
        ("title: A plan", "title: 2026-01-01\nwho: me", 3, "who: extra inputs are not permitted"),
        ("    title: Second\n", "", 17, "phases.1.title: field required"),
        ("code: P2\n", "code: 'P 2'\n", 17, "phases.1.code: string should match pattern"),
        ("kind: findings_zero", "kind: magic", 12, "does not match any of the expected tags"),
        ("gates: [tests]", "gates: []", 16, "list should have at least 1 item"),
        ("rules: [F401]", "rules: [f401]", 9, "string should match pattern"),
        ('paths: ["src/**"]', 'paths: ["../**"]', 23, "must stay inside the project"),
        ('paths: ["src/**"]', "paths: [/etc]", 23, "must stay inside the project"),
        ("code: P2\n", "code: p1\n", 17, "code 'p1' of this phase was used before, on line 4"),
        ("code: P2.1\n", "code: P1.1\n", 21, "of this deliverable was used before, on line 7"),
        (
            "depends_on: [P1]",
            "depends_on: [P9]",
            19,
            "phase P2 depends on 'P9', which this plan does not have",
        ),
        ("depends_on: [P1]", "depends_on: [P1, P1]", 19, "names 'P1' twice"),
        ("depends_on: [P1]", "depends_on: [P2]", 19, "in a circle: P2 -> P2"),
        ("    title: First", "    title: First\n    depends_on: [P2]", 6, "in a circle: P"),
    ],
)
def test_plan_parse_names_the_place_of_each_problem(old: str, new: str, line: int, message: str) -> None:
    assert old in GOOD
    found = problems_of(GOOD.replace(old, new))
    assert any(place == line and message in text for place, _, text in found), found


def test_plan_parse_lists_every_problem_in_order() -> None:
    found = problems_of(
        GOOD.replace("P1.1", "P 1").replace("kind: merged", "kind: m").replace("A plan", "''")
    )
    assert len(found) == 3
    assert found == sorted(found)
    with pytest.raises(PlanInvalid, match=re.escape("(and 2 more)")):
        plan_parse(GOOD.replace("P1.1", "P 1").replace("kind: merged", "kind: m").replace("A plan", "''"))


def test_plan_parse_tells_a_circle_as_the_plan_does() -> None:
    """The arrows read "waits for", so each step of the circle is a `depends_on` of the text."""
    phases = "\n".join(
        f"""  - code: {code}
    title: T
    depends_on: [{before}]
    deliverables:
      - code: {code}.1
        title: T
        selector: {{rules: [F]}}
        acceptance_criteria:
          - text: x
            check: {{kind: merged}}"""
        for code, before in (("A", "C"), ("B", "A"), ("C", "B"))
    )
    ((line, _, message),) = problems_of(f"code: X\ntitle: T\nphases:\n{phases}\n")
    assert line == 6
    circle = message.split(": ")[1].split(";")[0].split(" -> ")
    waits = {"A": "C", "B": "A", "C": "B"}
    assert all(waits[one] == other for one, other in pairwise(circle))


def test_plan_parse_double_gate_and_criterion_codes_are_refused() -> None:
    gate = "      - code: G1\n        text: Tests pass.\n        check: {kind: merged}\n"
    found = problems_of(GOOD.replace("    gates:\n", f"    gates:\n{gate}"))
    assert "of this gate of P1 was used before" in found[0][2]
    criterion = "          - code: a\n            text: x\n            check: {kind: merged}\n"
    found = problems_of(GOOD + criterion)
    assert "of this acceptance criterion of P2.1 was used before" in found[0][2]


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=60))
def test_plan_parse_never_fails_otherwise(noise: str) -> None:
    """Whatever stands in a text, the answer is a plan or a list of places in that text."""
    cut = len(noise) * 7 % len(GOOD)
    text = GOOD[:cut] + noise + GOOD[cut:]
    try:
        plan_parse(text)
    except PlanInvalid as error:
        problems = error.data["problems"]
        assert isinstance(problems, list)
        for problem in problems:
            assert 1 <= problem["line"] <= text.count("\n") + 1
            assert problem["column"] >= 1


def test_plan_parse_large_plan_is_quick() -> None:
    head, deliverable = GOOD.partition("  - code: P2\n")[0].split("    deliverables:\n")
    item = deliverable.split("    gates:")[0]
    many = "".join(item.replace("P1.1", f"P1.{number}") for number in range(500))
    started = time.perf_counter()
    plan = plan_parse(f"{head}    deliverables:\n{many}")
    assert len(plan.phases[0].deliverables) == 500
    assert time.perf_counter() - started < 3
