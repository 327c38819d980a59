"""The log as this process has read it: every event once, in order, hashed into the tree that was signed.

A column that an event is searched by is not in the tree, and no search finds a row that is gone. So what is
asked of the log (who took part, which policy held, whether somebody rejected) is never asked of the database:
every body under the newest signed checkpoint is read, those that anything is held against are kept, and the
next time only what came after is read. What was read once can't be taken back: a log that is shorter or
another one by now is refused.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from django.db import connection

from countersign.audit.errors import LogDamaged
from countersign.audit.models import AuditCheckpoint
from countersign.audit.sequencing import ORIGIN
from countersign.shared.keys import public_key
from countersign_verify.errors import RefusedError
from countersign_verify.merkle import CompactRange, leaf_hash
from countersign_verify.notes import checkpoint_open, verifier_key
from countersign_verify.vocabulary import EVENT_DATA

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from countersign_verify.notes import Checkpoint

# The others are hashed and let go.
KEPT: Final = frozenset(EVENT_DATA)
_ROWS = 5_000
_LEAVES = (
    "SELECT leaf_hash, event_position FROM audit_auditleaf"
    " WHERE leaf_index >= %s AND leaf_index < %s ORDER BY leaf_index"
)
_BODIES = "SELECT id, body FROM audit_auditevent WHERE id = ANY(%s)"
# Canonical JSON is in the order of its names, and these two are the last ones of an event.
_TYPE, _END = b',"type":"', b'","v":1}'


@dataclass(frozen=True, slots=True)
class ProvedEvent:
    """One event of the signed tree.

    Attributes:
        index: its place in the log.
        body: the canonical JSON that was hashed.
        subject: kind and id of what it is about, as the body tells.
    """

    id: str
    index: int
    body: bytes
    subject: tuple[str, str]


@dataclass(slots=True)
class _Read:
    tree: CompactRange = field(default_factory=CompactRange)
    kept: dict[str, list[ProvedEvent]] = field(default_factory=lambda: {kind: [] for kind in KEPT})
    lock: threading.Lock = field(default_factory=threading.Lock)


_read = _Read()


def log_read(types: Iterable[str]) -> list[ProvedEvent]:
    """Return the events of these types under the newest signed checkpoint, in order.

    Args:
        types: some of those in ``KEPT``.

    Raises:
        LogDamaged: the tables are not what was signed, or not what this process has read before.
    """
    with _read.lock:
        _follow()
        found = [event for kind in set(types) for event in _read.kept[kind]]
    return sorted(found, key=lambda event: event.index)


def checkpoint_signed(row: AuditCheckpoint) -> Checkpoint:
    """Return what the note of a checkpoint says, its signature checked.

    Raises:
        RefusedError: it is not one of this log's key, or of another size than the row.
    """
    checkpoint, _ = checkpoint_open(row.note, [verifier_key(ORIGIN, public_key("log").public)], origin=ORIGIN)
    if checkpoint.size != row.tree_size:
        raise RefusedError("checkpoint.size", f"its note is over {checkpoint.size} leaves")
    return checkpoint


def event_parse(body: bytes, index: int) -> ProvedEvent:
    """Return an event as its body tells of it.

    Raises:
        LogDamaged: it is no event.
    """
    try:
        told = json.loads(body)
        subject = told["subject"]
        return ProvedEvent(str(told["id"]), index, body, (str(subject["type"]), str(subject["id"])))
    except (ValueError, KeyError, TypeError) as error:
        message = f"what was signed at place {index} of the log is no event"
        raise LogDamaged(message) from error


def _follow() -> None:
    """Read what came after the last time, and keep all of it or nothing."""
    head = _head()
    if head is None:
        return
    tree, fresh = _read.tree.copy(), []
    for start in range(tree.size, head.size, _ROWS):
        end, hashes = min(start + _ROWS, head.size), []
        for index, (hashed, body) in enumerate(_placed(start, end), start):
            hashes.append(hashed)
            if (kind := _kind(body, index)) in KEPT:
                fresh.append((kind, event_parse(body, index)))
        tree.extend(hashes)
    if (tree.size, tree.root()) != (head.size, head.root):
        message = f"the events up to place {head.size} of the log are not those that were signed"
        raise LogDamaged(message)
    _read.tree = tree
    for kind, event in fresh:
        _read.kept[kind].append(event)


def _head() -> Checkpoint | None:
    row = AuditCheckpoint.objects.order_by("-tree_size").first()
    if row is None and not _read.tree.size:
        return None
    try:
        head = checkpoint_signed(row) if row is not None else None
    except (RefusedError, ValueError) as error:
        message = f"the newest checkpoint is not one that this log's key signed: {error}"
        raise LogDamaged(message) from error
    if head is None or head.size < _read.tree.size:
        message = (
            f"the log was read up to place {_read.tree.size}, and is shorter now; where it was restored from"
            " a copy with good reason, start the platform again"
        )
        raise LogDamaged(message)
    return head


def _placed(start: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield the events of these places, each with its hash."""
    with connection.cursor() as cursor:
        leaves = cursor.execute(_LEAVES, [start, end]).fetchall()
        bodies = dict(cursor.execute(_BODIES, [[position for _, position in leaves]]).fetchall())
    if len(leaves) != end - start:
        message = f"of the places {start} to {end} of the log some are gone"
        raise LogDamaged(message)
    for index, (hashed, position) in enumerate(leaves, start):
        body = bodies.get(position)
        if body is None:
            message = f"the event at place {index} of the log is gone"
            raise LogDamaged(message)
        if leaf_hash(body) != hashed:
            message = f"the event at place {index} of the log is not the one that was signed there"
            raise LogDamaged(message)
        yield hashed, body


def _kind(body: bytes, index: int) -> str:
    """Return the type of an event, without reading all of it."""
    begin = body.rfind(_TYPE)
    if begin < 0 or not body.endswith(_END):
        message = f"what was signed at place {index} of the log is no event"
        raise LogDamaged(message)
    return body[begin + len(_TYPE) : -len(_END)].decode(errors="replace")
