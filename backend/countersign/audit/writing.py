"""The one INSERT of an event, prepared once a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakSet

import psycopg
from django.db import connection
from psycopg.pq import ExecStatus, Format, TransactionStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg.pq.abc import PGresult

_COLUMNS = (
    "event_id, recorded_at, type, actor_kind, actor_id, person_id,"
    " subject_type, subject_id, correlation_id, body"
)
_NAME = b"countersign_audit_record"
_PREPARED = (
    f"INSERT INTO audit_auditevent ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"  # noqa: S608 - a constant
).encode()
_ORDINARY = f"INSERT INTO audit_auditevent ({_COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"  # noqa: S608 - a constant
_FORMATS = (*([Format.TEXT] * 9), Format.BINARY)
_READY: WeakSet[psycopg.Connection[tuple[object, ...]]] = WeakSet()


def event_insert(texts: Sequence[str | None], body: bytes) -> None:
    """Insert one event in the open transaction: one round trip, nothing to parse or plan.

    Every event goes this way, so it is worth going straight to libpq: a cursor costs more than the statement.
    As the first statement of a transaction it takes the ordinary way, which begins it.
    """
    connection.validate_no_broken_transaction()
    link = connection.connection
    if link is None or link.pgconn.transaction_status != TransactionStatus.INTRANS:
        with connection.cursor() as cursor:
            cursor.execute(_ORDINARY, (*texts, body))
        return
    with connection.wrap_database_errors:
        if link not in _READY:
            _check(link.pgconn.prepare(_NAME, _PREPARED), ExecStatus.COMMAND_OK)
            _READY.add(link)
        values = [*(None if text is None else _column(text) for text in texts), body]
        _check(link.pgconn.exec_prepared(_NAME, values, _FORMATS), ExecStatus.COMMAND_OK)


def _column(text: str) -> bytes:
    # libpq would end the text there and store the rest of nothing.
    if "\0" in text:
        message = "PostgreSQL text cannot hold NUL (0x00) bytes"
        raise psycopg.DataError(message)
    return text.encode()


def _check(result: PGresult, expected: ExecStatus) -> None:
    if result.status != expected:
        raise psycopg.errors.error_from_result(result)
