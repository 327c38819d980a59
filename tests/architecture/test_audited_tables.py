"""No table changes unseen: what services do not write alone has triggers that write the events."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from django.apps import apps
from psycopg import sql

from countersign.config.middleware import LIBRARY_WRITES

# Tables of ours that a library writes as well.
SHARED = {"accounts_user", "accounts_user_groups", "accounts_user_user_permissions"}
# What each of the two triggers fires on: rows after INSERT, DELETE and UPDATE; statements before TRUNCATE.
EVERY_ROW = ("audit_table_change", 1 | 4 | 8 | 16)
EMPTYING = ("audit_table_truncate", 2 | 32)

Connection = psycopg.Connection[tuple[Any, ...]]


def tables_of_rooms() -> set[str]:
    """Return the tables that only services write: the static checks see that these record."""
    rooms = [config for config in apps.get_app_configs() if config.name.startswith("countersign.")]
    return {
        model._meta.db_table for config in rooms for model in config.get_models(include_auto_created=True)
    } - SHARED


def watched(connection: Connection) -> set[str]:
    """Return the tables with both triggers."""
    triggers = connection.execute(
        "SELECT relname, proname, tgtype FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
        " JOIN pg_proc ON pg_proc.oid = tgfoid WHERE tgenabled IN ('O', 'A') AND tgqual IS NULL"
    ).fetchall()
    return {
        str(table)
        for table, *_ in triggers
        if (table, *EVERY_ROW) in triggers and (table, *EMPTYING) in triggers
    }


def unseen(connection: Connection) -> set[str]:
    """Return the tables that nobody watches, by the database's own catalogue."""
    rows = connection.execute(
        "SELECT pg_class.relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace"
        " WHERE relkind IN ('r', 'p', 'f', 'm')"
        " AND nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')"
    )
    return {str(name) for (name,) in rows} - watched(connection) - tables_of_rooms()


def test_every_table_of_a_library_is_watched(db: None, owner_connection: Connection) -> None:
    assert unseen(owner_connection) == set()


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TABLE thing (id int PRIMARY KEY)",
        "ALTER TABLE mfa_authenticator DISABLE TRIGGER mfa_authenticator_audited",
        "DROP TRIGGER auth_group_audited_truncate ON auth_group",
        "DROP TRIGGER accounts_user_audited ON accounts_user",
    ],
)
def test_a_table_that_nobody_watches_is_found(db: None, owner_dsn: str, change: str) -> None:
    with psycopg.connect(owner_dsn) as connection:
        connection.execute(sql.SQL(change))
        assert unseen(connection) in [{"thing"}, {"mfa_authenticator"}, {"auth_group"}, {"accounts_user"}]
        connection.rollback()


def test_the_table_of_migrations_is_among_those_that_are_watched(
    db: None, owner_connection: Connection
) -> None:
    assert "django_migrations" not in tables_of_rooms() | unseen(owner_connection)


def test_who_asked_is_said_for_every_table_that_is_watched(db: None, owner_connection: Connection) -> None:
    tables = watched(owner_connection)
    assert len(tables) > 15
    for verb in ("INSERT INTO", "UPDATE", "DELETE FROM"):
        assert all(LIBRARY_WRITES.match(f'{verb} "{table}"') for table in tables)
        assert not any(LIBRARY_WRITES.match(f'{verb} "{table}"') for table in tables_of_rooms())
