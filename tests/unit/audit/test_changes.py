"""A change and its event in one statement: both or neither, and the same event as any other."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import DataError, IntegrityError, connection, transaction
from django.db.models import F, Value
from django.db.models.functions import Now

from countersign.audit.changes import insert_recorded, update_recorded
from countersign.audit.errors import AuditEventTooLarge
from countersign.audit.models import AuditEvent
from countersign.audit.services import record
from countersign.jobs.models import IdempotencyKey, Job, JobState
from countersign.shared.actor import Actor
from countersign.shared.correlation import correlation_scope
from countersign.shared.errors import InvalidInput, NoTransaction
from countersign_verify.canonical import canonical_bytes, strict_loads


def job_make(worker: Actor, **fields: object) -> Job:
    job = Job(**{"kind": "k", "subject_type": "run", "subject_id": "r1", "payload": {"a": [1]}, **fields})
    assert insert_recorded(job, actor=worker, type="job.enqueued", subject=("job", str(job.id)))
    return Job.objects.get(pk=job.pk)


def told() -> list[str]:
    return list(AuditEvent.objects.order_by("id").values_list("type", flat=True))


def test_update_recorded_changes_the_row_and_tells_of_it(db: None, worker: Actor) -> None:
    job = job_make(worker)
    with correlation_scope("request-0001"):
        rows = update_recorded(
            Job.objects.filter(pk=job.pk, state=JobState.QUEUED),
            {
                "state": JobState.RUNNING,
                "attempts": F("attempts") + 1,
                "lease_expires_at": Now() + Value(timedelta(seconds=15)),
                "memory": {"b": None, "a": "ü"},
            },
            actor=worker,
            type="job.claimed",
            subject=("job", str(job.pk)),
            data={"b": 1, "a": [True, None]},
        )
    now = Job.objects.get(pk=job.pk)
    assert [row.__dict__ for row in rows] == [{**now.__dict__, "_state": rows[0]._state}]
    assert not rows[0]._state.adding
    assert (now.state, now.attempts, now.memory) == ("running", 1, {"a": "ü", "b": None})
    event = AuditEvent.objects.get(type="job.claimed")
    body = json.loads(bytes(event.body))
    assert bytes(event.body) == canonical_bytes(strict_loads(bytes(event.body)))
    assert (body["id"], body["data"]) == (str(event.event_id), {"a": [True, None], "b": 1})
    assert (event.subject_type, event.subject_id) == ("job", str(job.pk))
    assert event.correlation_id == body["correlation_id"] == "request-0001"


def test_update_recorded_writes_the_same_event_as_record(committed_db: None, alice: Actor) -> None:
    with transaction.atomic():
        job = job_make(alice)
    said = {"actor": alice, "type": "job.cancelled", "subject": ("job", str(job.pk)), "data": {"n": 1}}
    with transaction.atomic():
        record(**said)  # type: ignore[arg-type]  # the names are those of both
        update_recorded(Job.objects.filter(pk=job.pk), {"step": "x"}, **said)  # type: ignore[arg-type]
    own = {"id", "event_id", "recorded_at", "body"}
    rows: list[dict[str, Any]] = [
        dict(row) for row in AuditEvent.objects.filter(type="job.cancelled").order_by("id").values()
    ]
    first, second = ({name: row[name] for name in row.keys() - own} for row in rows)
    assert first == second
    bodies = [json.loads(bytes(row["body"])) for row in rows]
    assert all(bodies[0][name] == bodies[1][name] for name in bodies[0].keys() - {"id", "time"})


def test_update_recorded_of_no_row_tells_nothing(db: None, worker: Actor) -> None:
    job = job_make(worker)
    rows = Job.objects.filter(pk=job.pk, state=JobState.FAILED)
    said = update_recorded(rows, {"step": "x"}, actor=worker, type="job.x", subject=("job", str(job.pk)))
    assert said == ()
    assert told() == ["job.enqueued"]


def test_update_recorded_of_several_rows_tells_once(db: None, worker: Actor) -> None:
    jobs = {job_make(worker).pk for _ in range(3)}
    rows = update_recorded(
        Job.objects.filter(pk__in=jobs).only("id"),
        {"step": "x"},
        actor=worker,
        type="job.x",
        subject=("job", "all"),
    )
    assert {row.pk for row in rows} == jobs
    assert rows[0].get_deferred_fields() >= {"payload", "state"}
    assert {row.step for row in rows} == {"x"}
    assert told().count("job.x") == 1


def test_insert_recorded_leaves_to_the_database_what_it_fills_in(db: None, worker: Actor) -> None:
    row = IdempotencyKey(key="k", user_id="u", request_digest="d")
    assert insert_recorded(row, actor=worker, type="key.made", subject=("key", "k"))
    assert not row._state.adding
    made = IdempotencyKey.objects.get(key="k")
    assert made.pk > 0
    assert (made.response, made.headers, made.status) == (None, {}, None)
    assert abs(made.created_at - AuditEvent.objects.get(type="key.made").recorded_at) < timedelta(minutes=5)


def test_insert_recorded_of_what_exists_tells_nothing(db: None, worker: Actor) -> None:
    job = job_make(worker, dedupe_key="once")

    def again(*, unless_exists: bool) -> bool:
        return insert_recorded(
            Job(kind="k", subject_type="run", subject_id="r1", dedupe_key="once"),
            actor=worker,
            type="job.enqueued",
            subject=("job", "again"),
            unless_exists=unless_exists,
        )

    with pytest.raises(IntegrityError, match="dedupe_key"), transaction.atomic():
        again(unless_exists=False)
    assert again(unless_exists=True) is False
    assert list(Job.objects.all()) == [job]
    assert told() == ["job.enqueued"]


def test_a_change_whose_event_is_refused_does_not_happen(db: None, worker: Actor) -> None:
    job = job_make(worker)
    for subject in (("job", "a\0b"), ("job", "x" * 201)):
        with pytest.raises(DataError), transaction.atomic():
            update_recorded(
                Job.objects.filter(pk=job.pk), {"step": "x"}, actor=worker, type="job.x", subject=subject
            )
        with pytest.raises(DataError), transaction.atomic():
            insert_recorded(IdempotencyKey(key="k", user_id="u"), actor=worker, type="job.x", subject=subject)
    assert connection.is_usable()
    assert Job.objects.get(pk=job.pk).step == ""
    assert IdempotencyKey.objects.count() == 0
    assert told() == ["job.enqueued"]


def test_a_change_that_is_refused_tells_nothing(db: None, worker: Actor) -> None:
    job = job_make(worker)
    with pytest.raises(IntegrityError, match="job_state_known"), transaction.atomic():
        update_recorded(
            Job.objects.filter(pk=job.pk),
            {"state": "unheard of"},
            actor=worker,
            type="job.x",
            subject=("job", str(job.pk)),
        )
    assert told() == ["job.enqueued"]


def test_a_recorded_change_is_undone_with_its_transaction(committed_db: None, worker: Actor) -> None:
    class ChangeFailed(Exception):
        pass

    def change() -> None:
        with transaction.atomic():
            job_make(worker)
            raise ChangeFailed

    with pytest.raises(ChangeFailed):
        change()
    assert (Job.objects.count(), AuditEvent.objects.count()) == (0, 0)


def test_recorded_changes_outside_a_transaction_are_refused(committed_db: None, worker: Actor) -> None:
    with pytest.raises(NoTransaction):
        update_recorded(Job.objects.all(), {"step": "x"}, actor=worker, type="job.x", subject=("job", "x"))
    with pytest.raises(NoTransaction):
        insert_recorded(Job(kind="k"), actor=worker, type="job.x", subject=("job", "x"))


def test_recorded_changes_refuse_the_events_that_record_refuses(db: None, worker: Actor) -> None:
    job = job_make(worker)
    rows, subject = Job.objects.filter(pk=job.pk), ("job", str(job.pk))
    with pytest.raises(InvalidInput):
        update_recorded(rows, {"step": "x"}, actor=worker, type="Job", subject=subject)
    with pytest.raises(InvalidInput):
        insert_recorded(Job(kind="k"), actor=worker, type="Job", subject=subject)
    large = {"text": "x" * 65_536}
    with pytest.raises(AuditEventTooLarge):
        update_recorded(rows, {"step": "x"}, actor=worker, type="job.x", subject=subject, data=large)
    with pytest.raises(AuditEventTooLarge):
        insert_recorded(Job(kind="k"), actor=worker, type="job.x", subject=subject, data=large)
    assert rows.get().step == ""


def test_recorded_changes_are_prepared_once(db: None, worker: Actor) -> None:
    def change() -> tuple[int, int]:
        job = job_make(worker)
        update_recorded(
            Job.objects.filter(pk=job.pk),
            {"step": job.pk.hex},
            actor=worker,
            type="job.x",
            subject=("job", "x"),
        )
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*), sum(generic_plans + custom_plans) FROM pg_prepared_statements")
            statements, runs = cursor.fetchone()
        return statements, runs

    statements, runs = change()
    assert [change() for _ in range(8)] == [(statements, runs + 2 * number) for number in range(1, 9)]
