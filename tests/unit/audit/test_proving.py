"""Events that the executor acts upon: proved to be in the signed tree, whatever the tables say."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from countersign.audit.errors import LogDamaged
from countersign.audit.proving import events_proved
from countersign.audit.selectors import event_is_checkpointed
from countersign.audit.sequencing import Batch
from countersign.audit.services import record
from countersign.shared.actor import Actor
from tests.unit.audit.roles import sequence_all

Sequence = Callable[[], Batch]


def write(actor: Actor, *names: str) -> list[str]:
    from django.db import transaction

    with transaction.atomic():
        return [record(actor=actor, type=f"test.{name}", subject=("thing", name)) for name in names]


def as_superuser(dsn: str, statement: str, *values: object) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(statement.encode(), values)


@pytest.fixture
def log(sequence: Sequence, worker: Actor) -> list[str]:
    """Three batches of the log; the ids of their events."""
    made = []
    for names in (("one", "two", "three"), ("four",), ("five", "six", "seven", "eight")):
        made += write(worker, *names)
        sequence()
    return made


def test_events_are_proved_in_the_order_of_the_log(log: list[str], worker: Actor) -> None:
    late = write(worker, "six")
    found = events_proved(types=["test.six", "test.one", "test.four"])
    assert [(event.id, event.index) for event in found] == [(log[0], 0), (log[3], 3), (log[5], 5)]
    assert late[0] not in {event.id for event in found}, "it is in no signed tree yet"
    assert [event.id for event in events_proved(event_ids=[log[7], late[0]])] == [log[7]]
    assert [event.id for event in events_proved(types=["test.six"], subject=("thing", "six"))] == [log[5]]
    assert events_proved(types=["test.six"], subject=("thing", "five")) == ()
    assert json.loads(found[0].body)["type"] == "test.one"


def test_events_that_mention_something_are_found_by_their_bodies(log: list[str]) -> None:
    assert [event.id for event in events_proved(types=["test.six", "test.one"], mentions='"six"')] == [log[5]]
    assert events_proved(types=["test.six"], mentions="'; DROP TABLE audit_auditevent") == ()


# The event "six" is the one with index 5; the checkpoints are over 3, 4 and 8 leaves.
_BODY = (
    "UPDATE audit_auditevent SET body = replace(convert_from(body, 'UTF8'), 'test.six', 'test.sax')::bytea"
    " WHERE subject_id = 'six'"
)
_LEAF = (
    "UPDATE audit_auditleaf SET leaf_hash = (SELECT sha256('\\x00'::bytea || body) FROM audit_auditevent"
    " WHERE subject_id = 'six') WHERE leaf_index = 5"
)
_FRONTIER = (
    "UPDATE audit_auditcheckpoint SET frontier = to_jsonb(ARRAY[repeat('00', 32)]) WHERE tree_size = 4"
)
_OLDER_NOTE = (
    "UPDATE audit_auditcheckpoint SET note = (SELECT note FROM audit_auditcheckpoint WHERE tree_size = 4)"
    " WHERE tree_size = 8"
)


@pytest.mark.parametrize(
    ("attacks", "says"),
    [
        ([_BODY], "is not the one that was signed"),
        ([_BODY, _LEAF], "not those that were signed"),
        (["DELETE FROM audit_auditleaf WHERE leaf_index = 4"], "not those that were signed"),
        (
            ["UPDATE audit_auditleaf SET leaf_hash = sha256('other') WHERE leaf_index = 4"],
            "not those that were signed",
        ),
        (["DELETE FROM audit_auditcheckpoint WHERE tree_size = 8"], "no checkpoint covers"),
        (
            ["UPDATE audit_auditcheckpoint SET note = replace(note, '8', '9') WHERE tree_size = 8"],
            "not one that this log's key signed",
        ),
        (
            ["UPDATE audit_auditcheckpoint SET frontier = '[]' WHERE tree_size = 4"],
            "not one that this log's key signed",
        ),
        ([_FRONTIER], "do not hold what the checkpoint of 4 leaves signed"),
        ([_OLDER_NOTE], "not those that were signed"),
    ],
)
def test_event_of_tables_that_were_changed_proves_nothing(
    log: list[str], superuser_dsn: str, attacks: list[str], says: str
) -> None:
    for attack in attacks:
        as_superuser(superuser_dsn, attack)
    with pytest.raises(LogDamaged, match=says):
        events_proved(event_ids=[log[5]])


def test_event_under_a_checkpoint_that_nobody_signed_proves_nothing(
    log: list[str], worker: Actor, superuser_dsn: str
) -> None:
    """An insider writes leaf and checkpoint themselves: the tables say that it is covered, no key does."""
    [forged] = write(worker, "forged")
    assert log
    as_superuser(
        superuser_dsn,
        "INSERT INTO audit_auditleaf SELECT 8, id, transaction_id, sha256('\\x00'::bytea || body)"
        " FROM audit_auditevent WHERE event_id = %s",
        forged,
    )
    as_superuser(
        superuser_dsn,
        "INSERT INTO audit_auditcheckpoint (tree_size, root, note, frontier)"
        " SELECT 9, root, replace(note, E'\\n8\\n', E'\\n9\\n'), frontier FROM audit_auditcheckpoint"
        " WHERE tree_size = 8",
    )
    assert event_is_checkpointed(forged)
    with pytest.raises(LogDamaged, match="not one that this log's key signed"):
        events_proved(event_ids=[forged])


def test_event_that_no_witness_really_signed_proves_nothing(
    log: list[str], superuser_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An insider writes the cosignature of a witness into the table."""
    from countersign.audit.witness import Witness, witness_create
    from countersign.shared.env import environment

    witness_create(tmp_path / "witness", "witness.example.org/a")
    key = Witness(tmp_path / "witness").verifier
    policy = tmp_path / "policy"
    policy.write_text(f"witness a {key} http://127.0.0.1:9\nquorum a\n")
    monkeypatch.setenv("COUNTERSIGN_WITNESS_POLICY", str(policy))
    environment.cache_clear()
    try:
        for line in ("", "— witness.example.org/a " + "A" * 104 + "\n"):
            as_superuser(superuser_dsn, "DELETE FROM audit_auditcosignature")
            as_superuser(
                superuser_dsn,
                "INSERT INTO audit_auditcosignature (tree_size, witness, line) VALUES (8, %s, %s)",
                key,
                line,
            )
            assert event_is_checkpointed(log[5])
            with pytest.raises(LogDamaged, match="witnesse"):
                events_proved(event_ids=[log[5]])
    finally:
        monkeypatch.undo()
        environment.cache_clear()
    sequence_all()
    assert events_proved(event_ids=[log[5]])


def test_export_of_a_log_that_lost_events_says_so(log: list[str], superuser_dsn: str, tmp_path: Path) -> None:
    from countersign.audit.export import log_export

    as_superuser(superuser_dsn, "DELETE FROM audit_auditevent WHERE event_id = %s", log[3])
    with pytest.raises(LogDamaged, match="of the events 0 to 7 some are gone"):
        log_export(tmp_path / "export")
