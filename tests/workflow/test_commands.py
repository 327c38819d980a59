"""What people ask for: permissions first, and nothing half begun."""

from __future__ import annotations

import uuid

import pytest

from countersign.shared.errors import InvalidInput, PermissionDenied
from tests.workflow.world import PLAN, PLATFORM, World, drive

pytestmark = pytest.mark.needs("bwrap")


def test_commands_are_refused_without_the_role(waiting: World) -> None:
    from countersign.workflow import commands

    nobody, project = waiting.auditor, "sample"
    with pytest.raises(PermissionDenied):
        commands.project_register(actor=nobody, source="/", name="x")
    with pytest.raises(PermissionDenied):
        commands.plan_import(actor=nobody, project=project, text=PLAN.read_text(), format="yaml")
    with pytest.raises(PermissionDenied):
        commands.session_begin(actor=nobody, project=project)
    with pytest.raises(PermissionDenied):
        commands.run_begin(actor=nobody, work_item_id=waiting.item("F401").id)
    with pytest.raises(PermissionDenied):
        commands.export_begin(actor=waiting.person("ann", "agent"))
    with pytest.raises(PermissionDenied):
        waiting_decide(waiting, nobody_decides=True)


def waiting_decide(world: World, *, nobody_decides: bool = False, verdict: str = "approve") -> str:
    from countersign.workflow.commands import decision_submit

    request = world.request("F401")
    return decision_submit(
        actor=world.auditor if nobody_decides else world.director,
        request_id=request.id,
        verdict=verdict,
        reason="looked at",
        digest=request.subject_digest,
    )


def test_decision_submit_refuses_a_verdict_that_is_none(waiting: World) -> None:
    with pytest.raises(InvalidInput):
        waiting_decide(waiting, verdict="perhaps")


def test_run_begin_refuses_what_no_adapter_can_do(waiting: World) -> None:
    from countersign.plans.models import WorkItem
    from countersign.workflow.commands import WorkItemNotRunnable, run_begin

    WorkItem.objects.filter(pk=waiting.item("F401").id).update(adapter="")
    with pytest.raises(WorkItemNotRunnable):
        run_begin(actor=waiting.operator, work_item_id=waiting.item("F401").id)


def test_run_begin_refuses_when_nobody_else_could_decide(waiting: World) -> None:
    from countersign.accounts.services import role_grant, role_revoke
    from countersign.workflow.commands import run_begin
    from countersign.workflow.quorums import QuorumImpossible

    operator, director = waiting.operator, waiting.director
    role_grant(actor=PLATFORM, person_id=str(operator.person_id), role="director")
    role_revoke(actor=PLATFORM, person_id=str(director.person_id), role="director")
    with pytest.raises(QuorumImpossible):
        run_begin(actor=operator, work_item_id=waiting.item("F401").id)


def test_run_begin_refuses_a_second_open_run(waiting: World) -> None:
    from countersign.plans.errors import WorkItemStateConflict
    from countersign.workflow.commands import run_begin

    with pytest.raises(WorkItemStateConflict):
        run_begin(actor=waiting.operator, work_item_id=waiting.item("F401").id)
    assert waiting.item("F401").state == "running"


@pytest.mark.parametrize("place", ["prompt_for", "run_create"])
def test_run_begin_puts_the_item_back_when_its_run_cannot_be_started(
    waiting: World, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    from countersign.workflow import commands

    def broken(**_: object) -> None:
        message = "the disk is gone"
        raise OSError(message)

    waiting.decide(waiting.request("F401"), "request_changes")
    drive()
    with monkeypatch.context() as patch:
        patch.setattr(commands, place, broken)
        with pytest.raises(OSError, match="disk"):
            commands.run_begin(actor=waiting.operator, work_item_id=waiting.item("F401").id)
    assert waiting.item("F401").state == "ready"
    waiting.begin("F401", waiting.item("F401"))


def test_run_begin_goes_on_where_a_dead_process_had_begun(waiting: World) -> None:
    from countersign.plans.services import work_item_start

    waiting.decide(waiting.request("F401"), "request_changes")
    drive()
    work_item_start(actor=waiting.operator, work_item_id=waiting.item("F401").id)
    waiting.begin("F401", waiting.item("F401"))
    drive()
    assert waiting.run("F401").state == "waiting_approval"


def test_rooms_refuse_ids_that_name_nothing(waiting: World) -> None:
    from countersign.shared.errors import NotFound
    from countersign.workflow.commands import run_begin

    with pytest.raises(NotFound):
        run_begin(actor=waiting.operator, work_item_id=str(uuid.uuid4()))
