"""A worker that holds a lease, and runs for it to carry out."""

import pytest

from countersign.jobs.contracts import Lease
from countersign.shared.actor import Actor, service_actor
from tests.unit.runs.samples import Runs, lease_take, person, project_make


@pytest.fixture
def worker() -> Actor:
    return service_actor("worker")


@pytest.fixture
def operator() -> Actor:
    return person("operator", name="Olga Operator")


@pytest.fixture
def stranger() -> Actor:
    return person(name="Charlie")


@pytest.fixture
def lease(db: None, worker: Actor) -> Lease:
    return lease_take(worker)


@pytest.fixture
def runs(db: None, worker: Actor, lease: Lease) -> Runs:
    return Runs(worker, lease, project_make(worker))
