"""The interface of a write-once object store and what it hands out."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from countersign.shared.errors import Conflict, InvalidInput, NotFound, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path
    from typing import BinaryIO

CHUNK = 1 << 20
_KEY = re.compile(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*")


class ObjectMissing(NotFound):
    """No object is stored under this key."""

    code = "object_missing"


class ObjectChanged(Conflict):
    """The store gives back other bytes than were stored under this key."""

    code = "object_changed"


class StorageRefused(Unavailable):
    """The store can't keep what it was given the way it has to be kept."""

    code = "storage_refused"


@dataclass(frozen=True, slots=True)
class StoredObject:
    """What was stored.

    Attributes:
        key: the name in the store.
        digest: ``sha256:`` and hex of the bytes.
        size: bytes.
        locked: the store itself refuses to remove or replace it.
        mode: ``COMPLIANCE`` for S3 Object Lock, ``write-once-directory`` for the embedded form.
    """

    key: str
    digest: str
    size: int
    locked: bool
    mode: str


class ObjectStore(Protocol):
    """Where packs, logs and checkpoints go."""

    def put(self, key: str, data: bytes | Path, *, retain_days: int) -> StoredObject:
        """Store ``data`` once; the same bytes again are a repeat, other bytes are refused."""
        ...

    def put_made(self, key: str, make: Callable[[BinaryIO], str], *, retain_days: int) -> StoredObject:
        """Store once what ``make`` writes; it returns ``sha256:`` of that."""
        ...

    def get(self, key: str) -> bytes:
        """Return the bytes under ``key``."""
        ...

    def fetch(self, key: str, target: Path, *, digest: str) -> None:
        """Write the bytes under ``key`` with this digest to a new file; anything else is refused."""
        ...

    def exists(self, key: str) -> bool:
        """Say whether something is stored under ``key``."""
        ...

    def was_stored(self, key: str) -> bool:
        """Say whether anything was ever stored under ``key``, were it hidden since."""
        ...

    def locked_until(self, key: str) -> datetime | None:
        """Return until when the store itself keeps what is under ``key``; nothing when no lock holds it."""
        ...

    def remove(self, key: str) -> None:
        """Remove what is under ``key`` and under no lock; what is not there is removed already."""
        ...

    def self_test(self) -> str:
        """Prove by trying that the store keeps what it is given; return what it protects against."""
        ...


def check_key(key: str) -> str:
    """Return ``key`` when it is well-formed.

    Raises:
        InvalidInput: it could leave the store or is not in the plain alphabet.
    """
    if not _KEY.fullmatch(key) or ".." in key:
        message = f"not a storage key: {key!r}"
        raise InvalidInput(message, key=key)
    return key


# What S3 answers with is a stream of botocore's own, which has `read` and no more.
def stream_copy(source: Any, target: Path) -> str:  # noqa: ANN401
    """Copy a stream into the new file ``target``; return ``sha256:`` of what was copied."""
    with target.open("xb") as writing:
        return stream_write(source, writing)


def stream_write(source: Any, target: BinaryIO) -> str:  # noqa: ANN401
    """Copy a stream into another; return ``sha256:`` of what was copied."""
    digest = hashlib.sha256()
    while chunk := source.read(CHUNK):
        digest.update(chunk)
        target.write(chunk)
    return f"sha256:{digest.hexdigest()}"
