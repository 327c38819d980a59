"""A store of the test's own, and a worker that holds a lease."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from countersign.jobs.contracts import Lease
from countersign.shared.actor import Actor, service_actor
from countersign.shared.env import environment
from countersign.shared.storage import DirectoryStore
from tests.unit.runs.samples import lease_take, person


@pytest.fixture
def worker() -> Actor:
    return service_actor("worker")


@pytest.fixture
def stranger() -> Actor:
    return person(name="Charlie")


@pytest.fixture
def lease(db: None, worker: Actor) -> Lease:
    return lease_take(worker)


@pytest.fixture
def store(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DirectoryStore]:
    """The real write-once directory, empty."""
    from countersign.shared import storage

    root = tmp_path / "objects"
    settings = replace(environment(), object_store=str(root))
    monkeypatch.setattr(storage, "environment", lambda: settings)
    yield DirectoryStore(root)
    storage.open_store.cache_clear()
