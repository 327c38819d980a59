"""Two at once: each import gets its own version, and a work item is begun by one of them only."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

import pytest

from countersign.plans.errors import WorkItemStateConflict
from countersign.plans.selectors import plan_list, work_item_get
from countersign.plans.services import plan_import, work_item_start, work_items_create
from countersign.shared.actor import Actor
from tests.unit.plans.samples import PLAN, draft, project_make

_T = TypeVar("_T")

pytestmark = pytest.mark.usefixtures("committed_db")


def together(*calls: Callable[[], _T]) -> list[_T | BaseException]:
    """Make calls at the same moment, each on a connection of its own."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], _T]) -> _T:
        from django.db import connection

        try:
            barrier.wait(timeout=10)
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        futures = [pool.submit(run, call) for call in calls]
        return [future.exception() or future.result() for future in futures]


@pytest.fixture
def committed_project(committed_db: None, worker: Actor) -> str:
    return project_make(worker)


def test_plan_import_at_the_same_moment_gives_each_its_version(committed_project: str, worker: Actor) -> None:
    texts = [PLAN.replace("A plan", f"Plan {number}") for number in range(4)]
    together(
        *(
            lambda text=text: plan_import(actor=worker, project_id=committed_project, text=text)
            for text in texts
        )
    )
    plans = plan_list(actor=worker, project_id=committed_project)
    assert sorted(plan.version for plan in plans) == [1, 2, 3, 4]
    assert sorted(plan.title for plan in plans) == ["Plan 0", "Plan 1", "Plan 2", "Plan 3"]


def test_work_item_start_at_the_same_moment_begins_it_once(committed_project: str, worker: Actor) -> None:
    plan = plan_import(actor=worker, project_id=committed_project, text=PLAN)
    (item,) = work_items_create(
        actor=worker, project_id=committed_project, session_id=str(uuid.uuid4()), items=[draft(plan)]
    )
    outcomes = together(*(lambda: work_item_start(actor=worker, work_item_id=item.id) for _ in range(4)))
    refused = [outcome for outcome in outcomes if isinstance(outcome, WorkItemStateConflict)]
    assert len(refused) == 3
    assert work_item_get(actor=worker, work_item_id=item.id).state == "running"
