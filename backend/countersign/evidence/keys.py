"""The keys of what lies under a lock: made before the object is stored, destroyed to make it unreadable."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models.functions import Now

from countersign.accounts.policies import require
from countersign.audit.services import record
from countersign.evidence.contracts import ContentKeyData, Unmade
from countersign.evidence.errors import EvidenceUnmade, PackNotFound, ShredRefused
from countersign.evidence.models import Artifact, ContentKey, EvidencePack
from countersign.shared.wrapping import KEY_BYTES, key_unwrap, key_wrap

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable
    from typing import Literal

    from countersign.shared.actor import Actor

MIN_REASON = 10


@transaction.atomic(durable=True)
def content_key_ensure(*, actor: Actor, digest: str, kind: Literal["pack", "artifact"]) -> ContentKeyData:
    """Return the living key of a content, made when there is none.

    The same content gets the same key again, so that storing it again is a repeat. An artifact whose key was
    destroyed may be stored again under a new key: whoever stores it has it. A pack never is made again.

    Raises:
        EvidenceUnmade: the key of this pack was destroyed.
        WrappingKeyMissing: the wrapping key can't be read, or is not the one that closed the key.
    """
    row = ContentKey.objects.filter(digest=digest, destroyed_at__isnull=True).first()
    if row is None:
        if kind == "pack" and ContentKey.objects.filter(digest=digest).exists():
            message = "the key of this pack was destroyed: the same content is not sealed again"
            raise EvidenceUnmade(message, digest=digest)
        row = _make(actor, digest, kind)
    return ContentKeyData(str(row.id), digest, key_unwrap(bytes(row.wrapped), name=digest))


def _make(actor: Actor, digest: str, kind: str) -> ContentKey:
    row, created = ContentKey.objects.get_or_create(
        digest=digest,
        destroyed_at=None,
        defaults={"kind": kind, "wrapped": key_wrap(os.urandom(KEY_BYTES), name=digest)},
    )
    if created:
        record(
            actor=actor,
            type="content_key.created",
            subject=("content_key", str(row.id)),
            data={"digest": digest, "kind": kind},
        )
    return row


@transaction.atomic(durable=True)
def pack_key_destroy(*, actor: Actor, digest: str, reason: str, artifacts: Iterable[str] = ()) -> Unmade:
    """Destroy the key of a pack, and those of artifacts that it holds: nobody can read them any more.

    Everything else still verifies: the pack is named by its digest, and the event says who unmade it and why.

    Args:
        actor: who destroys it.
        digest: of the pack, with ``sha256:``.
        reason: why; it stands in the log for good, so it must not repeat what leaked.
        artifacts: digests of the members of the pack; those stored as artifacts lose their keys, too.

    Raises:
        PermissionDenied: the actor may not destroy evidence.
        PackNotFound: there is no such pack.
        ShredRefused: there is no proper reason, or the pack was stored without a key of its own.
        EvidenceUnmade: its key is destroyed already.
    """
    require(actor, "evidence.shred")
    if len(reason.strip()) < MIN_REASON:
        message = f"say why in at least {MIN_REASON} characters"
        raise ShredRefused(message, digest=digest)
    row = EvidencePack.objects.filter(digest=digest).first()
    if row is None:
        message = "there is no pack with this digest"
        raise PackNotFound(message, digest=digest)
    if row.sealed_with_id is None:
        message = "this pack was stored before packs had keys of their own: it stays until its lock ends"
        raise ShredRefused(message, digest=digest)
    if not key_empty(row.sealed_with_id):
        message = "the key of this pack is destroyed already"
        raise EvidenceUnmade(message, digest=digest)
    held = Artifact.objects.filter(digest__in=list(artifacts), sealed_with__destroyed_at__isnull=True)
    gone = tuple(
        sorted(
            artifact.digest
            for artifact in held.exclude(sealed_with=None)
            if artifact.sealed_with_id and key_empty(artifact.sealed_with_id)
        )
    )
    record(
        actor=actor,
        type="pack.key_destroyed",
        subject=("run", str(row.run_id)),
        data={"pack": digest, "reason": reason.strip()[:2000], "artifacts": list(gone)},
    )
    return Unmade(pack=digest, run_id=str(row.run_id), artifacts=gone)


def key_empty(key_id: uuid.UUID) -> bool:
    """Destroy a key inside the caller's transaction; ``False`` when it was destroyed before."""
    living = ContentKey.objects.filter(pk=key_id, destroyed_at__isnull=True)
    return living.update(wrapped=b"", destroyed_at=Now()) == 1


def key_living_require(key_id: str, *, digest: str) -> None:
    """Let nobody destroy a key before the caller's transaction ends.

    Raises:
        EvidenceUnmade: it is destroyed already.
    """
    living = ContentKey.objects.filter(pk=key_id, destroyed_at__isnull=True)
    if not living.select_for_update(no_key=True).exists():
        message = "its key was destroyed since it was stored: store it again, under another key"
        raise EvidenceUnmade(message, digest=digest)
