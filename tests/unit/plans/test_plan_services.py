import uuid

import pytest

from countersign.audit.selectors import event_list
from countersign.plans.contracts import DeliverableState, PhaseState, PlanData, SelectorData
from countersign.plans.errors import PlanInvalid
from countersign.plans.models import Phase, Plan
from countersign.plans.selectors import phase_get, phase_list, plan_current, plan_get, plan_list
from countersign.plans.services import plan_import
from countersign.shared.actor import Actor
from countersign.shared.errors import NotFound, PermissionDenied
from tests.unit.plans.samples import PLAN


def test_plan_import_saves_every_part(plan: PlanData, operator: Actor) -> None:
    """Seed 001, phase overview: a phase with prerequisites is blocked until they are complete."""
    assert (plan.code, plan.version) == ("PLAN", 1)
    assert [(phase.code, phase.state, phase.depends_on) for phase in plan.phases] == [
        ("P1", PhaseState.ACTIVE, ()),
        ("P2", PhaseState.BLOCKED, ("P1",)),
        ("P3", PhaseState.BLOCKED, ("P2",)),
    ]
    deliverable = plan.phases[0].deliverables[0]
    assert deliverable.state is DeliverableState.PLANNED
    assert deliverable.selector == SelectorData(tool="ruff", rules=("F401",))
    assert [criterion.code for criterion in deliverable.criteria] == ["1", "2"]
    assert deliverable.criteria[0].check == {"kind": "findings_zero", "fixable_only": True}
    assert not plan.phases[0].gates[0].met
    # Nobody has looked yet, so everything is missing; an empty list would read as "nothing is".
    assert any("criterion 2 of P1.1" in text for text in plan.phases[0].missing)
    assert any("phase P1 before this one" in text for text in plan.phases[1].missing)
    assert not plan.phases[0].complete
    assert plan_get(actor=operator, plan_id=plan.id) == plan
    assert phase_list(actor=operator, plan_id=plan.id) == plan.phases
    assert phase_get(actor=operator, phase_id=plan.phases[1].id) == plan.phases[1]


def test_plan_import_records_its_event(plan: PlanData, operator: Actor) -> None:
    (event,) = event_list(actor=operator, subject=("plan", plan.id))
    assert event.type == "plan.imported"
    assert event.data["source_digest"] == plan.source_digest
    assert event.data["phases"] == ["P1", "P2", "P3"]


def test_plan_import_same_text_again_changes_nothing(plan: PlanData, operator: Actor) -> None:
    assert plan_import(actor=operator, project_id=plan.project_id, text=PLAN) == plan
    assert len(event_list(actor=operator, type="plan.imported")) == 1


def test_plan_import_another_text_is_the_next_version(plan: PlanData, operator: Actor) -> None:
    other = plan_import(actor=operator, project_id=plan.project_id, text=PLAN.replace("A plan", "Another"))
    assert (other.version, other.title) == (2, "Another")
    assert plan_current(actor=operator, project_id=plan.project_id) == other
    assert plan_list(actor=operator, project_id=plan.project_id) == (other, plan)
    assert len(plan_list(actor=operator)) == 2
    back = plan_import(actor=operator, project_id=plan.project_id, text=PLAN)
    assert back.version == 3


def test_plan_import_saves_nothing_of_a_bad_plan(project_id: str, operator: Actor) -> None:
    bad = PLAN.replace("depends_on: [P1]", "depends_on: [P3]")
    with pytest.raises(PlanInvalid):
        plan_import(actor=operator, project_id=project_id, text=bad)
    assert not Plan.objects.exists()
    assert not Phase.objects.exists()
    assert plan_current(actor=operator, project_id=project_id) is None
    assert event_list(actor=operator, type="plan.imported") == ()


def test_plan_import_needs_the_role_and_a_project(project_id: str, operator: Actor, stranger: Actor) -> None:
    with pytest.raises(PermissionDenied):
        plan_import(actor=stranger, project_id=project_id, text=PLAN)
    with pytest.raises(NotFound):
        plan_import(actor=operator, project_id=str(uuid.uuid4()), text=PLAN)


def test_plan_selectors_show_nothing_to_a_stranger(plan: PlanData, stranger: Actor) -> None:
    with pytest.raises(PermissionDenied):
        plan_get(actor=stranger, plan_id=plan.id)
    with pytest.raises(PermissionDenied):
        plan_current(actor=stranger, project_id=plan.project_id)
    with pytest.raises(PermissionDenied):
        plan_list(actor=stranger)
    with pytest.raises(PermissionDenied):
        phase_get(actor=stranger, phase_id=plan.phases[0].id)
    with pytest.raises(PermissionDenied):
        phase_list(actor=stranger, plan_id=plan.id)


@pytest.mark.parametrize("missing", ["00000000-0000-4000-8000-000000000000", "no-id"])
def test_plan_selectors_what_is_not_there_is_not_found(plan: PlanData, operator: Actor, missing: str) -> None:
    with pytest.raises(NotFound):
        plan_get(actor=operator, plan_id=missing)
    with pytest.raises(NotFound):
        phase_get(actor=operator, phase_id=missing)
