"""Jobs: enqueued with their cause, claimed by one, fenced off from whoever lost the lease."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections, transaction

from countersign.audit.selectors import event_list
from countersign.jobs.contracts import ClaimedJob, Lease
from countersign.jobs.dispatch import carrier_register, dispatch
from countersign.jobs.errors import JobNotFound, LeaseLost
from countersign.jobs.models import Job, JobState
from countersign.jobs.selectors import job_for_subject, job_get, jobs_due, jobs_open_count
from countersign.jobs.services import (
    job_advance,
    job_cancel,
    job_claim,
    job_complete,
    job_enqueue,
    job_fail,
    job_heartbeat,
    job_retry,
    job_submit,
    job_submit_once,
    lease_check,
)
from countersign.shared.actor import Actor
from countersign.shared.clock import now
from countersign.shared.correlation import correlation_scope
from countersign.shared.errors import NoTransaction, StateConflict

Enqueue = Callable[..., str]
Claim = Callable[..., ClaimedJob]
Expire = Callable[[str], None]


def events(actor: Actor) -> list[str]:
    return [event.type for event in event_list(actor=actor)]


def test_job_enqueue_outside_a_transaction_is_refused(committed_db: None, worker: Actor) -> None:
    with pytest.raises(NoTransaction):
        job_enqueue(actor=worker, kind="k", subject=("run", "r1"), payload={})


def test_job_enqueue_is_undone_with_its_cause(committed_db: None, worker: Actor) -> None:
    class CauseFailed(Exception):
        pass

    def cause() -> None:
        with transaction.atomic():
            job_enqueue(actor=worker, kind="k", subject=("run", "r1"), payload={})
            raise CauseFailed

    with pytest.raises(CauseFailed):
        cause()
    assert jobs_due() == ()


def test_job_submit_keeps_actor_correlation_and_event(db: None, enqueue: Enqueue, operator: Actor) -> None:
    with correlation_scope("request-0001"):
        job_id = enqueue(operator)
    job = job_get(actor=operator, job_id=job_id)
    assert (job.kind, job.state, job.subject_type, job.subject_id) == ("run.execute", "queued", "run", "r1")
    assert job.correlation_id == "request-0001"
    assert (job.actor.id, job.actor.person_id, job.actor.roles) == (
        operator.id,
        operator.person_id,
        operator.roles,
    )
    assert job.actor.label == operator.id, "a name is personal data and stays out of the jobs"
    assert events(operator) == ["job.enqueued"]


def test_job_submit_with_a_known_key_returns_the_same_job(db: None, enqueue: Enqueue) -> None:
    assert enqueue(dedupe_key="once") == enqueue(dedupe_key="once")
    assert jobs_open_count() == 1


def test_job_submit_with_one_key_from_two_sides_makes_one_job(committed_db: None, enqueue: Enqueue) -> None:
    def side(_number: int) -> str:
        try:
            return enqueue(dedupe_key="once")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(side, range(8)))) == 1
    assert jobs_open_count(kind="run.execute") == 1


def test_job_claim_gives_the_job_to_one_worker_only(committed_db: None, enqueue: Enqueue) -> None:
    job_id = enqueue()

    def attempt(number: int) -> ClaimedJob | None:
        try:
            return job_claim(job_id=job_id, owner=f"worker-{number}")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        claims = [claim for claim in pool.map(attempt, range(8)) if claim]
    assert len(claims) == 1
    assert jobs_due() == ()


def test_job_claim_of_what_is_not_due_takes_nothing(db: None, enqueue: Enqueue) -> None:
    later = enqueue(dedupe_key="later")
    Job.objects.filter(pk=later).update(run_after=now() + timedelta(hours=1))
    assert job_claim(job_id=later, owner="w") is None
    assert job_claim(job_id=str(uuid.uuid4()), owner="w") is None
    assert jobs_due() == ()


def test_job_enqueue_can_wait(db: None, worker: Actor) -> None:
    with transaction.atomic():
        job_id = job_enqueue(
            actor=worker, kind="k", subject=("run", "r1"), payload={}, run_after=now() + timedelta(hours=1)
        )
    assert job_id not in jobs_due()


def test_job_whose_lease_ran_out_is_due_again_and_fences_the_first_worker_off(
    db: None, enqueue: Enqueue, claim: Claim, expire: Expire, worker: Actor
) -> None:
    job_id = enqueue()
    first = claim(job_id)
    expire(job_id)
    assert jobs_due() == (job_id,)
    second = claim(job_id, "worker-2")
    assert second.lease.token > first.lease.token
    assert second.job.attempts == 2

    with pytest.raises(LeaseLost), transaction.atomic():
        lease_check(first.lease)
    with pytest.raises(LeaseLost):
        job_heartbeat(lease=first.lease)
    with pytest.raises(LeaseLost):
        job_advance(lease=first.lease, step="next", memory={}, progress={})
    with pytest.raises(LeaseLost):
        job_retry(lease=first.lease, error={}, wait_seconds=0)
    with pytest.raises(LeaseLost):
        job_complete(actor=worker, lease=first.lease, result={})
    with pytest.raises(LeaseLost):
        job_fail(actor=worker, lease=first.lease, error={})
    with transaction.atomic():
        lease_check(second.lease)


def test_lease_check_outside_a_transaction_is_refused(committed_db: None) -> None:
    with pytest.raises(NoTransaction):
        lease_check(Lease(str(uuid.uuid4()), 1))


def test_lease_check_holds_the_job_until_the_commit(
    committed_db: None, enqueue: Enqueue, claim: Claim, expire: Expire
) -> None:
    """Nobody can take the job over between the check and the commit of what was checked."""
    job_id = enqueue()
    held = claim(job_id)
    expire(job_id)

    def take_over() -> ClaimedJob | None:
        try:
            return job_claim(job_id=job_id, owner="worker-2")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            lease_check(held.lease)
            taking = pool.submit(take_over)
            assert not taking.done()
            Job.objects.filter(pk=job_id).update(memory={"recorded": True})
        taken = taking.result(30)
    assert taken is not None
    assert taken.job.memory == {"recorded": True}


def test_job_heartbeat_keeps_the_lease(db: None, enqueue: Enqueue, claim: Claim, expire: Expire) -> None:
    job_id = enqueue()
    held = claim(job_id)
    expire(job_id)
    job_heartbeat(lease=held.lease)
    assert jobs_due() == ()
    assert job_claim(job_id=job_id, owner="w") is None


def test_job_advance_names_the_next_step_and_gives_the_lease_back(
    db: None, enqueue: Enqueue, claim: Claim, worker: Actor
) -> None:
    job_id = enqueue()
    job_advance(lease=claim(job_id).lease, step="gates", memory={"a": 1}, progress={"done": 1, "total": 2})
    job = job_get(actor=worker, job_id=job_id)
    assert (job.state, job.step, job.memory, job.attempts) == ("queued", "gates", {"a": 1}, 0)
    assert claim(job_id).job.step == "gates"


def test_job_advance_can_wait_without_holding_anything(db: None, enqueue: Enqueue, claim: Claim) -> None:
    job_id = enqueue()
    job_advance(lease=claim(job_id).lease, step="poll", memory={}, progress={}, wait_seconds=60)
    assert Job.objects.get(pk=job_id).state == JobState.WAITING
    assert jobs_due() == ()
    assert jobs_open_count() == 1


def test_job_retry_keeps_step_and_attempts(db: None, enqueue: Enqueue, claim: Claim, worker: Actor) -> None:
    job_id = enqueue()
    job_retry(lease=claim(job_id).lease, error={"code": "transient"}, wait_seconds=60)
    job = job_get(actor=worker, job_id=job_id)
    assert (job.state, job.error, job.attempts) == ("waiting", {"code": "transient"}, 1)


def test_job_complete_and_fail_end_a_job(db: None, enqueue: Enqueue, claim: Claim, worker: Actor) -> None:
    done, broken = enqueue(dedupe_key="1"), enqueue(dedupe_key="2")
    job_complete(actor=worker, lease=claim(done).lease, result={"ok": True})
    job_fail(actor=worker, lease=claim(broken).lease, error={"code": "c", "error": "why"})
    assert job_get(actor=worker, job_id=done).result == {"ok": True}
    assert job_get(actor=worker, job_id=broken).error == {"code": "c", "error": "why"}
    assert jobs_due() == ()
    assert jobs_open_count() == 0
    assert events(worker)[:2] == ["job.failed", "job.succeeded"]


def test_job_cancel_fences_its_worker_off(db: None, enqueue: Enqueue, claim: Claim, operator: Actor) -> None:
    job_id = enqueue()
    held = claim(job_id)
    job_cancel(actor=operator, job_id=job_id)
    with pytest.raises(LeaseLost):
        job_heartbeat(lease=held.lease)
    with pytest.raises(StateConflict, match="ended already"):
        job_cancel(actor=operator, job_id=job_id)
    with pytest.raises(JobNotFound):
        job_cancel(actor=operator, job_id=str(uuid.uuid4()))
    assert events(operator)[0] == "job.cancelled"


def test_job_get_shows_a_job_to_its_actor_and_to_those_who_run_the_platform(
    db: None, enqueue: Enqueue, operator: Actor, worker: Actor
) -> None:
    ci = Actor(kind="person", id="ci-1", label="ci", roles=frozenset({"ci"}))
    stranger = Actor(kind="person", id="ci-2", label="ci", roles=frozenset({"ci"}))
    job_id = enqueue(ci)
    assert {job_get(actor=actor, job_id=job_id).id for actor in (ci, operator, worker)} == {job_id}
    with pytest.raises(JobNotFound):
        job_get(actor=stranger, job_id=job_id)
    with pytest.raises(JobNotFound):
        job_get(actor=operator, job_id=str(uuid.uuid4()))


def test_job_for_subject_finds_the_newest(db: None, enqueue: Enqueue, worker: Actor) -> None:
    enqueue(dedupe_key="1")
    newest = enqueue(dedupe_key="2")
    Job.objects.filter(pk=newest).update(created_at=now() + timedelta(seconds=1))
    found = job_for_subject(actor=worker, kind="run.execute", subject=("run", "r1"))
    assert found is not None
    assert found.id == newest
    assert job_for_subject(actor=worker, kind="run.execute", subject=("run", "other")) is None
    stranger = Actor(kind="person", id="x", label="x")
    assert job_for_subject(actor=stranger, kind="run.execute", subject=("run", "r1")) is None


def test_states_that_do_not_exist_are_refused_by_the_database(db: None, enqueue: Enqueue) -> None:
    from django.db import IntegrityError

    job_id = enqueue()
    with pytest.raises(IntegrityError), transaction.atomic():
        Job.objects.filter(pk=job_id).update(state="lost")
    assert str(Job.objects.get(pk=job_id)) == f"run.execute {job_id}"


def test_dispatch_happens_after_the_commit_and_survives_a_broker_that_is_away(
    committed_db: None, enqueue: Enqueue, worker: Actor, caplog: pytest.LogCaptureFixture
) -> None:
    from countersign.jobs.dispatch import _CARRIERS

    before = list(_CARRIERS)
    sent: list[tuple[str, float]] = []

    def away(_job_id: str, _delay: float) -> None:
        raise ConnectionRefusedError

    try:
        carrier_register(lambda job_id, delay: sent.append((job_id, delay)))
        with transaction.atomic():
            job_id = job_enqueue(actor=worker, kind="k", subject=("run", "r1"), payload={})
            before_commit = len(sent)
        assert before_commit == 0
        assert sent == [(job_id, 0)]
        later = job_submit(actor=worker, kind="k", subject=("run", "r2"), payload={})
        claimed = job_claim(job_id=later, owner="w")
        assert claimed is not None
        job_advance(lease=claimed.lease, step="s", memory={}, progress={}, wait_seconds=5)
        assert (later, 5.0) in sent
        carrier_register(away)
        dispatch(job_id)
        assert "the beat will dispatch it" in caplog.text
    finally:
        _CARRIERS[:] = before


def test_job_submit_once_gives_everybody_the_one_that_is_open(committed_db: None, worker: Actor) -> None:
    def submit(_: int) -> str:
        try:
            return job_submit_once(actor=worker, kind="once", subject=("thing", "t1"), payload={})
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        [first] = set(pool.map(submit, range(16)))
    assert job_submit_once(actor=worker, kind="once", subject=("thing", "t2"), payload={}) != first
    job_cancel(actor=worker, job_id=first)
    assert submit(0) != first
    assert Job.objects.filter(kind="once").count() == 3
