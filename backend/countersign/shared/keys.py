"""Ed25519 signing keys, one a purpose, kept in files that only the platform's user can read.

In the embedded form every process of the platform runs under one user, so these keys attest only
what that user says (``self-attested``); in production each signer has its own user and directory.
"""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, get_args

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from countersign.shared.env import environment
from countersign.shared.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

KeyName = Literal["log", "runner", "gates", "scorer", "decisions"]
KEY_NAMES: tuple[KeyName, ...] = get_args(KeyName)


class SigningKeyMissing(Unavailable):
    """The key file is not there or can't be read."""

    code = "signing_key_missing"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key and the id under which its public half is trusted."""

    name: KeyName
    private: Ed25519PrivateKey = field(repr=False)

    @property
    def public(self) -> Ed25519PublicKey:
        """The public half."""
        return self.private.public_key()

    @property
    def public_bytes(self) -> bytes:
        """The public half, 32 raw bytes (RFC 8032)."""
        return self.public.public_bytes_raw()

    @property
    def key_id(self) -> str:
        """``sha256:`` and the hex digest of the raw public key."""
        return PublicKey(self.name, self.public).key_id


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The half of a key that a process may know without being able to sign."""

    name: KeyName
    public: Ed25519PublicKey

    @property
    def key_id(self) -> str:
        """``sha256:`` and the hex digest of the raw public key."""
        return f"sha256:{hashlib.sha256(self.public.public_bytes_raw()).hexdigest()}"


def _path(directory: Path, name: KeyName) -> Path:
    return directory / f"{name}.ed25519"


def _public_path(directory: Path, name: KeyName) -> Path:
    return directory / f"{name}.ed25519.pub"


def keys_ensure(directory: Path) -> None:
    """Create the keys that are not there yet; existing ones are never touched."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in KEY_NAMES:
        try:
            descriptor = os.open(_path(directory, name), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            continue
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(base64.b64encode(Ed25519PrivateKey.generate().private_bytes_raw()))


@lru_cache(maxsize=32)
def _load(directory: Path, name: KeyName) -> SigningKey:
    path = _path(directory, name)
    try:
        raw = base64.b64decode(path.read_bytes(), validate=True)
        return SigningKey(name=name, private=Ed25519PrivateKey.from_private_bytes(raw))
    except (OSError, ValueError) as error:
        message = f"the signing key '{name}' can't be read at {path}; run 'countersign up' to create it"
        raise SigningKeyMissing(message, key=name) from error


def signing_key(name: KeyName) -> SigningKey:
    """Return the private key for one purpose.

    Raises:
        SigningKeyMissing: its file is not there, not readable or not a key.
    """
    return _load(environment().keys_directory, name)


def public_key(name: KeyName) -> PublicKey:
    """Return the public half of one key: a process that does not sign with it is given only that file.

    Raises:
        SigningKeyMissing: neither half is there, readable and a key.
    """
    directory = environment().keys_directory
    path = _public_path(directory, name)
    if not path.is_file():
        return PublicKey(name=name, public=_load(directory, name).public)
    try:
        raw = base64.b64decode(path.read_bytes(), validate=True)
        return PublicKey(name=name, public=Ed25519PublicKey.from_public_bytes(raw))
    except (OSError, ValueError) as error:
        message = f"the public key '{name}' can't be read at {path}; write it again from its private half"
        raise SigningKeyMissing(message, key=name) from error


def public_keys() -> Mapping[KeyName, PublicKey]:
    """Return every public key by its name, for the trust file.

    Raises:
        SigningKeyMissing: one of them can't be read.
    """
    return {name: public_key(name) for name in KEY_NAMES}
