"""Recording what was stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models.functions import Now

from countersign.audit.services import record
from countersign.evidence.keys import key_living_require
from countersign.evidence.models import Addendum, Artifact, EvidencePack
from countersign.evidence.selectors import addendum_data, pack_data
from countersign.jobs.services import lease_check

if TYPE_CHECKING:
    from collections.abc import Mapping

    from countersign.evidence.contracts import AddendumData, PackData, SealedPack, StoredArtifact
    from countersign.jobs.contracts import Lease
    from countersign.shared.actor import Actor
    from countersign.shared.types import JSON


@transaction.atomic(durable=True)
def artifact_record(*, actor: Actor, lease: Lease, stored: StoredArtifact, media_type: str) -> str:
    """Record that an artifact was stored, each time: how long it is kept counts from it. Returns its digest.

    Raises:
        LeaseLost: another worker carries the job out.
        EvidenceUnmade: its key was destroyed since it was stored: store it again, under another key.
    """
    lease_check(lease)
    place = {
        "key": stored.key,
        "object_digest": stored.object_digest,
        "sealed_with_id": stored.sealed_with,
    }
    row, created = Artifact.objects.select_for_update().get_or_create(
        digest=stored.digest, defaults={**place, "size": stored.size, "media_type": media_type}
    )
    key_living_require(stored.sealed_with, digest=stored.digest)
    # One that was unmade or cleaned away is stored anew under another key.
    moved = not created and row.key != stored.key
    if not created:
        anew = {**place, "removed_at": None} if moved else {}
        Artifact.objects.filter(pk=stored.digest).update(stored_at=Now(), **anew)
    record(
        actor=actor,
        type="artifact.stored",
        subject=("artifact", stored.digest),
        data={
            "size": stored.size,
            "media_type": media_type,
            "mode": stored.mode,
            "object": stored.object_digest,
        },
    )
    return stored.digest


@transaction.atomic(durable=True)
def pack_record(*, actor: Actor, lease: Lease, run_id: str, revision: int, sealed: SealedPack) -> PackData:
    """Record a sealed pack; a repeat changes nothing.

    Raises:
        LeaseLost: another worker carries the job out.
    """
    lease_check(lease)
    row, created = EvidencePack.objects.get_or_create(
        digest=sealed.digest,
        defaults={
            "run_id": run_id,
            "revision": revision,
            "size": sealed.size,
            "key": sealed.key,
            "locked": sealed.locked,
            "mode": sealed.mode,
            "object_digest": sealed.object_digest,
            "sealed_with_id": sealed.sealed_with,
        },
    )
    if created:
        record(
            actor=actor,
            type="pack.sealed",
            subject=("run", run_id),
            data={
                "pack": sealed.digest,
                "content": sealed.content_digest,
                "file": sealed.file_digest,
                "object": sealed.object_digest,
                "size": sealed.size,
                "revision": revision,
                "store": sealed.mode,
            },
        )
        row.refresh_from_db()
    return pack_data(row)


@transaction.atomic(durable=True)
def addendum_record(
    *,
    actor: Actor,
    lease: Lease,
    addendum_id: str,
    run_id: str,
    pack: str,
    request_id: str,
    digest: str,
    envelope: Mapping[str, JSON],
) -> AddendumData:
    """Record a sealed re-verification; a repeat changes nothing.

    Raises:
        LeaseLost: another worker carries the job out.
    """
    lease_check(lease)
    row, created = Addendum.objects.get_or_create(
        digest=digest,
        defaults={
            "id": addendum_id,
            "run_id": run_id,
            "pack_id": pack,
            "request_id": request_id,
            "envelope": dict(envelope),
        },
    )
    if created:
        record(
            actor=actor,
            type="addendum.sealed",
            subject=("run", run_id),
            data={
                "addendum_id": str(row.id),
                "pack": pack,
                "request_id": request_id,
                "statement_digest": digest,
            },
        )
    return addendum_data(row)
