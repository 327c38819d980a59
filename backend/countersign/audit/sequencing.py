"""Turning committed events into leaves of an RFC 6962 tree, a batch at a time.

Polling ``id > last`` loses rows that commit late. Each event carries its transaction's id; a batch reads the
oldest transaction that may still be running first and takes only events below it, ordered by transaction and
position: nothing can appear behind what was taken.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import connection, transaction

from countersign.audit.models import AuditCheckpoint, AuditEvent, AuditLeaf
from countersign.shared.keys import signing_key
from countersign_verify.merkle import CompactRange
from countersign_verify.notes import Checkpoint, sign_note

if TYPE_CHECKING:
    from countersign.shared.keys import SigningKey

ORIGIN = "countersign.local/log"
BATCH = 20_000
# Any constant will do, as long as every sequencer uses the same one.
_ADVISORY_LOCK = 0x436F756E74657273


@dataclass(frozen=True, slots=True)
class Batch:
    """What one round did: how many leaves it added and the size of the tree after it."""

    added: int
    size: int


def _lowest_running_transaction() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        row = cursor.fetchone()
    return int(row[0])


def _pending(horizon: int) -> list[tuple[int, int, bytes]]:
    last = AuditLeaf.objects.order_by("-leaf_index").values_list("transaction_id", "event_position").first()
    events = AuditEvent.objects.filter(transaction_id__lt=horizon)
    if last is not None:
        # A row-value comparison uses the (transaction_id, id) index; Q objects would not.
        events = events.extra(where=["(transaction_id, id) > (%s, %s)"], params=[last[0], last[1]])
    rows = events.order_by("transaction_id", "id").values_list("transaction_id", "id", "body")[:BATCH]
    return [(txid, position, bytes(body)) for txid, position, body in rows]


def _frontier() -> CompactRange:
    row = AuditCheckpoint.objects.order_by("-tree_size").values_list("tree_size", "frontier").first()
    if row is None:
        return CompactRange()
    size, hashes = row
    return CompactRange(size=size, hashes=[bytes.fromhex(item) for item in hashes])


@transaction.atomic(durable=True)
def sequence_batch(key: SigningKey | None = None) -> Batch:
    """Add the next committed events to the tree and sign the new head.

    Two sequencers at once are safe: the second waits for the first one's transaction.

    Args:
        key: the log's key; by default the one of this process.

    Raises:
        SigningKeyMissing: the log key can't be read.
    """
    signer = key or signing_key("log")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ADVISORY_LOCK])
    # The horizon must be read before the events: the other order could miss a commit in between.
    pending = _pending(_lowest_running_transaction())
    tree = _frontier()
    if not pending:
        return Batch(0, tree.size)
    leaves = []
    for transaction_id, position, body in pending:
        digest = hashlib.sha256(b"\x00" + body).digest()
        leaves.append(
            AuditLeaf(
                leaf_index=tree.size,
                event_position=position,
                transaction_id=transaction_id,
                leaf_hash=digest,
            )
        )
        tree.append(digest)
    AuditLeaf.objects.bulk_create(leaves, batch_size=2_000)
    root = tree.root()
    note = sign_note(Checkpoint(ORIGIN, tree.size, root).text(), ORIGIN, signer.private)
    AuditCheckpoint.objects.create(
        tree_size=tree.size, root=root, note=note, frontier=[item.hex() for item in tree.hashes]
    )
    return Batch(len(leaves), tree.size)
