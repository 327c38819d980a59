"""What the audit room hands to others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


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


@dataclass(frozen=True, slots=True)
class EventFilter:
    """What is searched for; all that is given must hold.

    Attributes:
        subject_type: kind of what the events are about.
        subject_id: its id.
        type: what happened; with a dot at its end, all types that begin so (``approval.``).
        actor_id: who did it.
        correlation_id: in which request or job.
        since: not before this moment.
        until: before this moment.
    """

    subject_type: str = ""
    subject_id: str = ""
    type: str = ""
    actor_id: str = ""
    correlation_id: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def as_json(self) -> dict[str, str]:
        """Return what is given, as plain data."""
        given = {name: getattr(self, name) for name in self.__slots__}
        return {
            name: value if isinstance(value, str) else value.astimezone(UTC).isoformat()
            for name, value in given.items()
            if value
        }


EVERYTHING = EventFilter()
