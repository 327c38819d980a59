"""When the registered repository is not as it was: nothing is lost, nothing is doubled, somebody is told."""

from __future__ import annotations

import pytest

from tests.workflow.world import World, drive, events, failed_jobs

pytestmark = pytest.mark.needs("bwrap")

HINDERED = 3


def hindered(world: World, rule: str) -> bool:
    """Say whether the execution has been refused several times, and so would have been given up."""
    return world.execution(rule).attempts >= HINDERED


def intended(world: World, rule: str = "F401") -> bool:
    return world.merge(rule) is not None


def shown_reason(world: World, request_id: str) -> str | None:
    from countersign.workflow.queries.requests import request_detail

    execution = request_detail(actor=world.auditor, request_id=request_id).execution
    assert execution is not None
    return execution.reason


def test_dirty_checkout_is_told_and_delivered_once_it_is_clean(waiting: World) -> None:
    base = waiting.source.head
    waiting.source.write("src/sample/alpha.py", "mine = 1\n")
    waiting.approve("F401")
    request = waiting.request("F401")
    drive(lambda: hindered(waiting, "F401"))
    assert waiting.source.head == base
    assert waiting.source.tags == set()
    assert waiting.run("F401").state == "merging"
    assert "commit or stash" in str(waiting.execution("F401").error["error"])
    assert "commit or stash" in str(shown_reason(waiting, request.id))
    waiting.source.git("checkout", "-q", "--", ".")
    drive()
    merge = waiting.merge("F401")
    assert merge is not None
    assert waiting.source.head == merge.state_commit
    assert waiting.source.merges == [merge.merge_commit]
    assert events(waiting.runs["F401"])["merge.intended"] == 1
    assert events(waiting.runs["F401"])["run.merged"] == 1
    assert waiting.execution("F401").error == {}
    assert shown_reason(waiting, request.id) is None


def test_hindered_merge_lets_no_other_one_pass(waiting: World) -> None:
    waiting.source.write("src/sample/alpha.py", "mine = 1\n")
    waiting.approve("F401", "E713")
    drive(lambda: hindered(waiting, "F401") or hindered(waiting, "E713"))
    assert sorted(waiting.run(rule).state for rule in ("F401", "E713")) == ["approved", "merging"]
    waiting.source.git("checkout", "-q", "--", ".")
    drive()
    assert [waiting.run(rule).state for rule in ("F401", "E713")] == ["merged", "merged"]
    assert len(waiting.source.merges) == 2


def test_push_before_the_delivery_takes_the_intent_back(waiting: World) -> None:
    waiting.approve("F401")
    old = waiting.request("F401")
    drive(lambda: intended(waiting))
    pushed = waiting.source.commit("README.md", "Hello.\n")
    drive()
    assert failed_jobs() == []
    assert waiting.source.head == pushed
    assert waiting.source.tags == set()
    assert waiting.merge("F401") is None
    assert waiting.request_by_id(old.id).state == "void"
    assert waiting.run("F401").state == "waiting_approval"
    assert waiting.run("F401").base_commit == pushed
    assert events(waiting.runs["F401"])["merge.abandoned"] == 1
    waiting.approve("F401")
    drive()
    merge = waiting.merge("F401")
    assert merge is not None
    assert waiting.source.merges == [merge.merge_commit]
    assert waiting.source.text("README.md") == "Hello."


def test_push_upon_an_unrecorded_delivery_is_kept(waiting: World) -> None:
    """The worker died after the branch moved, and the owner went on from there before it came back."""
    from countersign.workflow.change import repository_of

    waiting.approve("F401")
    drive(lambda: intended(waiting))
    merge = waiting.merge("F401")
    assert merge is not None
    waiting.source.git("fetch", "-q", str(repository_of(waiting.project).path), merge.state_commit)
    waiting.source.git("merge", "-q", "--ff-only", merge.state_commit)
    waiting.source.git("tag", merge.tag, merge.merge_commit)
    pushed = waiting.source.commit("README.md", "Hello.\n")
    drive()
    assert failed_jobs() == []
    assert waiting.run("F401").state == "merged"
    assert waiting.source.head == pushed
    assert waiting.source.merges == [merge.merge_commit]
    assert events(waiting.runs["F401"])["merge.abandoned"] == 0


def test_foreign_tag_in_the_way_is_told_and_delivered_once_it_is_gone(waiting: World) -> None:
    waiting.approve("F401")
    drive(lambda: intended(waiting))
    merge = waiting.merge("F401")
    assert merge is not None
    waiting.source.git("tag", merge.tag, "main")
    drive(lambda: hindered(waiting, "F401"))
    assert "tag" in str(waiting.execution("F401").error["error"])
    assert waiting.source.merges == []
    waiting.source.git("tag", "--delete", merge.tag)
    drive()
    assert waiting.run("F401").state == "merged"
    assert waiting.source.merges == [merge.merge_commit]


def test_missing_repository_during_the_delivery_is_waited_for(waiting: World) -> None:
    waiting.approve("F401")
    drive(lambda: intended(waiting))
    place = waiting.source.path
    place.rename(place.with_name("away"))
    drive(lambda: hindered(waiting, "F401"))
    assert waiting.run("F401").state == "merging"
    place.with_name("away").rename(place)
    drive()
    assert waiting.run("F401").state == "merged"


def test_repository_that_stays_away_frees_the_merge_slot(waiting: World) -> None:
    waiting.approve("F401")
    place = waiting.source.path
    place.rename(place.with_name("away"))
    drive()
    run = waiting.run("F401")
    assert run.state == "failed"
    assert "can't be read" in str(run.failure["error"])
    assert waiting.item("F401").state == "ready"
    place.with_name("away").rename(place)
    waiting.approve("E713")
    drive()
    assert waiting.run("E713").state == "merged"


def test_decision_that_expires_before_the_delivery_is_asked_for_again(waiting: World) -> None:
    from django.db.models.functions import Now

    from countersign.approvals.models import ApprovalRequest

    waiting.approve("F401")
    old = waiting.request("F401")
    drive(lambda: intended(waiting))
    ApprovalRequest.objects.filter(pk=old.id).update(expires_at=Now())
    drive()
    assert waiting.source.merges == []
    assert waiting.request_by_id(old.id).state == "void"
    assert "expired" in waiting.request_by_id(old.id).void_reason
    assert waiting.run("F401").state == "waiting_approval"
    assert waiting.request("F401").id != old.id


def test_services_that_give_up_record_nothing_under_a_lost_lease(waiting: World) -> None:
    from countersign.jobs.contracts import Lease
    from countersign.jobs.errors import LeaseLost
    from countersign.runs.services import merge_abandon, merge_fail
    from tests.workflow.world import PLATFORM

    waiting.approve("F401")
    request = waiting.request("F401")
    drive(lambda: intended(waiting))
    lost = Lease(waiting.execution("F401").id, 0)
    run_id = waiting.runs["F401"]
    with pytest.raises(LeaseLost):
        merge_abandon(actor=PLATFORM, lease=lost, run_id=run_id, why="tried")
    with pytest.raises(LeaseLost):
        merge_fail(actor=PLATFORM, lease=lost, run_id=run_id, request_id=request.id, failure={})
    assert intended(waiting)
    assert waiting.run("F401").state == "merging"


def test_merge_fail_leaves_an_intended_merge_alone(waiting: World) -> None:
    from countersign.jobs.models import Job
    from countersign.jobs.services import job_claim
    from countersign.runs.services import merge_fail
    from tests.workflow.world import PLATFORM, hurry

    waiting.approve("F401")
    request = waiting.request("F401")
    drive(lambda: intended(waiting))
    hurry()
    job = Job.objects.get(dedupe_key=f"decision.execute:{request.id}")
    claimed = job_claim(job_id=str(job.id), owner="test")
    assert claimed is not None
    run = merge_fail(
        actor=PLATFORM,
        lease=claimed.lease,
        run_id=waiting.runs["F401"],
        request_id=request.id,
        failure={"error": "tried"},
    )
    assert run.state == "merging"


def test_repository_contains_its_history_and_nothing_else(waiting: World) -> None:
    from countersign.sandbox.errors import RepositoryNotFound
    from countersign.workflow.change import repository_of

    base = waiting.source.head
    waiting.approve("F401")
    drive()
    repository, head = repository_of(waiting.project), waiting.source.head
    assert repository.contains(head, base)
    assert repository.contains(head, head)
    assert not repository.contains(base, head)
    assert not repository.contains(head, "1" * 40)
    with pytest.raises(RepositoryNotFound):
        repository.contains("1" * 40, head)
