"""Reading jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Now

from countersign.jobs.contracts import JobData
from countersign.jobs.errors import JobNotFound
from countersign.jobs.models import OPEN_STATES, Job
from countersign.shared.actor import Actor

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from countersign.shared.types import JSON

_SEES_ALL = ("operator", "admin", "auditor", "director", "cab_member", "security_reviewer")


def actor_dump(actor: Actor) -> dict[str, JSON]:
    """Return the actor as it is stored with a job; the label stays out, it is personal data."""
    return {
        "kind": actor.kind,
        "id": actor.id,
        "person_id": actor.person_id,
        "roles": sorted(actor.roles),
        "token_id": actor.token_id,
        "minted_by": actor.minted_by,
        "unattended": actor.unattended,
    }


def actor_load(stored: dict[str, object]) -> Actor:
    """Return the actor that a job was enqueued by."""
    return Actor(
        kind=str(stored.get("kind", "service")),  # type: ignore[arg-type]  # written by actor_dump alone
        id=str(stored.get("id", "")),
        label=str(stored.get("id", "")),
        person_id=_text_or_none(stored.get("person_id")),
        roles=frozenset(str(role) for role in _list(stored.get("roles"))),
        token_id=_text_or_none(stored.get("token_id")),
        minted_by=_text_or_none(stored.get("minted_by")),
        unattended=bool(stored.get("unattended", False)),
    )


def _text_or_none(value: object) -> str | None:
    return None if value is None else str(value)


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else []


def job_data(job: Job) -> JobData:
    """Return what others see of a job."""
    return JobData(
        id=str(job.id),
        kind=job.kind,
        state=job.state,
        step=job.step,
        subject_type=job.subject_type,
        subject_id=job.subject_id,
        payload=job.payload,
        memory=job.memory,
        progress=job.progress,
        result=job.result,
        error=job.error,
        attempts=job.attempts,
        correlation_id=job.correlation_id,
        created_at=job.created_at,
        updated_at=job.updated_at,
        actor=actor_load(job.actor),
    )


def job_get(*, actor: Actor, job_id: str) -> JobData:
    """Return a job that the actor may see: their own, or any for those who run the platform.

    Raises:
        JobNotFound: there is none, or not for this actor.
    """
    job = Job.objects.filter(pk=job_id).first()
    if job is None or not _may_see(actor, job):
        message = "there is no such task"
        raise JobNotFound(message, job_id=job_id)
    return job_data(job)


def _may_see(actor: Actor, job: Job) -> bool:
    return actor.kind == "service" or actor.has_role(*_SEES_ALL) or job.actor.get("id") == actor.id


def jobs_due(*, limit: int = 200) -> tuple[str, ...]:
    """Return the ids of open jobs that are due and that nobody holds a live lease of."""
    free = Q(lease_expires_at__isnull=True) | Q(lease_expires_at__lt=Now())
    due = Job.objects.filter(free, state__in=OPEN_STATES, run_after__lte=Now()).order_by("run_after")
    return tuple(str(job_id) for job_id in due.values_list("id", flat=True)[:limit])


def jobs_open_count(*, kind: str = "") -> int:
    """Return how many jobs have not ended, of one kind or of all."""
    jobs = Job.objects.filter(state__in=OPEN_STATES)
    return (jobs.filter(kind=kind) if kind else jobs).count()


def jobs_ended(*, kind: str, job_ids: Iterable[str]) -> dict[str, datetime]:
    """Return when these jobs of one kind ended, by id; what is no id, or has not ended, is left out."""
    ids = [job_id for job_id in job_ids if _is_id(job_id)]
    ended = Job.objects.filter(kind=kind, pk__in=ids).exclude(state__in=OPEN_STATES)
    return {str(job_id): moment for job_id, moment in ended.values_list("id", "updated_at")}


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def job_for_subject(*, actor: Actor, kind: str, subject: tuple[str, str]) -> JobData | None:
    """Return the newest job of ``kind`` about ``subject`` that the actor may see, if any."""
    job = (
        Job.objects.filter(kind=kind, subject_type=subject[0], subject_id=subject[1])
        .order_by("-created_at")
        .first()
    )
    return job_data(job) if job is not None and _may_see(actor, job) else None
