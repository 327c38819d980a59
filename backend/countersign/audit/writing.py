"""The one INSERT of an event, prepared once a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakSet

import psycopg
from django.db import connection
from psycopg.pq import ExecStatus, Format

from countersign.audit.prepared import require, transaction_begin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from countersign.audit.prepared import Link

COLUMNS = (
    "event_id, recorded_at, type, actor_kind, actor_id, person_id,"
    " subject_type, subject_id, correlation_id, body"
)
_NAME = b"countersign_audit_record"
_INSERT = (
    f"INSERT INTO audit_auditevent ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"  # noqa: S608 - a constant
).encode()
_FORMATS = (*([Format.TEXT] * 9), Format.BINARY)
_READY: WeakSet[Link] = WeakSet()


def event_insert(texts: Sequence[str | None], body: bytes) -> None:
    """Insert one event in the open transaction: one round trip, nothing to parse or plan.

    Every event that is not part of its change's own statement goes this way, so it is worth going straight to
    libpq: a cursor costs more than the statement.
    """
    link = link_open()
    with connection.wrap_database_errors:
        transaction_begin(link)
        if link not in _READY:
            require(link.pgconn.prepare(_NAME, _INSERT), ExecStatus.COMMAND_OK)
            _READY.add(link)
        values = [*(None if text is None else _column(text) for text in texts), body]
        done = link.pgconn.exec_prepared(_NAME, values, _FORMATS)  # type: ignore[arg-type]  # NULL is None
        require(done, ExecStatus.COMMAND_OK)


def link_open() -> Link:
    """Return psycopg's connection below Django's, opened if need be.

    Raises:
        TransactionManagementError: a statement of this transaction has failed before.
    """
    connection.validate_no_broken_transaction()
    connection.ensure_connection()
    link: Link = connection.connection
    return link


def _column(text: str) -> bytes:
    # libpq would end the text there and store the rest of nothing.
    if "\0" in text:
        message = "PostgreSQL text cannot hold NUL (0x00) bytes"
        raise psycopg.DataError(message)
    return text.encode()
