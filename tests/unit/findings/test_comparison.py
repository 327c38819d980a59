from hypothesis import given

from countersign.findings.comparison import Comparison, findings_compare, rule_counts
from countersign.findings.contracts import FindingData
from countersign.findings.fingerprint import findings_fingerprint
from tests.unit.findings.builders import finding, findings, reported


def _found(lines: list[str], places: list[tuple[str, int]]) -> tuple[FindingData, ...]:
    return findings_fingerprint([reported(rule, line=line) for rule, line in places], lambda _path: lines)


def _compare(
    before: list[str], old: list[tuple[str, int]], after: list[str], new: list[tuple[str, int]]
) -> Comparison:
    return findings_compare(
        _found(before, old),
        _found(after, new),
        base_lines=lambda _path: before,
        result_lines=lambda _path: after,
    )


def test_compare_knows_a_moved_finding_again() -> None:
    compared = _compare(["bad()"], [("B006", 1)], ["", "", "bad()"], [("B006", 3)])
    assert (compared.new, compared.fixed, len(compared.kept)) == ((), (), 1)


def test_compare_knows_a_reworded_line_again() -> None:
    compared = _compare(["x", "bad('%s' % a)", "y"], [("B006", 2)], ["x", "bad(f'{a}')", "y"], [("B006", 2)])
    assert (compared.new, compared.fixed, len(compared.kept)) == ((), (), 1)


def test_compare_does_not_trade_a_fixed_finding_for_one_elsewhere() -> None:
    before = ["bad(1)", "a", "b", "c"]
    after = ["good(1)", "a", "b", "c", "bad(2)"]
    compared = _compare(before, [("B006", 1)], after, [("B006", 5)])
    assert [one.line for one in compared.new] == [5]
    assert [one.line for one in compared.fixed] == [1]


def test_compare_does_not_count_one_ancestor_twice() -> None:
    compared = _compare(["bad(1)"], [("B006", 1)], ["bad(2)", "bad(3)"], [("B006", 1), ("B006", 2)])
    assert len(compared.new) == 1
    assert len(compared.kept) == 1


def test_compare_does_not_take_another_rule_for_the_same_flaw() -> None:
    compared = _compare(["bad(1)"], [("B006", 1)], ["bad(2)"], [("B008", 1)])
    assert [one.rule for one in compared.new] == ["B008"]
    assert [one.rule for one in compared.fixed] == ["B006"]


def test_compare_knows_a_block_again_whose_first_line_changed() -> None:
    before, after = ["import z", "import os", "import a"], ["import os", "import a"]
    old = [finding("I001", "a.py", 1, end_line=3, fingerprint="old")]
    new = [finding("I001", "a.py", 1, end_line=2, fingerprint="new")]
    compared = findings_compare(old, new, base_lines=lambda _path: before, result_lines=lambda _path: after)
    assert (compared.new, len(compared.kept)) == ((), 1)


@given(findings())
def test_compare_of_a_tree_with_itself_finds_nothing(found: list[FindingData]) -> None:
    compared = findings_compare(found, found, base_lines=lambda _path: (), result_lines=lambda _path: ())
    assert (compared.new, compared.fixed, len(compared.kept)) == ((), (), len(found))


@given(findings(), findings())
def test_compare_places_every_finding_once(old: list[FindingData], new: list[FindingData]) -> None:
    lines = [f"line {number}" for number in range(60)]
    compared = findings_compare(old, new, base_lines=lambda _path: lines, result_lines=lambda _path: lines)
    assert len(compared.new) + len(compared.kept) == len(new)
    assert len(compared.fixed) + len(compared.kept) == len(old)


def test_rule_counts_counts_by_rule() -> None:
    assert rule_counts([finding("F401"), finding("B006"), finding("F401", line=2)]) == {"B006": 1, "F401": 2}
