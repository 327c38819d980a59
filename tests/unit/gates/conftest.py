"""Actors, a lease, and an environment to run a project's tests in."""

import platform
import sys
import uuid

import pytest

from countersign.jobs.contracts import Lease
from countersign.projects.contracts import EnvironmentData
from countersign.shared.actor import Actor, service_actor


@pytest.fixture(scope="session")
def own_environment() -> EnvironmentData:
    """Return this very environment: it has pytest, and nothing needs to be fetched."""
    return EnvironmentData(sys.prefix, "sha256:0", platform.python_version(), (), "ready")


@pytest.fixture
def worker() -> Actor:
    return service_actor("worker")


@pytest.fixture
def admin() -> Actor:
    return Actor("person", "admin", "Ada", person_id=str(uuid.uuid4()), roles=frozenset({"admin"}))


@pytest.fixture
def stranger() -> Actor:
    return Actor("person", "stranger", "Charlie", person_id=str(uuid.uuid4()))


@pytest.fixture
def lease(db: None, worker: Actor) -> Lease:
    from django.db import transaction

    from countersign.jobs.services import job_claim, job_enqueue

    with transaction.atomic():
        job_id = job_enqueue(actor=worker, kind="run", subject=("test", "1"), payload={})
    claimed = job_claim(job_id=job_id, owner="test")
    assert claimed is not None
    return claimed.lease
