"""The embedded write-once directory.

It protects against mistakes and against the platform's own code: files are created exclusively, made
read-only and never opened for writing again. It does not protect against the user who owns the directory
or against root; only S3 Object Lock in COMPLIANCE mode and a witness outside this machine do.
"""

from __future__ import annotations

import hashlib
import io
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from countersign.shared.boundary import outside_call
from countersign.shared.storage.base import (
    ObjectChanged,
    ObjectMissing,
    StorageRefused,
    StoredObject,
    check_key,
    stream_copy,
    stream_write,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

MODE = "write-once-directory"


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return f"sha256:{hashlib.file_digest(stream, 'sha256').hexdigest()}"


class DirectoryStore:
    """Objects as read-only files below one directory."""

    def __init__(self, root: Path) -> None:
        """Use ``root``, created on the first write."""
        self.root = root

    def put(self, key: str, data: bytes | Path, *, retain_days: int) -> StoredObject:
        """Store ``data`` under ``key``.

        Args:
            key: where; slashes make directories.
            data: the bytes, or the file that holds them (copied as a stream).
            retain_days: how long it must stay; this store removes nothing by itself.

        Raises:
            InvalidInput: the key is not well-formed.
            StorageRefused: other bytes are stored there already, or the directory can't be written.
        """
        with data.open("rb") if isinstance(data, Path) else io.BytesIO(data) as source:
            return self.put_made(key, lambda target: stream_write(source, target), retain_days=retain_days)

    def put_made(self, key: str, make: Callable[[BinaryIO], str], *, retain_days: int) -> StoredObject:
        """Store under ``key`` what ``make`` writes: it is written where it stays, and nowhere before.

        Args:
            key: where.
            make: writes the bytes and returns ``sha256:`` of them.
            retain_days: how long it must stay; this store removes nothing by itself.

        Raises:
            InvalidInput: the key is not well-formed.
            StorageRefused: other bytes are stored there already, or the directory can't be written.
        """
        outside_call("the object store")
        if retain_days < 1:
            message = "an object must be kept for at least one day"
            raise StorageRefused(message, key=key)
        target = self.root / check_key(key)
        try:
            digest = self._put(target, make, key)
        except OSError as error:
            message = f"the object store at {self.root} can't be written: {error.strerror}"
            raise StorageRefused(message, key=key) from error
        return StoredObject(key, digest, target.stat().st_size, locked=False, mode=MODE)

    def _put(self, target: Path, make: Callable[[BinaryIO], str], key: str) -> str:
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{secrets.token_hex(8)}.tmp")
        try:
            digest = self._write(temporary, make)
            try:
                # A hard link is made or it is not: no reader sees half an object, no writer replaces one.
                os.link(temporary, target)
            except FileExistsError:
                self._require_same(target, temporary, key)
            return digest
        finally:
            temporary.unlink(missing_ok=True)

    def _write(self, temporary: Path, make: Callable[[BinaryIO], str]) -> str:
        with temporary.open("xb") as stream:
            digest = make(stream)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(0o444)
        return digest

    def _require_same(self, target: Path, temporary: Path, key: str) -> None:
        if _digest(target) != _digest(temporary):
            message = f"'{key}' is stored already with other content; what is stored is never replaced"
            raise StorageRefused(message, key=key)

    def get(self, key: str) -> bytes:
        """Return the bytes under ``key``.

        Raises:
            ObjectMissing: nothing is stored there.
        """
        outside_call("the object store")
        try:
            return (self.root / check_key(key)).read_bytes()
        except FileNotFoundError as error:
            message = f"nothing is stored under '{key}'"
            raise ObjectMissing(message, key=key) from error

    def fetch(self, key: str, target: Path, *, digest: str) -> None:
        """Write the bytes under ``key`` to the new file ``target``.

        Raises:
            ObjectMissing: nothing is stored there.
            ObjectChanged: what is stored there has another digest; the target is removed.
        """
        outside_call("the object store")
        try:
            with (self.root / check_key(key)).open("rb") as source:
                found = stream_copy(source, target)
        except FileNotFoundError as error:
            message = f"nothing is stored under '{key}'"
            raise ObjectMissing(message, key=key) from error
        if found != digest:
            target.unlink()
            message = f"what is stored under '{key}' is not what was recorded: {found}"
            raise ObjectChanged(message, key=key)

    def exists(self, key: str) -> bool:
        """Say whether something is stored under ``key``."""
        outside_call("the object store")
        return (self.root / check_key(key)).is_file()

    def was_stored(self, key: str) -> bool:
        """Say the same as :meth:`exists`: a directory has no memory of what was removed from it."""
        return self.exists(key)

    # As the interface has it: a directory has no locks.
    def locked_until(self, key: str) -> datetime | None:  # noqa: ARG002
        """Say that no lock holds what is under ``key``."""
        return None

    def remove(self, key: str) -> None:
        """Remove what is under ``key``; what is not there is removed already.

        Raises:
            InvalidInput: the key is not well-formed.
            StorageRefused: the directory can't be written.
        """
        outside_call("the object store")
        target = self.root / check_key(key)
        try:
            target.unlink(missing_ok=True)
        except OSError as error:
            message = f"the object store at {self.root} can't be written: {error.strerror}"
            raise StorageRefused(message, key=key) from error

    def self_test(self) -> str:
        """Write, read back and try to replace an object; return what this store protects against.

        Raises:
            StorageRefused: the directory does not keep what it is given.
        """
        key = f"self-test/{secrets.token_hex(8)}"
        self.put(key, b"first", retain_days=1)
        try:
            self.put(key, b"second", retain_days=1)
        except StorageRefused:
            if self.get(key) == b"first":
                (self.root / key).unlink()
                return "write-once directory: protects against mistakes, not against the owner of the machine"
        message = f"the directory {self.root} let an object be replaced"
        raise StorageRefused(message)
