import random

from hypothesis import given
from hypothesis import strategies as st

from countersign.findings.contracts import FindingData
from countersign.findings.families import family_of, rule_in, rules_with_companions
from countersign.findings.grouping import MAX_FILES, MAX_FINDINGS, findings_group
from countersign.findings.paths import area_of, common_directory, is_test_path
from tests.unit.findings.builders import finding, findings


@given(findings(), st.integers(0, 6), st.data())
def test_grouping_puts_every_finding_into_one_group(
    found: list[FindingData], limit: int, data: st.DataObject
) -> None:
    ids = st.lists(st.sampled_from([one.id for one in found]), max_size=9) if found else st.just([])
    groups = findings_group(found, limit=limit, wanted=data.draw(st.lists(ids, max_size=3)))
    placed = [one for group in groups for one in group.finding_ids]
    assert sorted(placed) == sorted(one.id for one in found)
    assert len({group.key for group in groups}) == len(groups)


@given(findings(), st.integers(0, 6))
def test_grouping_proposes_few_disjoint_groups_that_an_adapter_can_do(
    found: list[FindingData], limit: int
) -> None:
    """Seed goal: nobody decides 300 one-line changes, and no approval makes another one void."""
    groups = findings_group(found, limit=limit)
    proposed = [group for group in groups if group.proposed]
    assert len(proposed) <= limit
    assert list(groups[: len(proposed)]) == proposed
    paths = [path for group in proposed for path in group.paths]
    assert len(paths) == len(set(paths))
    for group in proposed:
        assert group.fixable
        assert len(group.paths) <= MAX_FILES
        assert len(group.finding_ids) <= MAX_FINDINGS or len(group.paths) == 1


@given(findings(), st.randoms(use_true_random=False))
def test_grouping_does_not_depend_on_the_order_of_findings(
    found: list[FindingData], order: random.Random
) -> None:
    shuffled = list(found)
    order.shuffle(shuffled)
    assert findings_group(shuffled) == findings_group(found)


@given(findings())
def test_grouping_names_files_rules_and_a_reason(found: list[FindingData]) -> None:
    by_id = {one.id: one for one in found}
    for group in findings_group(found):
        members = [by_id[one] for one in group.finding_ids]
        assert set(group.paths) == {one.path for one in members}
        assert {one.rule for one in members} <= set(group.rules)
        assert group.reason
        assert group.title
        assert {family_of(one.tool, one.rule).code for one in members} == {group.rule_family}
        assert {one.fixable for one in members} == {group.fixable}


def test_grouping_puts_product_code_before_tests_and_what_matters_first() -> None:
    found = [finding("W291"), finding("F401", "pkg/b.py"), finding("F401", "tests/test_a.py")]
    assert [group.key for group in findings_group(found)] == [
        "ruff:unused:pkg",
        "ruff:whitespace:pkg",
        "ruff:unused:tests",
    ]


def test_grouping_divides_what_is_too_much_for_one_sitting() -> None:
    found = [finding("I001", f"pkg/m{number:02}.py") for number in range(23)]
    groups = findings_group(found)
    assert [len(group.paths) for group in groups] == [10, 10, 3]
    assert groups[0].title == "Sort imports in pkg, part 1 of 3"
    assert "Divided" in groups[0].reason


def test_grouping_lets_the_rest_of_a_bundle_wait_for_a_proposal_on_the_same_file() -> None:
    found = [
        finding("F401", "pkg/a.py"),
        finding("SIM108", "pkg/a.py", 2),
        finding("SIM108", "pkg/b.py"),
        finding("SIM108", "pkg/c.py"),
        finding("W291", "pkg/a.py", 3),
    ]
    unused, simplify, later, whitespace = findings_group(found)
    assert (unused.paths, unused.proposed) == (("pkg/a.py",), True)
    assert (simplify.paths, simplify.proposed) == (("pkg/b.py", "pkg/c.py"), True)
    assert (later.key, later.paths, later.proposed) == ("ruff:simplify:pkg:later", ("pkg/a.py",), False)
    assert "'Remove unused code in pkg'" in later.reason
    assert (whitespace.proposed, whitespace.paths) == (False, ("pkg/a.py",))


def test_grouping_leaves_what_no_adapter_can_do_in_the_backlog() -> None:
    groups = findings_group(
        [
            finding("B602", tool="bandit", fixable=False),
            finding("F821", line=2, fixable=False),
            finding("F401", line=3),
        ]
    )
    assert [(group.key, group.proposed) for group in groups] == [
        ("ruff:unused:pkg", True),
        ("bandit:security:pkg:manual", False),
        ("ruff:correctness:pkg:manual", False),
    ]


def test_grouping_keeps_files_apart_that_need_another_approval() -> None:
    found = [finding("I001", "tests/conftest.py"), finding("I001", "tests/test_a.py")]
    groups = findings_group(found, apart={"tests/conftest.py"})
    assert [group.paths for group in groups] == [("tests/test_a.py",), ("tests/conftest.py",)]
    assert groups[1].key == "ruff:imports:tests:apart"
    assert "stronger approval" in groups[1].reason


def test_grouping_begins_with_what_the_plan_asks_for() -> None:
    found = [
        finding("B006", "pkg/a.py"),
        finding("F841", "pkg/b.py"),
        finding("F401", "pkg/b.py", 2),
        finding("F401", "tests/test_b.py", 3),
        finding("PIE790", "pkg/b.py", 4),
        finding("PIE790", "pkg/c.py", 5),
        finding("PIE790", "pkg/d.py", 6, fixable=False),
    ]
    by_rule = {rule: [one.id for one in found if one.rule == rule] for rule in ("F401", "PIE790")}
    groups = findings_group(found, wanted=[by_rule["F401"], by_rule["PIE790"]])
    assert [(group.title, group.paths, group.proposed) for group in groups] == [
        ("Remove unused code (F401) in pkg", ("pkg/b.py",), True),
        ("Remove unused code (F401) in tests", ("tests/test_b.py",), True),
        ("Remove needless code (PIE790) in pkg", ("pkg/c.py",), True),
        ("Remove what invites bugs in pkg", ("pkg/a.py",), True),
        ("Remove needless code (PIE790) in pkg, after what is proposed", ("pkg/b.py",), False),
        ("Remove unused code in pkg, after what is proposed", ("pkg/b.py",), False),
        ("Remove needless code (PIE790) in pkg, by judgement", ("pkg/d.py",), False),
    ]
    assert groups[0].key == "ruff:unused:pkg:plan1"
    assert "The plan asks for it now." in groups[0].reason


def test_grouping_of_nothing_is_nothing() -> None:
    assert findings_group([]) == ()


def test_rules_with_companions_adds_what_mending_calls_for() -> None:
    assert rules_with_companions(["RET508", "F401"]) == ("F401", "RET505", "RET506", "RET507", "RET508")
    assert rules_with_companions(["F401"]) == ("F401",)


def test_family_of_knows_rule_families_by_whole_prefixes() -> None:
    assert family_of("ruff", "F401").code == "unused"
    assert family_of("ruff", "FURB105").code == "other"
    assert family_of("mypy", "F401").code == "other"
    assert rule_in("F401", "F401")
    assert rule_in("F401", "F4")
    assert not rule_in("FURB105", "F")


def test_paths_tell_tests_and_areas() -> None:
    assert is_test_path("tests/data/x.py")
    assert is_test_path("pkg/test_a.py")
    assert is_test_path("pkg/a_test.py")
    assert is_test_path("conftest.py")
    assert not is_test_path("pkg/contest.py")
    assert area_of("setup.py") == "."
    assert area_of("src/pkg/sub/a.py") == "src/pkg"
    assert area_of("pkg/sub/a.py") == "pkg"
    assert common_directory(("a/b/c.py", "a/b/d/e.py")) == "a/b"
    assert common_directory(("a.py", "b/c.py")) == "."
