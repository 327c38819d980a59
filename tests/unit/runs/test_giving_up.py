import pytest

from countersign.audit.selectors import event_count, event_list
from countersign.jobs.contracts import Lease
from countersign.jobs.errors import LeaseLost
from countersign.runs.models import Merge, Run
from countersign.runs.selectors import merge_of, run_get
from countersign.runs.services import giving_up, merge_abandon, merge_fail
from countersign.shared.actor import Actor
from tests.unit.runs.samples import GONE, OTHER_BASE, REQUEST, BrokenOff, Runs, broken_off, rows_of

FAILURE = {"code": "checkout_dirty", "error": "the branch is checked out and not clean"}
OTHER_REQUEST = REQUEST.replace("4", "5")


def intended(runs: Runs) -> str:
    run = runs.bring("merging")
    runs.call("merge_intend", run.id)
    return run.id


def test_merge_abandon_takes_the_intent_back_and_lets_the_run_move_on(runs: Runs, worker: Actor) -> None:
    run_id = intended(runs)
    merge = merge_of(actor=worker, run_id=run_id)
    assert merge is not None
    for _ in range(2):
        merge_abandon(actor=worker, lease=runs.lease, run_id=run_id, why="the branch moved")
    assert merge_of(actor=worker, run_id=run_id) is None
    assert run_get(actor=worker, run_id=run_id).state == "merging"
    (event,) = event_list(actor=worker, subject=("run", run_id), type="merge.abandoned")
    assert event.data == {
        "merge_commit": merge.merge_commit,
        "base_before": merge.base_before,
        "why": "the branch moved",
    }
    again = runs.call("merge_intend", run_id, base_before=OTHER_BASE, merge_commit="f" * 40)
    assert again.merge_commit == "f" * 40


def test_merge_abandon_never_takes_back_what_is_merged(runs: Runs, worker: Actor) -> None:
    run = runs.bring("merged")
    before = (rows_of(Run, Merge), event_count())
    merge_abandon(actor=worker, lease=runs.lease, run_id=run.id, why="too late")
    assert (rows_of(Run, Merge), event_count()) == before


@pytest.mark.parametrize("state", ["waiting_approval", "approved", "merging"])
def test_merge_fail_ends_the_run_and_frees_the_slot(runs: Runs, worker: Actor, state: str) -> None:
    run, waiting = runs.bring(state), runs.bring("approved")
    for _ in range(2):
        ended = merge_fail(actor=worker, lease=runs.lease, run_id=run.id, request_id=REQUEST, failure=FAILURE)
        assert (ended.state, ended.failure) == ("failed", FAILURE)
    (event,) = event_list(actor=worker, subject=("run", run.id), type="run.failed")
    assert event.data == FAILURE
    assert runs.call("merge_slot_take", waiting.id).state == "merging"


def test_merge_fail_leaves_an_intended_merge_to_be_carried_out(runs: Runs, worker: Actor) -> None:
    run_id = intended(runs)
    before = (rows_of(Run, Merge), event_count())
    left = merge_fail(actor=worker, lease=runs.lease, run_id=run_id, request_id=REQUEST, failure=FAILURE)
    assert left.state == "merging"
    assert (rows_of(Run, Merge), event_count()) == before


@pytest.mark.parametrize("state", ["sealing", "merged", "rejected", "failed"])
def test_merge_fail_leaves_what_is_not_on_its_way_to_a_merge(runs: Runs, worker: Actor, state: str) -> None:
    run = runs.bring(state)
    assert merge_fail(
        actor=worker, lease=runs.lease, run_id=run.id, request_id=REQUEST, failure=FAILURE
    ) == run_get(actor=worker, run_id=run.id)
    assert run_get(actor=worker, run_id=run.id) == run


def test_merge_fail_on_the_word_of_another_request_changes_nothing(runs: Runs, worker: Actor) -> None:
    run = runs.bring("approved")
    merge_fail(actor=worker, lease=runs.lease, run_id=run.id, request_id=OTHER_REQUEST, failure=FAILURE)
    assert run_get(actor=worker, run_id=run.id) == run


@pytest.mark.parametrize("name", ["merge_abandon", "merge_fail"])
def test_giving_up_is_undone_with_its_event_and_needs_the_lease(
    runs: Runs, worker: Actor, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    run_id = intended(runs) if name == "merge_abandon" else runs.bring("merging").id
    before = (rows_of(Run, Merge), event_count())

    def call(lease: Lease = runs.lease) -> None:
        if name == "merge_abandon":
            merge_abandon(actor=worker, lease=lease, run_id=run_id, why="moved")
        else:
            merge_fail(
                actor=worker,
                lease=lease,
                run_id=run_id,
                request_id=REQUEST,
                failure=FAILURE,
            )

    with broken_off(monkeypatch, giving_up) as recorded, pytest.raises(BrokenOff):
        call()
    assert len(recorded) == 1
    with pytest.raises(LeaseLost):
        call(GONE)
    assert (rows_of(Run, Merge), event_count()) == before
