"""One event before it is written: checked, canonical, and in the columns that it is searched by."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db import connection

from countersign.audit.bodies import event_body
from countersign.audit.errors import AuditEventTooLarge
from countersign.shared.clock import isoformat, now
from countersign.shared.correlation import correlation_id
from countersign.shared.errors import InvalidInput, NoTransaction

if TYPE_CHECKING:
    from collections.abc import Mapping

    from countersign.shared.actor import Actor
    from countersign.shared.types import JSON

# An entry of a C2SP tlog-tiles bundle has a two-byte length.
MAX_EVENT_BYTES = 65_535
_TYPE = re.compile(r"[a-z_]+(\.[a-z_]+)+")
_VARIANT = "89ab" * 4


@dataclass(frozen=True, slots=True)
class EventRow:
    """What is written of an event.

    Attributes:
        texts: the columns before the body, in the order of ``writing.COLUMNS``; the first is the event's id.
        body: the canonical JSON that becomes a leaf.
    """

    texts: tuple[str | None, ...]
    body: bytes = field(repr=False)

    @property
    def id(self) -> str:
        """The event's id (UUID)."""
        return str(self.texts[0])


def event_make(
    *,
    actor: Actor,
    type: str,  # noqa: A002 - the field's own name in the event
    subject: tuple[str, str],
    data: Mapping[str, JSON] | None,
) -> EventRow:
    """Return the event that joins the open transaction (see :func:`countersign.audit.services.record`).

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
    event_id = _uuid4()
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
    texts = (event_id, time, type, actor.kind, actor.id, actor.person_id, *subject, correlation)
    return EventRow(texts, body)


def _uuid4() -> str:
    """Return a random UUID as text; the standard library's object in between costs more than the rest."""
    text = os.urandom(16).hex()
    variant = _VARIANT[int(text[16], 16)]
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:]}"
