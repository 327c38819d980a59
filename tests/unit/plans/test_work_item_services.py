import uuid
from typing import Unpack

import pytest

from countersign.audit.selectors import event_list
from countersign.jobs.contracts import Lease
from countersign.jobs.errors import LeaseLost
from countersign.plans.contracts import PhaseState, PlanData, WorkItemState
from countersign.plans.errors import PhaseBlocked, WorkItemStateConflict
from countersign.plans.models import Phase
from countersign.plans.selectors import phase_blockers, work_item_get, work_item_list
from countersign.plans.services import plan_import, work_item_move, work_item_start, work_items_create
from countersign.shared.actor import Actor
from countersign.shared.errors import InvalidInput, NotFound, PermissionDenied
from tests.unit.plans.samples import PLAN, DraftChanges, ItemMaker, draft, project_make

GONE = Lease(job_id=str(uuid.uuid4()), token=1)


def test_work_items_create_proposes_each_once(plan: PlanData, worker: Actor) -> None:
    session = str(uuid.uuid4())
    items = [draft(plan), draft(plan, key="other", state=WorkItemState.BACKLOG, priority=5)]
    made = work_items_create(actor=worker, project_id=plan.project_id, session_id=session, items=items)
    assert [(item.key, item.state) for item in made] == [
        ("other", WorkItemState.BACKLOG),
        ("ruff:unused:src", WorkItemState.PROPOSED),
    ]
    assert (made[1].deliverable_code, made[1].phase_code) == ("P1.1", "P1")
    assert made[1].finding_ids == ("f1", "f2")
    again = work_items_create(actor=worker, project_id=plan.project_id, session_id=session, items=items)
    assert again == made
    assert len(event_list(actor=worker, type="work_item.created")) == 2


def test_work_items_create_puts_aside_what_an_earlier_session_proposed(
    plan: PlanData, worker: Actor, make_item: ItemMaker
) -> None:
    proposed, started = make_item(), None
    started = make_item(key="other")
    assert work_item_get(actor=worker, work_item_id=proposed.id).state is WorkItemState.BACKLOG
    work_item_start(actor=worker, work_item_id=started.id)
    make_item(key="third")
    assert work_item_get(actor=worker, work_item_id=started.id).state is WorkItemState.RUNNING
    aside = work_item_get(actor=worker, work_item_id=proposed.id)
    assert aside.reason == "superseded by a later analysis session"
    (event,) = event_list(actor=worker, subject=("work_item", proposed.id), type="work_item.moved")
    assert (event.data["from"], event.data["to"]) == ("proposed", "backlog")


def test_work_items_create_refuses_another_first_state_or_project(
    plan: PlanData, worker: Actor, operator: Actor, stranger: Actor
) -> None:
    session = str(uuid.uuid4())

    def make(
        actor: Actor = worker, project_id: str = plan.project_id, **changes: Unpack[DraftChanges]
    ) -> None:
        work_items_create(
            actor=actor, project_id=project_id, session_id=session, items=[draft(plan, **changes)]
        )

    with pytest.raises(InvalidInput, match="have the key 'ruff:unused:src'"):
        work_items_create(
            actor=worker, project_id=plan.project_id, session_id=session, items=[draft(plan), draft(plan)]
        )
    with pytest.raises(InvalidInput, match="starts as proposed"):
        make(state=WorkItemState.RUNNING)
    with pytest.raises(PermissionDenied):
        make(actor=stranger)
    with pytest.raises(NotFound):
        make(project_id=str(uuid.uuid4()))
    with pytest.raises(NotFound):
        make(deliverable_id="no-id")
    other = project_make(worker, slug="other")
    with pytest.raises(InvalidInput, match="own plan"):
        make(project_id=other)
    foreign = plan_import(actor=operator, project_id=other, text=PLAN)
    with pytest.raises(InvalidInput, match="own plan"):
        make(deliverable_id=foreign.phases[0].deliverables[0].id)
    assert work_item_list(actor=worker) == ()


def test_work_item_services_record_nothing_without_the_lease(
    plan: PlanData, worker: Actor, make_item: ItemMaker
) -> None:
    item = make_item()
    with pytest.raises(LeaseLost):
        work_items_create(
            actor=worker,
            project_id=plan.project_id,
            session_id=str(uuid.uuid4()),
            items=[draft(plan)],
            lease=GONE,
        )
    with pytest.raises(LeaseLost):
        work_item_start(actor=worker, work_item_id=item.id, lease=GONE)
    with pytest.raises(LeaseLost):
        work_item_move(actor=worker, work_item_id=item.id, expected="proposed", to="ready", lease=GONE)
    assert work_item_get(actor=worker, work_item_id=item.id) == item


def test_work_item_start_runs_an_item_of_an_active_phase(worker: Actor, make_item: ItemMaker) -> None:
    item = make_item()
    assert phase_blockers(actor=worker, work_item_id=item.id) == ()
    assert work_item_start(actor=worker, work_item_id=item.id).state is WorkItemState.RUNNING
    (event,) = event_list(actor=worker, subject=("work_item", item.id), type="work_item.moved")
    assert (event.data["from"], event.data["to"]) == ("proposed", "running")


def test_work_item_start_refuses_a_later_phase_with_what_is_missing(
    worker: Actor, make_item: ItemMaker
) -> None:
    """Seed 001: no phase may begin until all previous phases are 100 % complete."""
    item = make_item(phase=2)
    with pytest.raises(PhaseBlocked) as caught:
        work_item_start(actor=worker, work_item_id=item.id)
    missing = caught.value.data["missing"]
    assert isinstance(missing, list)
    assert missing == list(phase_blockers(actor=worker, work_item_id=item.id))
    assert any("phase P1 (Hygiene) is active" in text for text in missing)
    assert any("phase P2 (Security) is blocked" in text for text in missing)
    assert work_item_get(actor=worker, work_item_id=item.id).state is WorkItemState.PROPOSED


def test_work_item_start_a_phase_that_waits_for_its_signoff_is_not_complete(
    plan: PlanData, worker: Actor, make_item: ItemMaker
) -> None:
    item = make_item(phase=1)
    Phase.objects.filter(pk=plan.phases[0].id).update(
        state=PhaseState.AWAITING_SIGNOFF, missing=["sign-off by a person"]
    )
    with pytest.raises(PhaseBlocked) as caught:
        work_item_start(actor=worker, work_item_id=item.id)
    assert "P1: sign-off by a person" in caught.value.message


def test_work_item_move_can_not_be_used_to_go_round_the_phases(worker: Actor, make_item: ItemMaker) -> None:
    item = make_item(phase=1)
    with pytest.raises(PhaseBlocked):
        work_item_move(actor=worker, work_item_id=item.id, expected="proposed", to="running")


def test_work_item_start_only_once(
    worker: Actor, operator: Actor, stranger: Actor, make_item: ItemMaker
) -> None:
    item = make_item()
    with pytest.raises(PermissionDenied):
        work_item_start(actor=stranger, work_item_id=item.id)
    work_item_start(actor=operator, work_item_id=item.id)
    with pytest.raises(WorkItemStateConflict, match="is running"):
        work_item_start(actor=operator, work_item_id=item.id)
    with pytest.raises(NotFound):
        work_item_start(actor=worker, work_item_id=str(uuid.uuid4()))


def test_work_item_start_needs_no_phase_outside_a_plan(worker: Actor, make_item: ItemMaker) -> None:
    item = make_item(deliverable_id=None)
    assert (item.deliverable_code, item.phase_id) == ("", None)
    assert phase_blockers(actor=worker, work_item_id=item.id) == ()
    assert work_item_start(actor=worker, work_item_id=item.id).state is WorkItemState.RUNNING


@pytest.mark.parametrize(
    ("path", "reachable"),
    [
        (("ready", "running", "merged"), True),
        (("running", "rejected", "ready", "running"), True),
        (("running", "ready", "backlog", "proposed"), True),
        (("merged",), False),
        (("backlog", "running"), False),
        (("running", "merged", "ready"), False),
        (("rejected",), False),
    ],
)
def test_work_item_move_follows_the_known_moves_only(
    worker: Actor, make_item: ItemMaker, path: tuple[str, ...], reachable: bool
) -> None:
    item = make_item()
    before = "proposed"
    *first, last = path
    for state in first:
        work_item_move(actor=worker, work_item_id=item.id, expected=before, to=state)
        before = state
    if reachable:
        moved = work_item_move(actor=worker, work_item_id=item.id, expected=before, to=last, reason="because")
        assert (moved.state, moved.reason) == (last, "because")
    else:
        with pytest.raises(WorkItemStateConflict):
            work_item_move(actor=worker, work_item_id=item.id, expected=before, to=last)


def test_work_item_move_refuses_an_unexpected_state(
    worker: Actor, stranger: Actor, make_item: ItemMaker
) -> None:
    item = make_item()
    with pytest.raises(WorkItemStateConflict):
        work_item_move(actor=worker, work_item_id=item.id, expected="ready", to="running")
    with pytest.raises(PermissionDenied):
        work_item_move(actor=stranger, work_item_id=item.id, expected="proposed", to="ready")
    with pytest.raises(NotFound):
        work_item_move(actor=worker, work_item_id=str(uuid.uuid4()), expected="proposed", to="ready")
    moved = work_item_move(
        actor=worker, work_item_id=item.id, expected={WorkItemState.PROPOSED, WorkItemState.READY}, to="ready"
    )
    assert moved.state is WorkItemState.READY


def test_work_item_list_filters(plan: PlanData, worker: Actor, stranger: Actor, make_item: ItemMaker) -> None:
    session = str(uuid.uuid4())
    first = make_item(session_id=session)
    assert work_item_list(actor=worker, project_id=plan.project_id, session_id=session) == (first,)
    assert work_item_list(actor=worker, phase_id=plan.phases[0].id, states=["proposed"]) == (first,)
    assert work_item_list(actor=worker, phase_id=plan.phases[1].id) == ()
    assert work_item_list(actor=worker, states=[WorkItemState.MERGED]) == ()
    with pytest.raises(PermissionDenied):
        work_item_list(actor=stranger)
    with pytest.raises(PermissionDenied):
        work_item_get(actor=stranger, work_item_id=first.id)
    with pytest.raises(PermissionDenied):
        phase_blockers(actor=stranger, work_item_id=first.id)
    with pytest.raises(NotFound):
        work_item_get(actor=worker, work_item_id="no-id")
    with pytest.raises(NotFound):
        phase_blockers(actor=worker, work_item_id=str(uuid.uuid4()))
