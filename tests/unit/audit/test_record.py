"""Events: in the transaction of their change, canonical, bounded, without readable names."""

from __future__ import annotations

import json

import pytest
from django.db import transaction

from countersign.audit.errors import AuditEventTooLarge
from countersign.audit.models import AuditEvent
from countersign.audit.selectors import event_count
from countersign.audit.services import record
from countersign.shared.actor import Actor
from countersign.shared.correlation import correlation_scope
from countersign.shared.errors import InvalidInput, NoTransaction
from countersign_verify.canonical import canonical_bytes, strict_loads


def test_record_appends_a_canonical_event(db: None, alice: Actor) -> None:
    with correlation_scope("request-0001"):
        event_id = record(
            actor=alice, type="run.claimed", subject=("run", "r1"), data={"b": 1, "a": [True, None]}
        )
    row = AuditEvent.objects.get(event_id=event_id)
    body = json.loads(bytes(row.body))
    assert bytes(row.body) == canonical_bytes(strict_loads(bytes(row.body)))
    assert body["id"] == event_id
    assert body["type"] == row.type == "run.claimed"
    assert body["subject"] == {"type": "run", "id": "r1"}
    assert body["data"] == {"a": [True, None], "b": 1}
    assert body["correlation_id"] == row.correlation_id == "request-0001"
    assert body["actor"]["roles"] == ["auditor", "director"]
    assert body["time"].endswith("Z")


def test_record_never_stores_a_readable_name(db: None, alice: Actor) -> None:
    record(actor=alice, type="run.claimed", subject=("run", "r1"))
    assert b"Liddell" not in bytes(AuditEvent.objects.get().body)


def test_record_keeps_the_label_of_a_service_readable(db: None, worker: Actor) -> None:
    record(actor=worker, type="run.claimed", subject=("run", "r1"))
    assert json.loads(bytes(AuditEvent.objects.get().body))["actor"]["label"] == "worker"


def test_record_outside_a_transaction_is_refused(committed_db: None, worker: Actor) -> None:
    with pytest.raises(NoTransaction, match="open one first"):
        record(actor=worker, type="run.claimed", subject=("run", "r1"))


@pytest.mark.parametrize("name", ["", "run", "Run.claimed", "run.", "run.claimed\n", "run claimed"])
def test_record_refuses_a_strange_type(db: None, worker: Actor, name: str) -> None:
    with pytest.raises(InvalidInput, match="not an event type"):
        record(actor=worker, type=name, subject=("run", "r1"))


def test_record_refuses_what_does_not_fit_into_a_log_entry(db: None, worker: Actor) -> None:
    with pytest.raises(AuditEventTooLarge, match="record its digest"):
        record(actor=worker, type="run.claimed", subject=("run", "r1"), data={"text": "x" * 65_536})


def test_record_is_undone_with_its_change(committed_db: None, worker: Actor) -> None:
    class ChangeFailed(Exception):
        pass

    def change() -> None:
        with transaction.atomic():
            record(actor=worker, type="run.claimed", subject=("run", "r1"))
            raise ChangeFailed

    with pytest.raises(ChangeFailed):
        change()
    assert event_count() == 0
    with transaction.atomic():
        record(actor=worker, type="run.claimed", subject=("run", "r1"))
    assert event_count() == 1


def test_record_after_an_undone_first_event_of_a_person_stays_readable(
    committed_db: None, alice: Actor
) -> None:
    """The person's key is made with the first event: undone with it, it must not be used again."""
    from countersign.audit.selectors import event_list

    class ChangeFailed(Exception):
        pass

    def change() -> None:
        with transaction.atomic():
            record(actor=alice, type="run.claimed", subject=("run", "r1"))
            raise ChangeFailed

    with pytest.raises(ChangeFailed):
        change()
    with transaction.atomic():
        record(actor=alice, type="run.claimed", subject=("run", "r2"))
    assert [event.actor_label for event in event_list(actor=alice)] == ["Alice Liddell"]
