"""Writing to the log: one INSERT in the transaction of the change that it tells of."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models.functions import Now

from countersign.audit.attribution import changes_attribute
from countersign.audit.events import event_make
from countersign.audit.labels import forget_cached_keys
from countersign.audit.models import PersonKey
from countersign.audit.sequencing import ORIGIN
from countersign.audit.writing import event_insert
from countersign.shared.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping

    from countersign.audit.contracts import EventFilter
    from countersign.shared.actor import Actor
    from countersign.shared.types import JSON


def record(
    *,
    actor: Actor,
    type: str,  # noqa: A002 - the field's own name in the event
    subject: tuple[str, str],
    data: Mapping[str, JSON] | None = None,
) -> str:
    """Append one event inside the caller's open transaction; return its id (UUID).

    Args:
        actor: who did it; a person's label is encrypted under that person's key.
        type: what happened, ``noun.verb`` in the past tense (``run.claimed``).
        subject: kind and id of what it happened to.
        data: canonical-JSON data; anything large goes in by digest.

    Raises:
        NoTransaction: there is no open transaction to join.
        InvalidInput: the type is not well-formed.
        AuditEventTooLarge: the canonical form exceeds 65,535 bytes.
    """
    event = event_make(actor=actor, type=type, subject=subject, data=data)
    event_insert(event.texts, event.body)
    return event.id


@transaction.atomic(durable=True)
def search_export_record(*, actor: Actor, wanted: EventFilter, size: int) -> None:
    """Record that somebody takes events away, before they get the first one.

    Args:
        actor: who.
        wanted: what was searched for.
        size: how many events the checkpoint covers that the proofs lead to.
    """
    record(
        actor=actor,
        type="audit.exported",
        subject=("audit_log", ORIGIN),
        data={"search": wanted.as_json(), "size": size},
    )


@transaction.atomic(durable=True)
def person_erase(*, actor: Actor, person_id: str) -> bool:
    """Destroy the key under which a person's name stands in the log, for good.

    Returns:
        Whether it was there to be destroyed; a repeat changes nothing.

    Raises:
        InvalidInput: this is no person's id.
    """
    try:
        person = uuid.UUID(person_id)
    except ValueError as error:
        message = "a person's id is a UUID"
        raise InvalidInput(message, person_id=person_id) from error
    changes_attribute(actor=actor)
    # One who never did anything has no key yet, and must not get one afterwards.
    PersonKey.objects.get_or_create(person_id=person, defaults={"secret": b"-"})
    destroyed = PersonKey.objects.filter(person_id=person, destroyed_at__isnull=True).update(
        secret=b"", destroyed_at=Now()
    )
    if not destroyed:
        return False
    # Before, for the event below may name the same person; after, for another thread may still have read it.
    forget_cached_keys()
    transaction.on_commit(forget_cached_keys)
    record(actor=actor, type="person.erased", subject=("person", person_id))
    return True
