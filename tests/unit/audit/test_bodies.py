"""The body of an event: canonical, to the byte, whatever is in it; and its one INSERT."""

from __future__ import annotations

import json

import pytest
from django.db import DataError, IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from countersign.audit.bodies import event_body
from countersign.audit.models import AuditEvent
from countersign.audit.services import record
from countersign.audit.writing import event_insert
from countersign.shared.actor import Actor
from countersign_verify.canonical import canonical_bytes, canonical_object
from countersign_verify.errors import RefusedError

_texts = st.text(max_size=12)
_data = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | _texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
    max_leaves=8,
)
_actors = st.builds(
    Actor,
    kind=st.sampled_from(["service", "agent"]),
    id=_texts,
    label=_texts,
    roles=st.frozensets(_texts, max_size=3),
    token_id=st.none() | _texts,
    unattended=st.booleans(),
)


@given(_actors, _texts, _texts, _texts, st.dictionaries(_texts, _data, max_size=3))
def test_event_body_is_what_the_general_encoder_says(
    actor: Actor, kind: str, identifier: str, correlation: str, data: dict[str, object]
) -> None:
    time = "2026-01-31T23:59:59.000000Z"
    body = event_body(
        event_id="e",
        time=time,
        type="a.b",
        actor=actor,
        subject=(kind, identifier),
        correlation_id=correlation,
        data=data,  # type: ignore[arg-type]  # JSON, as the strategy makes it
    )
    assert body == canonical_bytes(
        {
            "v": 1,
            "id": "e",
            "time": time,
            "type": "a.b",
            "actor": {
                "kind": actor.kind,
                "id": actor.id,
                "person_id": None,
                "label": actor.label,
                "token_id": actor.token_id,
                "unattended": actor.unattended,
                "roles": sorted(actor.roles),
            },
            "subject": {"type": kind, "id": identifier},
            "correlation_id": correlation,
            "data": data,  # type: ignore[dict-item]  # as above
        }
    )
    canonical_object(body)


def test_event_body_refuses_a_lone_surrogate(worker: Actor) -> None:
    with pytest.raises(RefusedError, match="surrogate"):
        event_body(
            event_id="e",
            time="t",
            type="a.b",
            actor=worker,
            subject=("run", "\ud800"),
            correlation_id="",
            data=None,
        )


def test_record_is_the_same_as_the_first_statement_and_later_ones(committed_db: None, alice: Actor) -> None:
    """The first statement of a transaction begins it, and so goes another way than those after it."""
    with transaction.atomic():
        record(actor=alice, type="run.claimed", subject=("run", "r1"), data={"n": 1})
    with transaction.atomic():
        for _ in range(2):
            record(actor=alice, type="run.claimed", subject=("run", "r1"), data={"n": 1})
    rows = AuditEvent.objects.order_by("id").values()
    shapes = [
        {name: value for name, value in row.items() if name not in {"id", "event_id", "body"}}
        | {"transaction_id": None, "recorded_at": None}
        for row in rows
    ]
    assert len(shapes) == 3
    assert shapes[0] == shapes[1] == shapes[2]
    assert len({row["event_id"] for row in rows}) == 3


def test_record_repeats_the_sealed_name_of_a_person_whose_key_is_committed(
    committed_db: None, alice: Actor
) -> None:
    for _ in range(3):
        with transaction.atomic():
            record(actor=alice, type="run.claimed", subject=("run", "r1"))
    labels = [
        json.loads(bytes(body))["actor"]["label"]
        for body in AuditEvent.objects.order_by("id").values_list("body", flat=True)
    ]
    assert labels[1] == labels[2]
    assert labels[0]["key"] == labels[1]["key"]


def test_record_refuses_a_nul_that_would_cut_the_subject_short(db: None, worker: Actor) -> None:
    with transaction.atomic(), pytest.raises(DataError, match="NUL"):
        record(actor=worker, type="run.claimed", subject=("run", "r1\0hidden"))


def test_event_insert_says_what_the_database_refused(db: None, worker: Actor) -> None:
    event_id = record(actor=worker, type="run.claimed", subject=("run", "r1"))
    columns = (event_id, "2026-01-31T23:59:59Z", "a.b", "service", "x", None, "run", "r1", "")
    with pytest.raises(IntegrityError, match="event_id"), transaction.atomic():
        event_insert(columns, b"{}")
    assert connection.is_usable()
    assert AuditEvent.objects.count() == 1
