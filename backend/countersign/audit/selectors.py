"""Reading the log."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Max

from countersign.audit.contracts import (
    AUDIT_READERS,
    EVERYTHING,
    AuditEventData,
    CheckpointData,
    EventFilter,
    SequencingLag,
)
from countersign.audit.errors import CheckpointMissing, LogDamaged, PersonErased
from countersign.audit.labels import label_open
from countersign.audit.models import AuditCheckpoint, AuditCosignature, AuditEvent, AuditLeaf, PersonKey
from countersign.audit.search import positions_iterate, positions_page
from countersign.audit.witness_policy import witness_policy
from countersign.shared.clock import now
from countersign.shared.errors import PermissionDenied
from countersign.shared.paging import DEFAULT_LIMIT, Page

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from django.db.models import QuerySet

    from countersign.audit.witness_policy import WitnessPolicy
    from countersign.shared.actor import Actor

_BATCH = 5_000
_LAG_COUNTED = 10_000
_LIST_LIMIT = 500


def event_list(
    *,
    actor: Actor,
    subject: tuple[str, str] | None = None,
    type: str = "",  # noqa: A002 - the field's own name in the event
    actor_id: str = "",
    correlation_id: str = "",
    limit: int = 100,
) -> tuple[AuditEventData, ...]:
    """Return events, newest first, filtered.

    Args:
        actor: who reads.
        subject: kind and id of what the events are about; an empty id takes all of the kind.
        type: what happened.
        actor_id: who did it.
        correlation_id: in which request or job.
        limit: at most so many, and never more than 500.

    Raises:
        PermissionDenied: the actor may not read the log.
    """
    reader_require(actor)
    subject_type, subject_id = subject or ("", "")
    wanted = EventFilter(subject_type, subject_id, type, actor_id, correlation_id)
    pages = positions_iterate(wanted, limit=min(limit, _LIST_LIMIT))
    return tuple(event for page in pages for event in _read(page))


def event_page(
    *, actor: Actor, wanted: EventFilter = EVERYTHING, after: str = "", limit: int = DEFAULT_LIMIT
) -> Page[AuditEventData]:
    """Return a page of events, newest first; the log only goes forward.

    A search that would take too long ends early: the page then holds fewer events than asked for, even none,
    and ``next`` says where to go on.

    Raises:
        CursorInvalid: the cursor does not belong to this list.
        PermissionDenied: the actor may not read the log.
        SearchInvalid: no event can be like that.
    """
    reader_require(actor)
    page = positions_page(wanted, after=after, limit=limit)
    return Page(_read(page.items), next=page.next)


def event_iterate(*, actor: Actor, wanted: EventFilter, limit: int) -> Iterator[AuditEventData]:
    """Yield all events found, newest first, at most ``limit`` of them.

    Raises:
        PermissionDenied: the actor may not read the log.
        SearchInvalid: no event can be like that.
    """
    reader_require(actor)
    for positions in positions_iterate(wanted, limit=limit):
        yield from _read(positions)


def reader_require(actor: Actor) -> None:
    """Let the actor pass who may read the log.

    Raises:
        PermissionDenied: none of the actor's roles allows it.
    """
    if actor.kind != "service" and not actor.has_role(*AUDIT_READERS):
        message = "reading the audit log needs one of the roles " + ", ".join(AUDIT_READERS)
        raise PermissionDenied(message)


def _read(positions: Sequence[int]) -> tuple[AuditEventData, ...]:
    found = AuditEvent.objects.in_bulk(positions)
    rows = [found[position] for position in positions]
    persons = {row.person_id for row in rows if row.person_id}
    found_keys = PersonKey.objects.filter(person_id__in=persons, destroyed_at__isnull=True)
    keys = {str(key.key_id): bytes(key.secret) for key in found_keys}
    leaves = dict(
        AuditLeaf.objects.filter(event_position__in=[row.id for row in rows]).values_list(
            "event_position", "leaf_index"
        )
    )
    return tuple(_event_data(row, keys, leaves.get(row.id)) for row in rows)


def _event_data(row: AuditEvent, keys: dict[str, bytes], leaf_index: int | None) -> AuditEventData:
    body = json.loads(bytes(row.body))
    try:
        label: str | None = label_open(body["actor"]["label"], keys)
    except PersonErased:
        label = None
    return AuditEventData(
        id=str(row.event_id),
        position=row.id,
        leaf_index=leaf_index,
        time=row.recorded_at,
        type=row.type,
        actor_kind=row.actor_kind,
        actor_id=row.actor_id,
        actor_label=label,
        subject_type=row.subject_type,
        subject_id=row.subject_id,
        correlation_id=row.correlation_id,
        data=body["data"],
    )


def sequencing_lag() -> SequencingLag:
    """Return how many committed events wait for a checkpoint, and for how long."""
    last = AuditLeaf.objects.order_by("-leaf_index").values_list("transaction_id", "event_position").first()
    waiting = AuditEvent.objects.all()
    if last is not None:
        # The range bound is what the index answers; the rest sorts out the last transaction's own rows.
        waiting = waiting.filter(transaction_id__gte=last[0]).exclude(transaction_id=last[0], id__lte=last[1])
    moments = list(
        waiting.order_by("transaction_id", "id").values_list("recorded_at", flat=True)[:_LAG_COUNTED]
    )
    if not moments:
        return SequencingLag(0, 0.0)
    return SequencingLag(len(moments), max(0.0, (now() - min(moments)).total_seconds()))


def checkpoint_latest() -> CheckpointData:
    """Return the newest signed checkpoint.

    Raises:
        CheckpointMissing: nothing has been sequenced yet.
    """
    row = AuditCheckpoint.objects.order_by("-tree_size").first()
    if row is None:
        raise _checkpoint_missing()
    return _plain(row)


def _checkpoint_missing() -> CheckpointMissing:
    return CheckpointMissing("no checkpoint yet; is the sequencer running? 'countersign status' tells")


def _plain(row: AuditCheckpoint) -> CheckpointData:
    return CheckpointData(row.tree_size, bytes(row.root).hex(), row.note, row.created_at)


def event_is_checkpointed(event_id: str) -> bool:
    """Say whether a signed checkpoint covers the event: consequences wait for that (DESIGN section 5).

    Where witnesses are configured, it must be one that their quorum has cosigned.

    Raises:
        WitnessPolicyInvalid: the policy can't be read.
    """
    positions = AuditEvent.objects.filter(event_id=event_id).values("id")
    leaf = AuditLeaf.objects.filter(event_position__in=positions).values_list("leaf_index", flat=True).first()
    if leaf is None:
        return False
    policy = witness_policy()
    if policy.quorum:
        return _witnessed(policy).filter(tree_size__gt=leaf).exists()
    return AuditCheckpoint.objects.filter(tree_size__gt=leaf).exists()


def _witnessed(policy: WitnessPolicy) -> QuerySet[AuditCosignature, Any]:
    """Return the sizes that enough distinct witnesses have cosigned."""
    signed = AuditCosignature.objects.filter(witness__in=policy.keys)
    return (
        signed.values("tree_size")
        .annotate(witnesses=Count("witness", distinct=True))
        .filter(witnesses__gte=policy.quorum)
    )


def checkpoint_exported(*, most: int | None = None) -> CheckpointData:
    """Return the newest checkpoint that a stranger can be given: witnessed, where witnesses are asked.

    Args:
        most: it covers at most so many events.

    Raises:
        CheckpointMissing: there is none yet.
        WitnessPolicyInvalid: the policy can't be read.
    """
    policy = witness_policy()
    within = {} if most is None else {"tree_size__lte": most}
    if not policy.quorum:
        row = AuditCheckpoint.objects.filter(**within).order_by("-tree_size").first()
        if row is None:
            raise _checkpoint_missing()
        return _plain(row)
    size = _witnessed(policy).filter(**within).aggregate(Max("tree_size"))["tree_size__max"]
    row = AuditCheckpoint.objects.filter(tree_size=size).first() if size else None
    if row is None:
        message = "no checkpoint that enough witnesses signed yet; 'countersign doctor' tells who is missing"
        raise CheckpointMissing(message)
    return _cosigned(row, policy)


def _cosigned(row: AuditCheckpoint, policy: WitnessPolicy) -> CheckpointData:
    lines = AuditCosignature.objects.filter(tree_size=row.tree_size, witness__in=policy.keys)
    note = row.note + "".join(lines.order_by("id").values_list("line", flat=True))
    return CheckpointData(row.tree_size, bytes(row.root).hex(), note, row.created_at)


def checkpoints_iterate() -> Iterator[CheckpointData]:
    """Yield every checkpoint in ascending size, for an export."""
    policy = witness_policy()
    for row in AuditCheckpoint.objects.order_by("tree_size").iterator(chunk_size=_BATCH):
        yield _cosigned(row, policy) if policy.quorum else _plain(row)


def entries_iterate(*, size: int, start: int = 0) -> Iterator[bytes]:
    """Yield the entries of the first ``size`` leaves in the order of the tree, from ``start`` on.

    Raises:
        LogDamaged: events or leaves are gone.
    """
    for begin in range(start, size, _BATCH):
        leaves = list(
            AuditLeaf.objects.filter(leaf_index__gte=begin, leaf_index__lt=min(size, begin + _BATCH))
            .order_by("leaf_index")
            .values_list("event_position", flat=True)
        )
        bodies = dict(AuditEvent.objects.filter(id__in=leaves).values_list("id", "body"))
        if len(bodies) != min(size, begin + _BATCH) - begin:
            message = (
                f"of the events {begin} to {min(size, begin + _BATCH) - 1} some are gone from the tables"
            )
            raise LogDamaged(message)
        for position in leaves:
            yield bytes(bodies[position])


def event_count() -> int:
    """Return the number of events in the log."""
    return AuditEvent.objects.count()


def event_latest() -> str:
    """Return the id of the newest committed event, or an empty string for an empty log."""
    latest = AuditEvent.objects.order_by("-id").values_list("event_id", flat=True).first()
    return str(latest) if latest else ""
