"""Ed25519 keys as the other modules see them."""

import hashlib
from typing import Protocol, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from countersign_verify.errors import RefusedError

PUBLIC_KEY_SIZE = 32
SIGNATURE_SIZE = 64
# The points of order 1, 2, 4 and 8, by their y and without their sign: a key that is one of them "signs"
# whatever one likes, and libraries differ in whether they let it.
_PRIME = 2**255 - 19
_ORDER_8 = 0x5FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_SMALL_ORDER = frozenset(
    y.to_bytes(32, "little") for y in (0, 1, _ORDER_8, _PRIME - _ORDER_8, _PRIME - 1, _PRIME, _PRIME + 1)
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
