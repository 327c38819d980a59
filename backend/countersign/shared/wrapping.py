"""The key under which content keys are kept: a file outside the database and outside the object store.

Whoever has only the database, or only a backup of it, has no content key; whoever has only the object store
has ciphertext.
"""

from __future__ import annotations

import base64
import os
from functools import lru_cache
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from countersign.shared.env import environment
from countersign.shared.errors import Unavailable

if TYPE_CHECKING:
    from pathlib import Path

FILE = "evidence.aes256"
KEY_BYTES = 32
_NONCE_BYTES = 12


class WrappingKeyMissing(Unavailable):
    """The key that opens content keys is not there, can't be read, or is not the one that closed them."""

    code = "wrapping_key_missing"


def wrapping_key_ensure(directory: Path) -> None:
    """Create the key when it is not there yet; an existing one is never touched."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        descriptor = os.open(directory / FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(base64.b64encode(os.urandom(KEY_BYTES)))


def key_wrap(secret: bytes, *, name: str) -> bytes:
    """Return a content key closed for storing in the database; it opens only under the same name.

    Raises:
        WrappingKeyMissing: the wrapping key can't be read.
    """
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + _cipher().encrypt(nonce, secret, name.encode())


def key_unwrap(wrapped: bytes, *, name: str) -> bytes:
    """Return the content key that :func:`key_wrap` closed.

    Raises:
        WrappingKeyMissing: the wrapping key can't be read, or is not the one that closed this key.
    """
    try:
        return _cipher().decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], name.encode())
    except InvalidTag as error:
        message = "the content key was closed under another wrapping key, or for another content"
        raise WrappingKeyMissing(message, name=name) from error


def _cipher() -> AESGCM:
    return _load(environment().keys_directory / FILE)


@lru_cache(maxsize=8)
def _load(path: Path) -> AESGCM:
    try:
        return AESGCM(base64.b64decode(path.read_bytes(), validate=True))
    except (OSError, ValueError) as error:
        message = f"the wrapping key can't be read at {path}; run 'countersign up' to create it"
        raise WrappingKeyMissing(message) from error
