"""Nothing in the log changes: neither the runtime roles nor the schema's owner get past the triggers."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.db import transaction
from psycopg import sql

from countersign.audit.sequencing import Batch
from countersign.audit.services import record
from countersign.shared.actor import Actor

TABLES = ("audit_auditevent", "audit_auditleaf", "audit_auditcheckpoint")
CHANGES = (
    "UPDATE {} SET {} = {}",
    "DELETE FROM {}",
    "TRUNCATE {}",
)
COLUMN = {"audit_auditevent": "type", "audit_auditleaf": "transaction_id", "audit_auditcheckpoint": "note"}


def connect(role: str) -> psycopg.Connection[tuple[Any, ...]]:
    prefix = {"app": "", "owner": "_OWNER", "sequencer": "_SEQUENCER"}[role]
    return psycopg.connect(
        host=os.environ["COUNTERSIGN_DATABASE_HOST"],
        port=os.environ["COUNTERSIGN_DATABASE_PORT"],
        dbname=os.environ["COUNTERSIGN_DATABASE_NAME"],
        user=os.environ[f"COUNTERSIGN_DATABASE{prefix}_USER"],
        password=os.environ[f"COUNTERSIGN_DATABASE{prefix}_PASSWORD"],
        autocommit=True,
    )


@pytest.mark.parametrize("role", ["app", "sequencer", "owner"])
def test_log_refuses_every_change(
    committed_db: None, sequence: Callable[[], Batch], worker: Actor, role: str
) -> None:
    with transaction.atomic():
        record(actor=worker, type="run.claimed", subject=("run", "r1"))
    sequence()
    with connect(role) as connection:
        for table in TABLES:
            for change in CHANGES:
                statement = change.format(table, COLUMN[table], COLUMN[table])
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement)
    with connect("owner") as connection:
        for table in TABLES:
            count = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
            assert connection.execute(count).fetchone() == (1,)


@pytest.mark.parametrize("table", TABLES)
def test_runtime_role_can_not_switch_the_triggers_off(committed_db: None, table: str) -> None:
    with connect("app") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")


@pytest.mark.parametrize("table", ["audit_auditleaf", "audit_auditcheckpoint"])
def test_runtime_role_can_not_sequence(committed_db: None, table: str) -> None:
    with connect("app") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(f"INSERT INTO {table} DEFAULT VALUES")


def test_sequencer_role_can_not_write_events(committed_db: None) -> None:
    with connect("sequencer") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("INSERT INTO audit_auditevent DEFAULT VALUES")


@pytest.mark.parametrize("role", ["app", "sequencer"])
def test_runtime_roles_can_not_hold_the_log_back_for_long(role: str, committed_db: None) -> None:
    """A transaction that keeps asking is neither idle nor one long statement: it has an end of its own."""
    with connect(role) as connection:
        limits = [
            connection.execute("SELECT current_setting(%s)", [name]).fetchone()
            for name in ("idle_in_transaction_session_timeout", "transaction_timeout")
        ]
        assert limits == [("30s",), ("2min",)]
        connection.execute("SET transaction_timeout = '300ms'")

        def ask_on() -> None:
            with connection.transaction():
                for _ in range(20):
                    connection.execute("SELECT pg_sleep(0.05)")

        with pytest.raises(psycopg.errors.TransactionTimeout):
            ask_on()
