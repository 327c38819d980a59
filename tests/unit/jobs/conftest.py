"""Who puts jobs in line, and a way to make time pass without waiting."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from countersign.shared.actor import Actor, service_actor

if TYPE_CHECKING:
    from countersign.jobs.contracts import ClaimedJob


@pytest.fixture
def worker() -> Actor:
    return service_actor("worker")


@pytest.fixture
def operator() -> Actor:
    return Actor(
        kind="person",
        id="11111111-1111-4111-8111-111111111111",
        label="Olga",
        person_id="22222222-2222-4222-8222-222222222222",
        roles=frozenset({"operator"}),
    )


@pytest.fixture
def enqueue(worker: Actor) -> Callable[..., str]:
    def put(actor: Actor = worker, **extra: object) -> str:
        from countersign.jobs.services import job_submit

        arguments = {"kind": "run.execute", "subject": ("run", "r1"), "payload": {"n": 1}, **extra}
        return job_submit(actor=actor, **arguments)  # type: ignore[arg-type]  # whatever a test says

    return put


@pytest.fixture
def claim() -> Callable[..., ClaimedJob]:
    def take(job_id: str, owner: str = "worker-1") -> ClaimedJob:
        from countersign.jobs.services import job_claim

        claimed = job_claim(job_id=job_id, owner=owner)
        assert claimed is not None
        return claimed

    return take


@pytest.fixture
def expire() -> Callable[[str], None]:
    """Let a lease run out, as when its worker was killed."""

    def run_out(job_id: str) -> None:
        from django.db.models import Value
        from django.db.models.functions import Now

        from countersign.jobs.models import Job
        from countersign.jobs.services import LEASE

        Job.objects.filter(pk=job_id).update(lease_expires_at=Now() - Value(LEASE))

    return run_out
