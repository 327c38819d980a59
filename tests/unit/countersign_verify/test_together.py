"""Changes that are scored together: no less than any of them, and nobody leaves one out unnoticed."""

import base64
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countersign_verify.canonical import canonical_bytes, canonical_loads
from countersign_verify.pack_verify import pack_verify
from countersign_verify.report import Report
from countersign_verify.risk import WEIGHTS, risk_evaluate
from countersign_verify.together import Beside, risk_together, together_predicate
from countersign_verify.tree import MODE_FILE, Replacement
from countersign_verify.vocabulary import (
    MEMBER_TOGETHER,
    STATEMENT_RISK,
)
from tests.unit.countersign_verify.samples import (
    PackPlan,
    blob,
    decision_predicate,
    pack_plan,
    refused,
    risk_inputs,
    trust,
)
from tests.unit.countersign_verify.worlds import World, failed, verify

OTHER_PACK = "sha256:" + "5" * 64
CAB = {"tier": "cab", "quorum": [{"role": "cab_member", "count": 2}], "reasons": [], "blocked": False}


def one(
    name: str, value: object, effect: int, source: str = "platform:diff", **more: object
) -> dict[str, Any]:
    return {"name": name, "value": value, "effect": effect, "source": source, **more}


def inputs_with(*items: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    return {**{name: [one("none", False, 0)] for name in WEIGHTS}, "blast_radius": list(items)}


def merged(*parts: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    return risk_together(parts)["blast_radius"]


# --- the sum --------------------------------------------------------------------------------------


def test_counts_of_several_changes_add_up() -> None:
    files = [inputs_with(one("files", count, count * 20)) for count in (15, 40)]
    assert merged(*files) == [one("files", 55, 1000)]


def test_what_is_no_count_is_taken_at_its_worst() -> None:
    ours, theirs = (inputs_with(one("isolation", name, effect)) for name, effect in (("a", 300), ("b", 700)))
    assert merged(ours, theirs) == merged(theirs, ours) == [one("isolation", "b", 700)]


def test_history_of_the_project_counts_once() -> None:
    before = inputs_with(one("rejected_before", 2, 100, "platform:history"))
    assert merged(before, before) == [one("rejected_before", 2, 100, "platform:history")]


def test_one_unknown_makes_the_sum_unknown() -> None:
    known, unknown = inputs_with(one("files", 1, 20)), inputs_with(one("files", 1, 20, known=False))
    assert merged(known, unknown) == [one("files", 2, 40, known=False)]


def test_same_input_twice_in_one_change_adds_up_first() -> None:
    twice = inputs_with(one("claim", "x", 300), one("claim", "x", 400))
    assert merged(twice, inputs_with(one("claim", "x", 500))) == [one("claim", "x", 700)]


# Few names, so that inputs of several changes meet.
INPUT = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["a", "b"]),
        "value": st.none() | st.booleans() | st.integers(-3, 9) | st.text(max_size=2),
        "effect": st.integers(0, 1000),
        "source": st.sampled_from(["platform:diff", "platform:history"]),
    },
    optional={"known": st.booleans()},
)
INPUTS = st.fixed_dictionaries({name: st.lists(INPUT, max_size=4) for name in WEIGHTS})


@given(st.lists(INPUTS, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_sum_is_never_below_a_part_and_blind_to_order(
    parts: list[dict[str, list[dict[str, Any]]]], random: Random
) -> None:
    result: Any = risk_evaluate(risk_together(parts))
    for part in parts:
        alone: Any = risk_evaluate(part)
        for name in WEIGHTS:
            assert result["factors"][name]["value"] >= alone["factors"][name]["value"]
            recorded = any(item.get("known") is False for item in part[name])
            assert not recorded or name in result["unknown"]
    shuffled = random.sample(parts, len(parts))
    assert risk_evaluate(risk_together(shuffled)) == result


def test_inputs_of_the_wrong_shape_are_refused() -> None:
    with refused("risk.input"):
        risk_together([inputs_with({"name": "x"})])


# --- the pack -------------------------------------------------------------------------------------


def beside_entry(plan: PackPlan, pack: str = OTHER_PACK, **changes: object) -> dict[str, Any]:
    paths = [entry.path for entry in plan.entries]
    return {
        "run_id": plan.run_id,
        "pack": pack,
        "paths": paths,
        "inputs": risk_inputs(plan.effect),
        **changes,
    }


def together_plan(run_id: str, others: list[dict[str, Any]], **changes: object) -> PackPlan:
    """A change of 30 that is scored together with others, each a claim that its pack may not keep."""
    session = changes.pop("session", "session-1")
    bend: Callable[[Any], None] = changes.pop("bend", lambda _: None)  # type: ignore[assignment]
    plan = pack_plan(run_id, **{"policy": CAB, **changes})
    inputs = [item["inputs"] for item in others]
    beside = [
        Beside(item["run_id"], item["pack"], (), b"", risk_evaluate(item["inputs"])["score"])  # type: ignore[arg-type]
        for item in others
        if isinstance(item["inputs"], dict)
    ]
    own = risk_inputs(plan.effect)
    predicate = together_predicate(own, beside, inputs) if len(beside) == len(others) else risk_evaluate(own)

    def members(data: dict[str, Any]) -> None:
        if others:
            data[MEMBER_TOGETHER] = canonical_bytes(others)
        bend(data)

    def subject(data: dict[str, Any]) -> None:
        data.update(session=session, score=predicate["score"])

    def statements(data: dict[str, Any]) -> None:
        data[STATEMENT_RISK]["predicate"] = predicate

    plan.edit_members, plan.edit_subject, plan.edit_statements = members, subject, statements
    return plan


def failures(plan: PackPlan, directory: Path) -> dict[str, str]:
    plan.seal(directory / "pack.tar")
    report = Report()
    pack_verify(directory / "pack.tar", trust(), report)
    return failed(report)


def test_two_changes_of_thirty_are_more_than_fifty_together(tmp_path: Path) -> None:
    plan = together_plan("run-2", [beside_entry(pack_plan())])
    plan.seal(tmp_path / "pack.tar")
    report = Report()
    verified = pack_verify(tmp_path / "pack.tar", trust(), report)
    assert verified is not None
    assert (pack_plan().score, plan.score, verified.risk.score) == (30, 30, 60)
    [check] = [check for check in report.checks if check.name == "risk"]
    assert "60 of 100, together with 1 other change" in check.detail


def test_sum_above_fifty_needs_the_board(tmp_path: Path) -> None:
    plan = together_plan("run-2", [beside_entry(pack_plan())])
    plan.policy = {**CAB, "tier": "director", "quorum": [{"role": "director", "count": 1}]}
    assert "needs the change advisory board" in failures(plan, tmp_path)["policy"]


def test_sum_that_the_scorer_did_not_sign_is_refused(tmp_path: Path) -> None:
    def lower(members: dict[str, Any]) -> None:
        entries: Any = canonical_loads(members[MEMBER_TOGETHER])
        entries[0]["inputs"]["history"][0]["effect"] = 299
        members[MEMBER_TOGETHER] = canonical_bytes(entries)

    plan = together_plan("run-2", [beside_entry(pack_plan())], bend=lower)
    assert "the signed risk is not what its inputs give" in failures(plan, tmp_path)["risk"]


def test_others_that_are_left_out_of_the_pack_are_missed(tmp_path: Path) -> None:
    plan = together_plan("run-2", [beside_entry(pack_plan())], bend=lambda data: data.pop(MEMBER_TOGETHER))
    assert "the signed risk is not what its inputs give" in failures(plan, tmp_path)["risk"]


@pytest.mark.parametrize(
    ("others", "words"),
    [
        ([beside_entry(pack_plan(), paths=[])], "shares no file"),
        ([beside_entry(pack_plan(), paths=["src/b.py"])], "shares no file"),
        ([beside_entry(pack_plan("run-2"))], "not in order, or one is there twice"),
        ([beside_entry(pack_plan()), beside_entry(pack_plan())], "not in order, or one is there twice"),
        (
            [beside_entry(pack_plan("run-3")), beside_entry(pack_plan())],
            "not in order, or one is there twice",
        ),
        ([beside_entry(pack_plan(), pack="sha256:5")], "not a sha256 digest"),
        ([beside_entry(pack_plan(), inputs=[])], "inputs"),
        ([beside_entry(pack_plan(), more=1)], "more"),
    ],
)
def test_malformed_others_are_refused(others: list[dict[str, Any]], words: str, tmp_path: Path) -> None:
    assert words in failures(together_plan("run-2", others), tmp_path)["risk"]


@pytest.mark.parametrize(
    ("value", "words"),
    [([], "not a list of"), ({}, "not a list of"), ("x", "not a list of"), ([1], "not an object")],
)
def test_others_that_are_no_list_of_changes_are_refused(value: object, words: str, tmp_path: Path) -> None:
    def bend(members: dict[str, Any]) -> None:
        members[MEMBER_TOGETHER] = canonical_bytes(value)  # type: ignore[arg-type]  # that is the point

    assert words in failures(together_plan("run-2", [], bend=bend), tmp_path)["risk"]


def test_session_that_is_no_text_is_refused(tmp_path: Path) -> None:
    assert "no text" in failures(together_plan("run-2", [], session=7), tmp_path)["risk"]


# --- the log --------------------------------------------------------------------------------------

LIGHT: dict[str, Any] = {"effect": 100, "policy": pack_plan().policy}
A_AGAIN = (Replacement("src/a.py", MODE_FILE, blob("src/a.py 2\n")),)


def two_merges(
    directory: Path, later: Callable[[PackPlan, str], list[dict[str, Any]]], **second: object
) -> dict[str, str]:
    """Merge a change, and then one that stands on it and is scored with ``later``; return what fails."""
    world = World()
    first = together_plan("run-1", [], **LIGHT)
    first_pack = world.pack(first, directory)
    world.decide("decision-1", decision_predicate(first, first_pack))
    base, tree = world.merge(first, first_pack, ["decision-1"])
    others = later(first, first_pack)
    plan = together_plan("run-2", others, **{**LIGHT, "entries": A_AGAIN, **second})
    plan.base_commit, plan.tree = base, tree
    plan.base_raw = base64.b64decode(world.merges[0]["state_commit_object"])
    pack = world.pack(plan, directory)
    decision = decision_predicate(plan, pack)
    decision["change"]["score"] = risk_evaluate(
        risk_together([risk_inputs(plan.effect), *(item["inputs"] for item in others)])
    )["score"]
    world.decide("decision-2", decision)
    world.merge(plan, pack, ["decision-2"], base=(base, tree))
    return failed(verify(world.write(directory / "export")))


def test_later_one_that_carries_the_earlier_one_holds(tmp_path: Path) -> None:
    assert two_merges(tmp_path, lambda plan, pack: [beside_entry(plan, pack)]) == {}


def test_changes_to_the_same_file_scored_apart_are_refused(tmp_path: Path) -> None:
    found = two_merges(tmp_path, lambda *_: [])["merges"]
    assert "run-1" in found
    assert "neither was scored together with the other" in found


@pytest.mark.parametrize(
    "second",
    [
        {"session": "session-2"},
        {"session": ""},
        {"entries": (Replacement("src/b.py", MODE_FILE, blob("b\n")),)},
    ],
)
def test_changes_of_other_sessions_or_files_are_scored_apart(second: dict[str, Any], tmp_path: Path) -> None:
    assert two_merges(tmp_path, lambda *_: [], **second) == {}


def test_inputs_that_are_not_those_of_the_other_pack_are_refused(tmp_path: Path) -> None:
    found = two_merges(tmp_path, lambda plan, pack: [beside_entry(plan, pack, inputs=risk_inputs(50))])
    assert "has other inputs of its risk" in found["merges"]


def test_pack_of_another_run_is_refused(tmp_path: Path) -> None:
    found = two_merges(tmp_path, lambda plan, pack: [beside_entry(plan, pack, run_id="run-0")])
    assert "one of another run" in found["merges"]


def test_pack_that_the_export_does_not_have_is_believed(tmp_path: Path) -> None:
    """It was never merged, or nobody can read it any more: the scorer's signature is what there is."""
    entry = (Replacement("src/c.py", MODE_FILE, blob("c\n")),)
    other = beside_entry(pack_plan("run-0", effect=100, entries=entry))
    assert two_merges(tmp_path, lambda *_: [other], entries=entry) == {}
