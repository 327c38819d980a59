"""The log as its own processes see it: the sequencer has a role of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from countersign.shared.actor import Actor, service_actor
from tests.unit.audit.roles import sequence_all

if TYPE_CHECKING:
    from countersign.audit.sequencing import Batch


@pytest.fixture
def sequence(committed_db: None) -> Callable[[], Batch]:
    """Sequence everything that is committed, as the sequencer's own role."""
    return sequence_all


@pytest.fixture(autouse=True)
def _no_keys_of_other_tests() -> Iterator[None]:
    from countersign.audit.labels import forget_cached_keys

    forget_cached_keys()
    yield
    forget_cached_keys()


@pytest.fixture
def worker() -> Actor:
    return service_actor("worker")


@pytest.fixture
def alice() -> Actor:
    return Actor(
        kind="person",
        id="11111111-1111-4111-8111-111111111111",
        label="Alice Liddell",
        person_id="22222222-2222-4222-8222-222222222222",
        roles=frozenset({"director", "auditor"}),
    )
