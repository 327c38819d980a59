"""No call leaves the process while a transaction is open."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from countersign.shared import boundary
from countersign.shared.boundary import OutsideCallInTransaction, outside_call, transaction_watch_register


@pytest.fixture(autouse=True)
def _watch_as_before() -> Iterator[None]:
    before = list(boundary._WATCHES)
    yield
    boundary._WATCHES[:] = before


def test_outside_call_in_a_transaction_is_refused_by_name() -> None:
    transaction_watch_register(lambda: True)
    with pytest.raises(OutsideCallInTransaction, match="git must not be called"):
        outside_call("git")


def test_outside_call_between_transactions_passes() -> None:
    transaction_watch_register(lambda: False)
    outside_call("git")


def test_object_store_is_not_asked_within_a_transaction(committed_db: None) -> None:
    from django.db import transaction

    from countersign.shared.storage import object_store

    assert not object_store().exists("nothing/there")
    with transaction.atomic(), pytest.raises(OutsideCallInTransaction):
        object_store().exists("nothing/there")
