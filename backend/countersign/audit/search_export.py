"""Exporting what a search found: each event with its proof, so that a stranger can check every line.

The proofs are made from the tiles of the mirror and lead to a signed checkpoint that the mirror has reached.
Each is checked before it is handed out: what was changed in the tables or in the mirror is never passed on.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from countersign.audit.errors import CheckpointMissing, LogDamaged
from countersign.audit.mirror import PREFIX, mirror_newest
from countersign.audit.models import AuditEvent, AuditLeaf
from countersign.audit.search import filter_check, positions_iterate
from countersign.audit.selectors import checkpoint_exported, reader_require
from countersign.shared.clock import now
from countersign.shared.storage import ObjectMissing
from countersign_verify.errors import RefusedError
from countersign_verify.log_lines import event_line, header_line
from countersign_verify.merkle import inclusion_ranges, leaf_hash, range_root, verify_inclusion
from countersign_verify.tiles import tile_node

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from countersign.audit.contracts import CheckpointData, EventFilter
    from countersign.shared.actor import Actor
    from countersign.shared.storage import ObjectStore

# A tile has 8 KiB, a node 32 bytes.
_TILES_KEPT = 1_024
_NODES_KEPT = 1 << 17


class SearchExport:
    """The lines of one export, and how many events they could not take in."""

    def __init__(self, *, actor: Actor, wanted: EventFilter, limit: int, store: ObjectStore) -> None:
        """Choose the checkpoint that the proofs lead to.

        Args:
            actor: who reads.
            wanted: what is searched for.
            limit: at most so many events, the newest first.
            store: the object store with the log's mirror.

        Raises:
            CheckpointMissing: the mirror has not reached a checkpoint yet that a stranger can be given.
            MirrorDisagrees: the mirror is not one that this log's key signed.
            PermissionDenied: the actor may not read the log.
            SearchInvalid: no event can be like that.
            StorageRefused: the store does not answer.
        """
        reader_require(actor)
        filter_check(wanted)
        self._wanted = wanted
        self._until = now()
        self._limit = limit
        self._store = store
        self._mirrored = mirror_newest(store).size
        if not self._mirrored:
            message = "the log has not been copied to the object store yet; try again in some seconds"
            raise CheckpointMissing(message)
        self.head: CheckpointData = checkpoint_exported(most=self._mirrored)
        self.written = 0
        self.later = 0
        self._tile = lru_cache(_TILES_KEPT)(self._tile_read)
        self._node = lru_cache(_NODES_KEPT)(self._node_read)

    def lines(self) -> Iterator[bytes]:
        """Yield the header and a line for each event; ``written`` and ``later`` count along.

        Raises:
            LogDamaged: an event is not the one that was signed, or its proof can't be made.
        """
        yield header_line(self.head.note, self._wanted.as_json())
        for positions in positions_iterate(self._found, limit=self._limit):
            yield from self._page(positions)

    @property
    def _found(self) -> EventFilter:
        """What is searched for, without what happens meanwhile: that somebody exports is an event too."""
        wanted = self._wanted
        if (wanted.since and wanted.since >= self._until) or (wanted.until and wanted.until <= self._until):
            return wanted
        return replace(wanted, until=self._until)

    def _page(self, positions: Sequence[int]) -> Iterator[bytes]:
        events = AuditEvent.objects.in_bulk(positions)
        leaves = dict(
            AuditLeaf.objects.filter(event_position__in=positions, leaf_index__lt=self.head.size).values_list(
                "event_position", "leaf_index"
            )
        )
        for position in positions:
            if position not in leaves:
                self.later += 1
                continue
            yield self._line(bytes(events[position].body), leaves[position])
            self.written += 1

    def _line(self, body: bytes, index: int) -> bytes:
        size, root = self.head.size, bytes.fromhex(self.head.root)
        try:
            proof = [range_root(begin, end, self._node) for begin, end in inclusion_ranges(index, size)]
            verify_inclusion(leaf_hash(body), index, size, proof, root)
        except (RefusedError, ObjectMissing) as error:
            message = (
                f"event {index} of the log, or the mirror's tiles for it, are not what was signed: {error}"
            )
            raise LogDamaged(message, leaf_index=index) from error
        return event_line(body, index, proof)

    def _tile_read(self, path: str) -> bytes:
        return self._store.get(f"{PREFIX}/{path}")

    def _node_read(self, level: int, index: int) -> bytes:
        # A node that is complete at the checkpoint is complete in the mirror, which reaches further.
        return tile_node(self._tile, self._mirrored, level, index)
