"""Actors, a project and a job to work under. Django is set up after this file is read."""

import uuid

import pytest

from countersign.jobs.contracts import Lease
from countersign.sandbox.contracts import IsolationKind
from countersign.shared.actor import Actor, service_actor


def person(*roles: str) -> Actor:
    return Actor("person", "user", "Olga", person_id=str(uuid.uuid4()), roles=frozenset(roles))


@pytest.fixture
def operator() -> Actor:
    return person("operator")


@pytest.fixture
def stranger() -> Actor:
    return person()


@pytest.fixture
def worker() -> Actor:
    return service_actor("worker")


@pytest.fixture
def project_id(db: None, worker: Actor) -> str:
    from countersign.projects.services import project_create

    return project_create(
        actor=worker,
        slug="sample",
        name="Sample",
        source_path="/srv/sample",
        repository_path="/srv/repositories/sample.git",
        isolation=IsolationKind.BUBBLEWRAP,
    ).id


@pytest.fixture
def lease(db: None, worker: Actor) -> Lease:
    from django.db import transaction

    from countersign.jobs.services import job_claim, job_enqueue

    with transaction.atomic():
        job_id = job_enqueue(actor=worker, kind="analysis", subject=("test", "1"), payload={})
    claimed = job_claim(job_id=job_id, owner="test")
    assert claimed is not None
    return claimed.lease


@pytest.fixture
def lost_lease(lease: Lease) -> Lease:
    return Lease(lease.job_id, lease.token - 1)
