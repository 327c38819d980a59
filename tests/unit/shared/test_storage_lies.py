"""Stores that do less than they say are refused at start-up and at the write; a read is exact."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import boto3
import pytest
from botocore.config import Config

from countersign.shared.clock import now
from countersign.shared.storage import DirectoryStore, ObjectChanged, ObjectMissing, S3Store, StorageRefused
from tests.unit.shared.conftest import ACCESS_KEY, SECRET_KEY
from tests.unit.shared.s3_proxy import Headers, Lies, locked, proxy, put_header, without_lock

pytestmark = pytest.mark.needs("radosgw")
SOON = (now() + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


@pytest.fixture
def key(request: pytest.FixtureRequest) -> str:
    return "lies/" + hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:16]


@pytest.fixture
def lies() -> Lies:
    return Lies()


@pytest.fixture
def lying(s3_store: S3Store, lies: Lies) -> Iterator[S3Store]:
    with ExitStack() as stack:
        address = stack.enter_context(proxy(s3_store._client.meta.endpoint_url, lies))
        client = boto3.client(
            "s3",
            endpoint_url=address,
            region_name="us-east-1",
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
        )
        yield S3Store(client, s3_store.bucket)


def drops_lock(_method: str, _path: str, status: int, headers: Headers) -> int:
    without_lock(headers)
    return status


def governance(_method: str, _path: str, status: int, headers: Headers) -> int:
    if locked(headers):
        put_header(headers, "x-amz-object-lock-mode", "GOVERNANCE")
    return status


def short(_method: str, _path: str, status: int, headers: Headers) -> int:
    if locked(headers):
        put_header(headers, "x-amz-object-lock-retain-until-date", SOON)
    return status


def parts(_method: str, _path: str, status: int, headers: Headers) -> int:
    put_header(headers, "ETag", '"0123456789abcdef0123456789abcdef-2"')
    return status


def no_version(_method: str, _path: str, status: int, headers: Headers) -> int:
    for name in [name for name in headers if name.lower() == "x-amz-version-id"]:
        del headers[name]
    return status


def cut(method: str, _path: str, status: int, headers: Headers) -> int:
    if method == "HEAD" and locked(headers):
        put_header(headers, "Content-Length", "1")
    return status


LIES = {
    "drops the lock": (drops_lock, "ignored its lock"),
    "locks in another mode": (governance, "GOVERNANCE"),
    "keeps it for an hour": (short, "only"),
    "keeps it in parts": (parts, "in parts"),
    "gives no version": (no_version, "ignored its lock"),
    "keeps a part of it": (cut, "1 bytes"),
}


def test_proxy_that_does_not_lie_is_a_store(lying: S3Store, key: str) -> None:
    assert lying.put(key, b"evidence", retain_days=1).locked
    assert "nobody can replace" in lying.self_test()


@pytest.mark.parametrize("name", LIES)
def test_store_that_lies_is_refused_at_the_write_and_at_start_up(
    lying: S3Store, lies: Lies, key: str, name: str
) -> None:
    lies.answer, words = LIES[name]
    with pytest.raises(StorageRefused, match=words):
        lying.put(key, b"evidence", retain_days=2)
    with pytest.raises(StorageRefused, match=words):
        lying.self_test()


def test_store_that_says_a_locked_object_is_gone_is_refused(lying: S3Store, lies: Lies) -> None:
    lies.swallow = lambda method, _path: method == "DELETE"
    with pytest.raises(StorageRefused, match="let a locked object be removed"):
        lying.self_test()


def test_store_that_gives_back_other_bytes_is_refused(lying: S3Store, lies: Lies, key: str) -> None:
    lying.put(key, b"evidence", retain_days=1)
    lies.body = lambda method, _path, data: (
        data.replace(b"evidence", b"evidencE") if method == "GET" else data
    )
    with pytest.raises(StorageRefused, match="other content"):
        lying.put(key, b"evidence", retain_days=1)
    lies.body = lambda method, _path, data: b"LOCKED" if method == "GET" else data
    with pytest.raises(StorageRefused, match="other bytes"):
        lying.self_test()


def test_fetch_takes_the_recorded_version_under_a_newer_one(
    s3_store: S3Store, key: str, tmp_path: Path
) -> None:
    s3_store.put(key, b"evidence", retain_days=1)
    # Whoever has the credentials writes over the name, and says in the metadata that it is the same.
    forged = {"sha256": hashlib.sha256(b"evidence").hexdigest()}
    s3_store._client.put_object(Bucket=s3_store.bucket, Key=key, Body=b"forged", Metadata=forged)
    assert s3_store.get(key) == b"forged"
    s3_store.fetch(key, tmp_path / "read", digest=digest(b"evidence"))
    assert (tmp_path / "read").read_bytes() == b"evidence"
    with pytest.raises(StorageRefused, match="other content"):
        s3_store.put(key, b"evidence", retain_days=1)


def test_fetch_takes_the_recorded_version_behind_a_delete_marker(
    s3_store: S3Store, key: str, tmp_path: Path
) -> None:
    s3_store.put(key, b"evidence", retain_days=1)
    s3_store._client.delete_object(Bucket=s3_store.bucket, Key=key)
    with pytest.raises(ObjectMissing):
        s3_store.get(key)
    s3_store.fetch(key, tmp_path / "read", digest=digest(b"evidence"))
    assert (tmp_path / "read").read_bytes() == b"evidence"


@pytest.mark.parametrize("kind", ["directory", "s3"])
def test_fetch_refuses_what_was_not_recorded(
    request: pytest.FixtureRequest, tmp_path: Path, key: str, kind: str
) -> None:
    store = DirectoryStore(tmp_path / "o") if kind == "directory" else request.getfixturevalue("s3_store")
    with pytest.raises(ObjectMissing):
        store.fetch(key, tmp_path / "read", digest=digest(b"evidence"))
    store.put(key, b"evidence", retain_days=1)
    with pytest.raises(ObjectChanged, match="what was recorded"):
        store.fetch(key, tmp_path / "read", digest=digest(b"another"))
    assert not (tmp_path / "read").exists()
    store.fetch(key, tmp_path / "read", digest=digest(b"evidence"))
    assert (tmp_path / "read").read_bytes() == b"evidence"


def test_put_again_keeps_it_for_longer_and_never_for_less(s3_store: S3Store, key: str) -> None:
    s3_store.put(key, b"evidence", retain_days=2)
    s3_store.put(key, b"evidence", retain_days=9)
    until = s3_store._client.head_object(Bucket=s3_store.bucket, Key=key)["ObjectLockRetainUntilDate"]
    assert until > now() + timedelta(days=8)
    s3_store.put(key, b"evidence", retain_days=1)
    head = s3_store._client.head_object(Bucket=s3_store.bucket, Key=key)
    assert head["ObjectLockRetainUntilDate"] == until


def test_fetch_from_a_store_that_does_not_answer_is_refused(tmp_path: Path) -> None:
    from countersign.shared.storage import open_store

    store = open_store("s3://bucket?endpoint=http://127.0.0.1:9")
    with pytest.raises(StorageRefused, match="does not answer"):
        store.fetch("a", tmp_path / "read", digest=digest(b""))
