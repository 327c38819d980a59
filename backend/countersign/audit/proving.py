"""Events that are shown to be in the signed tree: what the executor acts upon, whatever else the tables say.

Who rules the database can write rows of every table, also those of the log. What they can't write is a tree
that the log's key has signed. So an event counts here only when its very bytes, hashed together with those
around it, lead from one signed checkpoint to the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import BinaryField, F, Func, IntegerField, Value

from countersign.audit.errors import LogDamaged
from countersign.audit.models import AuditCheckpoint, AuditEvent, AuditLeaf
from countersign.audit.selectors import checkpoint_exported
from countersign.audit.sequencing import ORIGIN
from countersign.audit.witness_policy import witness_policy
from countersign.shared.keys import public_key
from countersign_verify.errors import RefusedError
from countersign_verify.merkle import CompactRange, leaf_hash
from countersign_verify.notes import checkpoint_open, verifier_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from countersign_verify.notes import Checkpoint


@dataclass(frozen=True, slots=True)
class ProvedEvent:
    """One event of the signed tree.

    Attributes:
        index: its place in the log.
        body: the canonical JSON that was hashed.
    """

    id: str
    index: int
    body: bytes


def events_proved(
    *,
    types: Iterable[str] = (),
    subject: tuple[str, str] | None = None,
    event_ids: Iterable[str] = (),
    mentions: str = "",
) -> tuple[ProvedEvent, ...]:
    """Return the sequenced events of these types (about a subject), or with these ids, in order, each proved.

    Args:
        types: what happened.
        subject: kind and id of what they are about.
        event_ids: take these instead.
        mentions: only events in whose body this text stands, such as an id.

    Raises:
        LogDamaged: an event, or the tree around it, is not what the log's key signed.
    """
    rows = AuditEvent.objects.filter(event_id__in=list(event_ids))
    if names := list(types):
        rows = AuditEvent.objects.filter(type__in=names)
    if subject is not None:
        rows = rows.filter(subject_type=subject[0], subject_id=subject[1])
    if mentions:
        rows = rows.alias(at=_position(mentions)).filter(at__gt=0)
    found = {position: (str(event_id), bytes(body)) for position, event_id, body in rows.values_list(
        "id", "event_id", "body"
    )}  # fmt: skip
    leaves = AuditLeaf.objects.filter(event_position__in=list(found)).order_by("leaf_index")
    placed = [
        (leaf, *found[position]) for leaf, position in leaves.values_list("leaf_index", "event_position")
    ]
    events = tuple(ProvedEvent(id=event_id, index=leaf, body=body) for leaf, event_id, body in placed)
    _prove(events)
    if events:
        _witnesses_check(events[-1].index)
    return events


def _position(text: str) -> Func:
    """Where a text stands in the body of an event, counted from 1; 0 where it does not."""
    sought = Value(text.encode(), output_field=BinaryField())
    return Func(sought, F("body"), function="POSITION", arg_joiner=" IN ", output_field=IntegerField())


def _witnesses_check(index: int) -> None:
    """Where witnesses are asked, their quorum must really have signed a checkpoint that covers the leaf."""
    policy = witness_policy()
    if not policy.quorum:
        return
    log_key = verifier_key(ORIGIN, public_key("log").public)
    try:
        head, opened = checkpoint_open(checkpoint_exported().note, [log_key, *policy.keys], origin=ORIGIN)
    except RefusedError as error:
        message = f"the newest witnessed checkpoint does not verify: {error}"
        raise LogDamaged(message) from error
    witnesses = {item.verifier.public_key for item in opened.signatures if item.verifier.name != ORIGIN}
    if len(witnesses) < policy.quorum or head.size <= index:
        message = (
            f"{len(witnesses)} of {policy.quorum} witnesses signed a checkpoint over place {index} of the log"
        )
        raise LogDamaged(message)


def _prove(events: Sequence[ProvedEvent]) -> None:
    """Hash the leaves between the signed checkpoints on both sides of each event."""
    hashes: list[bytes] = []
    start = end = 0
    for event in events:
        if event.index >= end:
            start, hashes = _between(event.index)
            end = start + len(hashes)
        if hashes[event.index - start] != leaf_hash(event.body):
            message = f"the event {event.id} is not the one that was signed at place {event.index} of the log"
            raise LogDamaged(message)


def _between(index: int) -> tuple[int, list[bytes]]:
    """Return the leaf hashes of the checkpoint that first covered a leaf, and where they begin.

    Raises:
        LogDamaged: there is no such checkpoint, or the leaves do not lead to its root.
    """
    before = AuditCheckpoint.objects.filter(tree_size__lte=index).order_by("-tree_size").first()
    after = AuditCheckpoint.objects.filter(tree_size__gt=index).order_by("tree_size").first()
    if after is None:
        message = f"no checkpoint covers place {index} of the log"
        raise LogDamaged(message)
    try:
        tree = CompactRange()
        if before is not None:
            tree = CompactRange(size=_signed(before).size, hashes=[bytes.fromhex(x) for x in before.frontier])
        if before is not None and tree.root() != _signed(before).root:
            message = f"the tables do not hold what the checkpoint of {before.tree_size} leaves signed"
            raise LogDamaged(message)
        start, signed = tree.size, _signed(after)
        rows = AuditLeaf.objects.filter(leaf_index__gte=start, leaf_index__lt=signed.size)
        hashes = [bytes(found) for found in rows.order_by("leaf_index").values_list("leaf_hash", flat=True)]
        tree.extend(hashes)
    except (RefusedError, ValueError) as error:
        message = f"a checkpoint around place {index} is not one that this log's key signed: {error}"
        raise LogDamaged(message) from error
    if (tree.size, tree.root()) != (signed.size, signed.root) or not start <= index < signed.size:
        message = f"the leaves up to {signed.size} are not those that were signed"
        raise LogDamaged(message)
    return start, hashes


def _signed(row: AuditCheckpoint) -> Checkpoint:
    """Return what the note of a checkpoint says, its signature checked."""
    checkpoint, _ = checkpoint_open(row.note, [verifier_key(ORIGIN, public_key("log").public)], origin=ORIGIN)
    return checkpoint
