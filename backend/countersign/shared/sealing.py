"""Encryption of what is stored under a lock: AES-256-GCM over chunks, so that any size takes flat memory.

An object is ``HEADER`` and then chunks of one mebibyte (the last may be shorter), each encrypted by itself
and followed by its tag of 16 bytes. The nonce of a chunk is its number (11 bytes, big-endian) and one byte
that is 1 for the last chunk and 0 for every other, so chunks can be neither moved nor left out, and the end
can't be cut off. Header and name are authenticated with every chunk. A key is made for one content and never
used for another: that is why nonces may count from zero, and why the same content gives the same object.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from countersign.shared.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEADER = b"countersign/sealed/v1\n"
CHUNK = 1 << 20
_TAG = 16


class ObjectUnreadable(Conflict):
    """A stored object does not open with its key: it was changed, cut, or belongs to another name."""

    code = "object_unreadable"


def object_seal(source: BinaryIO, target: BinaryIO, *, key: bytes, name: str) -> str:
    """Encrypt ``source`` into ``target``; return ``sha256:`` of what was written.

    Args:
        source: the readable bytes.
        target: where the object goes.
        key: 32 bytes, of this content alone.
        name: the digest of the readable content; only under this name does the object open again.
    """
    cipher, bound = AESGCM(key), HEADER + name.encode()
    digest = hashlib.sha256(HEADER)
    target.write(HEADER)
    number, chunk = 0, source.read(CHUNK)
    # A chunk is hashed while it is written and the next one encrypted; no more than two are held.
    with ThreadPoolExecutor(1) as beside:
        hashing: Future[None] | None = None
        while True:
            following = source.read(CHUNK)
            sealed = cipher.encrypt(_nonce(number, last=not following), chunk, bound)
            if hashing:
                hashing.result()
            hashing = beside.submit(digest.update, sealed)
            target.write(sealed)
            if not following:
                hashing.result()
                return f"sha256:{digest.hexdigest()}"
            number, chunk = number + 1, following


def object_open(stream: BinaryIO, *, key: bytes, name: str) -> Iterator[bytes]:
    """Yield the readable bytes of an object, chunk by chunk; each was authenticated before it is handed out.

    Raises:
        ObjectUnreadable: it was changed or cut, or key or name are another's.
    """
    if stream.read(len(HEADER)) != HEADER:
        message = "the stored object is not an encrypted one"
        raise ObjectUnreadable(message, name=name)
    cipher, bound = AESGCM(key), HEADER + name.encode()
    number, chunk = 0, stream.read(CHUNK + _TAG)
    while True:
        following = stream.read(CHUNK + _TAG)
        try:
            yield cipher.decrypt(_nonce(number, last=not following), chunk, bound)
        except (InvalidTag, ValueError) as error:
            message = "the stored object does not open with its key: it was changed, or it is another"
            raise ObjectUnreadable(message, name=name) from error
        if not following:
            return
        number, chunk = number + 1, following


def file_open(source: Path, target: Path, *, key: bytes, name: str) -> None:
    """Decrypt a file into another.

    Raises:
        ObjectUnreadable: it was changed or cut, or key or name are another's; the target is removed.
    """
    try:
        with source.open("rb") as reading, target.open("xb") as writing:
            for chunk in object_open(reading, key=key, name=name):
                writing.write(chunk)
    except ObjectUnreadable:
        target.unlink()
        raise


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\1" if last else b"\0")
