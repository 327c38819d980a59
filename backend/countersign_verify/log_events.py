"""Events of the log: their one shape, and those that the files of an export are held against."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from countersign_verify.canonical import Json, canonical_object
from countersign_verify.decision import time_check, time_moment
from countersign_verify.encoding import base64_decode, keys_exact
from countersign_verify.encoding import field as json_field
from countersign_verify.errors import RefusedError
from countersign_verify.vocabulary import EVENT_DATA, EVENT_TEXTS, PROOF_DIGEST

EVENT_VERSION = 1
_EVENT = frozenset({"v", "id", "time", "type", "actor", "subject", "correlation_id", "data"})
_ACTOR = frozenset({"kind", "id", "person_id", "label", "token_id", "unattended", "roles"})
_SUBJECT = frozenset({"type", "id"})
_LABEL = frozenset({"key", "nonce", "ciphertext"})
_TYPE = re.compile(r"[a-z_]+(?:\.[a-z_]+)+")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """An event that files of the export are held against.

    Attributes:
        index: Its position in the log.
        time: When it was recorded, by the clock of the platform.
        token_id: The token that was used, if any.
    """

    index: int
    time: str
    type: str
    subject_type: str
    subject_id: str
    actor_id: str
    person_id: str | None
    unattended: bool
    data: Mapping[str, Json]
    token_id: str | None = None

    @property
    def moment(self) -> int:
        """Its time in microseconds since the epoch.

        Raises:
            RefusedError: There is no such time.
        """
        return time_moment(self.time, f"the time of event {self.index}")

    def text(self, name: str) -> str:
        """A field of the event's data that is text.

        Raises:
            RefusedError: It is not there.
        """
        return json_field(self.data, name, str, f"the event {self.type} at {self.index}")


@dataclass(slots=True)
class LogContent:
    """What reading a whole log gave.

    Attributes:
        size: Number of events.
        events: The events that matter to other checks, in order.
    """

    size: int
    events: list[LoggedEvent] = field(default_factory=list)

    def of_type(self, kind: str) -> list[LoggedEvent]:
        """The events of one type, in order."""
        return [event for event in self.events if event.type == kind]


def event_read(data: bytes, index: int) -> tuple[str, LoggedEvent | None]:
    """Check the shape of one event.

    Returns:
        Its id, and the event when the files of an export are held against it.

    Raises:
        RefusedError: It is malformed.
    """
    event = canonical_object(data)
    keys_exact(event, _EVENT, "the event")
    if event["v"] != EVENT_VERSION or event["v"] is True:
        raise RefusedError("event.version", "the event is of no known version")
    kind = json_field(event, "type", str, "the event")
    if _TYPE.fullmatch(kind) is None:
        raise RefusedError("event.type", f"the type {kind[:80]!a} is malformed")
    event_id = json_field(event, "id", str, "the event")
    if _UUID.fullmatch(event_id) is None:
        raise RefusedError("event.id", "the id of the event is not a UUID")
    time = time_check(event["time"], "the time of the event")
    actor = json_field(event, "actor", dict, "the event")
    subject = json_field(event, "subject", dict, "the event")
    keys_exact(subject, _SUBJECT, "the subject of the event")
    json_field(event, "correlation_id", str, "the event")
    person = _actor_check(actor)
    payload = json_field(event, "data", dict, "the event")
    subject_type = json_field(subject, "type", str, "the subject of the event")
    subject_id = json_field(subject, "id", str, "the subject of the event")
    if kind in EVENT_DATA:
        if missing := EVENT_DATA[kind] - payload.keys():
            raise RefusedError("event.data", f"the event {kind} lacks {', '.join(sorted(missing))}")
        for name in EVENT_TEXTS.get(kind, ()):
            json_field(payload, name, str, f"the event {kind}")
    elif PROOF_DIGEST not in payload:
        return event_id, None
    time_moment(time, "the time of the event")
    return event_id, LoggedEvent(
        index=index,
        time=time,
        type=kind,
        subject_type=subject_type,
        subject_id=subject_id,
        actor_id=str(actor["id"]),
        person_id=person,
        unattended=actor["unattended"] is True,
        data=payload,
        token_id=actor["token_id"] if isinstance(actor["token_id"], str) else None,
    )


def _actor_check(actor: Mapping[str, Json]) -> str | None:
    """Check the actor of an event; returns the id of the person, if it is one."""
    keys_exact(actor, _ACTOR, "the actor of the event")
    for name in ("kind", "id"):
        json_field(actor, name, str, "the actor of the event")
    json_field(actor, "unattended", bool, "the actor of the event")
    roles = json_field(actor, "roles", list, "the actor of the event")
    if any(not isinstance(role, str) for role in roles):
        raise RefusedError("event.roles", "a role of the actor is not text")
    person = actor["person_id"]
    label = actor["label"]
    if person is not None and not isinstance(person, str):
        raise RefusedError("event.person", "the person of the actor is not an id")
    if actor["token_id"] is not None and not isinstance(actor["token_id"], str):
        raise RefusedError("event.token", "the token of the actor is not an id")
    if isinstance(label, dict):
        keys_exact(label, _LABEL, "the label of the actor")
        base64_decode(json_field(label, "nonce", str, "the label of the actor"))
        base64_decode(json_field(label, "ciphertext", str, "the label of the actor"))
    elif person is not None or not isinstance(label, str):
        raise RefusedError("event.label", "the label of a person must be encrypted")
    return person
