"""Actors, a project and its plan. Django is set up after this file is read, so services come in later."""

import uuid
from typing import Unpack

import pytest

from countersign.plans.contracts import PlanData, WorkItemData
from countersign.shared.actor import Actor, service_actor
from tests.unit.plans.samples import PLAN, DraftChanges, ItemMaker, draft, project_make


@pytest.fixture
def operator() -> Actor:
    return Actor(
        kind="person",
        id="op",
        label="Olga Operator",
        person_id=str(uuid.uuid4()),
        roles=frozenset({"operator"}),
    )


@pytest.fixture
def director() -> Actor:
    return Actor(
        kind="person",
        id="di",
        label="Dora Director",
        person_id=str(uuid.uuid4()),
        roles=frozenset({"director"}),
    )


@pytest.fixture
def stranger() -> Actor:
    return Actor(kind="person", id="st", label="Charlie", person_id=str(uuid.uuid4()), roles=frozenset())


@pytest.fixture
def worker() -> Actor:
    return service_actor("worker")


@pytest.fixture
def project_id(db: None, worker: Actor) -> str:
    return project_make(worker)


@pytest.fixture
def plan(project_id: str, operator: Actor) -> PlanData:
    from countersign.plans.services import plan_import

    return plan_import(actor=operator, project_id=project_id, text=PLAN)


@pytest.fixture
def make_item(plan: PlanData, worker: Actor) -> ItemMaker:
    """Propose one work item, by default of the first phase, in a session of its own unless told."""

    def make(session_id: str | None = None, **changes: Unpack[DraftChanges]) -> WorkItemData:
        from countersign.plans.services import work_items_create

        (item,) = work_items_create(
            actor=worker,
            project_id=plan.project_id,
            session_id=session_id or str(uuid.uuid4()),
            items=[draft(plan, **changes)],
        )
        return item

    return make
