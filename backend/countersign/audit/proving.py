"""Events that are shown to be in the signed tree: what the executor acts upon, whatever else the tables say.

Who rules the database can write rows of every table, also those of the log. What they can't write is a tree
that the log's key has signed. So an event counts here only when its very bytes, hashed together with those
around it, lead from one signed checkpoint to the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.audit.errors import LogDamaged
from countersign.audit.models import AuditCheckpoint, AuditEvent, AuditLeaf
from countersign.audit.reading import ProvedEvent, checkpoint_signed, event_parse, log_read
from countersign.audit.selectors import checkpoint_exported
from countersign.audit.sequencing import ORIGIN
from countersign.audit.witness_policy import witness_policy
from countersign.shared.keys import public_key
from countersign_verify.errors import RefusedError
from countersign_verify.merkle import CompactRange, leaf_hash
from countersign_verify.notes import checkpoint_open, verifier_key

if TYPE_CHECKING:
    from collections.abc import Iterable


def events_proved(
    *, types: Iterable[str], subject: tuple[str, str] | None = None, mentions: str = ""
) -> tuple[ProvedEvent, ...]:
    """Return the signed events of these types (about a subject), in order: all of them, or none.

    Args:
        types: what happened; some of those that anything is held against (``reading.KEPT``).
        subject: kind and id of what they are about.
        mentions: only events in whose body this text stands, such as an id.

    Raises:
        LogDamaged: any event of the log, or the tree, is not what the log's key signed.
    """
    text = mentions.encode()
    events = tuple(
        event
        for event in log_read(types)
        if (subject is None or event.subject == subject) and text in event.body
    )
    if events:
        _witnesses_check(events[-1].index)
    return events


def event_proved(event_id: str) -> ProvedEvent | None:
    """Return the event with this id, of whatever type; nothing where it is in no signed tree.

    Raises:
        LogDamaged: it, or the tree around it, is not what the log's key signed.
    """
    row = AuditEvent.objects.filter(event_id=event_id).values_list("id", "body").first()
    index = (
        AuditLeaf.objects.filter(event_position=row[0]).values_list("leaf_index", flat=True).first()
        if row
        else None
    )
    if row is None or index is None:
        return None
    event = event_parse(bytes(row[1]), index)
    start, hashes = _between(index)
    if hashes[index - start] != leaf_hash(event.body) or event.id != event_id:
        message = f"the event {event_id} is not the one that was signed at place {index} of the log"
        raise LogDamaged(message)
    _witnesses_check(index)
    return event


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
            tree = CompactRange(
                size=checkpoint_signed(before).size, hashes=[bytes.fromhex(x) for x in before.frontier]
            )
        if before is not None and tree.root() != checkpoint_signed(before).root:
            message = f"the tables do not hold what the checkpoint of {before.tree_size} leaves signed"
            raise LogDamaged(message)
        start, signed = tree.size, checkpoint_signed(after)
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
