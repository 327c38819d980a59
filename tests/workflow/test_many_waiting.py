"""Many changes wait for two people each, and somebody pushes past the platform again and again.

Twenty of them in the profile ``nightly``; a few, pushed at as often, in every other run:

    ./scripts/test --nightly
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.workflow import world as platform
from tests.workflow.sample import Source
from tests.workflow.world import PLATFORM, World, drive, failed_jobs

if TYPE_CHECKING:
    from countersign.approvals.contracts import RequestData
    from countersign.shared.actor import Actor

pytestmark = [pytest.mark.needs("bwrap"), pytest.mark.slow, pytest.mark.timeout(3600)]

COUNT = 20 if settings.get_current_profile_name() == "nightly" else 4
# In half minutes: nobody sleeps here, the clock on the wall is moved by hand.
# Twenty are pushed at every ten minutes, fewer as often for what there is to read.
PUSH_EVERY = COUNT
READING = 1
FILES = {
    "pyproject.toml": '[project]\nname = "sample"\nversion = "1"\nrequires-python = ">=3.11"\n',
    "tests/test_parts.py": """
from part_00.module import value


def test_value():
    assert value() == 0
""",
    **{
        f"src/part_{number:02}/module.py": f'''"""Part {number}."""

import os


def value() -> int:
    """Tell it."""
    return {number}
'''
        for number in range(COUNT)
    },
}


@dataclass
class Office:
    """Two people who sign one after the other, and somebody who pushes what concerns none of it."""

    world: World
    source: Source
    people: tuple[Actor, Actor]
    clock: int = 0
    pushes: int = 0
    again: int = 0
    interrupted: int = 0
    read: set[tuple[str, str]] = field(default_factory=set)

    def push(self) -> None:
        from countersign.workflow.watching import queues_look

        self.pushes += 1
        if self.pushes > 1:
            # Ten minutes are long enough to merge what was approved; the first push comes sooner than that.
            drive()
        self.source.commit("NOTES.md", f"Push {self.pushes}.\n")
        queues_look()
        drive()

    def reading_ends(self) -> bool:
        """Let a person read; say whether what they read still stands."""
        self.clock += READING
        if self.clock % PUSH_EVERY:
            return True
        self.push()
        return False

    def sign(self, person: Actor, request: RequestData) -> bool:
        """Let a person sign; say whether they got to it before everything moved."""
        from countersign.shared.errors import DomainError
        from countersign.workflow.again import decision_again, request_difference

        if (str(person.person_id), request.subject_id) in self.read:
            found = request_difference(actor=person, request_id=request.id)
            assert (found.hindrance, found.patch_same) == (None, True)
            assert {fact.code for fact in found.facts} == {"base"}
            decision_again(actor=person, request_id=request.id, digest=found.digest)
            self.again += 1
            return True
        if not self.reading_ends():
            self.interrupted += 1
            with pytest.raises(DomainError, match="void"):
                self.world.decide(request, actor=person)
            return False
        self.world.decide(request, actor=person)
        self.read.add((str(person.person_id), request.subject_id))
        return True

    def turn(self) -> bool:
        """Let both go through what waits, until something moves; say whether anything waited."""
        waiting = sorted(self.world.requests("change"), key=lambda request: request.title)
        for request in waiting:
            signed = {decision.person_id for decision in request.decisions}
            for person in self.people:
                if str(person.person_id) not in signed and not self.sign(person, request):
                    return True
        drive()
        return bool(waiting)


def many_wait(world: World, source: Source) -> list[str]:
    """Register a project in which two directors decide on all changes; return the runs."""
    from countersign.governance.quorum_policies import quorum_policy_propose
    from countersign.plans.selectors import work_item_list
    from countersign.plans.services import work_item_move
    from countersign.projects.selectors import project_get
    from countersign.workflow.commands import project_register, run_begin, session_begin

    project_register(actor=world.operator, source=str(source.path), name="Twenty")
    drive()
    tiers = {"director": {"director": 2}, "cab": {"cab_member": 2}}
    admin = world.person("alex", "admin")
    quorum_policy_propose(actor=admin, tiers=tiers, reason="four eyes", project="twenty")
    session_begin(actor=world.operator, project="twenty")
    drive()
    project = project_get(actor=PLATFORM, project="twenty")
    runs = []
    for item in work_item_list(actor=PLATFORM, project_id=project.id):
        if item.state == "backlog":
            work_item_move(
                actor=PLATFORM, work_item_id=item.id, expected="backlog", to="proposed", reason="asked for"
            )
        runs.append(run_begin(actor=world.operator, work_item_id=item.id).run_id)
    drive()
    assert len(runs) == COUNT
    return runs


def test_waiting_changes_all_reach_a_decision_however_often_somebody_pushes(
    registered: World,
    elsewhere: Callable[[dict[str, str]], Source],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from countersign.approvals.selectors import request_list
    from countersign.runs.selectors import run_get

    # All changes are made, checked and sealed at once.
    monkeypatch.setattr(platform, "SECONDS", 1200.0)
    source = elsewhere(FILES)
    people = (registered.person("dana", "director"), registered.person("dora", "director"))
    runs = many_wait(registered, source)
    office = Office(registered, source, people)
    while office.turn():
        # Each push leaves time to read about half of them; what was read before is one step.
        assert office.pushes <= 3, "nobody gets anywhere"
    drive()
    assert failed_jobs() == []
    assert [run_get(actor=PLATFORM, run_id=run).state for run in runs] == ["merged"] * COUNT
    assert len(source.merges) == COUNT
    assert office.pushes >= 2
    assert office.interrupted == office.pushes
    # The first push came before anything was merged: what both had signed was signed again, unread.
    assert office.again >= COUNT - 2
    requests = request_list(actor=PLATFORM, states=("approved",))
    decided = [request for request in requests if request.subject_id in runs]
    assert len(decided) == COUNT
    both = {str(person.person_id) for person in people}
    assert all({decision.person_id for decision in request.decisions} == both for request in decided)
    assert source.text("NOTES.md") == f"Push {office.pushes}."
    assert all("import os" not in source.text(f"src/part_{number:02}/module.py") for number in range(COUNT))
