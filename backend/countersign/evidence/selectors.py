"""Reading evidence."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from countersign.accounts.policies import require
from countersign.evidence.contracts import AddendumData, PackData
from countersign.evidence.errors import ArtifactNotFound, PackNotFound
from countersign.evidence.models import Addendum, Artifact, EvidencePack
from countersign.shared.storage import object_store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from countersign.shared.actor import Actor


def pack_data(row: EvidencePack) -> PackData:
    """Return what others see of a pack."""
    return PackData(
        digest=row.digest,
        run_id=str(row.run_id),
        revision=row.revision,
        size=row.size,
        key=row.key,
        locked=row.locked,
        mode=row.mode,
        created_at=row.created_at,
    )


def addendum_data(row: Addendum) -> AddendumData:
    """Return what others see of an addendum."""
    return AddendumData(
        id=str(row.id),
        digest=row.digest,
        run_id=str(row.run_id),
        pack=row.pack_id,
        request_id=str(row.request_id),
        envelope=row.envelope,
    )


def pack_get(*, actor: Actor, digest: str) -> PackData:
    """Return a pack by its digest, with or without ``sha256:``.

    Raises:
        PermissionDenied: the actor may not read packs.
        PackNotFound: there is none.
    """
    require(actor, "read")
    full = digest if digest.startswith("sha256:") else f"sha256:{digest}"
    row = EvidencePack.objects.filter(digest=full).first()
    if row is None:
        message = "there is no pack with this digest"
        raise PackNotFound(message, digest=full)
    return pack_data(row)


def packs_of_project_runs(*, actor: Actor, run_ids: tuple[str, ...]) -> tuple[PackData, ...]:
    """Return the packs of these runs, oldest first.

    Raises:
        PermissionDenied: the actor may not read packs.
    """
    require(actor, "read")
    rows = EvidencePack.objects.filter(run_id__in=run_ids).order_by("created_at", "digest")
    return tuple(pack_data(row) for row in rows)


def addenda_of_runs(*, actor: Actor, run_ids: tuple[str, ...]) -> tuple[AddendumData, ...]:
    """Return the addenda of these runs, oldest first.

    Raises:
        PermissionDenied: the actor may not read packs.
    """
    require(actor, "read")
    rows = Addendum.objects.filter(run_id__in=run_ids).order_by("created_at", "digest")
    return tuple(addendum_data(row) for row in rows)


def pack_bytes(*, actor: Actor, digest: str) -> bytes:
    """Return the file of a pack from the store.

    Raises:
        PermissionDenied: the actor may not read packs.
        PackNotFound: there is none.
        ObjectMissing: the store has lost it.
    """
    return object_store().get(pack_get(actor=actor, digest=digest).key)


@contextmanager
def pack_file(*, actor: Actor, digest: str) -> Iterator[Path]:
    """Yield a temporary copy of a pack's file, for reading with ``countersign_verify``.

    Raises:
        PermissionDenied: the actor may not read packs.
        PackNotFound: there is none.
        ObjectMissing: the store has lost it.
    """
    data = pack_bytes(actor=actor, digest=digest)
    with tempfile.TemporaryDirectory(prefix="countersign-pack-") as directory:
        path = Path(directory) / "pack.tar"
        path.write_bytes(data)
        yield path


def artifact_bytes(*, actor: Actor, digest: str) -> bytes:
    """Return an artifact from the store.

    Raises:
        PermissionDenied: the actor may not read artifacts.
        ArtifactNotFound: there is none.
        ObjectMissing: the store has lost it.
    """
    require(actor, "read")
    row = Artifact.objects.filter(pk=digest).first()
    if row is None:
        message = "there is no artifact with this digest"
        raise ArtifactNotFound(message, digest=digest)
    return object_store().get(row.key)
