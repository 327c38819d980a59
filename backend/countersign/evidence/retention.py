"""Cleaning by hand: what is told before and after, and old artifacts, which are never packs."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models.functions import Now

from countersign.accounts.policies import require
from countersign.audit.services import record
from countersign.evidence.contracts import OldArtifact
from countersign.evidence.errors import CleaningRefused
from countersign.evidence.keys import MIN_REASON, key_empty
from countersign.evidence.models import Artifact
from countersign.runs.retention import transcript_uses

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from countersign.shared.actor import Actor
    from countersign.shared.types import JSON

# Packs, the mirror of the log and everything else lie elsewhere, whatever a row says.
PREFIX = "artifacts/"


def artifacts_old(
    *, actor: Actor, before: datetime, after: tuple[datetime, str] | None, limit: int
) -> tuple[OldArtifact, ...]:
    """Return artifacts that were last stored before this moment and still lie in the store, oldest first.

    Args:
        actor: who asks.
        before: the moment.
        after: time and digest of the last one that was looked at.
        limit: at most so many.

    Raises:
        PermissionDenied: the actor may not see what is kept for how long.
    """
    require(actor, "retention.read")
    rows = Artifact.objects.filter(stored_at__lt=before, key__startswith=PREFIX)
    if after is not None:
        moment, digest = after
        rows = rows.filter(stored_at__gte=moment).exclude(stored_at=moment, digest__lte=digest)
    return tuple(
        OldArtifact(row.digest, row.key, row.size, row.stored_at, unmade=row.removed_at is not None)
        for row in rows.order_by("stored_at", "digest")[:limit]
    )


@transaction.atomic(durable=True)
def cleaning_begin(*, actor: Actor, reason: str, plan: str, about: Mapping[str, JSON]) -> str:
    """Record that what a plan names is about to be removed; return the id of the cleaning.

    Args:
        actor: who cleans.
        reason: why; it stands in the log for good.
        plan: the digest of the plan that was shown.
        about: its period, moment and counts.

    Raises:
        PermissionDenied: the actor may not clean.
        CleaningRefused: there is no proper reason.
    """
    require(actor, "retention.clean")
    if len(reason.strip()) < MIN_REASON:
        message = f"say why in at least {MIN_REASON} characters"
        raise CleaningRefused(message)
    cleaning = str(uuid.uuid4())
    record(
        actor=actor,
        type="retention.begun",
        subject=("retention", cleaning),
        data={"plan": plan, "reason": reason.strip()[:2000], **about},
    )
    return cleaning


@transaction.atomic(durable=True)
def artifacts_unmake(
    *, actor: Actor, cleaning: str, artifacts: Mapping[str, str], before: datetime
) -> frozenset[str]:
    """Destroy the keys of artifacts and mark them as removed; return those whose bytes may go now.

    Left alone is what was stored again since the moment, and what a run needs or left since then: both are
    asked once more here, while nobody else can store the same artifact.

    Args:
        actor: who cleans.
        cleaning: the id of the cleaning.
        artifacts: where each lies, by its digest; of one that was stored elsewhere meanwhile, the place that
            was left may be cleared.
        before: the moment.

    Raises:
        PermissionDenied: the actor may not clean, or may not read runs.
    """
    require(actor, "retention.clean")
    rows = tuple(Artifact.objects.select_for_update().filter(pk__in=list(artifacts)).order_by("pk"))
    living = [row for row in rows if row.removed_at is None and row.key == artifacts[row.digest]]
    needed = {
        use.digest
        for use in transcript_uses(actor=actor, digests=[row.digest for row in living])
        if use.open or use.at >= before
    }
    gone = [row for row in living if row.stored_at < before and row.digest not in needed]
    for row in gone:
        if row.sealed_with_id is not None:
            key_empty(row.sealed_with_id)
    if gone:
        digests = sorted(row.digest for row in gone)
        Artifact.objects.filter(pk__in=digests).update(removed_at=Now())
        _removed(actor, cleaning, "transcript", digests, sum(row.size for row in gone))
    return frozenset(artifacts) - {row.digest for row in living if row not in gone}


@transaction.atomic(durable=True)
def artifacts_gone(*, actor: Actor, cleaning: str, artifacts: Mapping[str, str]) -> None:
    """Note that the bytes of artifacts have left the store.

    Args:
        actor: who cleans.
        cleaning: the id of the cleaning.
        artifacts: where each lay, by its digest.

    Raises:
        PermissionDenied: the actor may not clean.
    """
    require(actor, "retention.clean")
    for digest, key in artifacts.items():
        Artifact.objects.filter(pk=digest, key=key, removed_at__isnull=False).update(key="")
    record(
        actor=actor,
        type="retention.bytes_removed",
        subject=("retention", cleaning),
        data={"kind": "transcript", "count": len(artifacts)},
    )


@transaction.atomic(durable=True)
def exports_tell(*, actor: Actor, cleaning: str, exports: Iterable[str], size: int) -> None:
    """Record which exports are removed now.

    Raises:
        PermissionDenied: the actor may not clean.
    """
    require(actor, "retention.clean")
    _removed(actor, cleaning, "export", sorted(exports), size)


@transaction.atomic(durable=True)
def cleaning_end(*, actor: Actor, cleaning: str, plan: str, counts: Mapping[str, JSON]) -> None:
    """Record that a cleaning came to its end, and what it removed.

    Raises:
        PermissionDenied: the actor may not clean.
    """
    require(actor, "retention.clean")
    record(
        actor=actor,
        type="retention.cleaned",
        subject=("retention", cleaning),
        data={"plan": plan, "removed": dict(counts)},
    )


def _removed(actor: Actor, cleaning: str, kind: str, ids: list[str], size: int) -> None:
    record(
        actor=actor,
        type="retention.removed",
        subject=("retention", cleaning),
        data={"kind": kind, "count": len(ids), "bytes": size, "ids": list(ids)},
    )
