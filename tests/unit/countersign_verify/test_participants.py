"""Who took part in a change, offline: packs that exclude too few, and people who decide on their own work."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countersign_verify.log_events import LogContent, LoggedEvent, event_read
from countersign_verify.participants import (
    BEGAN,
    MINTED,
    PROMPTED,
    Participants,
    decider_apart,
    pack_excludes,
    participants_read,
    token_own,
)
from tests.unit.countersign_verify.samples import AUTHOR, DIRECTOR, decision_predicate, pack_plan, refused
from tests.unit.countersign_verify.worlds import World, failed, full_world, person_actor, verify

MINTER, ASKER, OTHER = "person-minter", "person-asker", "person-other"
Act = Callable[[World], object]


def read(world: World) -> Participants:
    events = [event_read(entry, index)[1] for index, entry in enumerate(world.entries)]
    return participants_read(LogContent(len(events), [event for event in events if event is not None]))


def begun_twice(world: World) -> None:
    begin(world)
    begin(world)


def begin(world: World, run: str = "run-1", item: str = "item-1", **changes: Any) -> None:  # noqa: ANN401
    """Log that a run began."""
    prompters = changes.pop("prompters", [])
    actor = {**person_actor(AUTHOR), **changes}
    world.log("run.created", ("run", run), {"work_item_id": item, "prompters": prompters}, actor=actor)


def ask(
    world: World,
    run: str = "run-1",
    *,
    by: str = ASKER,
    verdict: str = "request_changes",
    token_id: str | None = None,
) -> None:
    """Log a request on a run, and what somebody said instead of approving."""
    request = f"request-{run}-{len(world.entries)}"
    world.log("approval.requested", ("approval_request", request), {"about": ["change", run]})
    data = {
        "decision_id": f"d-{request}",
        "request_id": request,
        "statement_digest": "sha256:" + "0" * 64,
        "verdict": verdict,
    }
    actor = {**person_actor(by), "token_id": token_id}
    world.log("decision.recorded", ("approval_request", request), data, actor=actor)


def test_participants_are_who_began_minted_and_prompted() -> None:
    world = World()
    world.log("token.issued", ("token", "t1"), {}, actor=person_actor(MINTER))
    begin(world, token_id="t1", prompters=[OTHER])
    found = read(world)
    assert found.initiators("run-1") == {AUTHOR, MINTER}
    assert found.of_run("run-1") == {AUTHOR: BEGAN, MINTER: MINTED, OTHER: PROMPTED}


def test_participants_are_who_asked_for_changes_on_an_earlier_attempt_and_no_later_one() -> None:
    world = World()
    begin(world)
    ask(world)
    ask(world, by=OTHER, verdict="reject")
    begin(world, "run-2")
    ask(world, "run-2", by=DIRECTOR)
    begin(world, "elsewhere", item="item-2")
    found = read(world)
    assert found.of_run("run-1") == {AUTHOR: BEGAN}
    assert found.of_run("run-2") == {AUTHOR: BEGAN, ASKER: PROMPTED}
    assert found.initiators("run-2") == {AUTHOR}
    assert found.of_run("elsewhere") == {AUTHOR: BEGAN}


def test_participants_of_a_run_that_no_person_began_are_its_prompters() -> None:
    world = World()
    world.log("token.issued", ("token", "t1"), {})
    begin(world, token_id="t1", person_id=None, label="worker", kind="service", prompters=[OTHER])
    world.log("approval.requested", ("approval_request", "r"), {"about": ["phase", "run-1"]})
    world.log("approval.requested", ("approval_request", "s"), {"about": "run-1"})
    assert read(world).of_run("run-1") == {OTHER: PROMPTED}


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda world: begin(world, token_id="t9"), "participants.token"),
        (begun_twice, "participants.twice"),
        (lambda world: begin(world, prompters="a"), "field.type"),
        (lambda world: begin(world, prompters=[1]), "participants.prompters"),
    ],
)
def test_participants_that_the_log_tells_badly_are_refused(act: Act, code: str) -> None:
    world = World()
    act(world)
    with refused(code):
        read(world)


def test_run_that_the_log_does_not_tell_of_has_unknown_participants() -> None:
    with refused("participants.run"):
        Participants().initiators("run-1")
    with refused("participants.run"):
        pack_excludes("run-1", [AUTHOR], Participants())


@given(
    told=st.lists(st.sampled_from([AUTHOR, ASKER, OTHER, MINTER]), unique=True),
    excluded=st.sets(st.sampled_from([AUTHOR, ASKER, OTHER, MINTER, DIRECTOR])),
)
def test_pack_excludes_everybody_who_took_part_or_is_refused(told: list[str], excluded: set[str]) -> None:
    world = World()
    begin(world, prompters=told)
    found, persons = read(world), {AUTHOR, *told}
    if persons <= excluded:
        pack_excludes("run-1", excluded, found)
        return
    for person in persons - excluded:
        with refused("participants.pack", person):
            pack_excludes("run-1", excluded, found)


def test_decider_who_took_part_is_named() -> None:
    decider_apart(DIRECTOR, {AUTHOR: BEGAN})
    with refused("participants.decider", "one who took part decided: person-author began its run"):
        decider_apart(AUTHOR, {AUTHOR: BEGAN})


@pytest.mark.parametrize(
    ("minter", "code"), [(MINTER, "participants.token_of_another"), ("", "participants.token")]
)
def test_decision_with_a_token_of_another_is_refused(minter: str, code: str) -> None:
    world = World()
    if minter:
        world.log("token.issued", ("token", "t1"), {}, actor=person_actor(minter))
    world.log("token.issued", ("token", "own"), {}, actor=person_actor(DIRECTOR))
    world.log("token.issued", ("token", "by-the-platform"), {})
    minters = read(world).minters

    def decided(token: str | None) -> LoggedEvent:
        bare = World()
        ask(bare, by=DIRECTOR, token_id=token)
        event = event_read(bare.entries[-1], 0)[1]
        assert event is not None
        return event

    for token in (None, "own", "by-the-platform"):
        token_own(decided(token), minters)
    with refused(code):
        token_own(decided("t1"), minters)


# --- whole exports --------------------------------------------------------------------------------


def sealed(tmp_path: Path, act: Act, **decision: object) -> dict[str, str]:
    """A log with one pack, of which something else was told before; returns what fails."""
    world, plan = World(), pack_plan()
    act(world)
    pack = world.pack(plan, tmp_path, begin=False)
    if decision:
        world.decide("d1", decision_predicate(plan, pack, **decision))
    return failed(verify(world.write(tmp_path / "export")))


def test_log_whose_pack_excludes_everybody_who_took_part_holds(tmp_path: Path) -> None:
    assert sealed(tmp_path, begin, nonce="nonce-of-the-decision") == {}


def prompted_by_the_director(world: World) -> None:
    begin(world, "run-0")
    ask(world, "run-0", by=DIRECTOR, verdict="reject")
    begin(world, prompters=[DIRECTOR])


def test_log_names_packs_and_decisions_of_who_took_part(tmp_path: Path) -> None:
    found = sealed(tmp_path, prompted_by_the_director, nonce="nonce-of-the-decision")
    assert "person-director asked for changes on an earlier attempt" in found["participants"]


def test_log_names_who_decided_where_the_pack_is_gone(tmp_path: Path) -> None:
    """A pack that was unmade shows nobody any more; the log still tells who decided on their own change."""
    world, plan = World(), pack_plan()
    begin(world, prompters=[DIRECTOR])
    pack = world.pack(plan, tmp_path, begin=False)
    world.decide("d1", decision_predicate(plan, pack))
    world.log("pack.key_destroyed", ("run", plan.run_id), {"pack": pack, "reason": "a secret"})
    world.packs.clear()
    found = failed(verify(world.write(tmp_path / "export")))
    assert "one who took part decided: person-director asked" in found["participants"]


def test_log_that_does_not_tell_who_began_a_run_is_refused(tmp_path: Path) -> None:
    assert "nobody knows" in sealed(tmp_path, lambda _: None)["participants"]


def test_sign_off_by_who_had_a_change_of_the_phase_made_is_refused(tmp_path: Path) -> None:
    """The director may have asked for changes, and not have begun the run or minted its token."""
    sound = full_world(tmp_path, filler=3)
    assert failed(verify(sound.write(tmp_path / "sound"))) == {}
    bent = full_world_begun_by_the_director(tmp_path)
    assert "had a change of this phase made" in failed(verify(bent))["phases"]


def full_world_begun_by_the_director(directory: Path) -> Path:
    """The director minted the token with which the first change was begun."""
    original = World.begin

    def with_token(self: World, run_id: str, **changes: Any) -> None:  # noqa: ANN401
        self.log("token.issued", ("token", f"t-{run_id}"), {}, actor=person_actor(DIRECTOR))
        actor = {**person_actor(AUTHOR), "token_id": f"t-{run_id}"}
        original(self, run_id, **{**changes, "actor": actor})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(World, "begin", with_token)
        return full_world(directory, filler=3).write(directory / "bent")
