"""The logs of ended jobs: which are old, and emptying them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F, Func, IntegerField, TextField
from django.db.models.functions import Cast, Now

from countersign.audit.services import record
from countersign.jobs.contracts import JobLog
from countersign.jobs.models import OPEN_STATES, Job

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django.db.models import QuerySet

    from countersign.shared.actor import Actor

_TEXTS = ("payload", "memory", "progress", "result", "error")


class _Bytes(Func):
    """How many bytes a text has, rather than characters."""

    function = "octet_length"
    output_field = IntegerField()


def _old(before: datetime) -> QuerySet[Job]:
    return Job.objects.exclude(state__in=OPEN_STATES).filter(updated_at__lt=before, emptied_at__isnull=True)


def job_logs_old(*, before: datetime, limit: int) -> tuple[JobLog, ...]:
    """Return what jobs left that ended before this moment, oldest first."""
    sizes = {f"{name}_size": _Bytes(Cast(name, TextField())) for name in _TEXTS}
    total = sum((F(name) for name in list(sizes)[1:]), F(next(iter(sizes))))
    rows = _old(before).annotate(**sizes).annotate(size=total).order_by("updated_at", "id")[:limit]
    fields = ("id", "kind", "subject_type", "subject_id", "updated_at", "size")
    return tuple(
        JobLog(str(job_id), kind, subject_type, subject_id, ended_at, size)
        for job_id, kind, subject_type, subject_id, ended_at, size in rows.values_list(*fields)
    )


@transaction.atomic(durable=True)
def job_logs_empty(
    *, actor: Actor, cleaning: str, job_ids: Iterable[str], before: datetime
) -> tuple[str, ...]:
    """Empty the logs of jobs that ended before this moment; the rows stay. Return whose were emptied.

    Args:
        actor: who cleans.
        cleaning: the id of the cleaning that this belongs to.
        job_ids: whose logs; those that have not ended, or ended later, are left alone.
        before: the moment.
    """
    chosen = _old(before).filter(pk__in=list(job_ids))
    ids = tuple(str(found) for found in chosen.select_for_update().values_list("id", flat=True))
    if ids:
        Job.objects.filter(pk__in=ids).update(emptied_at=Now(), **{name: {} for name in _TEXTS})
        record(
            actor=actor,
            type="retention.removed",
            subject=("retention", cleaning),
            data={"kind": "job", "count": len(ids), "ids": sorted(ids)},
        )
    return ids
