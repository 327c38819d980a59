"""Names of persons, encrypted under a key per person so that a person can be erased from the log."""

from __future__ import annotations

import base64
import hmac
import os
import uuid
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import transaction

from countersign.audit.errors import PersonErased
from countersign.audit.models import PersonKey

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from countersign.shared.actor import Actor


# Keys that are committed, by person: one made in a transaction that is undone never gets here, for a name
# sealed under it could not be read any more.
_KNOWN: dict[str, tuple[str, bytes]] = {}
_KNOWN_LIMIT = 1024
_KEY_BYTES = 32
_WATCHING: list[Callable[[], None]] = []


def _key_of(person_id: str) -> tuple[str, bytes]:
    known = _KNOWN.get(person_id)
    if known is not None:
        return known
    row, _created = PersonKey.objects.get_or_create(
        person_id=person_id, defaults={"key_id": uuid.uuid4(), "secret": os.urandom(_KEY_BYTES)}
    )
    # Who was erased stays so: whoever still says the name says it under a key that nobody keeps.
    found = str(row.key_id), bytes(row.secret) or os.urandom(_KEY_BYTES)
    transaction.on_commit(lambda: _remember(person_id, found))
    return found


def _remember(person_id: str, key: tuple[str, bytes]) -> None:
    if len(_KNOWN) >= _KNOWN_LIMIT:
        forget_cached_keys()
    _KNOWN[person_id] = key


def forget_cached_keys() -> None:
    """Drop the keys that this process remembers, and what was made with them (after an erasure)."""
    _KNOWN.clear()
    for forget in _WATCHING:
        forget()


def labels_watch(forget: Callable[[], None]) -> None:
    """Let ``forget()`` be called whenever the remembered keys are dropped."""
    _WATCHING.append(forget)


def label_is_lasting(actor: Actor) -> bool:
    """Say whether the actor's label may be kept: no person is named, or their key is committed."""
    return actor.person_id is None or actor.person_id in _KNOWN


def label_seal(actor: Actor) -> dict[str, str] | str:
    """Return the actor's label as it stands in the log: encrypted when it names a person."""
    if actor.person_id is None:
        return actor.label
    key_id, secret = _key_of(actor.person_id)
    nonce = os.urandom(12)
    sealed = AESGCM(secret).encrypt(nonce, actor.label.encode(), key_id.encode())
    return {
        "key": key_id,
        "nonce": base64.b64encode(nonce).decode(),
        "ciphertext": base64.b64encode(sealed).decode(),
    }


def text_seal(person_id: str, text: str) -> str:
    """Return what names a text of a person in the log: the same for the same text, as long as there is a key.

    Whoever lacks the key can't try out texts, and nobody can once the person is erased.
    """
    _, secret = _key_of(person_id)
    return f"hmac-sha256:{hmac.digest(secret, text.encode(), 'sha256').hex()}"


def label_open(sealed: Mapping[str, str] | str, secrets_by_key: Mapping[str, bytes]) -> str:
    """Return the readable label.

    Raises:
        PersonErased: the key is gone, or does not open this label.
    """
    if isinstance(sealed, str):
        return sealed
    try:
        secret = secrets_by_key[sealed["key"]]
        opened = AESGCM(secret).decrypt(
            base64.b64decode(sealed["nonce"]), base64.b64decode(sealed["ciphertext"]), sealed["key"].encode()
        )
    except (KeyError, InvalidTag) as error:
        message = "this person was erased from the log"
        raise PersonErased(message) from error
    return opened.decode()
