"""Decisions carried over to a base that moved, and everything that forbids it."""

import base64
from pathlib import Path
from typing import Any

import pytest

from countersign_verify import dsse
from countersign_verify.canonical import canonical_bytes, canonical_object
from countersign_verify.log_evidence import history_begin
from countersign_verify.tree import MODE_FILE, Replacement, TreeEntry
from countersign_verify.trust import trust_read
from tests.unit.countersign_verify.samples import (
    blob,
    commit,
    decision_predicate,
    nothing,
    pack_plan,
    refused,
    sign,
    trust,
    trust_bytes,
)
from tests.unit.countersign_verify.worlds import (
    STEPS,
    Case,
    World,
    failed,
    second_plan,
    steps_of,
    verify,
)


def moved_world(directory: Path, **bend: Any) -> dict[str, str]:  # noqa: ANN401 - each test bends something else
    """Two merges, the second carried over, bent in one place; returns what fails."""
    world = World()
    first, second = bend.get("first", pack_plan()), bend.get("second", second_plan())
    pack_1, pack_2 = world.pack(first, directory), world.pack(second, directory)
    world.decide("decision-1", decision_predicate(first, pack_1))
    world.decide("decision-2", decision_predicate(second, pack_2, **bend.get("decision", {})))
    base = world.merge(first, pack_1, ["decision-1"])
    base = bend.get("base", base)
    late = bend.get("late", False)
    steps = bend.get("steps", steps_of)(world.merges[0])
    edit, signers = bend.get("edit", nothing), bend.get("signers", ("gates", "scorer"))
    if late:
        scratch = World()
        addendum = scratch.carry_over(second, pack_2, base, steps)
        world.merge(second, pack_2, ["decision-2"], base=base, addendum=addendum)
        world.carry_over(second, pack_2, base, steps)
    else:
        addendum = world.carry_over(second, pack_2, base, steps, edit=edit, signers=signers)
        world.merge(second, pack_2, ["decision-2"], base=base, addendum=bend.get("named", addendum))
    if "edit_event" in bend:
        bend["edit_event"](world)
    return failed(verify(world.write(directory / "export")))


def test_carried_over_decision_holds(tmp_path: Path) -> None:
    assert moved_world(tmp_path) == {}


def test_addendum_may_be_named_by_its_id(tmp_path: Path) -> None:
    assert moved_world(tmp_path, named="addendum-run-2") == {}


@pytest.mark.parametrize(
    ("bend", "words"),
    [
        ({"named": None}, "no addendum says"),
        ({"late": True}, "logged after it"),
        ({"decision": {"carry_over_allowed": False}}, "may not be carried over"),
        (
            {"steps": lambda _: [{"commit": "a" * 40, "kind": "merge", "run_id": "run-1"}]},
            "not one of this log",
        ),
        (
            {"steps": lambda merge: [{**step, "run_id": "run-9"} for step in steps_of(merge)]},
            "not one of this log",
        ),
        ({"steps": lambda merge: steps_of(merge)[1:]}, "does not stand on"),
        ({"steps": lambda merge: steps_of(merge)[:1]}, "do not lead to the new base"),
        ({"edit": lambda data: data.update(pack="sha256:" + "a" * 64)}, "not in the export"),
        ({"edit": lambda data: data.update(previous_base="a" * 40)}, "another base than the pack"),
        ({"edit": lambda data: data.update(new_base="a" * 40)}, "another base or result"),
        ({"edit": lambda data: data.update(result_tree="a" * 40)}, "another base or result"),
        ({"edit": lambda data: data.update(request_id="r")}, "may not be carried over"),
        (
            {"edit": lambda data: data.update(patch_digest="sha256:" + "a" * 64)},
            "not the one that was decided on",
        ),
        ({"edit": lambda data: data["entries"].pop()}, "not the one that was decided on"),
        ({"edit": lambda data: data["gates"].pop()}, "not every gate"),
        ({"edit": lambda data: data["gates"][0].update(status="unknown")}, "not every gate"),
        ({"edit": lambda data: data.update(risk={"score": 51, "union_score": 51})}, "at most 50"),
        ({"edit": lambda data: data.update(risk={"score": 30, "union_score": 51})}, "at most 50"),
    ],
)
def test_carried_over_decision_is_refused(tmp_path: Path, bend: dict[str, Any], words: str) -> None:
    assert words in moved_world(tmp_path, **bend)["merges"]


@pytest.mark.parametrize(
    ("bend", "words"),
    [
        ({"signers": ("gates",)}, "1 keys signed where 2"),
        ({"signers": ("gates", "stranger")}, "not trusted"),
        ({"signers": ("gates", "runner")}, "not trusted"),
        ({"edit": lambda data: data.update(v=2)}, "no known version"),
        ({"edit": lambda data: data.update(touched_unchanged=False)}, "touched_unchanged"),
        ({"edit": lambda data: data.update(gate_configuration_unchanged=1)}, "gate_configuration_unchanged"),
        ({"edit": lambda data: data.update(intervening=[])}, "no intervening commit"),
        ({"edit": lambda data: data.update(intervening=[1])}, "not an object"),
        ({"edit": lambda data: data["intervening"][0].update(kind="push")}, "neither merge nor state"),
        ({"edit": lambda data: data.update(run_id="r")}, "statement, pack or run"),
    ],
)
def test_addendum_is_refused(tmp_path: Path, bend: dict[str, Any], words: str) -> None:
    assert words in moved_world(tmp_path, **bend)["addenda"]


def test_addendum_must_be_the_one_that_was_logged(tmp_path: Path) -> None:
    def bend(world: World) -> None:
        for number, raw in enumerate(world.entries):
            if b'"addendum.sealed"' in raw:
                world.entries[number] = raw.replace(
                    b'"statement_digest":"sha256:', b'"statement_digest":"sha256:0'
                )

    assert "another statement" in moved_world(tmp_path, edit_event=bend)["addenda"]


def test_addendum_about_another_subject_is_refused(tmp_path: Path) -> None:
    from countersign_verify.addendum import addendum_verify

    world = World()
    second = second_plan()
    world.carry_over(second, "sha256:" + "a" * 64, (second.base_commit, second.tree), STEPS)
    envelope = canonical_object(world.addenda["addendum-run-2"])
    payload = canonical_object(base64.b64decode(str(envelope["payload"])))
    payload["subject"] = [dsse.subject_entry("countersign-pack", "sha256:" + "b" * 64)]  # type: ignore[list-item]  # JSON
    with refused("addendum.subject"):
        addendum_verify(sign(payload, "gates", "scorer"), trust())
    both: Any = canonical_object(trust_bytes())
    both["roles"]["gates"] |= both["roles"]["scorer"] | both["roles"]["runner"]
    both["roles"]["scorer"] = {}
    with refused("addendum.signers"):
        addendum_verify(sign(payload, "gates", "runner"), trust_read(canonical_bytes(both)))


def test_change_under_a_waiting_decision_is_refused(tmp_path: Path) -> None:
    touching = (Replacement("src/b.py", MODE_FILE, blob("other")),)
    found = moved_world(
        tmp_path, first=pack_plan(entries=touching), second=pack_plan("run-2", entries=touching)
    )
    assert "'src/b.py' changed under it" in found["merges"]


def test_gate_configuration_changed_under_a_waiting_decision_is_refused(tmp_path: Path) -> None:
    first = pack_plan(entries=(Replacement("pyproject.toml", MODE_FILE, blob("other")),))
    assert "configures gates, changed under it" in moved_world(tmp_path, first=first)["merges"]


def test_addendum_without_a_moved_base_is_refused(case: Case) -> None:
    case.decide()
    base = (case.plan.base_commit, case.plan.tree)
    addendum = case.world.carry_over(case.plan, case.pack, base, STEPS)
    case.world.merge(case.plan, case.pack, ["d1"], addendum=addendum)
    assert "although its base did not move" in case.verify()["merges"]


def test_tree_of_a_moved_base_must_be_known(case: Case) -> None:
    tree = (*case.plan.tree, TreeEntry("z", MODE_FILE, blob("z")))
    from countersign_verify.log_events import LogContent
    from countersign_verify.tree import tree_id

    base = commit(tree_id(tree), [], "foreign\n")[0]
    with refused("merge.base"):
        history_begin(LogContent(0)).tree_of(base)


def test_merge_on_a_base_that_no_merge_made_is_refused(tmp_path: Path) -> None:
    found = moved_world(tmp_path, base=("a" * 40, pack_plan().tree))
    assert "do not lead to the new base" in found["merges"]
