"""Entries of the log as a verifier reads them: by place and bytes, and only what a checkpoint covers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.audit.models import AuditEvent, AuditLeaf
from countersign.audit.selectors import event_is_checkpointed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def entry_of_event(event_id: str) -> tuple[int, bytes] | None:
    """Return place and bytes of an event once a checkpoint that is asked for covers it.

    Raises:
        WitnessPolicyInvalid: the policy can't be read.
    """
    if not event_is_checkpointed(event_id):
        return None
    event = AuditEvent.objects.get(event_id=event_id)
    place = AuditLeaf.objects.values_list("leaf_index", flat=True).get(event_position=event.id)
    return place, bytes(event.body)


def entries_of_types(types: Iterable[str], *, before: int) -> Iterator[tuple[int, bytes]]:
    """Yield place and bytes of the events of these types before a place of the log, in its order."""
    rows = dict(AuditEvent.objects.filter(type__in=list(types)).values_list("id", "body"))
    places = AuditLeaf.objects.filter(event_position__in=list(rows), leaf_index__lt=before)
    for place, position in places.order_by("leaf_index").values_list("leaf_index", "event_position"):
        yield place, bytes(rows[position])
