"""Tables of libraries: every change is an event, by whatever path, and says nothing that it must not."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st
from psycopg import sql

from countersign.audit.attribution import changes_attribute
from countersign.audit.bodies import actor_text
from countersign.audit.triggers import AuditedTable, table_audited
from countersign.shared.actor import Actor
from countersign.shared.correlation import correlation_scope
from countersign.shared.errors import NoTransaction
from countersign_verify.canonical import canonical_bytes, canonical_loads
from countersign_verify.log_events import event_read
from tests.unit.audit.roles import sequence_all
from tests.unit.audit.test_append_only import connect

if TYPE_CHECKING:
    from countersign.audit.models import AuditEvent

Connection = psycopg.Connection[tuple[Any, ...]]
Event = dict[str, Any]

# Columns whose values may stand in an event: ids, flags, and names that an administrator or a library gave.
HARMLESS = {
    "account_id", "action_flag", "app", "app_id", "app_label", "codename", "content_type_id",
    "email_address_id", "failures_since_start", "group_id", "is_active", "is_staff", "is_superuser",
    "locked_out", "model", "name", "object_id", "permission_id", "person_id", "primary", "provider",
    "provider_id", "type", "unattended", "user_id", "verified",
}  # fmt: skip
# A digest: see the setting AXES_USERNAME_CALLABLE.
DIGESTS = {("axes_accessattempt", "username")}
NOBODY: dict[str, object] = {
    "id": "database",
    "kind": "service",
    "label": "database",
    "person_id": None,
    "roles": [],
    "token_id": None,
    "unattended": False,
}


@dataclass(frozen=True, slots=True)
class Watched:
    """A table with its trigger, as the database's catalogue has it."""

    table: str
    noun: str
    plain: bool
    key: str
    told: frozenset[str]


@pytest.fixture
def owner(owner_dsn: str) -> Iterator[Connection]:
    """The owner of the schema, past every service; what it does is undone."""
    with psycopg.connect(owner_dsn) as link:
        yield link
        link.rollback()


@pytest.fixture
def watched(owner: Connection) -> list[Watched]:
    rows = owner.execute(
        "SELECT relname, encode(tgargs, 'escape') FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
        " WHERE tgfoid = 'audit_table_change'::regproc AND tgtype & 28 = 28 ORDER BY relname"
    ).fetchall()
    found = []
    for table, arguments in rows:
        noun, way, key, told, *_ = arguments.split("\\000")
        found.append(Watched(table, noun, way == "plain", key, frozenset(told.strip("{}").split(",")) - {""}))
    assert len(found) >= 20
    return found


def events_since(link: Connection, position: int) -> list[Event]:
    """Return what was told since, each held against the verifier's own reading."""
    rows = link.execute("SELECT body FROM audit_auditevent WHERE id > %s ORDER BY id", [position])
    events = []
    for (body,) in rows.fetchall():
        event: Any = canonical_loads(bytes(body))
        assert canonical_bytes(event) == bytes(body)
        event_read(bytes(body), 0)
        events.append(event)
    return events


def position_now(link: Connection) -> int:
    row = link.execute("SELECT coalesce(max(id), 0) FROM audit_auditevent").fetchone()
    assert row is not None
    return int(row[0])


def values_for(link: Connection, table: str, turn: int) -> dict[str, sql.Composable]:
    """Return a value for each column; texts say which column they are of."""
    columns = link.execute(
        "SELECT column_name, data_type, coalesce(character_maximum_length, 100)"
        " FROM information_schema.columns WHERE table_name = %s AND table_schema = 'public'",
        [table],
    ).fetchall()
    values: dict[str, sql.Composable] = {}
    for name, kind, length in columns:
        text = f"secret-of-{name}-{turn}"
        plain: object = {
            "uuid": str(uuid.uuid4()),
            "boolean": turn == 1,
            "jsonb": json.dumps({text: text}),
            "inet": f"192.0.2.{turn}",
            "timestamp with time zone": f"2026-01-0{turn}",
            "integer": 7_000 + turn,
            "bigint": 7_000 + turn,
            "smallint": turn,
        }.get(kind, text[:length])
        values[name] = sql.Literal(plain)
    return values


def changed_thrice(link: Connection, watched: Watched) -> list[Event]:
    """Add a row, change all of it, and take it away; what other tables must hold is asked at the end only."""
    begin = position_now(link)
    first, second = values_for(link, watched.table, 1), values_for(link, watched.table, 2)
    table, key = sql.Identifier(watched.table), sql.Identifier(watched.key)
    names = sql.SQL(", ").join(map(sql.Identifier, first))
    link.execute(
        sql.SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES ({})").format(
            table, names, sql.SQL(", ").join(first.values())
        )
    )
    moved = {name: value for name, value in second.items() if name not in {"id", watched.key}}
    if moved:
        link.execute(
            sql.SQL("UPDATE {} SET {} WHERE {} = {}").format(
                table,
                sql.SQL(", ").join(
                    sql.SQL("{} = {}").format(sql.Identifier(name), value) for name, value in moved.items()
                ),
                key,
                first[watched.key],
            )
        )
    link.execute(sql.SQL("DELETE FROM {} WHERE {} = {}").format(table, key, first[watched.key]))
    return events_since(link, begin)


def test_every_change_of_a_library_s_table_is_an_event(owner: Connection, watched: list[Watched]) -> None:
    for one in watched:
        events = changed_thrice(owner, one)
        assert [event["type"] for event in events] == [
            f"database.{one.noun}.{action}" for action in ("created", "changed", "deleted")
        ]
        created, changed, deleted = events
        assert created["data"]["now"].keys() == deleted["data"]["was"].keys() == one.told
        assert set(changed["data"]["changed"]) >= one.told - {one.key}
        assert len({event["subject"]["id"] for event in events}) == 1
        for event in events:
            assert event["actor"] == NOBODY
            assert event["subject"]["type"] == one.noun
            assert event["data"]["database_role"] == "countersign_owner"


def test_an_event_of_a_library_s_table_gives_nothing_away(owner: Connection, watched: list[Watched]) -> None:
    for one in watched:
        unknown = {name for name in one.told if (one.table, name) not in DIGESTS} - HARMLESS
        assert unknown == set(), f"{one.table} tells of columns that nobody looked at"
        told = json.dumps(changed_thrice(owner, one))
        allowed = one.told | ({one.key} if one.plain else set())
        assert set(re.findall(r"secret-of-(\w+)-", told)) <= allowed, one.table
        assert "192.0.2." not in told


def test_emptying_a_table_at_once_is_an_event(owner: Connection, watched: list[Watched]) -> None:
    for one in watched:
        begin = position_now(owner)
        owner.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.Identifier(one.table)))
        (event,) = [event for event in events_since(owner, begin) if event["subject"]["id"] == one.table]
        assert event["type"] == f"database.{one.noun}.truncated"


def test_emptying_a_table_says_how_many_rows_it_had(committed_db: None, owner: Connection) -> None:
    with connect("app") as app:
        app.execute("INSERT INTO auth_group (name) VALUES ('a'), ('b')")
    begin = position_now(owner)
    owner.execute("TRUNCATE auth_group CASCADE")
    (event,) = [event for event in events_since(owner, begin) if event["subject"]["id"] == "auth_group"]
    assert event["data"] == {"database_role": "countersign_owner", "rows": 2}


def test_what_changes_nothing_is_no_event(owner: Connection) -> None:
    owner.execute("INSERT INTO auth_group (name) VALUES ('a')")
    begin = position_now(owner)
    owner.execute("UPDATE auth_group SET name = 'a'")
    assert events_since(owner, begin) == []


def test_a_session_that_is_used_is_no_event_and_one_that_is_changed_is(owner: Connection) -> None:
    owner.execute("INSERT INTO django_session VALUES ('the-key', 'data', '2026-01-01')")
    begin = position_now(owner)
    owner.execute("UPDATE django_session SET expire_date = '2026-01-02'")
    assert events_since(owner, begin) == []
    owner.execute("UPDATE django_session SET session_data = 'other', expire_date = '2026-01-03'")
    (event,) = events_since(owner, begin)
    assert event["data"]["changed"] == ["expire_date", "session_data"]


def test_a_session_is_named_by_the_digest_of_its_key(owner: Connection) -> None:
    begin = position_now(owner)
    owner.execute("INSERT INTO django_session VALUES ('the-key', 'data', '2026-01-01')")
    owner.execute("UPDATE django_session SET session_key = 'another-key'")
    created, changed = events_since(owner, begin)
    assert created["subject"]["id"] == f"sha256:{hashlib.sha256(b'the-key').hexdigest()}"
    assert changed["subject"] != created["subject"]
    assert "the-key" not in json.dumps([created, changed])


def test_a_key_that_is_changed_says_which_row_it_was(owner: Connection) -> None:
    owner.execute("INSERT INTO auth_group (id, name) VALUES (41, 'a')")
    begin = position_now(owner)
    owner.execute("UPDATE auth_group SET id = 42")
    (event,) = events_since(owner, begin)
    assert event["subject"]["id"] == "42"
    assert event["data"]["was"] == {"id": 41}


def test_a_person_s_key_that_is_destroyed_is_told_and_one_that_is_made_is_not(owner: Connection) -> None:
    begin = position_now(owner)
    person = str(uuid.uuid4())
    owner.execute(
        "INSERT INTO audit_personkey (key_id, person_id, secret) VALUES (gen_random_uuid(), %s, 'x')",
        [person],
    )
    assert events_since(owner, begin) == []
    owner.execute("UPDATE audit_personkey SET secret = '', destroyed_at = now()")
    (event,) = events_since(owner, begin)
    assert event["type"] == "database.person_key.changed"
    assert event["data"]["changed"] == ["destroyed_at", "secret"]


@pytest.mark.parametrize("role", ["app", "owner"])
def test_a_change_whose_event_is_refused_does_not_happen(
    committed_db: None, superuser_dsn: str, role: str
) -> None:
    with psycopg.connect(superuser_dsn, autocommit=True) as superuser:
        superuser.execute(
            "CREATE FUNCTION test_refuse() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'no event today'; END $$;"
            "CREATE TRIGGER test_refuse BEFORE INSERT ON audit_auditevent"
            " FOR EACH ROW EXECUTE FUNCTION test_refuse()"
        )
        try:
            with connect(role) as link, pytest.raises(psycopg.errors.RaiseException, match="no event today"):
                link.execute("INSERT INTO auth_group (name) VALUES ('a')")
        finally:
            superuser.execute("DROP FUNCTION test_refuse CASCADE")
        assert superuser.execute("SELECT count(*) FROM auth_group").fetchone() == (0,)


def test_an_event_is_of_the_transaction_of_its_change(committed_db: None) -> None:
    with connect("app") as link:
        with link.transaction():
            link.execute("INSERT INTO auth_group (name) VALUES ('a')")
            row = link.execute("SELECT pg_current_xact_id()::text::bigint").fetchone()
        assert link.execute("SELECT transaction_id FROM audit_auditevent").fetchone() == row


def test_rows_that_stand_in_front_of_the_log_catch_no_event(committed_db: None, superuser_dsn: str) -> None:
    """A temporary table comes first in everybody's path, unless a function says otherwise."""
    with psycopg.connect(superuser_dsn, autocommit=True) as link:
        link.execute("CREATE TEMPORARY TABLE audit_auditevent (LIKE public.audit_auditevent INCLUDING ALL)")
        link.execute(
            "CREATE FUNCTION pg_temp.to_json(text) RETURNS json LANGUAGE sql"
            " AS $$ SELECT '\"forged\"'::json $$"
        )
        link.execute("INSERT INTO auth_group (name) VALUES ('a')")
        assert link.execute("SELECT count(*) FROM pg_temp.audit_auditevent").fetchone() == (0,)
        row = link.execute("SELECT body FROM public.audit_auditevent").fetchone()
    assert row is not None
    assert b"forged" not in bytes(row[0])


def group_make() -> Event:
    """Change a library's table in the open transaction; return the event of it."""
    from django.contrib.auth.models import Group

    from countersign.audit.models import AuditEvent

    Group.objects.create(name=str(uuid.uuid4()))
    event: AuditEvent = AuditEvent.objects.order_by("-id")[0]
    read: Any = canonical_loads(bytes(event.body))
    assert read["type"] == "database.group.created"
    assert (event.actor_kind, event.actor_id) == (read["actor"]["kind"], read["actor"]["id"])
    assert str(event.person_id or "") == (read["actor"]["person_id"] or "")
    assert event.correlation_id == read["correlation_id"]
    event_read(bytes(event.body), 0)
    return dict(read)


def test_the_one_who_acts_is_carried_into_the_event(committed_db: None, alice: Actor) -> None:
    with correlation_scope("request-0001"), transaction.atomic():
        changes_attribute(actor=alice)
        event = group_make()
    assert event["actor"]["person_id"] == alice.person_id
    assert event["actor"]["label"].keys() == {"ciphertext", "key", "nonce"}
    assert event["actor"]["roles"] == ["auditor", "director"]
    assert event["correlation_id"] == "request-0001"
    assert event["data"]["database_role"] == "countersign_app"


def test_the_one_who_acts_is_forgotten_with_the_transaction(committed_db: None, alice: Actor) -> None:
    with transaction.atomic():
        changes_attribute(actor=alice)
    assert group_make()["actor"] == NOBODY


def test_the_label_in_the_event_is_the_actor_s(committed_db: None, alice: Actor) -> None:
    from countersign.audit.selectors import event_list

    with transaction.atomic():
        changes_attribute(actor=alice)
        group_make()
    assert event_list(actor=alice)[0].actor_label == "Alice Liddell"


def test_attribution_without_a_transaction_is_refused(committed_db: None, alice: Actor) -> None:
    with pytest.raises(NoTransaction, match="open one first"):
        changes_attribute(actor=alice)


@given(
    label=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30),
    role=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=10),
    correlation=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20),
    name=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40),
)
def test_any_text_is_told_in_canonical_form(
    owner_dsn: str, label: str, role: str, correlation: str, name: str
) -> None:
    actor = Actor(
        kind="agent", id="a", label=label, roles=frozenset({role, "b"}), token_id="t", unattended=True
    )
    with psycopg.connect(owner_dsn) as link:
        begin = position_now(link)
        link.execute(
            "SELECT set_config('countersign.actor', %s, true),"
            " set_config('countersign.correlation_id', %s, true)",
            [actor_text(actor), correlation],
        )
        link.execute("INSERT INTO auth_group (name) VALUES (%s)", [name])
        (event,) = events_since(link, begin)
        link.rollback()
    assert event["actor"]["label"] == label
    assert event["actor"]["roles"] == sorted({role, "b"})
    assert event["correlation_id"] == correlation
    assert event["data"]["now"] == {"name": name}


PERSON = '"person_id":"22222222-2222-4222-8222-222222222222"'
ACTOR = (
    '{"id":"a","kind":"service","label":"a","person_id":null,"roles":[],"token_id":null,"unattended":false}'
)


@pytest.mark.parametrize(
    "given_actor",
    [
        "nobody",
        "{}",
        "[]",
        ACTOR.replace(":", ": "),
        ACTOR.replace("service", "root"),
        ACTOR.replace("}", ',"x":1}'),
        ACTOR.replace('"a"', '"\\u0061"'),
        ACTOR.replace("false", '"false"'),
        ACTOR.replace("false", "0"),
        ACTOR.replace("[]", "[1]"),
        ACTOR.replace("[]", "null"),
        ACTOR.replace('"person_id":null', PERSON),
        ACTOR.replace('"label":"a"', '"label":null'),
        ACTOR.replace('"label":"a"', '"label":{"key":"k"}'),
        ACTOR.replace('"person_id":null', '"person_id":"nobody"'),
    ],
)
def test_an_actor_that_no_verifier_reads_is_refused_with_the_change(
    owner: Connection, given_actor: str
) -> None:
    owner.execute("SELECT set_config('countersign.actor', %s, true)", [given_actor])
    with pytest.raises(psycopg.errors.DataError):
        owner.execute("INSERT INTO auth_group (name) VALUES ('a')")


def test_a_stranger_verifies_a_log_with_events_by_trigger(
    committed_db: None, alice: Actor, tmp_path: Path
) -> None:
    from countersign.audit.export import log_export
    from countersign.audit.sequencing import ORIGIN
    from countersign_verify.log_verify import log_verify
    from countersign_verify.report import Report
    from tests.unit.audit.test_sequencing import trust_of_the_log

    for actor in (None, alice):
        with transaction.atomic():
            if actor:
                changes_attribute(actor=actor)
            group_make()
    with connect("owner") as link:
        link.execute("TRUNCATE auth_group CASCADE")
    assert sequence_all().added >= 3
    log_export(tmp_path)
    (tmp_path / "trust.json").write_bytes(trust_of_the_log().raw)
    (tmp_path / "index.json").write_bytes(
        canonical_bytes({"format": "countersign/export/v1", "origin": ORIGIN, "merges": []})
    )
    report = Report()
    log_verify(tmp_path, trust_of_the_log(), report)
    assert report.holds, report.failures


@pytest.mark.parametrize("name", ["", "A", "a b", "a;", "a'", "1a"])
def test_a_name_that_is_not_plain_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not a plain name"):
        table_audited(AuditedTable(name, "noun"))
    with pytest.raises(ValueError, match="not a plain name"):
        table_audited(AuditedTable("a", "noun", told=(name,)))


def test_the_trigger_goes_as_it_came(owner: Connection) -> None:
    operation = table_audited(AuditedTable("thing", "thing", told=("a",)))
    owner.execute("CREATE TABLE thing (id int PRIMARY KEY, a text)")
    owner.execute(str(operation.sql).encode())
    begin = position_now(owner)
    owner.execute("INSERT INTO thing VALUES (1, 'x')")
    assert [event["type"] for event in events_since(owner, begin)] == ["database.thing.created"]
    owner.execute(str(operation.reverse_sql).encode())
    owner.execute("INSERT INTO thing VALUES (2, 'x')")
    owner.execute("TRUNCATE thing")
    assert len(events_since(owner, begin)) == 1
