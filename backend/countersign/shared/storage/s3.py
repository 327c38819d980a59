"""S3 with Object Lock in COMPLIANCE mode: what is written can't be changed by anybody before its date.

Every write is one part (some servers ignore the lock on multipart uploads), names its retention, and reads
the lock back: a store that accepted the object and ignored the lock is refused.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from datetime import timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from countersign.shared.boundary import outside_call
from countersign.shared.clock import now
from countersign.shared.env import s3_credentials
from countersign.shared.storage.base import ObjectMissing, StorageRefused, StoredObject, check_key

if TYPE_CHECKING:
    from datetime import datetime

MODE = "COMPLIANCE"
_MISSING = {"NoSuchKey", "404", "NotFound"}


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

        Raises:
            InvalidInput: the key is not well-formed.
            StorageRefused: other bytes are there, the server refused, or it ignored the lock.
        """
        outside_call("the object store")
        check_key(key)
        digest, size = _measure(data)
        until = (now() + timedelta(days=retain_days)).replace(microsecond=0)
        try:
            existing = self._head(key)
            if existing is None:
                version = self._put_once(key, data, digest, until)
            elif existing["Metadata"].get("sha256") == digest.hex():
                version = existing["VersionId"]
            else:
                message = f"'{key}' is stored already with other content; what is stored is never replaced"
                raise StorageRefused(message, key=key)
            self._require_lock(key, version)
        except (ClientError, BotoCoreError) as error:
            message = f"the object store refused '{key}': {error}"
            raise StorageRefused(message, key=key) from error
        return StoredObject(key, f"sha256:{digest.hex()}", size, locked=True, mode=MODE)

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

    def _require_lock(self, key: str, version: str) -> None:
        head = self._client.head_object(Bucket=self.bucket, Key=key, VersionId=version)
        until = head.get("ObjectLockRetainUntilDate")
        if head.get("ObjectLockMode") != MODE or until is None or until <= now():
            message = (
                f"the store accepted '{key}' and ignored its lock; "
                "use a bucket that was created with Object Lock enabled"
            )
            raise StorageRefused(message, key=key)

    def get(self, key: str) -> bytes:
        """Return the bytes under ``key``.

        Raises:
            ObjectMissing: nothing is stored there.
            StorageRefused: the store does not answer.
        """
        outside_call("the object store")
        try:
            body: bytes = self._client.get_object(Bucket=self.bucket, Key=check_key(key))["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in _MISSING:
                message = f"nothing is stored under '{key}'"
                raise ObjectMissing(message, key=key) from error
            message = f"the object store refused to read '{key}': {error}"
            raise StorageRefused(message, key=key) from error
        except BotoCoreError as error:
            message = f"the object store does not answer: {error}"
            raise StorageRefused(message, key=key) from error
        return body

    def exists(self, key: str) -> bool:
        """Say whether something is stored under ``key``.

        Raises:
            StorageRefused: the store does not answer.
        """
        outside_call("the object store")
        try:
            return self._head(check_key(key)) is not None
        except (ClientError, BotoCoreError) as error:
            message = f"the object store refused to look for '{key}': {error}"
            raise StorageRefused(message, key=key) from error

    def self_test(self) -> str:
        """Store a locked object for a day and try to remove it.

        Raises:
            StorageRefused: the lock was ignored, or the locked version could be removed.
        """
        key = f"self-test/{secrets.token_hex(8)}"
        self.put(key, b"locked", retain_days=1)
        version = self._client.head_object(Bucket=self.bucket, Key=key)["VersionId"]
        try:
            self._client.delete_object(Bucket=self.bucket, Key=key, VersionId=version)
        except ClientError:
            return "S3 Object Lock, COMPLIANCE: nobody can replace or remove it before its date"
        message = f"the bucket '{self.bucket}' let a locked object be removed"
        raise StorageRefused(message)


def _measure(data: bytes | Path) -> tuple[bytes, int]:
    if isinstance(data, bytes):
        return hashlib.sha256(data).digest(), len(data)
    with data.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").digest(), data.stat().st_size
