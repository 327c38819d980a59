"""Ed25519 keys as the other modules see them."""

import hashlib
from typing import Protocol, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from countersign_verify.errors import RefusedError

PUBLIC_KEY_SIZE = 32
SIGNATURE_SIZE = 64
# The points of order 1, 2, 4 and 8, without their sign: a key that is one of them "signs" whatever one
# likes, and libraries differ in whether they let it.
_SMALL_ORDER = frozenset(
    bytes.fromhex(point)
    for point in (
        "00" * 32,
        "01" + "00" * 31,
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ec" + "ff" * 30 + "7f",
        "ed" + "ff" * 30 + "7f",
        "ee" + "ff" * 30 + "7f",
    )
)


class Signer(Protocol):
    """What signing needs of a private key; ``Ed25519PrivateKey`` has it, and so can a remote signer."""

    def sign(self, data: bytes, /) -> bytes:
        """Sign the bytes with Ed25519."""

    def public_key(self) -> Ed25519PublicKey:
        """The public half."""


PublicKey: TypeAlias = bytes | Ed25519PublicKey


def public_bytes(key: PublicKey) -> bytes:
    """The 32 raw bytes of a public key.

    Raises:
        RefusedError: Raw bytes of another length.
    """
    if isinstance(key, Ed25519PublicKey):
        return key.public_bytes_raw()
    if len(key) != PUBLIC_KEY_SIZE:
        raise RefusedError("key.size", "an Ed25519 public key has 32 bytes")
    return bytes(key)


def key_id(key: PublicKey) -> str:
    """Name a key by content: ``sha256:`` and the hex digest of its raw public bytes.

    Raises:
        RefusedError: As :func:`public_bytes`.
    """
    return "sha256:" + hashlib.sha256(public_bytes(key)).hexdigest()


def signature_valid(key: PublicKey, signature: bytes, message: bytes) -> bool:
    """Whether the signature is this key's over this message.

    Raises:
        RefusedError: As :func:`public_bytes`.
    """
    raw = public_bytes(key)
    if _of_small_order(raw) or _of_small_order(signature[:PUBLIC_KEY_SIZE]):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(raw).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _of_small_order(point: bytes) -> bool:
    return point[:-1] + bytes([point[-1] & 0x7F]) in _SMALL_ORDER if point else False
