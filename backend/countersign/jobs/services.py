"""Enqueueing, claiming and finishing jobs.

Times are the database's: workers' clocks may disagree, leases must not.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Now

from countersign.audit.changes import insert_recorded, update_recorded
from countersign.jobs.contracts import ClaimedJob, Lease
from countersign.jobs.dispatch import dispatch_on_commit
from countersign.jobs.errors import JobNotFound, LeaseLost
from countersign.jobs.models import OPEN_STATES, Job, JobState
from countersign.jobs.selectors import actor_dump, job_data
from countersign.shared.correlation import correlation_id
from countersign.shared.errors import NoTransaction, StateConflict

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from django.db.models import QuerySet

    from countersign.shared.actor import Actor
    from countersign.shared.types import JSON

LEASE = timedelta(seconds=15)


def _require_transaction() -> None:
    if not connection.in_atomic_block:
        message = "this helper joins the caller's transaction; open one first"
        raise NoTransaction(message)


def job_enqueue(
    *,
    actor: Actor,
    kind: str,
    subject: tuple[str, str],
    payload: Mapping[str, JSON],
    run_after: datetime | None = None,
    dedupe_key: str = "",
) -> str:
    """Store a job inside the caller's transaction and return its id.

    Args:
        actor: on whose behalf it runs.
        kind: which workflow carries it out.
        subject: kind and id of what it is about.
        payload: what it needs; references, never secrets.
        run_after: not before this moment.
        dedupe_key: while a job with this key exists, its id is returned instead.

    Raises:
        NoTransaction: there is no open transaction to join.
    """
    _require_transaction()
    fields = {
        "kind": kind,
        "subject_type": subject[0],
        "subject_id": subject[1],
        "payload": dict(payload),
        "actor": actor_dump(actor),
        "correlation_id": correlation_id(),
        **({"run_after": run_after} if run_after else {}),
    }
    job = Job(dedupe_key=dedupe_key or None, **fields)
    made = insert_recorded(
        job,
        actor=actor,
        type="job.enqueued",
        subject=("job", str(job.id)),
        data={"kind": kind, "about": list(subject)},
        unless_exists=bool(dedupe_key),
    )
    if not made:
        # Whoever loses the race has waited for the one who won it.
        return str(Job.objects.values_list("pk", flat=True).get(dedupe_key=dedupe_key))
    dispatch_on_commit(str(job.id), run_after)
    return str(job.id)


@transaction.atomic(durable=True)
def job_claim(*, job_id: str, owner: str) -> ClaimedJob | None:
    """Take the lease of a job that is due and that nobody works on; ``None`` when there is nothing to take.

    Claims are not audited one by one: what a step does is, under its own event.
    """
    free = Q(lease_expires_at__isnull=True) | Q(lease_expires_at__lt=Now())
    claimed = Job.objects.filter(free, pk=job_id, state__in=OPEN_STATES, run_after__lte=Now()).update(
        state=JobState.RUNNING,
        lease_owner=owner,
        lease_expires_at=Now() + Value(LEASE),
        fencing_token=F("fencing_token") + 1,
        attempts=F("attempts") + 1,
        updated_at=Now(),
    )
    if not claimed:
        return None
    job = Job.objects.get(pk=job_id)
    return ClaimedJob(job_data(job), Lease(str(job.id), job.fencing_token))


@transaction.atomic(durable=True)
def job_heartbeat(*, lease: Lease) -> None:
    """Prolong the lease of a long step.

    Raises:
        LeaseLost: another worker holds the job now.
    """
    _move(lease, lease_expires_at=Now() + Value(LEASE))


def lease_check(lease: Lease) -> None:
    """Make sure, inside the caller's transaction, that the lease is still the newest; holds it until commit.

    Raises:
        NoTransaction: there is no open transaction to join.
        LeaseLost: another worker holds the job now.
    """
    _require_transaction()
    held = (
        Job.objects.select_for_update()
        .filter(pk=lease.job_id, fencing_token=lease.token, state=JobState.RUNNING)
        .values_list("pk", flat=True)
        .first()
    )
    if held is None:
        message = "another worker took this job over; nothing of this step is recorded"
        raise LeaseLost(message, job_id=lease.job_id)


def _held(lease: Lease) -> QuerySet[Job]:
    return Job.objects.filter(pk=lease.job_id, fencing_token=lease.token, state=JobState.RUNNING)


def _move(lease: Lease, **changes: object) -> None:
    if not _held(lease).update(updated_at=Now(), **changes):
        raise _lost(lease)


def _end(
    actor: Actor, lease: Lease, kind: str, data: Mapping[str, JSON] | None = None, **changes: object
) -> None:
    moved = update_recorded(
        _held(lease).only("id"),
        {**changes, "lease_owner": "", "lease_expires_at": None, "updated_at": Now()},
        actor=actor,
        type=kind,
        subject=("job", lease.job_id),
        data=data,
    )
    if not moved:
        raise _lost(lease)


def _lost(lease: Lease) -> LeaseLost:
    return LeaseLost("another worker took this job over", job_id=lease.job_id)


@transaction.atomic(durable=True)
def job_advance(
    *,
    lease: Lease,
    step: str,
    memory: Mapping[str, JSON],
    progress: Mapping[str, JSON],
    wait_seconds: float = 0,
) -> None:
    """End a step and name the next one, at once or after ``wait_seconds``; the lease is given back.

    Raises:
        LeaseLost: another worker holds the job now.
    """
    delay = timedelta(seconds=wait_seconds)
    _move(
        lease,
        state=JobState.WAITING if wait_seconds else JobState.QUEUED,
        step=step,
        memory=dict(memory),
        progress=dict(progress),
        error={},
        attempts=0,
        lease_owner="",
        lease_expires_at=None,
        run_after=Now() + Value(delay),
    )
    dispatch_on_commit(lease.job_id, None, wait_seconds)


@transaction.atomic(durable=True)
def job_retry(*, lease: Lease, error: Mapping[str, JSON], wait_seconds: float) -> None:
    """Give the lease back after a transient failure; the same step runs again after ``wait_seconds``.

    Raises:
        LeaseLost: another worker holds the job now.
    """
    _move(
        lease,
        state=JobState.WAITING,
        error=dict(error),
        lease_owner="",
        lease_expires_at=None,
        run_after=Now() + Value(timedelta(seconds=wait_seconds)),
    )
    dispatch_on_commit(lease.job_id, None, wait_seconds)


@transaction.atomic(durable=True)
def job_complete(*, actor: Actor, lease: Lease, result: Mapping[str, JSON]) -> None:
    """End a job well.

    Raises:
        LeaseLost: another worker holds the job now.
    """
    _end(actor, lease, "job.succeeded", state=JobState.SUCCEEDED, result=dict(result), error={})


@transaction.atomic(durable=True)
def job_fail(*, actor: Actor, lease: Lease, error: Mapping[str, JSON]) -> None:
    """End a job that can't go on; ``error`` holds ``code`` and ``error`` for people.

    Raises:
        LeaseLost: another worker holds the job now.
    """
    said: dict[str, JSON] = {
        "code": str(error.get("code", "")),
        "error": str(error.get("error", ""))[:500],
    }
    _end(actor, lease, "job.failed", said, state=JobState.FAILED, error=dict(error))


@transaction.atomic(durable=True)
def job_cancel(*, actor: Actor, job_id: str) -> None:
    """Stop a job before its next step.

    Raises:
        JobNotFound: there is no such job.
        StateConflict: it has ended already.
    """
    moved = update_recorded(
        Job.objects.filter(pk=job_id, state__in=OPEN_STATES).only("id"),
        {"state": JobState.CANCELLED, "fencing_token": F("fencing_token") + 1, "updated_at": Now()},
        actor=actor,
        type="job.cancelled",
        subject=("job", job_id),
    )
    if not moved:
        if not Job.objects.filter(pk=job_id).exists():
            message = "there is no such job"
            raise JobNotFound(message, job_id=job_id)
        message = "the job has ended already"
        raise StateConflict(message, job_id=job_id)


@transaction.atomic(durable=True)
def job_submit(
    *, actor: Actor, kind: str, subject: tuple[str, str], payload: Mapping[str, JSON], dedupe_key: str = ""
) -> str:
    """Store a job in a transaction of its own and return its id; for commands that only put work in line."""
    return job_enqueue(actor=actor, kind=kind, subject=subject, payload=payload, dedupe_key=dedupe_key)


@transaction.atomic(durable=True)
def job_submit_once(*, actor: Actor, kind: str, subject: tuple[str, str], payload: Mapping[str, JSON]) -> str:
    """Store a job as ``job_submit`` does, unless one of its kind about the subject is open; return its id.

    Whoever asks at the same moment waits, and is given the same job.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"job:{kind}:{subject[0]}:{subject[1]}"]
        )
    # A statement of its own: it must see what the one before committed.
    about = Job.objects.filter(kind=kind, subject_type=subject[0], subject_id=subject[1])
    found = about.filter(state__in=OPEN_STATES).order_by("-created_at").first()
    return str(found.id) if found else job_enqueue(actor=actor, kind=kind, subject=subject, payload=payload)
