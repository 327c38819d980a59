import uuid

import pytest

from countersign.audit.selectors import event_count, event_list
from countersign.jobs.selectors import job_get
from countersign.runs.errors import MergeIntentConflict, MergeSlotTaken, RunStateConflict
from countersign.runs.models import Merge, Run
from countersign.runs.selectors import merge_of, merges_of_project, run_get
from countersign.shared.actor import Actor
from tests.unit.runs.samples import ENTRIES, OTHER_BASE, REQUEST, Runs, intent, project_make, rows_of


@pytest.mark.parametrize(
    ("verdict", "state"),
    [("approve", "approved"), ("reject", "rejected"), ("request_changes", "changes_requested")],
)
def test_run_decided_moves_by_the_verdict_and_a_repeat_changes_nothing(
    runs: Runs, worker: Actor, verdict: str, state: str
) -> None:
    run = runs.bring("waiting_approval")
    decided = runs.call("run_decided", run.id, verdict=verdict)
    assert decided.state == state
    assert runs.call("run_decided", run.id, verdict=verdict) == decided
    (event,) = event_list(actor=worker, subject=("run", run.id), type="run.decided")
    assert event.data == {"request_id": REQUEST, "verdict": verdict}


def test_run_decided_takes_no_word_from_another_request(runs: Runs) -> None:
    run = runs.bring("waiting_approval")
    with pytest.raises(RunStateConflict, match="another request"):
        runs.call("run_decided", run.id, request_id=str(uuid.uuid4()))
    unsealed = runs.bring("sealing")
    for request_id in (REQUEST, "None", ""):
        with pytest.raises(RunStateConflict, match="another request"):
            runs.call("run_decided", unsealed.id, request_id=request_id)
    assert run_get(actor=runs.actor, run_id=run.id).state == "waiting_approval"


def test_run_decided_does_not_turn_a_decision_round(runs: Runs) -> None:
    run = runs.bring("rejected")
    with pytest.raises(RunStateConflict) as caught:
        runs.call("run_decided", run.id, verdict="approve")
    assert (caught.value.data["state"], caught.value.data["wanted"]) == ("rejected", "approved")


def test_merge_slot_is_one_a_project_and_a_repeat_keeps_it(runs: Runs, worker: Actor) -> None:
    first, second = runs.bring("merging"), runs.bring("approved")
    assert runs.call("merge_slot_take", first.id).state == "merging"
    before = event_count()
    with pytest.raises(MergeSlotTaken, match="is next"):
        runs.call("merge_slot_take", second.id)
    assert event_count() == before
    assert run_get(actor=worker, run_id=second.id).state == "approved"
    elsewhere = Runs(worker, runs.lease, project_make(worker))
    assert elsewhere.bring("merging").state == "merging"
    runs.call("merge_intend", first.id)
    runs.call("run_merged", first.id)
    assert runs.call("merge_slot_take", second.id).state == "merging"


def test_merge_intend_records_the_commits_once(runs: Runs, worker: Actor) -> None:
    run = runs.bring("merging")
    assert merge_of(actor=worker, run_id=run.id) is None
    merge = runs.call("merge_intend", run.id)
    assert (merge.state, merge.base_before) == ("intended", intent(run.id)["base_before"])
    assert runs.call("merge_intend", run.id) == merge == merge_of(actor=worker, run_id=run.id)
    (event,) = event_list(actor=worker, subject=("run", run.id), type="merge.intended")
    assert event.id == merge.event_id
    assert event.data["state_commit"] == merge.state_commit
    assert merges_of_project(actor=worker, project_id=run.project_id) == ()


@pytest.mark.parametrize("name", ["merge_commit", "state_commit"])
def test_merge_intend_refuses_other_commits_afterwards(runs: Runs, name: str) -> None:
    run = runs.bring("merging")
    merge = runs.call("merge_intend", run.id)
    with pytest.raises(MergeIntentConflict) as caught:
        runs.call("merge_intend", run.id, **{name: "f" * 40})
    assert caught.value.data["intended"] == merge.merge_commit
    assert merge_of(actor=runs.actor, run_id=run.id) == merge


def test_merge_intend_needs_the_slot(runs: Runs) -> None:
    run = runs.bring("approved")
    with pytest.raises(RunStateConflict, match="no merge slot"):
        runs.call("merge_intend", run.id)
    assert not Merge.objects.exists()


def test_run_merged_says_what_stands_on_the_branch(runs: Runs, worker: Actor) -> None:
    run = runs.bring("merged")
    merge = merge_of(actor=worker, run_id=run.id)
    assert merge is not None
    assert merge.state == "delivered"
    assert merges_of_project(actor=worker, project_id=run.project_id) == (merge,)
    before = rows_of(Run, Merge)
    assert runs.call("run_merged", run.id) == run
    assert rows_of(Run, Merge) == before
    (event,) = event_list(actor=worker, subject=("run", run.id), type="run.merged")
    assert event.data == {
        "pack": run.pack_digest,
        "decision_ids": ["d1", "d2"],
        "addendum": None,
        **{
            name: getattr(merge, name)
            for name in ("base_before", "merge_commit", "state_commit", "tag", "result_tree")
        },
    }


def test_run_merged_needs_an_intent(runs: Runs) -> None:
    run = runs.bring("merging")
    before = event_count()
    with pytest.raises(RunStateConflict, match="no merge of this run is intended"):
        runs.call("run_merged", run.id)
    assert run_get(actor=runs.actor, run_id=run.id).state == "merging"
    assert event_count() == before


@pytest.mark.parametrize("state", ["waiting_approval", "approved", "merging"])
def test_run_rebased_asks_for_a_new_pack_on_the_new_base(runs: Runs, worker: Actor, state: str) -> None:
    run = runs.bring(state)
    moved, job_id = runs.call("run_rebased", run.id)
    assert (moved.state, moved.revision, moved.attempt) == ("checking", 2, run.attempt + 1)
    assert (moved.base_commit, moved.entries) == (OTHER_BASE, ENTRIES)
    assert (moved.pack_digest, moved.score, moved.request_id) == ("", None, "")
    job = job_get(actor=worker, job_id=job_id)
    assert (job.kind, job.payload) == ("run.recheck", {"run_id": run.id})
    (event,) = event_list(actor=worker, subject=("run", run.id), type="run.rebased")
    assert (event.data["revision"], event.data["why"]) == (2, "the base moved")


@pytest.mark.parametrize("state", ["waiting_approval", "approved", "merging"])
def test_run_restarted_asks_the_agent_again(runs: Runs, worker: Actor, state: str) -> None:
    run = runs.bring(state)
    moved, job_id = runs.call("run_restarted", run.id)
    assert (moved.state, moved.revision, moved.attempt) == ("proposing", 2, run.attempt)
    assert (moved.base_commit, moved.change_commit, moved.entries) == (OTHER_BASE, "", ())
    assert (moved.patch_lines, moved.patch_digest, moved.request_id) == (0, "", "")
    job = job_get(actor=worker, job_id=job_id)
    assert (job.kind, job.payload) == ("run.execute", {"run_id": run.id})
    assert runs.call("proposal_record", run.id).attempt == run.attempt + 1


@pytest.mark.parametrize("name", ["run_rebased", "run_restarted"])
def test_an_intended_merge_can_not_be_put_on_another_base(runs: Runs, name: str) -> None:
    run = runs.bring("merging")
    merge = runs.call("merge_intend", run.id)
    before = (rows_of(Run, Merge), event_count())
    with pytest.raises(MergeIntentConflict) as caught:
        runs.call(name, run.id)
    assert caught.value.data["intended"] == merge.merge_commit
    assert (rows_of(Run, Merge), event_count()) == before


def test_the_merge_slot_is_free_again_when_the_base_moved(runs: Runs) -> None:
    first, second = runs.bring("merging"), runs.bring("approved")
    runs.call("run_rebased", first.id)
    assert runs.call("merge_slot_take", second.id).state == "merging"
