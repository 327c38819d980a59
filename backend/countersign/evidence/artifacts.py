"""Storing artifacts under their digest, encrypted: a transcript is locked before it is scanned."""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING

from countersign.evidence.contracts import StoredArtifact
from countersign.evidence.keys import content_key_ensure
from countersign.shared.sealing import object_seal
from countersign.shared.storage import object_store

if TYPE_CHECKING:
    from countersign.shared.actor import Actor

RETAIN_DAYS = 365


def artifact_store(data: bytes, *, actor: Actor) -> StoredArtifact:
    """Store ``data`` encrypted for a year; the same bytes again are a repeat.

    Raises:
        StorageRefused: the store can't keep it.
        WrappingKeyMissing: its key can't be closed or opened.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    key = content_key_ensure(actor=actor, digest=f"sha256:{sha256}", kind="artifact")
    name = f"artifacts/{sha256[:2]}/{sha256}.{key.object_suffix}"
    stored = object_store().put_made(
        name,
        lambda target: object_seal(io.BytesIO(data), target, key=key.secret, name=key.digest),
        retain_days=RETAIN_DAYS,
    )
    return StoredArtifact(
        digest=key.digest,
        size=len(data),
        key=stored.key,
        mode=stored.mode,
        object_digest=stored.digest,
        sealed_with=key.id,
    )
