"""S3 with Object Lock in COMPLIANCE mode: what is written can't be changed by anybody before its date.

Every write is one part (some servers ignore the lock on multipart uploads), names its retention, and reads
the lock back: a store that accepted the object and ignored the lock is refused. In a versioned bucket anybody
with the credentials may write a newer version over a name or hide it behind a delete marker; the locked
version stays. So a read names the digest it wants and finds the version that has it.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, BinaryIO
from urllib.parse import parse_qs, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from countersign.shared.boundary import outside_call
from countersign.shared.clock import now
from countersign.shared.env import s3_credentials
from countersign.shared.storage.base import (
    CHUNK,
    ObjectChanged,
    ObjectMissing,
    StorageRefused,
    StoredObject,
    check_key,
    stream_copy,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MODE = "COMPLIANCE"
# A legal hold has no end of its own.
_HELD = datetime.max.replace(tzinfo=UTC)
_MISSING = {"NoSuchKey", "404", "NotFound", "NoSuchVersion", "MethodNotAllowed", "405"}


class S3Store:
    """Objects in one bucket that was created with Object Lock."""

    # boto3 builds its clients at run time and ships no types.
    def __init__(self, client: Any, bucket: str) -> None:  # noqa: ANN401
        """Use ``bucket`` through ``client``."""
        self._client = client
        self.bucket = bucket

    @classmethod
    def from_address(cls, address: str) -> S3Store:
        """Open ``s3://bucket?endpoint=URL&region=NAME``; credentials come from the environment."""
        parts = urlsplit(address)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        access_key, secret_key = s3_credentials()
        client = boto3.client(
            "s3",
            endpoint_url=query.get("endpoint"),
            region_name=query.get("region", "us-east-1"),
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            config=Config(
                s3={"addressing_style": "path"},
                connect_timeout=5,
                read_timeout=30,
                retries={"max_attempts": 3, "mode": "standard"},
            ),
        )
        return cls(client, parts.netloc)

    def put(self, key: str, data: bytes | Path, *, retain_days: int) -> StoredObject:
        """Store ``data`` under ``key`` until ``retain_days`` from now, and read the lock back.

        The same bytes again are a repeat that keeps them for longer when the date is later.

        Raises:
            InvalidInput: the key is not well-formed.
            StorageRefused: other bytes are there, the server refused, or it did not lock what it was given.
        """
        outside_call("the object store")
        check_key(key)
        digest, size = _measure(data)
        until = (now() + timedelta(days=retain_days)).replace(microsecond=0)
        with self._answers(f"refused '{key}'", key):
            existing = self._head(key)
            if existing is None:
                version = self._put_once(key, data, digest, until)
            else:
                version = existing["VersionId"]
                if self._digest_of(key, version) != digest:
                    message = (
                        f"'{key}' is stored already with other content; what is stored is never replaced"
                    )
                    raise StorageRefused(message, key=key)
                self._keep_longer(key, existing, until)
            self._require_lock(key, version, size, until)
        return StoredObject(key, f"sha256:{digest.hex()}", size, locked=True, mode=MODE)

    def put_made(self, key: str, make: Callable[[BinaryIO], str], *, retain_days: int) -> StoredObject:
        """Store what ``make`` writes; its size and hash must be known before the first byte is sent.

        Raises:
            InvalidInput: the key is not well-formed.
            StorageRefused: as :meth:`put`, or what was written is not what ``make`` says.
        """
        check_key(key)
        with tempfile.TemporaryDirectory(prefix="countersign-put-") as directory:
            file = Path(directory) / "object"
            with file.open("xb") as stream:
                digest = make(stream)
            written = f"sha256:{_measure(file)[0].hex()}"
            if written != digest:
                message = f"'{key}' is not what was to be stored: {written} instead of {digest}"
                raise StorageRefused(message, key=key)
            return self.put(key, file, retain_days=retain_days)

    def _put_once(self, key: str, data: bytes | Path, digest: bytes, until: datetime) -> str:
        body: bytes | IO[bytes] = data.open("rb") if isinstance(data, Path) else data
        try:
            answer = self._client.put_object(
                Bucket=self.bucket,
                Key=key,
                Body=body,
                ChecksumSHA256=base64.b64encode(digest).decode(),
                ObjectLockMode=MODE,
                ObjectLockRetainUntilDate=until,
                Metadata={"sha256": digest.hex()},
            )
        finally:
            if not isinstance(body, bytes):
                body.close()
        return str(answer.get("VersionId", ""))

    def _head(self, key: str) -> dict[str, Any] | None:
        try:
            head: dict[str, Any] = self._client.head_object(Bucket=self.bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in _MISSING:
                return None
            raise
        return head

    def _digest_of(self, key: str, version: str) -> bytes:
        # What an object's metadata says of it was written by whoever wrote the object.
        body = self._client.get_object(Bucket=self.bucket, Key=key, VersionId=version)["Body"]
        digest = hashlib.sha256()
        while chunk := body.read(CHUNK):
            digest.update(chunk)
        return digest.digest()

    def _keep_longer(self, key: str, head: dict[str, Any], until: datetime) -> None:
        kept = head.get("ObjectLockRetainUntilDate")
        if head.get("ObjectLockMode") == MODE and kept is not None and kept < until:
            self._client.put_object_retention(
                Bucket=self.bucket,
                Key=key,
                VersionId=head["VersionId"],
                Retention={"Mode": MODE, "RetainUntilDate": until},
            )

    def _require_lock(self, key: str, version: str, size: int, until: datetime) -> None:
        if not version or version == "null":
            message = (
                f"the store accepted '{key}' and ignored its lock (it has no version); "
                "use a bucket that was created with Object Lock enabled"
            )
            raise StorageRefused(message, key=key)
        head = self._client.head_object(Bucket=self.bucket, Key=key, VersionId=version)
        mode, kept = head.get("ObjectLockMode"), head.get("ObjectLockRetainUntilDate")
        wrong = ""
        if mode is None or kept is None:
            wrong = "ignored its lock; use a bucket that was created with Object Lock enabled"
        elif mode != MODE:
            wrong = f"locked it in mode {mode}, which an administrator can lift; {MODE} was asked for"
        elif kept < until:
            wrong = f"keeps it until {kept.isoformat()} only; {until.isoformat()} was asked for"
        elif head.get("ContentLength") != size:
            wrong = f"keeps {head.get('ContentLength')} bytes of it where {size} were written"
        elif "-" in str(head.get("ETag", "")):
            wrong = "keeps it in parts; locks of such objects are not relied on"
        if wrong:
            message = f"the store accepted '{key}' and {wrong}"
            raise StorageRefused(message, key=key)

    def get(self, key: str) -> bytes:
        """Return the bytes under ``key``.

        Raises:
            ObjectMissing: nothing is stored there.
            StorageRefused: the store does not answer.
        """
        outside_call("the object store")
        with self._answers(f"refused to read '{key}'", key):
            body: bytes = self._client.get_object(Bucket=self.bucket, Key=check_key(key))["Body"].read()
        return body

    def fetch(self, key: str, target: Path, *, digest: str) -> None:
        """Write the version of ``key`` that has this digest to the new file ``target``.

        Raises:
            ObjectMissing: nothing was ever stored there.
            ObjectChanged: no version has this digest.
            StorageRefused: the store does not answer.
        """
        outside_call("the object store")
        check_key(key)
        seen = 0
        with self._answers(f"refused to read '{key}'", key):
            for version in self._versions(key):
                seen += 1
                body = self._client.get_object(Bucket=self.bucket, Key=key, VersionId=version)["Body"]
                if stream_copy(body, target) == digest:
                    return
                target.unlink()
        if not seen:
            message = f"nothing is stored under '{key}'"
            raise ObjectMissing(message, key=key)
        message = f"none of the {seen} version(s) of '{key}' is what was recorded"
        raise ObjectChanged(message, key=key)

    def _versions(self, key: str, *kinds: str) -> Iterator[str]:
        pages = self._client.get_paginator("list_object_versions").paginate(Bucket=self.bucket, Prefix=key)
        for page in pages:
            for kind in kinds or ("Versions",):
                yield from (item["VersionId"] for item in page.get(kind, ()) if item["Key"] == key)

    def exists(self, key: str) -> bool:
        """Say whether something is stored under ``key``.

        Raises:
            StorageRefused: the store does not answer.
        """
        outside_call("the object store")
        with self._answers(f"refused to look for '{key}'", key):
            return self._head(check_key(key)) is not None

    def was_stored(self, key: str) -> bool:
        """Say whether any version is stored under ``key``, behind a delete marker too.

        Raises:
            StorageRefused: the store does not answer.
        """
        outside_call("the object store")
        with self._answers(f"refused to look for '{key}'", key):
            return any(self._versions(check_key(key)))

    def locked_until(self, key: str) -> datetime | None:
        """Return until when a version under ``key`` is locked, the latest of all; nothing when none is.

        Raises:
            StorageRefused: the store does not answer.
        """
        outside_call("the object store")
        with self._answers(f"refused to look for '{key}'", key):
            ends = [self._lock_of(key, version) for version in self._versions(check_key(key))]
        return max((end for end in ends if end is not None and end > now()), default=None)

    def _lock_of(self, key: str, version: str) -> datetime | None:
        head = self._client.head_object(Bucket=self.bucket, Key=key, VersionId=version)
        if head.get("ObjectLockLegalHoldStatus") == "ON":
            return _HELD
        end: datetime | None = head.get("ObjectLockRetainUntilDate")
        return end

    def remove(self, key: str) -> None:
        """Remove every version and delete marker under ``key``, when no lock holds one of them.

        Raises:
            StorageRefused: a version is locked, or the store does not answer.
        """
        until = self.locked_until(key)
        if until is not None:
            message = f"'{key}' is under Object Lock until {until.isoformat()}: nobody removes it before"
            raise StorageRefused(message, key=key)
        with self._answers(f"refused to remove '{key}'", key):
            for version in tuple(self._versions(key, "Versions", "DeleteMarkers")):
                self._client.delete_object(Bucket=self.bucket, Key=key, VersionId=version)

    def self_test(self) -> str:
        """Store a locked object for a day, try to remove it, and read it back.

        Raises:
            StorageRefused: the lock was ignored, or the locked version could be removed.
        """
        key = f"self-test/{secrets.token_hex(8)}"
        self.put(key, b"locked", retain_days=1)
        with self._answers(f"refused '{key}'", key):
            version = self._client.head_object(Bucket=self.bucket, Key=key)["VersionId"]
        for bypass in (False, True):
            try:
                self._client.delete_object(
                    Bucket=self.bucket, Key=key, VersionId=version, BypassGovernanceRetention=bypass
                )
            except ClientError:
                continue
            message = f"the bucket '{self.bucket}' let a locked object be removed"
            raise StorageRefused(message)
        with self._answers(f"lost '{key}'", key):
            if self._digest_of(key, version) == hashlib.sha256(b"locked").digest():
                return "S3 Object Lock, COMPLIANCE: nobody can replace or remove it before its date"
        message = f"the bucket '{self.bucket}' gave back other bytes than were stored"
        raise StorageRefused(message)

    @contextmanager
    def _answers(self, what: str, key: str) -> Iterator[None]:
        """Say in one way what the server did not do."""
        try:
            yield
        except ClientError as error:
            if error.response["Error"]["Code"] in _MISSING:
                message = f"nothing is stored under '{key}'"
                raise ObjectMissing(message, key=key) from error
            message = f"the object store {what}: {error}"
            raise StorageRefused(message, key=key) from error
        except BotoCoreError as error:
            message = f"the object store does not answer ('{key}'): {error}"
            raise StorageRefused(message, key=key) from error


def _measure(data: bytes | Path) -> tuple[bytes, int]:
    if isinstance(data, bytes):
        return hashlib.sha256(data).digest(), len(data)
    with data.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").digest(), data.stat().st_size
