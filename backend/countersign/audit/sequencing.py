"""Turning committed events into leaves of an RFC 6962 tree, a batch at a time.

Polling ``id > last`` loses rows that commit late. Each event carries its transaction's id; a batch takes only
events below the oldest transaction that may still be running, ordered by transaction and position: nothing
can appear behind what was taken.

A batch is one stream from end to end: events come in over one connection while their leaves go out over
another, so that the server reads and writes while this process hashes. What is written is one transaction,
under a lock that lets one sequencer at a time extend the tree. Only a tree that this log's own key has signed
is extended: tables that were rewritten are never signed over.
"""

from __future__ import annotations

import hashlib
import json
import struct
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import psycopg
from django.db import connection, transaction

from countersign.audit.errors import LogDamaged
from countersign.audit.models import AuditCheckpoint
from countersign.shared.keys import signing_key
from countersign_verify.errors import RefusedError
from countersign_verify.merkle import CompactRange
from countersign_verify.notes import Checkpoint, checkpoint_open, sign_note, verifier_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.backends.base.base import BaseDatabaseWrapper

    from countersign.shared.keys import SigningKey

ORIGIN = "countersign.local/log"
BATCH = 50_000
# Any constant will do, as long as every sequencer uses the same one.
_ADVISORY_LOCK = 0x436F756E74657273
_HEAD = """
SELECT newest.note, newest.frontier::text, leaf.transaction_id, leaf.event_position
FROM (SELECT * FROM audit_auditcheckpoint ORDER BY tree_size DESC LIMIT 1) newest
LEFT JOIN audit_auditleaf leaf ON leaf.leaf_index = newest.tree_size - 1
"""
# The bound and the rows are of one snapshot: whatever is below it is over, and what it committed is visible.
_PENDING = """
SELECT transaction_id, id, body FROM audit_auditevent
WHERE transaction_id < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
    AND (transaction_id, id) > (%s, %s)
ORDER BY transaction_id, id LIMIT %s
"""
_COPY = (
    "COPY audit_auditleaf (leaf_index, event_position, transaction_id, leaf_hash) FROM STDIN (FORMAT binary)"
)
# Rows that travel together: enough that a round trip does not show, few enough to stay small.
_CHUNK = 2_000
# PostgreSQL's binary COPY: signature, no flags, no extension; rows of counted columns, each after its length.
_COPY_BEGIN = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_COPY_END = b"\xff\xff"
_COPY_ROW = struct.Struct("!hiqiqiqi")
_COLUMNS, _BIGINT, _HASH = 4, 8, 32

Event = tuple[int, int, bytes]


@dataclass(frozen=True, slots=True)
class Batch:
    """What one round did: how many leaves it added and the size of the tree after it."""

    added: int
    size: int


@dataclass(frozen=True, slots=True)
class _Head:
    """The tree so far and the place of its last event."""

    tree: CompactRange
    transaction_id: int
    position: int


@contextmanager
def reader_open() -> Iterator[BaseDatabaseWrapper]:
    """Open the connection that events are read over, beside the one that leaves are written over."""
    reader = connection.copy()
    try:
        reader.ensure_connection()
        yield reader
    finally:
        reader.close()


def sequence_batch(key: SigningKey | None = None, *, reader: BaseDatabaseWrapper | None = None) -> Batch:
    """Add the next committed events to the tree and sign the new head.

    Two sequencers at once are safe: the second waits for the first one's transaction.

    Args:
        key: the log's key; by default the one of this process.
        reader: the connection to read over (see :func:`reader_open`); by default one for this batch.

    Raises:
        LogDamaged: the tables were changed past their triggers; nothing is signed over that.
        SigningKeyMissing: the log key can't be read.
    """
    signer = key or signing_key("log")
    if reader is not None:
        return _sequence(signer=signer, reader=reader)
    with reader_open() as opened:
        return _sequence(signer=signer, reader=opened)


@transaction.atomic(durable=True)
def _sequence(*, signer: SigningKey, reader: BaseDatabaseWrapper) -> Batch:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ADVISORY_LOCK])
    # A statement of its own: it must see what the sequencer before this one committed.
    head = _head(signer)
    events = _pending(reader, head)
    first = list(islice(events, 1))
    if not first:
        return Batch(0, head.tree.size)
    before = head.tree.size
    tree = _extend(head.tree, first, events)
    root = tree.root()
    note = sign_note(Checkpoint(ORIGIN, tree.size, root).text(), ORIGIN, signer.private)
    AuditCheckpoint.objects.create(
        tree_size=tree.size, root=root, note=note, frontier=[item.hex() for item in tree.hashes]
    )
    return Batch(tree.size - before, tree.size)


def _head(signer: SigningKey) -> _Head:
    with connection.cursor() as cursor:
        cursor.execute(_HEAD)
        row = cursor.fetchone()
    if row is None:
        return _Head(CompactRange(), 0, 0)
    note, frontier, transaction_id, position = row
    try:
        signed, _ = checkpoint_open(note, [verifier_key(ORIGIN, signer.public)], origin=ORIGIN)
        tree = CompactRange(size=signed.size, hashes=[bytes.fromhex(item) for item in json.loads(frontier)])
    except (RefusedError, ValueError) as error:
        message = f"the newest checkpoint is not one that this log's key signed: {error}"
        raise LogDamaged(message) from error
    if tree.root() != signed.root or position is None:
        message = f"the tables do not hold what the newest checkpoint signed ({signed.size} leaves)"
        raise LogDamaged(message)
    return _Head(tree, transaction_id, position)


def _pending(reader: BaseDatabaseWrapper, head: _Head) -> Iterator[Event]:
    """Yield the events that follow, as the server sends them."""
    with reader.wrap_database_errors, psycopg.Cursor[Any](reader.connection) as cursor:
        yield from cursor.stream(
            _PENDING, [head.transaction_id, head.position, BATCH], binary=True, size=_CHUNK
        )


def _extend(tree: CompactRange, first: list[Event], events: Iterator[Event]) -> CompactRange:
    """Write the leaves of these events and add them to the tree."""
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(_COPY) as copy:
        copy.write(_COPY_BEGIN)
        chunk = first
        while chunk:
            hashes = [hashlib.sha256(b"\x00" + body).digest() for _, _, body in chunk]
            rows = zip(range(tree.size, tree.size + len(chunk)), chunk, hashes, strict=True)
            copy.write(b"".join([_row(index, event, digest) for index, event, digest in rows]))
            tree.extend(hashes)
            chunk = list(islice(events, _CHUNK))
        copy.write(_COPY_END)
    return tree


def _row(index: int, event: Event, digest: bytes) -> bytes:
    fixed = _COPY_ROW.pack(_COLUMNS, _BIGINT, index, _BIGINT, event[1], _BIGINT, event[0], _HASH)
    return fixed + digest
