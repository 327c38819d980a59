"""Who answered what a plan asks for, offline: they take part in what is made with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from countersign_verify.answers import ANSWERED, MINTED_ANSWER
from countersign_verify.participants import BEGAN, PROMPTED, Participants
from tests.unit.countersign_verify.samples import AUTHOR, DIRECTOR, refused
from tests.unit.countersign_verify.test_participants import read, sealed
from tests.unit.countersign_verify.worlds import World, person_actor

OTHER, MINTER = "person-other", "person-minter"
DIGEST = "sha256:" + "d" * 64


def import_plan(world: World, requirements: Any = None, **changes: Any) -> None:  # noqa: ANN401 - JSON
    said = {} if requirements is None else {"requirements": requirements}
    data = {"project_id": "project", "code": "PLAN", **said, **changes}
    world.log("plan.imported", ("plan", "plan-1"), data)


def answer(
    world: World,
    answer_id: str,
    *,
    by: str | None = DIRECTOR,
    name: str = "Database",
    kind: str = "requirement",
    code: Any = "PLAN",  # noqa: ANN401 - JSON
    token_id: str | None = None,
) -> None:
    data = {"project_id": "project", "code": code, "input": name, "answer_id": answer_id, "kind": kind}
    actor = person_actor(by or "nobody") | {"token_id": token_id}
    if by is None:
        actor |= {"person_id": None, "label": "service", "kind": "service"}
    world.log("plan.input_answered", ("plan", "plan-1"), {**data, "digest": DIGEST}, actor=actor)


def begin(world: World, inputs: Any, run: str = "run-1", **changes: Any) -> None:  # noqa: ANN401 - JSON
    data = {"work_item_id": f"item-{run}", "prompters": [], "project_id": "project", "plan": "PLAN"}
    world.log("run.created", ("run", run), {**data, "inputs": inputs, **changes}, actor=person_actor(AUTHOR))


def given(answer_id: str | None, name: str = "Database", digest: str = DIGEST) -> dict[str, str | None]:
    return {"name": name, "answer": answer_id, "digest": None if answer_id is None else digest}


def test_parts_are_who_answered_a_requirement_before_the_run_began() -> None:
    world = World()
    world.log("token.issued", ("token", "t1"), {}, actor=person_actor(MINTER))
    answer(world, "a1", by=OTHER, token_id="t1")
    answer(world, "a2")
    answer(world, "b1", name="Path", kind="configuration", by="person-path")
    answer(world, "c1", code="ANOTHER", by="person-elsewhere")
    answer(world, "d1", name="Unused", by="person-unused")
    begin(world, [given("a2"), given("b1", "Path"), given(None, "Said by the plan")])
    answer(world, "a3", by="person-later")
    begin(world, [], run="run-2")
    begin(world, [given(None)], run="run-3", prompters=[OTHER])
    found = read(world)
    assert found.of_run("run-1") == {
        AUTHOR: BEGAN,
        OTHER: ANSWERED,
        MINTER: MINTED_ANSWER,
        DIRECTOR: ANSWERED,
    }
    assert found.of_run("run-2") == {AUTHOR: BEGAN}
    # A table that says the plan itself gave the value takes nobody out.
    assert found.of_run("run-3") == {
        AUTHOR: BEGAN,
        OTHER: PROMPTED,
        MINTER: MINTED_ANSWER,
        DIRECTOR: ANSWERED,
        "person-later": ANSWERED,
    }


def test_parts_follow_what_the_plan_said_of_its_inputs_before_they_were_answered() -> None:
    world = World()
    import_plan(world)
    answer(world, "a1", kind="configuration", by="person-first")
    import_plan(world, ["Database"])
    answer(world, "a2", kind="configuration")
    answer(world, "a3", by=None, kind="another word")
    import_plan(world, [])
    answer(world, "a4", kind="configuration", by=OTHER)
    begin(world, [given("a4")])
    assert read(world).of_run("run-1") == {AUTHOR: BEGAN, DIRECTOR: ANSWERED}


@pytest.mark.parametrize(
    "used",
    [given("a9"), given("a1"), given("a2", digest="sha256:" + "e" * 64), given("a2", name="Path")],
    ids=["unknown", "replaced", "another value", "another input"],
)
def test_parts_of_a_run_with_an_answer_that_the_log_does_not_tell_of_are_unknown(
    used: dict[str, str | None],
) -> None:
    world = World()
    answer(world, "a1")
    answer(world, "a2")
    begin(world, [used])
    found = read(world)
    assert found.initiators("run-1") == {AUTHOR}
    with refused("participants.answer"):
        found.of_run("run-1")


@pytest.mark.parametrize(
    ("inputs", "code"),
    [
        ("a", "field.type"),
        ([1], "participants.inputs"),
        ([{"name": "A", "answer": "a1"}], "participants.inputs"),
        ([{"name": "A", "answer": "a1", "digest": None}], "participants.inputs"),
        ([given(None), given(None)], "participants.inputs"),
    ],
)
def test_used_inputs_that_are_told_badly_are_refused(inputs: object, code: str) -> None:
    world = World()
    begin(world, inputs)
    with refused(code):
        read(world)


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda world: import_plan(world, "Database"), "field.type"),
        (lambda world: import_plan(world, [1]), "participants.requirements"),
        (lambda world: import_plan(world, [], code=1), "field.type"),
        (lambda world: answer(world, "a1", token_id="t9"), "participants.token"),
        (lambda world: answer(world, "a1", code=1), "field.type"),
    ],
)
def test_plans_and_answers_that_are_told_badly_are_refused(act: Any, code: str) -> None:  # noqa: ANN401 - one of them
    world = World()
    act(world)
    with refused(code):
        read(world)


def test_run_from_before_inputs_were_answered_was_given_none() -> None:
    world = World()
    world.begin("run-1")
    found: Participants = read(world)
    assert found.of_run("run-1") == {AUTHOR: BEGAN}


def answered_by_the_director(world: World) -> None:
    answer(world, "a1")
    begin(world, [given("a1")])


def forged(world: World) -> None:
    begin(world, [given("a1")])


def configured_by_the_director(world: World) -> None:
    import_plan(world, ["Another"])
    answer(world, "a1", kind="configuration")
    begin(world, [given("a1")])


def test_log_names_packs_and_decisions_of_who_answered_a_requirement(tmp_path: Path) -> None:
    found = sealed(tmp_path, answered_by_the_director, nonce="nonce-of-the-decision")
    assert "person-director answered an input that it uses" in found["participants"]


def test_log_with_an_answer_that_nobody_gave_is_refused(tmp_path: Path) -> None:
    assert "nobody knows who gave it" in sealed(tmp_path, forged)["participants"]


def test_log_of_a_director_who_gave_an_address_and_decided_holds(tmp_path: Path) -> None:
    assert sealed(tmp_path, configured_by_the_director, nonce="nonce-of-the-decision") == {}
