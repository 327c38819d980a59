"""What every store keeps: the write-once directory here, a real S3 with Object Lock where it is installed."""

from __future__ import annotations

import functools
import hashlib
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

import pytest

from countersign.shared.clock import now
from countersign.shared.errors import InvalidInput
from countersign.shared.storage import (
    DirectoryStore,
    ObjectMissing,
    ObjectStore,
    S3Store,
    StorageRefused,
    object_store,
    open_store,
)


@pytest.fixture(params=["directory", pytest.param("s3", marks=pytest.mark.needs("radosgw"))])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    if request.param == "directory":
        return DirectoryStore(tmp_path / "objects")
    chosen: ObjectStore = request.getfixturevalue("s3_store")
    return chosen


@pytest.fixture
def key(request: pytest.FixtureRequest) -> str:
    return "unit/" + hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:16]


def test_put_keeps_bytes_and_says_their_digest(store: ObjectStore, key: str) -> None:
    stored = store.put(key, b"evidence", retain_days=1)
    assert stored.digest == "sha256:" + hashlib.sha256(b"evidence").hexdigest()
    assert (stored.key, stored.size) == (key, 8)
    assert store.get(key) == b"evidence"
    assert store.exists(key)


def test_put_takes_a_file(store: ObjectStore, key: str, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"x" * 3_000_000)
    stored = store.put(key, source, retain_days=1)
    assert stored.size == 3_000_000
    assert store.get(key) == source.read_bytes()


def test_put_made_keeps_what_is_written_to_it(store: ObjectStore, key: str) -> None:
    digest = "sha256:" + hashlib.sha256(b"made here").hexdigest()

    def make(target: BinaryIO, *parts: bytes) -> str:
        target.writelines(parts or (b"made ", b"here"))
        return "sha256:" + hashlib.sha256(b"".join(parts or (b"made here",))).hexdigest()

    stored = store.put_made(key, make, retain_days=1)
    assert (stored.key, stored.digest, stored.size) == (key, digest, 9)
    assert store.get(key) == b"made here"
    assert store.put_made(key, make, retain_days=1) == stored
    assert store.put(key, b"made here", retain_days=1) == stored
    with pytest.raises(StorageRefused, match="never replaced"):
        store.put_made(key, lambda target: make(target, b"other"), retain_days=1)
    assert store.get(key) == b"made here"


def test_put_made_keeps_nothing_of_what_could_not_be_made(store: ObjectStore, key: str) -> None:
    def make(target: BinaryIO) -> str:
        target.write(b"half")
        raise KeyError(key)

    with pytest.raises(KeyError):
        store.put_made(key, make, retain_days=1)
    assert not store.was_stored(key)
    if isinstance(store, DirectoryStore):
        assert [path for path in store.root.rglob("*") if path.is_file()] == []


def test_put_of_the_same_bytes_is_a_repeat(store: ObjectStore, key: str) -> None:
    assert store.put(key, b"same", retain_days=1) == store.put(key, b"same", retain_days=1)


def test_put_of_other_bytes_is_refused(store: ObjectStore, key: str) -> None:
    store.put(key, b"first", retain_days=1)
    with pytest.raises(StorageRefused, match="never replaced"):
        store.put(key, b"second", retain_days=1)
    assert store.get(key) == b"first"


def test_get_of_nothing_is_missing(store: ObjectStore, key: str) -> None:
    assert not store.exists(key)
    assert not store.was_stored(key)
    with pytest.raises(ObjectMissing):
        store.get(key)


def test_was_stored_remembers_what_exists(store: ObjectStore, key: str) -> None:
    store.put(key, b"kept", retain_days=1)
    assert store.was_stored(key)
    assert not store.was_stored(key[:-1])


@pytest.mark.needs("radosgw")
def test_s3_put_made_refuses_what_is_not_what_its_maker_says(s3_store: S3Store, key: str) -> None:
    with pytest.raises(StorageRefused, match="is not what was to be stored"):
        s3_store.put_made(key, lambda target: f"{target.write(b'x')}", retain_days=1)


@pytest.mark.parametrize("bad", ["", "/etc/passwd", "../up", "a/../b", "A", "a//b", "a/", "a b", ".hidden"])
def test_put_refuses_a_key_that_could_leave_the_store(store: ObjectStore, bad: str) -> None:
    for call in (
        lambda: store.put(bad, b"x", retain_days=1),
        lambda: store.put_made(bad, lambda _: "", retain_days=1),
        lambda: store.get(bad),
        lambda: store.exists(bad),
    ):
        with pytest.raises(InvalidInput):
            call()


def test_directory_removes_what_no_lock_holds(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    store.put("a/b", b"x", retain_days=1)
    assert store.locked_until("a/b") is None
    store.remove("a/b")
    store.remove("a/b")
    assert not store.exists("a/b")
    with pytest.raises(InvalidInput):
        store.remove("../up")
    (tmp_path / "c").mkdir()
    with pytest.raises(StorageRefused, match="can't be written"):
        store.remove("c")


@pytest.mark.needs("radosgw")
def test_s3_removes_nothing_that_is_locked(s3_store: S3Store, key: str, tmp_path: Path) -> None:
    s3_store.put(key, b"locked", retain_days=2)
    until = s3_store.locked_until(key)
    assert until is not None
    assert timedelta(days=1) < until - now() <= timedelta(days=2)
    # Hidden behind an unlocked version and a delete marker, the locked one still holds.
    s3_store._client.put_object(Bucket=s3_store.bucket, Key=key, Body=b"unlocked")
    s3_store._client.delete_object(Bucket=s3_store.bucket, Key=key)
    with pytest.raises(StorageRefused, match="under Object Lock until"):
        s3_store.remove(key)
    digest = "sha256:" + hashlib.sha256(b"locked").hexdigest()
    target = tmp_path / "copy"
    s3_store.fetch(key, target, digest=digest)
    assert target.read_bytes() == b"locked"


@pytest.mark.needs("radosgw")
def test_s3_removes_every_version_that_no_lock_holds(s3_store: S3Store, key: str) -> None:
    for body in (b"one", b"two"):
        s3_store._client.put_object(Bucket=s3_store.bucket, Key=key, Body=body)
    s3_store._client.put_object(Bucket=s3_store.bucket, Key=f"{key}-beside", Body=b"other")
    s3_store._client.delete_object(Bucket=s3_store.bucket, Key=key)
    assert s3_store.locked_until(key) is None
    s3_store.remove(key)
    assert not s3_store.was_stored(key)
    assert s3_store.get(f"{key}-beside") == b"other"


@pytest.mark.needs("radosgw")
def test_s3_removes_nothing_under_a_legal_hold(s3_store: S3Store, key: str) -> None:
    s3_store._client.put_object(Bucket=s3_store.bucket, Key=key, Body=b"held", ObjectLockLegalHoldStatus="ON")
    with pytest.raises(StorageRefused, match="under Object Lock"):
        s3_store.remove(key)
    assert s3_store.get(key) == b"held"


def test_self_test_says_what_it_protects_against(store: ObjectStore) -> None:
    assert "protects against" in store.self_test() or "nobody can replace" in store.self_test()


def test_directory_files_are_read_only(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    stored = store.put("a/b", b"x", retain_days=1)
    assert (tmp_path / "a/b").stat().st_mode & 0o777 == 0o444
    assert not stored.locked
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b"]


def test_directory_refuses_to_keep_for_no_time(tmp_path: Path) -> None:
    with pytest.raises(StorageRefused, match="one day"):
        DirectoryStore(tmp_path).put_made("a", lambda _: "", retain_days=0)


def test_directory_that_can_not_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageRefused, match="can't be written"):
        DirectoryStore(tmp_path / "file" / "objects").put("a", b"x", retain_days=1)


def test_directory_self_test_catches_a_store_that_lets_go(tmp_path: Path) -> None:
    class Forgetful(DirectoryStore):
        def _require_same(self, target: Path, temporary: Path, key: str) -> None:
            """Accept other content."""

    with pytest.raises(StorageRefused, match="let an object be replaced"):
        Forgetful(tmp_path).self_test()


def test_open_store_follows_the_address(tmp_path: Path) -> None:
    assert isinstance(open_store(str(tmp_path)), DirectoryStore)
    s3 = open_store("s3://bucket?endpoint=http://127.0.0.1:9")
    assert isinstance(s3, S3Store)
    assert s3.bucket == "bucket"


def test_object_store_is_the_configured_one() -> None:
    assert isinstance(object_store(), DirectoryStore)


def test_s3_that_does_not_answer_is_refused() -> None:
    store = open_store("s3://bucket?endpoint=http://127.0.0.1:9")
    for call in (
        lambda: store.put("a", b"x", retain_days=1),
        lambda: store.get("a"),
        lambda: store.exists("a"),
    ):
        with pytest.raises(StorageRefused):
            call()


@pytest.mark.needs("radosgw")
def test_s3_put_is_locked_in_compliance_mode(s3_store: S3Store, key: str) -> None:
    stored = s3_store.put(key, b"locked", retain_days=1)
    assert (stored.locked, stored.mode) == (True, "COMPLIANCE")


@pytest.mark.needs("radosgw")
def test_s3_locked_version_is_neither_removed_nor_shortened_nor_unlocked(s3_store: S3Store, key: str) -> None:
    from datetime import timedelta

    from botocore.exceptions import ClientError

    from countersign.shared.clock import now

    s3_store.put(key, b"locked", retain_days=2)
    client, where = s3_store._client, {"Bucket": s3_store.bucket, "Key": key}
    version = client.head_object(**where)["VersionId"]
    sooner = {"Mode": "COMPLIANCE", "RetainUntilDate": now() + timedelta(days=1)}
    weaker = {"Mode": "GOVERNANCE", "RetainUntilDate": now() + timedelta(days=3)}
    attempts = (
        functools.partial(client.delete_object, **where, VersionId=version),
        functools.partial(client.delete_object, **where, VersionId=version, BypassGovernanceRetention=True),
        functools.partial(client.put_object_retention, **where, VersionId=version, Retention=sooner),
        functools.partial(
            client.put_object_retention,
            **where,
            VersionId=version,
            Retention=weaker,
            BypassGovernanceRetention=True,
        ),
        functools.partial(
            client.put_bucket_versioning,
            Bucket=s3_store.bucket,
            VersioningConfiguration={"Status": "Suspended"},
        ),
    )
    for attempt in attempts:
        with pytest.raises(ClientError):
            attempt()
    # Writing over it or deleting its name only hides it: the locked version stays.
    client.delete_object(**where)
    assert client.get_object(**where, VersionId=version)["Body"].read() == b"locked"


@pytest.mark.needs("radosgw")
def test_s3_bucket_without_lock_is_refused(s3_unlocked: S3Store, key: str) -> None:
    with pytest.raises(StorageRefused):
        s3_unlocked.put(key, b"x", retain_days=1)
    with pytest.raises(StorageRefused):
        s3_unlocked.self_test()


@pytest.mark.needs("radosgw")
def test_s3_that_ignores_the_lock_is_refused(s3_unlocked: S3Store, key: str) -> None:
    """Such servers exist: they take the object and drop its retention."""

    class Ignoring:
        def __init__(self, client: object) -> None:
            self._client = client

        def __getattr__(self, name: str) -> object:
            return getattr(self._client, name)

        def put_object(self, **arguments: object) -> object:
            kept = {name: value for name, value in arguments.items() if not name.startswith("ObjectLock")}
            return self._client.put_object(**kept)  # type: ignore[attr-defined]

    store = S3Store(Ignoring(s3_unlocked._client), s3_unlocked.bucket)
    with pytest.raises(StorageRefused, match="ignored its lock"):
        store.put(key, b"x", retain_days=1)


@pytest.mark.needs("radosgw")
def test_s3_wrong_credentials_are_refused(s3_store: S3Store, key: str) -> None:
    import boto3
    from botocore.config import Config

    endpoint = s3_store._client.meta.endpoint_url
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="WRONG",
        aws_secret_access_key="WRONG",
        config=Config(s3={"addressing_style": "path"}),
    )
    stranger = S3Store(client, s3_store.bucket)
    for call in (
        lambda: stranger.put(key, b"x", retain_days=1),
        lambda: stranger.get(key),
        lambda: stranger.exists(key),
    ):
        with pytest.raises(StorageRefused):
            call()
