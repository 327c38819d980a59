"""Events that the executor acts upon: proved to be in the signed tree, whatever the tables say."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from countersign.audit.errors import LogDamaged
from countersign.audit.proving import event_proved, events_proved
from countersign.audit.selectors import event_is_checkpointed
from countersign.audit.sequencing import Batch
from countersign.audit.services import record
from countersign.shared.actor import Actor
from tests.unit.audit.roles import sequence_all

Sequence = Callable[[], Batch]
# Types that anything is held against; the others are read and let go.
_TYPES = {"one": "role.granted", "four": "role.revoked", "six": "token.issued"}


def write(actor: Actor, *names: str) -> list[str]:
    from django.db import transaction

    with transaction.atomic():
        return [
            record(actor=actor, type=_TYPES.get(name, f"test.{name}"), subject=("thing", name))
            for name in names
        ]


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
    found = events_proved(types=_TYPES.values())
    assert [(event.id, event.index) for event in found] == [(log[0], 0), (log[3], 3), (log[5], 5)]
    assert late[0] not in {event.id for event in found}, "it is in no signed tree yet"
    assert (event_proved(late[0]), event_proved(str(uuid.uuid4()))) == (None, None)
    seventh = event_proved(log[7])
    assert seventh is not None
    assert (seventh.index, seventh.subject) == (7, ("thing", "eight"))
    assert [event.id for event in events_proved(types=["token.issued"], subject=("thing", "six"))] == [log[5]]
    assert events_proved(types=["token.issued"], subject=("thing", "five")) == ()
    assert json.loads(found[0].body)["type"] == "role.granted"
    sequence_all()
    assert [event.id for event in events_proved(types=["token.issued"])] == [log[5], *late]


def test_events_that_mention_something_are_found_by_their_bodies(log: list[str]) -> None:
    assert [event.id for event in events_proved(types=_TYPES.values(), mentions='"six"')] == [log[5]]
    assert events_proved(types=["token.issued"], mentions="'; DROP TABLE audit_auditevent") == ()


@pytest.mark.parametrize("column", ["type", "subject_type", "subject_id", "event_id"])
def test_event_is_not_hidden_by_a_column_that_it_is_searched_by(
    log: list[str], superuser_dsn: str, column: str
) -> None:
    other = "gone" if column != "event_id" else str(uuid.uuid4())
    statement = f"UPDATE audit_auditevent SET {column} = %s WHERE event_id = %s"  # noqa: S608 - of this file
    as_superuser(superuser_dsn, statement, other, log[5])
    found = events_proved(types=["token.issued"], subject=("thing", "six"))
    assert [event.id for event in found] == [log[5]]


_DELETE = "DELETE FROM audit_auditevent WHERE subject_id = 'six'"
_REWORD = (
    "UPDATE audit_auditevent SET body = replace(convert_from(body, 'UTF8'), 'six', 'sax')::bytea"
    " WHERE subject_id = 'six'"
)
_SWAP = (
    "UPDATE audit_auditleaf SET leaf_index = CASE leaf_index WHEN 5 THEN -6 ELSE -5 END"
    " WHERE leaf_index IN (5, 6)"
)
_OLDER_NOTE_LATER = (
    "UPDATE audit_auditcheckpoint SET tree_size = 9, note ="
    " (SELECT note FROM audit_auditcheckpoint WHERE tree_size = 4) WHERE tree_size = 8"
)


@pytest.mark.parametrize(
    ("attacks", "says"),
    [
        ([_DELETE], "the event at place 5 of the log is gone"),
        ([_DELETE, "DELETE FROM audit_auditleaf WHERE leaf_index = 5"], "some are gone"),
        (
            ["UPDATE audit_auditleaf SET event_position = -event_position WHERE leaf_index = 5"],
            "the event at place 5 of the log is gone",
        ),
        ([_REWORD], "the event at place 5 of the log is not the one that was signed"),
        (
            [_SWAP, "UPDATE audit_auditleaf SET leaf_index = -leaf_index WHERE leaf_index < 0"],
            "not those that were signed",
        ),
        (
            ["DELETE FROM audit_auditevent WHERE subject_id = 'seven'"],
            "the event at place 6 of the log is gone",
        ),
        ([_OLDER_NOTE_LATER], "not one that this log's key signed: its note is over 4 leaves"),
    ],
)
def test_search_of_a_log_that_was_changed_finds_nothing(
    log: list[str], superuser_dsn: str, attacks: list[str], says: str
) -> None:
    """Whichever event is gone or another one: what is asked for could have been hidden by it."""
    assert log
    for attack in attacks:
        as_superuser(superuser_dsn, attack)
    with pytest.raises(LogDamaged, match=says):
        events_proved(types=["token.issued"])


@pytest.mark.parametrize("size", ["tree_size > 4", "true"])
def test_log_that_was_read_once_is_not_shorter_later(log: list[str], superuser_dsn: str, size: str) -> None:
    assert events_proved(types=["token.issued"])
    as_superuser(superuser_dsn, f"DELETE FROM audit_auditcheckpoint WHERE {size}")  # noqa: S608 - of this file
    with pytest.raises(LogDamaged, match="read up to place 8, and is shorter now"):
        events_proved(types=["token.issued"])
    assert log


def test_event_under_the_id_of_another_one_proves_nothing(log: list[str], superuser_dsn: str) -> None:
    as_superuser(
        superuser_dsn, "UPDATE audit_auditevent SET event_id = gen_random_uuid() WHERE event_id = %s", log[5]
    )
    as_superuser(
        superuser_dsn, "UPDATE audit_auditevent SET event_id = %s WHERE event_id = %s", log[5], log[4]
    )
    with pytest.raises(LogDamaged, match="is not the one that was signed at place 4"):
        event_proved(log[5])


# The event "six" is the one with index 5; the checkpoints are over 3, 4 and 8 leaves.
_BODY = (
    "UPDATE audit_auditevent SET body = replace(convert_from(body, 'UTF8'), 'six', 'sax')::bytea"
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
        ([_OLDER_NOTE], "its note is over 4 leaves"),
    ],
)
def test_event_of_tables_that_were_changed_proves_nothing(
    log: list[str], superuser_dsn: str, attacks: list[str], says: str
) -> None:
    for attack in attacks:
        as_superuser(superuser_dsn, attack)
    with pytest.raises(LogDamaged, match=says):
        event_proved(log[5])


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
        event_proved(forged)


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
                event_proved(log[5])
    finally:
        monkeypatch.undo()
        environment.cache_clear()
    sequence_all()
    assert event_proved(log[5])


def test_export_of_a_log_that_lost_events_says_so(log: list[str], superuser_dsn: str, tmp_path: Path) -> None:
    from countersign.audit.export import log_export

    as_superuser(superuser_dsn, "DELETE FROM audit_auditevent WHERE event_id = %s", log[3])
    with pytest.raises(LogDamaged, match="of the events 0 to 7 some are gone"):
        log_export(tmp_path / "export")
