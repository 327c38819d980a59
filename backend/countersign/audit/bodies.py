"""The canonical body of an event, put together from parts that are canonical already.

The names in an event are always the same, so their order is written down here once instead of being sorted
for each event; the tests hold the result against the general encoder.
"""

from __future__ import annotations

import functools
from json.encoder import encode_basestring
from typing import TYPE_CHECKING

from countersign.audit.labels import label_is_lasting, label_seal, labels_watch
from countersign_verify.canonical import canonical_bytes
from countersign_verify.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from countersign.shared.actor import Actor
    from countersign.shared.types import JSON

_ACTORS_REMEMBERED = 4_096


def actor_text(actor: Actor) -> str:
    """Return the actor as it stands in an event: canonical JSON, the label of a person encrypted.

    The text is remembered once the key that it is encrypted under is there to stay. Repeating one ciphertext
    tells nothing: the event names the person's id beside it.
    """
    return _actor_remembered(actor) if label_is_lasting(actor) else _actor_made(actor)


def _actor_made(actor: Actor) -> str:
    return canonical_bytes(
        {
            "kind": actor.kind,
            "id": actor.id,
            "person_id": actor.person_id,
            "label": label_seal(actor),
            "token_id": actor.token_id,
            "unattended": actor.unattended,
            "roles": sorted(actor.roles),
        }
    ).decode()


_actor_remembered = functools.lru_cache(maxsize=_ACTORS_REMEMBERED)(_actor_made)
labels_watch(_actor_remembered.cache_clear)


def event_body(
    *,
    event_id: str,
    time: str,
    type: str,  # noqa: A002 - the field's own name in the event
    actor: Actor,
    subject: tuple[str, str],
    correlation_id: str,
    data: Mapping[str, JSON] | None,
) -> bytes:
    """Return the RFC 8785 canonical JSON of one event.

    Raises:
        RefusedError: something in it can't be said in canonical JSON.
    """
    text = (
        f'{{"actor":{actor_text(actor)},"correlation_id":{_string(correlation_id)}'
        f',"data":{canonical_bytes(dict(data)).decode() if data else "{}"},"id":"{event_id}"'
        f',"subject":{{"id":{_string(subject[1])},"type":{_string(subject[0])}}}'
        f',"time":"{time}","type":{_string(type)},"v":1}}'
    )
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise RefusedError("json.surrogate", "a string holds a lone surrogate") from error


def _string(text: str) -> str:
    return encode_basestring(text)
