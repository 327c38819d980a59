"""Writing to the log: one INSERT in the transaction of the change that it tells of."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.db.models.functions import Now

from countersign.audit.attribution import changes_attribute
from countersign.audit.bodies import event_body
from countersign.audit.errors import AuditEventTooLarge
from countersign.audit.labels import forget_cached_keys
from countersign.audit.models import PersonKey
from countersign.audit.sequencing import ORIGIN
from countersign.audit.writing import event_insert
from countersign.shared.clock import isoformat, now
from countersign.shared.correlation import correlation_id
from countersign.shared.errors import InvalidInput, NoTransaction

if TYPE_CHECKING:
    from collections.abc import Mapping

    from countersign.audit.contracts import EventFilter
    from countersign.shared.actor import Actor
    from countersign.shared.types import JSON

# An entry of a C2SP tlog-tiles bundle has a two-byte length.
MAX_EVENT_BYTES = 65_535
_TYPE = re.compile(r"[a-z_]+(\.[a-z_]+)+")


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
    if not connection.in_atomic_block:
        message = "an audit event joins the transaction of the change it tells of; open one first"
        raise NoTransaction(message)
    if not _TYPE.fullmatch(type):
        message = f"not an event type: {type!r}"
        raise InvalidInput(message)
    event_id = str(uuid.uuid4())
    time = isoformat(now())
    correlation = correlation_id()
    body = event_body(
        event_id=event_id,
        time=time,
        type=type,
        actor=actor,
        subject=subject,
        correlation_id=correlation,
        data=data,
    )
    if len(body) > MAX_EVENT_BYTES:
        message = f"the event '{type}' has {len(body)} bytes; store large data and record its digest"
        raise AuditEventTooLarge(message)
    event_insert(
        (
            event_id,
            time,
            type,
            actor.kind,
            actor.id,
            actor.person_id,
            subject[0],
            subject[1],
            correlation,
        ),
        body,
    )
    return event_id


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
