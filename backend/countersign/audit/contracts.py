"""What the audit room hands to others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


# The roles whose holders may read the log.
AUDIT_READERS = ("auditor", "admin", "director", "cab_member", "security_reviewer", "operator")


@dataclass(frozen=True, slots=True)
class AuditEventData:
    """One event as a reader sees it.

    Attributes:
        id: UUID of the event, part of what is signed.
        position: place in the table; the order of commits is decided by the sequencer, not by this.
        leaf_index: place in the Merkle tree, ``None`` while the event waits for the sequencer.
        actor_label: readable name; ``None`` when the person was erased.
    """

    id: str
    position: int
    leaf_index: int | None
    time: datetime
    type: str
    actor_kind: str
    actor_id: str
    actor_label: str | None
    subject_type: str
    subject_id: str
    correlation_id: str
    data: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class CheckpointData:
    """A signed head of the tree.

    Attributes:
        size: number of leaves.
        root: Merkle tree head, hex (RFC 6962 section 2.1).
        note: the C2SP signed note.
    """

    size: int
    root: str
    note: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class SequencingLag:
    """How far the sequencer is behind.

    Attributes:
        pending: events that no checkpoint covers yet (counted up to a limit).
        oldest_seconds: age of the oldest of them, 0 when there is none.
    """

    pending: int
    oldest_seconds: float
