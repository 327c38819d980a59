"""Names of persons, encrypted under a key per person so that a person can be erased from the log."""

from __future__ import annotations

import base64
import os
import uuid
from functools import lru_cache
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from countersign.audit.errors import PersonErased
from countersign.audit.models import PersonKey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from countersign.shared.actor import Actor


@lru_cache(maxsize=1024)
def _key_of(person_id: str) -> tuple[str, bytes]:
    key, _created = PersonKey.objects.get_or_create(
        person_id=person_id, defaults={"key_id": uuid.uuid4(), "secret": os.urandom(32)}
    )
    return str(key.key_id), bytes(key.secret)


def forget_cached_keys() -> None:
    """Drop the keys that this process remembers (after an erasure, and between tests)."""
    _key_of.cache_clear()


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
