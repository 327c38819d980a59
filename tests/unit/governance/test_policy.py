"""Implementation plan (seed 001), P5.3 and P5.4; DESIGN section 7."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countersign.governance.checks import change_evaluate
from countersign.governance.contracts import TOUCH_KINDS, QuorumPart, RuleMode
from countersign.governance.policy import policy_decide
from countersign.shared.errors import InvalidInput
from tests.unit.governance.builders import ordinary_change, rule


def test_fifty_needs_no_cab() -> None:
    decision = policy_decide(50, (), ())
    assert decision.tier == "director"
    assert decision.quorum == (QuorumPart("director", 1),)
    assert [reason.rule for reason in decision.reasons] == ["risk.cab-above-50"]
    assert not decision.blocked


def test_fifty_one_needs_the_cab() -> None:
    decision = policy_decide(51, (), ())
    assert decision.tier == "cab"
    assert decision.quorum == (QuorumPart("cab_member", 2),)
    assert "51" in decision.reasons[0].text


@pytest.mark.parametrize("area", sorted(TOUCH_KINDS))
def test_a_sensitive_area_needs_the_cab_at_every_score(area: str) -> None:
    decision = policy_decide(0, (), (area,))
    assert decision.tier == "cab"
    assert decision.reasons[0].rule == "risk.sensitive-areas-need-the-cab"


def test_an_area_that_nobody_named_is_treated_like_the_named_ones() -> None:
    assert policy_decide(0, (), ("payments",)).tier == "cab"


def test_an_unknown_factor_needs_the_cab_at_every_score() -> None:
    decision = policy_decide(0, ("sbom_vulnerability",), ())
    assert decision.tier == "cab"
    assert decision.reasons[0].rule == "risk.unknown-needs-the-cab"


def test_a_blocking_violation_blocks_whoever_approves() -> None:
    violations = change_evaluate((rule(),), ordinary_change(gates=()))
    decision = policy_decide(10, (), (), violations)
    assert (decision.blocked, decision.tier) == (True, "director")
    assert decision.reasons[-1].rule == "quality.tests-pass"


def test_advice_blocks_nothing() -> None:
    violations = change_evaluate((rule(mode=RuleMode.ADVISE),), ordinary_change(gates=()))
    assert not policy_decide(10, (), (), violations).blocked


def test_a_rule_lowers_the_threshold_and_is_named() -> None:
    stricter = rule("house.careful", check={"kind": "risk_threshold", "limit": 20, "action": "cab"})
    decision = policy_decide(21, (), (), rules=(stricter,))
    assert (decision.tier, decision.reasons[0].rule) == ("cab", "house.careful")


@pytest.mark.parametrize("mode", [RuleMode.OBSERVE, RuleMode.ADVISE])
def test_a_rule_that_does_not_bind_moves_no_threshold(mode: RuleMode) -> None:
    weak = rule(check={"kind": "risk_threshold", "limit": 20, "action": "cab"}, mode=mode)
    assert policy_decide(21, (), (), rules=(weak,)).tier == "director"


def test_no_rule_raises_the_threshold() -> None:
    lax = rule("house.lax", check={"kind": "risk_threshold", "limit": 90, "action": "cab"})
    assert policy_decide(51, (), (), rules=(lax,)).tier == "cab"


def test_a_rule_names_further_areas() -> None:
    payments = rule("house.payments", check={"kind": "touch_requires_cab", "touches": ["payments", "ci"]})
    decision = policy_decide(0, (), ("payments", "ci"), rules=(payments,))
    assert [reason.rule for reason in decision.reasons] == [
        "risk.sensitive-areas-need-the-cab",
        "house.payments",
    ]


@pytest.mark.parametrize("score", [-1, 101])
def test_a_score_that_can_not_be_is_refused(score: int) -> None:
    with pytest.raises(InvalidInput, match="between 0 and 100"):
        policy_decide(score, (), ())


def test_the_decision_is_plain_json() -> None:
    assert policy_decide(3, (), ("ci",)).as_json() == {
        "tier": "cab",
        "quorum": [{"role": "cab_member", "count": 2}],
        "reasons": [
            {
                "rule": "risk.sensitive-areas-need-the-cab",
                "text": "The change touches continuous integration.",
            }
        ],
        "blocked": False,
    }


@given(
    score=st.integers(0, 100),
    unknown=st.sets(st.sampled_from(["history", "blast_radius"])),
    touches=st.sets(st.sampled_from(sorted(TOUCH_KINDS))),
)
def test_the_director_decides_alone_exactly_when_nothing_speaks_for_the_cab(
    score: int, unknown: set[str], touches: set[str]
) -> None:
    alone = score <= 50 and not unknown and not touches
    assert (policy_decide(score, unknown, touches).tier == "director") is alone
