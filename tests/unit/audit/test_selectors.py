"""Reading the log: filters, pages, permissions, erased persons."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import psycopg
import pytest
from django.db import transaction

from countersign.audit.errors import PersonErased
from countersign.audit.labels import label_open, text_seal
from countersign.audit.models import PersonKey
from countersign.audit.selectors import event_list, event_page, sequencing_lag
from countersign.audit.services import person_erase, record
from countersign.shared.actor import Actor, ActorKind
from countersign.shared.correlation import correlation_scope
from countersign.shared.errors import InvalidInput, PermissionDenied
from countersign.shared.paging import CursorInvalid


@pytest.fixture
def events(db: None, alice: Actor, worker: Actor) -> None:
    with correlation_scope("request-0001"):
        record(actor=alice, type="run.claimed", subject=("run", "r1"))
        record(actor=worker, type="run.proposed", subject=("run", "r1"))
    with correlation_scope("request-0002"):
        record(actor=worker, type="run.claimed", subject=("run", "r2"))
        record(actor=worker, type="plan.imported", subject=("plan", "p1"))


def test_event_list_is_newest_first_and_readable(events: None, alice: Actor) -> None:
    listed = event_list(actor=alice)
    assert [event.type for event in listed] == ["plan.imported", "run.claimed", "run.proposed", "run.claimed"]
    assert [event.actor_label for event in listed] == ["worker", "worker", "worker", "Alice Liddell"]
    assert {event.leaf_index for event in listed} == {None}


def test_event_list_filters(events: None, alice: Actor, worker: Actor) -> None:
    def types(**filters: object) -> list[str]:
        return [event.type for event in event_list(actor=alice, **filters)]  # type: ignore[arg-type]

    assert types(subject=("run", "r1")) == ["run.proposed", "run.claimed"]
    assert types(subject=("run", "")) == ["run.claimed", "run.proposed", "run.claimed"]
    assert types(type="plan.imported") == ["plan.imported"]
    assert types(actor_id=alice.id) == ["run.claimed"]
    assert types(correlation_id="request-0002") == ["plan.imported", "run.claimed"]
    assert types(limit=1) == ["plan.imported"]


def test_event_page_walks_the_whole_log_once(events: None, alice: Actor) -> None:
    page = event_page(actor=alice, limit=3)
    assert page.next is not None
    last = event_page(actor=alice, after=page.next, limit=3)
    assert last.next is None
    walked = [event.id for event in (*page.items, *last.items)]
    assert walked == [event.id for event in event_list(actor=alice)]


def test_event_page_refuses_a_foreign_cursor(db: None, alice: Actor) -> None:
    with pytest.raises(CursorInvalid):
        event_page(actor=alice, after="nonsense")


@pytest.mark.parametrize("kind", ["person", "agent"])
def test_event_list_needs_a_role_that_reads(events: None, alice: Actor, kind: ActorKind) -> None:
    stranger = replace(alice, kind=kind, roles=frozenset({"agent", "ci"}))
    with pytest.raises(PermissionDenied, match="needs one of the roles"):
        event_list(actor=stranger)


def test_person_erase_makes_the_name_unreadable_and_keeps_the_event(
    events: None, alice: Actor, worker: Actor
) -> None:
    assert alice.person_id is not None
    person_erase(actor=worker, person_id=alice.person_id)
    oldest = event_list(actor=alice)[-1]
    assert oldest.type == "run.claimed"
    assert oldest.actor_label is None
    assert [bytes(key.secret) for key in PersonKey.objects.all()] == [b""]
    assert event_list(actor=alice)[0].type == "person.erased"


def test_person_erase_again_changes_nothing(events: None, worker: Actor, alice: Actor) -> None:
    assert alice.person_id is not None
    assert person_erase(actor=worker, person_id=alice.person_id)
    assert not person_erase(actor=worker, person_id=alice.person_id)
    assert len(event_list(actor=worker, type="person.erased")) == 1


def test_person_erase_of_somebody_who_never_did_anything_lets_no_key_be_made(
    db: None, worker: Actor, alice: Actor
) -> None:
    assert alice.person_id is not None
    assert person_erase(actor=worker, person_id=alice.person_id)
    record(actor=alice, type="run.claimed", subject=("run", "r1"))
    assert event_list(actor=worker, type="run.claimed")[0].actor_label is None


def test_person_erase_of_no_person_is_refused(db: None, worker: Actor) -> None:
    with pytest.raises(InvalidInput):
        person_erase(actor=worker, person_id="alice")


def test_text_seal_names_a_text_until_the_person_is_erased(events: None, worker: Actor, alice: Actor) -> None:
    assert alice.person_id is not None
    named = text_seal(alice.person_id, "a@example.org")
    assert named == text_seal(alice.person_id, "a@example.org") != text_seal(alice.person_id, "b@example.org")
    person_erase(actor=worker, person_id=alice.person_id)
    assert text_seal(alice.person_id, "a@example.org") != named


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_personkey SET secret = 'x'",
        "UPDATE audit_personkey SET destroyed_at = now()",
        "UPDATE audit_personkey SET destroyed_at = now(), secret = '', person_id = gen_random_uuid()",
        "DELETE FROM audit_personkey",
        "TRUNCATE audit_personkey",
    ],
)
def test_key_of_a_person_is_only_ever_destroyed(
    committed_db: None, alice: Actor, owner_connection: psycopg.Connection[Any], statement: str
) -> None:
    record_committed(alice)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="made and destroyed"):
        owner_connection.execute(statement)


def record_committed(actor: Actor) -> None:
    with transaction.atomic():
        record(actor=actor, type="run.claimed", subject=("run", "r1"))


def test_label_open_with_another_key_reads_nothing(events: None, alice: Actor) -> None:
    key = PersonKey.objects.get()
    sealed = {
        "key": str(key.key_id),
        "nonce": "AAAAAAAAAAAAAAAA",
        "ciphertext": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    }
    with pytest.raises(PersonErased):
        label_open(sealed, {str(key.key_id): bytes(key.secret)})


def test_sequencing_lag_of_nothing_is_nothing(db: None) -> None:
    assert sequencing_lag().pending == 0
    assert sequencing_lag().oldest_seconds == 0


def test_rows_have_names_that_tell_no_secret(events: None, alice: Actor) -> None:
    from countersign.audit.models import AuditCheckpoint, AuditEvent, AuditLeaf

    names = [
        str(AuditEvent.objects.first()),
        str(AuditLeaf(leaf_index=3)),
        str(AuditCheckpoint(tree_size=4)),
        str(PersonKey.objects.get()),
    ]
    assert not any("Liddell" in name for name in names)
