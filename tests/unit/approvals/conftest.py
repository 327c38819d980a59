"""People of every role, and requests for them to decide on."""

import pytest

from countersign.jobs.contracts import Lease
from countersign.shared.actor import Actor, service_actor
from tests.unit.approvals.samples import Requests
from tests.unit.runs.samples import lease_take, person, project_make


@pytest.fixture
def worker() -> Actor:
    return service_actor("worker")


@pytest.fixture
def director() -> Actor:
    return person("director", name="Dora Director")


@pytest.fixture
def stranger() -> Actor:
    return person(name="Charlie")


@pytest.fixture
def lease(db: None, worker: Actor) -> Lease:
    return lease_take(worker)


@pytest.fixture
def requests(db: None, worker: Actor, lease: Lease) -> Requests:
    return Requests(worker, lease, project_make(worker))
