"""The risk score: clamped, monotone, blind to order, and honest about what is not known."""

import math
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countersign_verify.errors import RefusedError
from countersign_verify.risk import MAX_FACTOR, WEIGHTS, risk_evaluate, risk_score
from tests.unit.countersign_verify.samples import refused, risk_inputs

FACTORS = st.fixed_dictionaries({name: st.integers(0, MAX_FACTOR) for name in WEIGHTS})
INPUT = st.fixed_dictionaries(
    {
        "name": st.text(min_size=1, max_size=5),
        "value": st.none() | st.booleans() | st.integers(0, 9) | st.text(max_size=3),
        "effect": st.integers(0, MAX_FACTOR),
        "source": st.just("scan"),
    },
    optional={"known": st.booleans()},
)
INPUTS = st.fixed_dictionaries({name: st.lists(INPUT, max_size=4) for name in WEIGHTS})


def test_risk_score_weights_sum_to_the_full_score() -> None:
    assert sum(WEIGHTS.values()) == 100
    assert risk_score(dict.fromkeys(WEIGHTS, 0)) == 0
    assert risk_score(dict.fromkeys(WEIGHTS, 1000)) == 100


@pytest.mark.parametrize(("value", "score"), [(500, 50), (501, 51), (1, 1), (499, 50)])
def test_risk_score_rounds_up(value: int, score: int) -> None:
    assert risk_score(dict.fromkeys(WEIGHTS, value)) == score


@given(FACTORS)
def test_risk_score_is_the_published_formula(factors: dict[str, int]) -> None:
    exact = sum(WEIGHTS[name] * value for name, value in factors.items())
    assert risk_score(factors) == max(0, min(100, math.ceil(exact / 1000)))


@given(FACTORS, st.sampled_from(sorted(WEIGHTS)), st.integers(0, MAX_FACTOR))
def test_risk_score_is_monotone(factors: dict[str, int], name: str, value: int) -> None:
    raised = {**factors, name: max(factors[name], value)}
    assert 0 <= risk_score(factors) <= risk_score(raised) <= 100


@pytest.mark.parametrize("change", [{"history": 1001}, {"history": -1}, {"history": True}, {"history": 1.5}])
def test_risk_score_refuses_what_is_no_factor(change: dict[str, Any]) -> None:
    with refused("risk.factor"):
        risk_score({**dict.fromkeys(WEIGHTS, 0), **change})


@given(INPUTS, INPUT, st.sampled_from(sorted(WEIGHTS)))
def test_risk_evaluate_can_only_be_raised_by_another_input(
    inputs: dict[str, list[dict[str, Any]]], added: dict[str, Any], name: str
) -> None:
    more = {**inputs, name: [*inputs[name], added]}
    before, after = risk_evaluate(inputs), risk_evaluate(more)
    assert int(str(before["score"])) <= int(str(after["score"])) <= 100
    if added.get("known") is False:
        unknown: Any = after["unknown"]
        assert name in unknown


@given(INPUTS, st.randoms(use_true_random=False))
def test_risk_evaluate_is_blind_to_order(inputs: dict[str, list[dict[str, Any]]], random: Random) -> None:
    names = list(inputs)
    random.shuffle(names)
    shuffled = {name: random.sample(inputs[name], len(inputs[name])) for name in names}
    assert risk_evaluate(shuffled) == risk_evaluate(inputs)


def test_risk_evaluate_shows_what_moved_each_factor() -> None:
    inputs = risk_inputs(300)
    inputs["history"].append(
        {"name": "incidents", "value": 2, "effect": 900, "source": "log", "known": False}
    )
    result = risk_evaluate(inputs)
    assert result["unknown"] == ["history"]
    factors: Any = result["factors"]
    assert factors["history"]["value"] == 1000
    assert factors["history"]["weight"] == 10
    assert [item["name"] for item in factors["history"]["inputs"]] == ["paths", "incidents"]
    assert result["score"] == 37


def test_risk_evaluate_calls_a_factor_without_inputs_unknown() -> None:
    result = risk_evaluate({**risk_inputs(0), "exploitability": []})
    assert result["unknown"] == ["exploitability"]
    assert result["score"] == 0


@pytest.mark.parametrize(
    "item",
    [
        {},
        "text",
        {"name": "a", "value": 1, "effect": 1},
        {"name": "a", "value": 1, "effect": 1, "source": "s", "more": 1},
        {"name": "", "value": 1, "effect": 1, "source": "s"},
        {"name": "a", "value": 1, "effect": -1, "source": "s"},
        {"name": "a", "value": 1, "effect": 1001, "source": "s"},
        {"name": "a", "value": 1, "effect": True, "source": "s"},
        {"name": "a", "value": [1], "effect": 1, "source": "s"},
        {"name": "a", "value": 1, "effect": 1, "source": "s", "known": "no"},
    ],
)
def test_risk_evaluate_refuses_a_malformed_input(item: object) -> None:
    with pytest.raises(RefusedError, match=r"risk\.(input|effect)"):
        risk_evaluate({**risk_inputs(), "history": [item]})  # type: ignore[list-item]  # that is the test


def test_risk_evaluate_refuses_other_factors() -> None:
    with refused("risk.factors"):
        risk_score({**dict.fromkeys(WEIGHTS, 0), "luck": 0})
    inputs = risk_inputs()
    del inputs["history"]
    with pytest.raises(RefusedError, match="history"):
        risk_evaluate(inputs)
