"""Reading evidence."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from countersign.accounts.policies import require
from countersign.evidence.contracts import AddendumData, PackData
from countersign.evidence.errors import ArtifactNotFound, EvidenceUnmade, PackNotFound
from countersign.evidence.models import Addendum, Artifact, EvidencePack
from countersign.shared.sealing import file_open
from countersign.shared.storage import object_store
from countersign.shared.wrapping import key_unwrap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from countersign.evidence.models import ContentKey
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
        unmade=row.sealed_with is not None and row.sealed_with.destroyed_at is not None,
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
    return pack_data(_pack_row(actor, digest))


def _pack_row(actor: Actor, digest: str) -> EvidencePack:
    require(actor, "read")
    full = digest if digest.startswith("sha256:") else f"sha256:{digest}"
    row = EvidencePack.objects.select_related("sealed_with").filter(digest=full).first()
    if row is None:
        message = "there is no pack with this digest"
        raise PackNotFound(message, digest=full)
    return row


def packs_of_project_runs(*, actor: Actor, run_ids: tuple[str, ...]) -> tuple[PackData, ...]:
    """Return the packs of these runs, oldest first.

    Raises:
        PermissionDenied: the actor may not read packs.
    """
    require(actor, "read")
    rows = (
        EvidencePack.objects.select_related("sealed_with")
        .filter(run_id__in=run_ids)
        .order_by("created_at", "digest")
    )
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
    """Return the readable file of a pack.

    Raises:
        PermissionDenied: the actor may not read packs.
        PackNotFound: there is none.
        EvidenceUnmade: its key was destroyed.
        ObjectMissing: the store has lost it.
        ObjectChanged: what the store has is another object.
        StorageRefused: the store does not answer.
    """
    with pack_file(actor=actor, digest=digest) as file:
        return file.read_bytes()


@contextmanager
def pack_file(*, actor: Actor, digest: str) -> Iterator[Path]:
    """Yield a temporary readable copy of a pack's file, for reading with ``countersign_verify``.

    Raises:
        PermissionDenied: the actor may not read packs.
        PackNotFound: there is none.
        EvidenceUnmade: its key was destroyed.
        ObjectMissing: the store has lost it.
        ObjectChanged: what the store has is another object.
        StorageRefused: the store does not answer.
    """
    row = _pack_row(actor, digest)
    with _readable(row.sealed_with, row.key, row.object_digest, row.digest) as path:
        yield path


def artifact_bytes(*, actor: Actor, digest: str) -> bytes:
    """Return the readable bytes of an artifact.

    Raises:
        PermissionDenied: the actor may not read artifacts.
        ArtifactNotFound: there is none.
        EvidenceUnmade: its key was destroyed, or it was cleaned away.
        ObjectMissing: the store has lost it.
        ObjectChanged: what the store has is another object.
        StorageRefused: the store does not answer.
    """
    require(actor, "read")
    row = Artifact.objects.select_related("sealed_with").filter(pk=digest).first()
    if row is None:
        message = "there is no artifact with this digest"
        raise ArtifactNotFound(message, digest=digest)
    if row.removed_at is not None:
        message = f"it was old and was cleaned away on {row.removed_at:%Y-%m-%d}; the log says by whom"
        raise EvidenceUnmade(message, digest=digest)
    with _readable(row.sealed_with, row.key, row.object_digest, row.digest) as file:
        return file.read_bytes()


@contextmanager
def _readable(key: ContentKey | None, name: str, object_digest: str, digest: str) -> Iterator[Path]:
    """Fetch an object and decrypt it, as streams."""
    if key is not None and key.destroyed_at is not None:
        message = "its key was destroyed: nobody can read it any more; the log says who did it and why"
        raise EvidenceUnmade(message, digest=digest)
    with tempfile.TemporaryDirectory(prefix="countersign-pack-") as directory:
        stored, path = Path(directory) / "object", Path(directory) / "pack.tar"
        if key is None:  # stored before objects had keys
            path.write_bytes(object_store().get(name))
        else:
            secret = key_unwrap(bytes(key.wrapped), name=key.digest)
            object_store().fetch(name, stored, digest=object_digest)
            file_open(stored, path, key=secret, name=key.digest)
            stored.unlink()
        yield path
