"""DESIGN section 7; production constraints (seed 000), section 0: the higher document wins."""

from __future__ import annotations

import pytest

from countersign.governance.conflicts import conflicts_resolve
from countersign.governance.contracts import Authority, RuleData, RuleMode, RuleScope
from tests.unit.governance.builders import rule

HIGH = rule("high.files", check={"kind": "max_files", "limit": 10})


def low(**changes: object) -> RuleData:
    given: dict[str, object] = {
        "authority": Authority.REQUEST,
        "check": {"kind": "max_files", "limit": 50},
        "document": "change-request",
        "document_title": "What a developer asks for",
        "section": "request",
    }
    return rule("low.files", **(given | changes))


def test_the_lower_rule_that_asks_for_less_is_rejected_on_the_record() -> None:
    kept, conflicts = conflicts_resolve((HIGH, low()))
    assert kept == (HIGH,)
    (conflict,) = conflicts
    assert (conflict.winner, conflict.rejected) == ("high.files", "low.files")
    assert conflict.violation.rule == "high.files"
    assert not conflict.violation.blocking
    assert "low.files" in conflict.violation.what
    assert "REQUEST" in conflict.violation.what
    assert "The lower rule was rejected" in conflict.violation.text


def test_the_lower_rule_that_asks_for_more_is_kept() -> None:
    stricter = low(check={"kind": "max_files", "limit": 5})
    assert conflicts_resolve((HIGH, stricter)) == ((HIGH, stricter), ())


def test_rules_of_equal_weight_overrule_nobody() -> None:
    equal = low(authority=Authority.SUPREME)
    assert conflicts_resolve((HIGH, equal)) == ((HIGH, equal), ())


@pytest.mark.parametrize("dimension", ["languages", "personas", "phases"])
def test_rules_that_never_meet_do_not_conflict(dimension: str) -> None:
    here = rule("high.files", check=HIGH.check, scope=RuleScope(**{dimension: ("a",)}))
    there = low(scope=RuleScope(**{dimension: ("b",)}))
    assert conflicts_resolve((here, there))[1] == ()


def test_a_lower_rule_that_reaches_further_is_kept_where_it_is_needed() -> None:
    python_only = rule("high.files", check=HIGH.check, scope=RuleScope(languages=("python",)))
    everywhere = low()
    assert conflicts_resolve((python_only, everywhere))[1] == ()
    both = conflicts_resolve((python_only, everywhere), same_facts=True)
    assert [each.rejected for each in both[1]] == ["low.files"]


def test_prohibitions_add_up() -> None:
    forbids = rule("high.paths", check={"kind": "forbidden_paths", "paths": ["a/"]})
    more = low(check={"kind": "forbidden_paths", "paths": ["b/"]}, mode=RuleMode.ADVISE)
    assert conflicts_resolve((forbids, more))[1] == ()


def test_a_weaker_mode_for_the_same_gate_is_a_conflict() -> None:
    weaker = low(check={"kind": "gate_required", "gate": "tests"}, mode=RuleMode.OBSERVE)
    other_gate = low(check={"kind": "gate_required", "gate": "lint"}, mode=RuleMode.OBSERVE)
    assert [each.rejected for each in conflicts_resolve((rule(), weaker))[1]] == ["low.files"]
    assert conflicts_resolve((rule(), other_gate))[1] == ()


def test_a_rule_that_only_observes_overrules_nobody() -> None:
    observing = rule("high.files", check=HIGH.check, mode=RuleMode.OBSERVE)
    assert conflicts_resolve((observing, low()))[1] == ()


def test_a_lower_risk_threshold_is_no_conflict_and_a_higher_one_is() -> None:
    supreme = rule("risk.cab-above-50", check={"kind": "risk_threshold", "limit": 50, "action": "cab"})
    above = low(check={"kind": "risk_threshold", "limit": 80, "action": "cab"})
    below = low(check={"kind": "risk_threshold", "limit": 20, "action": "cab"})
    assert conflicts_resolve((supreme, above))[0] == (supreme,)
    assert conflicts_resolve((supreme, below))[1] == ()


def test_sensitive_areas_can_not_be_observed_away() -> None:
    check = {"kind": "touch_requires_cab", "touches": ["ci", "build"]}
    supreme = rule("risk.areas", check=check)
    weaker = low(check={"kind": "touch_requires_cab", "touches": ["build", "ci"]}, mode=RuleMode.OBSERVE)
    assert [each.rejected for each in conflicts_resolve((supreme, weaker))[1]] == ["low.files"]


@pytest.mark.parametrize(
    ("permitted", "conflict"),
    [([".github/"], True), (["*.yml"], True), ([".github/x.yml"], True), (["src/"], False)],
)
def test_a_permission_below_a_prohibition_is_rejected(permitted: list[str], *, conflict: bool) -> None:
    forbids = rule("high.paths", check={"kind": "forbidden_paths", "paths": [".github/"]})
    permits = low(check={"kind": "permitted_paths", "paths": permitted})
    assert bool(conflicts_resolve((forbids, permits))[1]) is conflict


def test_the_result_does_not_depend_on_the_order() -> None:
    middle = rule("mid.files", authority=Authority.REQUIREMENTS, check={"kind": "max_files", "limit": 20})
    one = conflicts_resolve((HIGH, middle, low()))
    two = conflicts_resolve((low(), middle, HIGH))
    assert one[1] == two[1]
    assert [each.rejected for each in one[1]] == ["low.files", "mid.files"]
