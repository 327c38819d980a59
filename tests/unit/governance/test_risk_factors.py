"""Implementation plan (seed 001), P5.3: eight weighted factors, explained by what moved them."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countersign.governance.contracts import (
    TOUCH_KINDS,
    ChangeFacts,
    GateFact,
    HistoryFacts,
    SuppliedRisk,
    VulnerabilityFacts,
)
from countersign.governance.policy import policy_decide
from countersign.governance.risk_factors import risk_inputs
from countersign_verify.risk import WEIGHTS, risk_evaluate
from tests.unit.governance.builders import GATES, PASSED, ordinary_change


def evaluate(facts: ChangeFacts) -> tuple[int, dict[str, int], list[str]]:
    result = risk_evaluate(risk_inputs(facts))
    factors = cast("dict[str, dict[str, int]]", result["factors"])
    values = {name: factor["value"] for name, factor in factors.items()}
    return cast("int", result["score"]), values, cast("list[str]", result["unknown"])


def test_an_ordinary_clean_up_is_the_directors_alone() -> None:
    score, values, unknown = evaluate(ordinary_change())
    assert score < 20
    assert unknown == []
    assert values["sbom_vulnerability"] == 0
    decision = policy_decide(score, unknown, ordinary_change().touches)
    assert decision.tier == "director"


def test_the_same_change_by_an_agent_nobody_knows_is_still_ordinary() -> None:
    change = ordinary_change(proposer="external_agent", added_lines=60, deleted_lines=80)
    score, _, unknown = evaluate(change)
    assert score < 25
    assert unknown == []


def test_every_factor_names_its_inputs_and_their_source() -> None:
    inputs = risk_inputs(ordinary_change())
    assert inputs.keys() == WEIGHTS.keys()
    assert all(each["name"] and each["source"] for factor in inputs.values() for each in factor)


def test_an_untouched_dependency_set_is_no_dependency_change() -> None:
    (vulnerabilities,) = risk_inputs(ordinary_change())["sbom_vulnerability"]
    assert vulnerabilities["value"] == "no dependency change"
    assert "known" not in vulnerabilities


def test_changed_dependencies_without_a_report_are_unknown() -> None:
    assert "sbom_vulnerability" in evaluate(ordinary_change(dependency_change=True))[2]
    assert "sbom_vulnerability" in evaluate(ordinary_change(touches=frozenset({"dependencies"})))[2]


@pytest.mark.parametrize(
    ("report", "value"),
    [
        (VulnerabilityFacts(), 0),
        (VulnerabilityFacts(low=1), 30),
        (VulnerabilityFacts(medium=1), 150),
        (VulnerabilityFacts(high=1), 500),
        (VulnerabilityFacts(critical=1), 1000),
    ],
)
def test_a_report_weighs_by_severity(report: VulnerabilityFacts, value: int) -> None:
    _, values, unknown = evaluate(ordinary_change(dependency_change=True, vulnerabilities=report))
    assert values["sbom_vulnerability"] == value
    assert unknown == []


@pytest.mark.parametrize(
    ("gate", "factor"),
    [
        ("tests", "operational_complexity"),
        ("test_integrity", "operational_complexity"),
        ("lint", "operational_complexity"),
        ("findings", "exploitability"),
        ("secrets", "exploitability"),
    ],
)
def test_a_gate_that_said_nothing_makes_its_factor_unknown(gate: str, factor: str) -> None:
    change = ordinary_change(gates=tuple(each for each in PASSED if each.name != gate))
    assert evaluate(change)[2] == [factor]


def test_an_unknown_baseline_and_unreadable_files_are_unknown() -> None:
    assert evaluate(ordinary_change(baseline_status="unknown"))[2] == ["operational_complexity"]
    assert evaluate(ordinary_change(unread_paths=("logo.png",)))[2] == ["exploitability"]


def test_a_failed_baseline_raises_without_being_unknown() -> None:
    plain, _, _ = evaluate(ordinary_change())
    score, _, unknown = evaluate(ordinary_change(baseline_status="failed"))
    assert score > plain
    assert unknown == []


@pytest.mark.parametrize("area", sorted(TOUCH_KINDS - {"dependencies"}))
def test_a_sensitive_area_raises_the_score(area: str) -> None:
    change = ordinary_change(touches=frozenset({area}))
    assert evaluate(change)[0] > evaluate(ordinary_change())[0]


def test_an_isolation_or_proposer_that_nobody_knows_counts_in_full() -> None:
    _, values, _ = evaluate(ordinary_change(isolation="chroot", proposer="parrot"))
    assert (values["privilege_impact"], values["supply_chain_trust"]) == (1000, 1000)


def test_a_good_record_lowers_and_a_bad_one_raises() -> None:
    new = evaluate(ordinary_change())[1]["history"]
    proven = evaluate(ordinary_change(history=HistoryFacts(merged=20)))[1]["history"]
    bad = evaluate(ordinary_change(history=HistoryFacts(merged=20, incidents=1, rejected=2)))[1]["history"]
    assert (proven, new) == (0, 200)
    assert bad == 350


def test_what_was_supplied_stands_in_its_factor() -> None:
    change = ordinary_change(supplied=(SuppliedRisk("history", "agent says", 120, "agent"),))
    assert {"name": "agent says", "value": 120, "effect": 120, "source": "supplied:agent"} in risk_inputs(
        change
    )["history"]


def test_a_claim_of_no_known_factor_counts_against_all() -> None:
    plain = evaluate(ordinary_change())[1]
    claimed = evaluate(ordinary_change(supplied=(SuppliedRisk("luck", "", 10, "patch"),)))[1]
    assert claimed == {name: value + 10 for name, value in plain.items()}


def test_a_claim_of_less_than_nothing_lowers_nothing() -> None:
    change = ordinary_change(supplied=(SuppliedRisk("blast_radius", "tiny", -1000, "agent"),))
    assert evaluate(change)[1] == evaluate(ordinary_change())[1]


_STATUS: st.SearchStrategy[Literal["pass", "fail", "unknown"]] = st.sampled_from(["pass", "fail", "unknown"])
_COUNT = st.integers(0, 300)


@st.composite
def changes(draw: st.DrawFn) -> ChangeFacts:
    names = [
        *(f"src/m{number}.py" for number in range(8)),
        "src/__init__.py",
        "bin/run.sh",
        "a.sql",
        "x/models.py",
    ]
    paths = draw(st.lists(st.sampled_from(names), unique=True))
    return ChangeFacts(
        paths=tuple(paths),
        added_lines=draw(_COUNT),
        deleted_lines=draw(_COUNT),
        files_changed=len(paths),
        languages=tuple(draw(st.sets(st.sampled_from(["python", "sql", "shell"])))),
        touches=frozenset(draw(st.sets(st.sampled_from(sorted(TOUCH_KINDS))))),
        gates=tuple(GateFact(name, draw(_STATUS)) for name in GATES),
        dependency_change=draw(st.booleans()),
        baseline_status=draw(st.sampled_from(["passed", "failed", "unknown"])),
        isolation=draw(st.sampled_from(["bubblewrap", "process", "unconfined", "other"])),
        proposer=draw(st.sampled_from(["deterministic_tool", "model", "other"])),
        history=HistoryFacts(draw(_COUNT), draw(_COUNT), draw(_COUNT), draw(_COUNT)),
        constructs=tuple(draw(st.sets(st.sampled_from(["shell", "network", "suppression"])))),
        vulnerabilities=draw(st.none() | st.builds(VulnerabilityFacts, _COUNT, _COUNT, _COUNT, _COUNT)),
        unread_paths=tuple(draw(st.sets(st.just("logo.png")))),
    )


SUPPLIED = st.builds(
    SuppliedRisk,
    factor=st.sampled_from([*WEIGHTS, "unheard-of"]),
    name=st.text(max_size=10),
    effect=st.integers(-5000, 5000),
    source=st.sampled_from(["agent", "patch", "ci"]),
)


@given(changes())
def test_every_change_has_a_score_within_bounds_and_always_the_same(change: ChangeFacts) -> None:
    score, values, _ = evaluate(change)
    assert 0 <= score <= 100
    assert all(0 <= value <= 1000 for value in values.values())
    assert risk_inputs(change) == risk_inputs(change)


@given(changes(), st.lists(SUPPLIED, max_size=5))
def test_what_is_supplied_can_only_raise(change: ChangeFacts, supplied: list[SuppliedRisk]) -> None:
    before, values_before, unknown_before = evaluate(change)
    after, values_after, unknown_after = evaluate(replace(change, supplied=tuple(supplied)))
    assert after >= before
    assert all(values_after[name] >= value for name, value in values_before.items())
    assert unknown_after == unknown_before


@given(changes(), st.lists(SUPPLIED, max_size=5))
def test_the_order_of_what_is_given_changes_nothing(
    change: ChangeFacts, supplied: list[SuppliedRisk]
) -> None:
    one = replace(change, supplied=tuple(supplied))
    two = replace(
        change,
        supplied=tuple(reversed(supplied)),
        paths=tuple(reversed(change.paths)),
        gates=tuple(reversed(change.gates)),
        constructs=tuple(reversed(change.constructs)),
        languages=tuple(reversed(change.languages)),
    )
    assert evaluate(one) == evaluate(two)


@given(changes(), st.sampled_from(sorted(TOUCH_KINDS)))
def test_touching_one_more_area_never_lowers(change: ChangeFacts, area: str) -> None:
    more = replace(change, touches=change.touches | {area})
    assert evaluate(more)[0] >= evaluate(change)[0]


@given(changes(), st.sampled_from(GATES), st.sampled_from(["fail", "unknown"]))
def test_a_gate_that_stops_passing_never_lowers(
    change: ChangeFacts, gate: str, status: Literal["fail", "unknown"]
) -> None:
    passing = tuple(GateFact(each.name, "pass") if each.name == gate else each for each in change.gates)
    worse = tuple(GateFact(each.name, status) if each.name == gate else each for each in change.gates)
    assert evaluate(replace(change, gates=worse))[0] >= evaluate(replace(change, gates=passing))[0]


@given(changes(), st.integers(0, 200), st.integers(0, 200))
def test_a_larger_change_never_scores_lower(change: ChangeFacts, lines: int, files: int) -> None:
    larger = replace(
        change,
        added_lines=change.added_lines + lines,
        files_changed=change.files_changed + files,
    )
    assert evaluate(larger)[0] >= evaluate(change)[0]


@given(changes(), st.integers(0, 50))
def test_incidents_never_lower(change: ChangeFacts, incidents: int) -> None:
    worse = replace(change, history=replace(change.history, incidents=change.history.incidents + incidents))
    assert evaluate(worse)[0] >= evaluate(change)[0]
