"""One step of one job: whatever goes wrong ends in the job's state."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pytest

from countersign.jobs.contracts import JobData, Lease
from countersign.shared.errors import Conflict, Unavailable
from countersign.shared.types import JSON
from countersign.workflow import engine
from countersign.workflow.engine import MAX_ATTEMPTS, Heartbeat, job_step
from countersign.workflow.outcomes import Done, Next, StepContext, Workflow
from tests.workflow.world import PLATFORM, hurry

Step = Callable[[StepContext], Next | Done]
KIND = "test.kind"


class Ended:
    """What the workflow was told when its job failed."""

    def __init__(self) -> None:
        self.failures: list[Mapping[str, JSON]] = []

    def __call__(self, _: StepContext, failure: Mapping[str, JSON]) -> None:
        self.failures.append(failure)


@pytest.fixture
def ended() -> Ended:
    return Ended()


@pytest.fixture
def begin(committed_db: None, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Return a function that puts a job of the given steps in line."""

    def submit(
        first: Step,
        second: Step | None = None,
        *,
        on_failure: Callable[[StepContext, Mapping[str, JSON]], None] | None = None,
        carried_through: frozenset[str] = frozenset(),
    ) -> str:
        from countersign.jobs.services import job_submit

        steps = {"first": first, "second": second or (lambda _: Done())}
        workflow = Workflow(KIND, steps, on_failure, carried_through)
        monkeypatch.setattr(engine, "workflow_for", lambda _: workflow)
        return job_submit(actor=PLATFORM, kind=KIND, subject=("test", "1"), payload={"given": "text"})

    return submit


def job(job_id: str) -> JobData:
    from countersign.jobs.selectors import job_get

    return job_get(actor=PLATFORM, job_id=job_id)


def raising(error: BaseException) -> Step:
    def step(_: StepContext) -> Next:
        raise error

    return step


def take_over(context: StepContext) -> Lease:
    """Let another worker claim the job, as after a pause longer than the lease."""
    from countersign.jobs.models import Job
    from countersign.jobs.services import job_claim

    Job.objects.filter(pk=context.job.id).update(lease_expires_at=None)
    claimed = job_claim(job_id=context.job.id, owner="another")
    assert claimed is not None
    return claimed.lease


def test_job_step_advances_and_remembers(begin: Callable[..., str]) -> None:
    job_id = begin(
        lambda _: Next("second", {"kept": "yes"}, summary="half way"),
        lambda context: Done({"kept": context.text("kept"), "given": context.text("given")}),
    )
    assert job_step(job_id, owner="a")
    assert (job(job_id).step, job(job_id).progress["summary"]) == ("second", "half way")
    assert job_step(job_id, owner="b")
    assert job(job_id).state == "succeeded"
    assert job(job_id).result == {"kept": "yes", "given": "text"}
    assert not job_step(job_id, owner="c")


def test_job_step_leaves_a_job_that_another_worker_holds(begin: Callable[..., str]) -> None:
    inside: list[bool] = []

    def first(context: StepContext) -> Done:
        inside.append(job_step(context.job.id, owner="another"))
        return Done()

    assert job_step(begin(first), owner="one")
    assert inside == [False]


def test_job_step_records_nothing_when_its_lease_was_lost(begin: Callable[..., str]) -> None:
    def first(context: StepContext) -> Done:
        take_over(context)
        return Done({"from": "the slow worker"})

    job_id = begin(first)
    assert job_step(job_id, owner="slow")
    assert (job(job_id).state, job(job_id).result) == ("running", {})


def test_job_step_lets_a_lost_lease_out_of_a_step(begin: Callable[..., str], ended: Ended) -> None:
    from countersign.jobs.services import job_heartbeat

    def first(context: StepContext) -> Done:
        take_over(context)
        job_heartbeat(lease=context.lease)
        return Done()

    job_id = begin(first, on_failure=ended)
    assert job_step(job_id, owner="slow")
    assert (job(job_id).state, ended.failures) == ("running", [])


@pytest.mark.parametrize("error", [Unavailable("away"), OSError("disk")])
def test_job_step_tries_again_later_and_gives_up(
    begin: Callable[..., str], ended: Ended, error: Exception
) -> None:
    from countersign.jobs.models import Job

    job_id = begin(raising(error), on_failure=ended)
    waits = []
    for _ in range(MAX_ATTEMPTS - 1):
        assert job_step(job_id, owner="a")
        row = Job.objects.get(pk=job_id)
        waits.append(round((row.run_after - row.updated_at).total_seconds()))
        assert (row.state, row.error["code"]) == ("waiting", "unavailable")
        assert not job_step(job_id, owner="too early")
        hurry()
    assert waits == [1, 2, 4, 8, 16]
    assert ended.failures == []
    assert job_step(job_id, owner="a")
    assert job(job_id).state == "failed"
    assert [failure["code"] for failure in ended.failures] == ["unavailable"]


def test_job_step_forgets_the_error_of_an_attempt_once_it_goes_on(begin: Callable[..., str]) -> None:
    answers: Iterator[Callable[[], Next]] = iter([])

    def first(_: StepContext) -> Next:
        return next(answers)()

    def away() -> Next:
        raise Unavailable("away")

    answers = iter([away, lambda: Next("second")])
    job_id = begin(first)
    job_step(job_id, owner="a")
    assert job(job_id).error["error"] == "away"
    hurry()
    job_step(job_id, owner="a")
    assert (job(job_id).error, job(job_id).attempts) == ({}, 0)


def test_job_step_ends_a_refused_step_with_its_reason(begin: Callable[..., str], ended: Ended) -> None:
    job_id = begin(raising(Conflict("not now")), on_failure=ended)
    assert job_step(job_id, owner="a")
    assert job(job_id).state == "failed"
    assert job(job_id).error == {"code": "conflict", "error": "not now"}
    assert ended.failures == [{"code": "conflict", "error": "not now"}]


def test_job_step_says_nothing_of_what_broke_inside(begin: Callable[..., str], ended: Ended) -> None:
    job_id = begin(raising(RuntimeError("with a secret in it")), on_failure=ended)
    assert job_step(job_id, owner="a")
    error = job(job_id).error
    assert (error["code"], error["error"]) == ("internal_error", "Internal server error")
    assert error["correlation_id"] == job(job_id).correlation_id
    assert len(ended.failures) == 1


def test_job_step_never_gives_up_what_is_carried_through(begin: Callable[..., str], ended: Ended) -> None:
    from countersign.jobs.models import Job

    job_id = begin(raising(Conflict("in the way")), on_failure=ended, carried_through=frozenset({"first"}))
    # More failures than a number can be doubled.
    Job.objects.filter(pk=job_id).update(attempts=5_000)
    assert job_step(job_id, owner="a")
    row = Job.objects.get(pk=job_id)
    assert (row.state, row.error["error"], ended.failures) == ("waiting", "in the way", [])
    assert round((row.run_after - row.updated_at).total_seconds()) == engine.MAX_BACKOFF_SECONDS


def test_job_step_gives_up_a_step_that_kills_its_workers(begin: Callable[..., str], ended: Ended) -> None:
    from countersign.jobs.models import Job

    tried: list[str] = []

    def first(context: StepContext) -> Done:
        tried.append(context.job.id)
        return Done()

    job_id = begin(first, on_failure=ended)
    Job.objects.filter(pk=job_id).update(attempts=MAX_ATTEMPTS)
    assert job_step(job_id, owner="a")
    assert (job(job_id).state, job(job_id).error["code"], tried) == ("failed", "workers_died", [])
    assert len(ended.failures) == 1


def test_job_step_ends_the_job_also_when_its_subject_cannot_be(begin: Callable[..., str]) -> None:
    def broken(_: StepContext, __: Mapping[str, JSON]) -> None:
        message = "broken too"
        raise RuntimeError(message)

    job_id = begin(raising(Conflict("not now")), on_failure=broken)
    assert job_step(job_id, owner="a")
    assert (job(job_id).state, job(job_id).error["code"]) == ("failed", "conflict")


def test_job_step_leaves_the_job_to_another_when_the_lease_goes_while_it_fails(
    begin: Callable[..., str],
) -> None:
    def late(context: StepContext, _: Mapping[str, JSON]) -> None:
        take_over(context)

    job_id = begin(raising(Conflict("not now")), on_failure=late)
    assert job_step(job_id, owner="slow")
    assert job(job_id).state == "running"


def test_job_step_fails_a_job_that_no_workflow_knows(committed_db: None) -> None:
    from countersign.jobs.services import job_submit

    job_id = job_submit(actor=PLATFORM, kind="of.another.version", subject=("test", "1"), payload={})
    assert job_step(job_id, owner="a")
    assert (job(job_id).state, job(job_id).error["code"]) == ("failed", "workflow_unknown")


def test_heartbeat_keeps_the_lease_of_a_long_step(
    begin: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    from countersign.jobs.services import job_heartbeat

    monkeypatch.setattr(engine, "HEARTBEAT_SECONDS", 0.01)
    beaten = threading.Event()

    def beat(*, lease: Lease) -> None:
        job_heartbeat(lease=lease)
        beaten.set()

    monkeypatch.setattr(engine, "job_heartbeat", beat)

    def first(context: StepContext) -> Done:
        from countersign.jobs.models import Job

        before = Job.objects.get(pk=context.job.id).lease_expires_at
        assert beaten.wait(30)
        after = Job.objects.get(pk=context.job.id).lease_expires_at
        assert before is not None
        assert after is not None
        return Done({"prolonged": after > before})

    job_id = begin(first)
    assert job_step(job_id, owner="a")
    assert job(job_id).result == {"prolonged": True}


def test_heartbeat_stops_when_the_lease_is_lost(
    begin: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "HEARTBEAT_SECONDS", 0.01)
    seen: list[Heartbeat] = []

    def first(context: StepContext) -> Done:
        beat = Heartbeat(context.lease)
        take_over(context)
        with beat:
            beat._thread.join(30)
            seen.append(beat)
            assert not beat._thread.is_alive()
        return Done()

    assert job_step(begin(first), owner="slow")
    assert len(seen) == 1


def test_heartbeat_goes_on_when_the_database_was_away(
    begin: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    from django.db import OperationalError

    monkeypatch.setattr(engine, "HEARTBEAT_SECONDS", 0.01)
    again = threading.Event()
    calls: list[Lease] = []

    def beat(*, lease: Lease) -> None:
        calls.append(lease)
        if len(calls) == 1:
            raise OperationalError
        again.set()

    monkeypatch.setattr(engine, "job_heartbeat", beat)
    assert job_step(begin(lambda _: Done({"again": again.wait(30)})), owner="a")
    assert len(calls) >= 2


def test_tasks_carry_out_and_dispatch_what_is_due(
    begin: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from countersign.workflow import tasks

    sent: list[str] = []
    monkeypatch.setattr(tasks, "dispatch", sent.append)
    job_id = begin(lambda _: Done())
    tasks.jobs_dispatch()
    assert sent == [job_id]
    tasks.job_run(job_id)
    assert job(job_id).state == "succeeded"
    tasks.jobs_dispatch()
    assert sent == [job_id]


def test_carry_survives_a_broker_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    from celery import current_app
    from kombu.exceptions import OperationalError

    from countersign.workflow.carrier import carry

    def away(*_: object, **__: object) -> None:
        raise OperationalError

    monkeypatch.setattr(current_app, "send_task", away)
    carry("1", 0)
