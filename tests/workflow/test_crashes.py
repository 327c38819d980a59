"""A repeat of any step, after a crash at any place, does nothing twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from countersign_verify.cli import main as verify
from tests.workflow.crashes import When, drive_with_crashes
from tests.workflow.world import PLAN, World, drive, events, failed_jobs

pytestmark = pytest.mark.needs("bwrap")


def export_verified(world: World) -> None:
    from countersign.jobs.selectors import job_get
    from countersign.workflow.commands import export_begin

    job_id = export_begin(actor=world.auditor)
    drive()
    result = job_get(actor=world.auditor, job_id=job_id).result
    assert verify(["log", str(result["directory"]), "--trust", str(result["trust"])]) == 0


@pytest.mark.parametrize("when", ["before", "after"])
def test_merges_under_dying_workers_happen_once(waiting: World, when: When) -> None:
    """One merge on its own base, one carried over, one sent back to the agent."""
    waiting.approve("F401")
    deaths = drive_with_crashes(when)
    waiting.approve("E713")
    deaths += drive_with_crashes(when)
    assert failed_jobs() == []
    assert deaths > 10
    assert [waiting.run(rule).state for rule in ("F401", "E713")] == ["merged", "merged"]
    assert len(waiting.source.merges) == 2
    for rule in ("F401", "E713"):
        happened = events(waiting.runs[rule])
        once = ("run.decided", "run.merging", "merge.intended", "run.merged", "project_state.recorded")
        assert {name: happened[name] for name in once} == dict.fromkeys(once, 1)
    export_verified(waiting)


def test_moved_files_under_dying_workers_go_back_once(waiting: World) -> None:
    waiting.approve("F401")
    waiting.approve("PIE790")
    drive_with_crashes("before")
    assert failed_jobs() == []
    assert waiting.run("F401").state == "merged"
    run = waiting.run("PIE790")
    assert run.state == "waiting_approval"
    happened = events(run.id)
    assert (happened["run.restarted"], happened["run.proposed"], happened["run.waiting_approval"]) == (
        1,
        2,
        2,
    )
    assert len(waiting.requests("change")) == 2


def test_moved_base_under_dying_workers_is_rebased_once(waiting: World) -> None:
    waiting.approve("F401")
    waiting.source.commit("README.md", "Hello.\n")
    drive_with_crashes("after")
    assert failed_jobs() == []
    run = waiting.run("F401")
    assert run.state == "waiting_approval"
    assert events(run.id)["run.rebased"] == 1
    waiting.approve("F401")
    drive_with_crashes("before")
    assert waiting.run("F401").state == "merged"
    assert len(waiting.source.merges) == 1
    export_verified(waiting)


def test_pushed_branch_under_dying_workers_takes_the_intent_back_once(waiting: World) -> None:
    waiting.approve("F401")
    drive(lambda: waiting.merge("F401") is not None)
    waiting.source.commit("README.md", "Hello.\n")
    drive_with_crashes("after")
    assert failed_jobs() == []
    happened = events(waiting.runs["F401"])
    assert (happened["merge.abandoned"], happened["run.rebased"]) == (1, 1)
    waiting.approve("F401")
    drive()
    assert events(waiting.runs["F401"])["run.merged"] == 1
    export_verified(waiting)


def test_whole_way_under_dying_workers_happens_once(
    scene: Callable[[str], World],
) -> None:
    """Registration, analysis and a run, of a project that is registered a second time under another name."""
    from countersign.plans.selectors import work_item_list
    from countersign.projects.selectors import project_get
    from countersign.workflow.commands import plan_import, project_register, run_begin, session_begin

    world = scene("registered")
    project_register(actor=world.operator, source=str(world.source.path), name="Second")
    drive_with_crashes("before")
    world.project_id = project_get(actor=world.operator, project="second").id
    assert world.project.state == "ready"
    plan_import(actor=world.operator, project="second", text=PLAN.read_text(), format="yaml")
    session_begin(actor=world.operator, project="second")
    drive_with_crashes("before")
    items = [
        item
        for item in work_item_list(actor=world.operator, project_id=world.project_id)
        if item.state == "proposed"
    ]
    keys = [item.key for item in items]
    assert len(keys) == len(set(keys)) > 0
    item = next(item for item in items if "E713" in item.rules)
    world.runs["E713"] = run_begin(actor=world.operator, work_item_id=item.id).run_id
    drive_with_crashes("before")
    assert failed_jobs() == []
    assert world.run("E713").state == "waiting_approval"
    happened = events(world.runs["E713"])
    once = ("run.snapshotted", "run.proposed", "run.checked", "run.waiting_approval")
    assert {name: happened[name] for name in once} == dict.fromkeys(once, 1)
    assert len(world.requests("change")) == 1


def test_phase_signoff_under_dying_workers_is_taken_once(merged: World) -> None:
    [request] = merged.requests("phase")
    merged.decide(request)
    drive_with_crashes("before")
    assert failed_jobs() == []
    assert merged.phases()["P1"].complete
    assert events(request.subject_id)["phase.completed"] == 1
    assert merged.requests("phase") == []
