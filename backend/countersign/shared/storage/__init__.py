"""One storage interface for everything that is written once and kept."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from countersign.shared.env import environment
from countersign.shared.storage.base import (
    ObjectChanged,
    ObjectMissing,
    ObjectStore,
    StorageRefused,
    StoredObject,
)
from countersign.shared.storage.directory import DirectoryStore
from countersign.shared.storage.s3 import S3Store

__all__ = [
    "DirectoryStore",
    "ObjectChanged",
    "ObjectMissing",
    "ObjectStore",
    "S3Store",
    "StorageRefused",
    "StoredObject",
    "object_store",
    "open_store",
]


@lru_cache(maxsize=8)
def open_store(address: str) -> ObjectStore:
    """Return the store at ``address``: ``s3://bucket?endpoint=...`` or the path of a directory."""
    if address.startswith("s3://"):
        return S3Store.from_address(address)
    return DirectoryStore(Path(address))


def object_store() -> ObjectStore:
    """Return the store that this process is configured for (``COUNTERSIGN_OBJECT_STORE``)."""
    return open_store(environment().object_store)
