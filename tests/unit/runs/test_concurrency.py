"""Two at once, with real commits: one merge slot, one open run a work item, one outcome a decision."""

import uuid

import pytest

from countersign.runs.errors import MergeSlotTaken, RunStateConflict, SealTurnTaken
from countersign.runs.models import Run
from countersign.runs.selectors import run_get
from countersign.shared.actor import Actor
from tests.unit.runs.samples import Runs, lease_take, project_make, together

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def committed(committed_db: None, worker: Actor) -> Runs:
    return Runs(worker, lease_take(worker), project_make(worker))


def test_merge_slot_is_taken_by_one_of_two_workers(committed: Runs, worker: Actor) -> None:
    approved = [committed.bring("approved") for _ in range(3)]
    leases = [lease_take(worker) for _ in approved]
    outcomes = together(
        *(
            lambda run=run, lease=lease: committed.call("merge_slot_take", run.id, lease=lease)
            for run, lease in zip(approved, leases, strict=True)
        )
    )
    assert sum(isinstance(outcome, MergeSlotTaken) for outcome in outcomes) == 2
    states = sorted(run_get(actor=worker, run_id=run.id).state for run in approved)
    assert states == ["approved", "approved", "merging"]


def test_run_create_at_the_same_moment_makes_one_run(committed: Runs) -> None:
    work_item = str(uuid.uuid4())
    outcomes = together(*(lambda: committed.create(work_item_id=work_item) for _ in range(3)))
    assert sum(isinstance(outcome, RunStateConflict) for outcome in outcomes) == 2
    assert Run.objects.filter(work_item_id=work_item).count() == 1


def test_run_decided_by_two_workers_has_one_outcome(committed: Runs, worker: Actor) -> None:
    run = committed.bring("waiting_approval")
    leases = [lease_take(worker), lease_take(worker)]
    outcomes = together(
        *(
            lambda lease=lease, verdict=verdict: committed.call(
                "run_decided", run.id, lease=lease, verdict=verdict
            )
            for lease, verdict in zip(leases, ("approve", "reject"), strict=True)
        )
    )
    assert sum(isinstance(outcome, RunStateConflict) for outcome in outcomes) == 1
    assert run_get(actor=worker, run_id=run.id).state in {"approved", "rejected"}


def test_seal_turn_is_taken_by_one_of_two_workers(committed: Runs, worker: Actor) -> None:
    sealing = [committed.bring("sealing") for _ in range(3)]
    mates = frozenset(run.id for run in sealing)
    leases = [lease_take(worker) for _ in sealing]
    outcomes = together(
        *(
            lambda run=run, lease=lease: committed.call("seal_turn_take", run.id, lease=lease, mates=mates)
            for run, lease in zip(sealing, leases, strict=True)
        )
    )
    assert sum(isinstance(outcome, SealTurnTaken) for outcome in outcomes) == 2
    assert Run.objects.filter(pk__in=mates, seal_turn=True).count() == 1
