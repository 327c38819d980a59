"""A request that has expired is asked for again: a new pack, a new request, and no earlier word counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.workflow.world import PLATFORM, World, drive, events, failed_jobs

if TYPE_CHECKING:
    from countersign.approvals.contracts import RequestData

pytestmark = pytest.mark.needs("bwrap")


def expired(request: RequestData) -> None:
    from django.db.models.functions import Now

    from countersign.approvals.models import ApprovalRequest
    from countersign.approvals.services import requests_expire

    ApprovalRequest.objects.filter(pk=request.id).update(expires_at=Now())
    assert requests_expire(actor=PLATFORM) == 1


def test_expired_request_that_is_asked_for_again_is_decided_on_and_merged(waiting: World) -> None:
    from countersign.approvals.comments import comment_list
    from countersign.approvals.models import ApprovalRequest
    from countersign.plans.errors import WorkItemStateConflict
    from countersign.workflow.commands import run_begin
    from countersign.workflow.discussion import comment_submit
    from countersign.workflow.expired import AskAgainRefused, request_ask_again
    from countersign.workflow.queries import request_detail

    old, other = waiting.request("E713"), waiting.person("ola", "operator")
    comment_submit(actor=waiting.director, request_id=old.id, text="Reads well.")
    with pytest.raises(AskAgainRefused, match="is pending"):
        request_ask_again(actor=waiting.operator, request_id=old.id)
    # One approval of two: it ends with its request.
    policy = ApprovalRequest.objects.get(pk=old.id).policy | {"quorum": [{"role": "director", "count": 2}]}
    ApprovalRequest.objects.filter(pk=old.id).update(policy=policy)
    waiting.decide(old)
    expired(old)
    # The work item stays with its run: it is this one that goes on.
    with pytest.raises(WorkItemStateConflict):
        run_begin(actor=waiting.operator, work_item_id=waiting.item("E713").id)
    shown = {
        who.id: request_detail(actor=who, request_id=old.id).request.allowed_actions
        for who in (waiting.operator, waiting.director)
    }
    assert ["ask_again" in actions for actions in shown.values()] == [True, False]
    # Two who ask at once make one request.
    jobs = {request_ask_again(actor=who, request_id=old.id) for who in (waiting.operator, other)}
    drive()
    assert (len(jobs), failed_jobs()) == (1, [])
    new, run = waiting.request("E713"), waiting.run("E713")
    assert (waiting.request_by_id(old.id).state, new.state, new.supersedes) == ("expired", "pending", old.id)
    assert (run.state, new.decisions, new.excluded) == ("waiting_approval", (), old.excluded)
    assert new.expires_at > waiting.request_by_id(old.id).expires_at
    assert [item.text for item in comment_list(actor=PLATFORM, request_id=new.id)] == ["Reads well."]
    assert (events(run.id)["run.rebased"], events(jobs.pop())["job.enqueued"]) == (1, 1)
    with pytest.raises(AskAgainRefused, match="has been asked for again"):
        request_ask_again(actor=waiting.operator, request_id=old.id)
    waiting.decide(new)
    drive()
    assert waiting.run("E713").state == "merged"


def test_expired_sign_off_that_is_asked_for_again_is_signed(merged: World) -> None:
    from countersign.workflow.expired import AskAgainRefused, request_ask_again

    [old] = merged.requests("phase")
    expired(old)
    job = request_ask_again(actor=merged.operator, request_id=old.id)
    drive()
    [new] = merged.requests("phase")
    assert (new.supersedes, new.excluded, events(job)["job.enqueued"]) == (old.id, old.excluded, 1)
    merged.decide(new)
    drive()
    assert (merged.phases()["P1"].complete, failed_jobs()) == (True, [])
    with pytest.raises(AskAgainRefused, match="has been asked for again"):
        request_ask_again(actor=merged.operator, request_id=old.id)


def test_asking_again_is_for_who_may_start_runs(waiting: World) -> None:
    from countersign.approvals.errors import RequestNotFound
    from countersign.shared.errors import PermissionDenied
    from countersign.workflow.expired import request_ask_again

    with pytest.raises(PermissionDenied):
        request_ask_again(actor=waiting.director, request_id=waiting.request("E713").id)
    with pytest.raises(RequestNotFound):
        request_ask_again(actor=waiting.operator, request_id=waiting.project_id)


def test_expired_request_of_an_ended_run_is_not_renewed(waiting: World) -> None:
    """The run ended between the asking and the job: the job changes nothing, and nobody can ask again."""
    from countersign.jobs.selectors import job_get
    from countersign.runs.models import Run
    from countersign.workflow.expired import AskAgainRefused, request_ask_again

    old = waiting.request("E713")
    expired(old)
    job = request_ask_again(actor=waiting.operator, request_id=old.id)
    Run.objects.filter(pk=waiting.run("E713").id).update(state="failed")
    drive()
    assert job_get(actor=PLATFORM, job_id=job).result["renewed"] is False
    assert (waiting.run("E713").state, failed_jobs()) == ("failed", [])
    with pytest.raises(AskAgainRefused, match="the run is failed"):
        request_ask_again(actor=waiting.operator, request_id=old.id)


def test_change_is_neither_renewed_nor_ended_under_a_lost_lease(waiting: World) -> None:
    from countersign.jobs.contracts import Lease
    from countersign.jobs.errors import LeaseLost
    from countersign.workflow.renewal import change_renew_or_end

    lost, run = Lease(job_id=waiting.project_id, token=1), waiting.run("E713")
    with pytest.raises(LeaseLost):
        change_renew_or_end(
            lease=lost, project=waiting.project, run=run, request_id=run.request_id, why="late"
        )
    assert waiting.run("E713") == run
