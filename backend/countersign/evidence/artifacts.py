"""Storing artifacts under their digest (object store, no database)."""

from __future__ import annotations

import hashlib

from countersign.shared.storage import StoredObject, object_store

RETAIN_DAYS = 365


def artifact_store(data: bytes) -> StoredObject:
    """Store ``data`` under its SHA-256 for a year; the same bytes again are a repeat.

    Raises:
        StorageRefused: the store can't keep it.
    """
    digest = hashlib.sha256(data).hexdigest()
    return object_store().put(f"artifacts/{digest[:2]}/{digest}", data, retain_days=RETAIN_DAYS)
