"""The mirror in the object store: what a superuser does to the tables afterwards does not fit it any more."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from django.db import transaction

from countersign.audit import sequencer
from countersign.audit.errors import MirrorDisagrees
from countersign.audit.export import log_export
from countersign.audit.mirror import Mirrored, checkpoint_key, mirror_advance, mirror_compare, mirror_newest
from countersign.audit.models import AuditLeaf
from countersign.audit.sequencing import ORIGIN, Batch
from countersign.audit.services import record
from countersign.shared.actor import Actor
from countersign.shared.storage import DirectoryStore, ObjectStore, S3Store, StorageRefused
from countersign_verify.canonical import canonical_bytes
from countersign_verify.log import export_checkpoints, log_verify
from countersign_verify.merkle import EMPTY_ROOT
from countersign_verify.report import Report
from countersign_verify.tiles import tile_paths
from tests.unit.audit.roles import sequencer_role
from tests.unit.audit.test_sequencing import trust_of_the_log
from tests.unit.shared.conftest import s3_client

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

__all__ = ["s3_client"]

Sequence = Callable[[], Batch]


@pytest.fixture
def directory_store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path / "objects")


@pytest.fixture
def s3_bucket(s3_client: S3Client) -> S3Store:
    name = f"mirror-{uuid.uuid4().hex[:12]}"
    s3_client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    return S3Store(s3_client, name)


@pytest.fixture(params=["directory_store", pytest.param("s3_bucket", marks=pytest.mark.needs("radosgw"))])
def store(request: pytest.FixtureRequest) -> ObjectStore:
    chosen: ObjectStore = request.getfixturevalue(request.param)
    return chosen


def write(actor: Actor, count: int) -> None:
    with transaction.atomic():
        for number in range(count):
            record(actor=actor, type="run.claimed", subject=("run", str(number)))


def mirrored_to_the_end(store: ObjectStore) -> Mirrored:
    with sequencer_role():
        before, after = None, mirror_newest(store)
        while before != after:
            before, after = after, mirror_advance(store, after)
    return after


def as_superuser(dsn: str, *statements: str) -> None:
    """Do what triggers and grants are there to refuse."""
    with psycopg.connect(dsn) as superuser:
        superuser.execute("SET session_replication_role = replica")
        for statement in statements:
            superuser.execute(statement)


def export_of_the_mirror(store: ObjectStore, size: int, target: Path) -> Path:
    """Fetch what the mirror must hold by the layout alone, as a stranger with read access would."""
    for path, _ in tile_paths(size):
        file = target / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(store.get(f"log/{path}"))
    note = store.get(checkpoint_key(mirror_newest(store).number)).decode()
    export_checkpoints(target, [(size, note)])
    (target / "trust.json").write_bytes(trust_of_the_log().raw)
    (target / "index.json").write_bytes(
        canonical_bytes({"format": "countersign/export/v1", "origin": ORIGIN, "merges": []})
    )
    return target


def test_mirror_of_nothing_is_empty(store: ObjectStore, committed_db: None) -> None:
    assert mirror_newest(store) == Mirrored(0, 0, EMPTY_ROOT)
    assert mirrored_to_the_end(store).number == 0


def test_mirror_grows_with_the_log_and_is_a_log_that_a_stranger_can_verify(
    store: ObjectStore, sequence: Sequence, worker: Actor, tmp_path: Path
) -> None:
    sizes = []
    for count in (3, 300, 250, 1, 214):
        write(worker, count)
        sequence()
        sizes.append(mirrored_to_the_end(store).size)
    assert sizes == [3, 303, 553, 554, 768]
    assert mirror_newest(store).number == 5
    assert mirror_compare(mirror_newest(store)) == 0
    report = Report()
    log_verify(export_of_the_mirror(store, 768, tmp_path / "fetched"), trust_of_the_log(), report)
    assert report.failures == ()


def test_mirror_crosses_to_the_second_level_of_tiles(
    directory_store: DirectoryStore, sequence: Sequence, worker: Actor, tmp_path: Path
) -> None:
    for count in (65_500, 100):
        for begin in range(0, count, 5_000):
            write(worker, min(5_000, count - begin))
        sequence()
        mirrored_to_the_end(directory_store)
    fetched = export_of_the_mirror(directory_store, 65_600, tmp_path / "fetched")
    report = Report()
    log_verify(fetched, trust_of_the_log(), report)
    assert report.failures == ()
    assert (fetched / "tile/2/000.p/1").is_file()


def test_mirror_step_that_was_interrupted_is_taken_again(
    directory_store: DirectoryStore, sequence: Sequence, worker: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(worker, 700)
    sequence()
    stored: list[str] = []
    put = DirectoryStore.put

    def failing(self: DirectoryStore, key: str, data: bytes | Path, *, retain_days: int) -> object:
        if len(stored) == 4:
            message = "no more"
            raise StorageRefused(message)
        stored.append(key)
        return put(self, key, data, retain_days=retain_days)

    monkeypatch.setattr(DirectoryStore, "put", failing)
    with pytest.raises(StorageRefused):
        mirror_advance(directory_store, mirror_newest(directory_store))
    monkeypatch.setattr(DirectoryStore, "put", put)
    assert mirror_newest(directory_store).number == 0
    # More has come meanwhile: the partial tiles of the first attempt are simply not used.
    write(worker, 10)
    sequence()
    assert mirrored_to_the_end(directory_store).size == 710


CUT = (
    "DELETE FROM audit_auditcheckpoint WHERE tree_size > 20",
    "DELETE FROM audit_auditleaf WHERE leaf_index >= 20",
    "DELETE FROM audit_auditevent WHERE id NOT IN (SELECT event_position FROM audit_auditleaf)",
)


@pytest.fixture
def mirrored_log(directory_store: DirectoryStore, sequence: Sequence, worker: Actor) -> Mirrored:
    for _ in range(2):
        write(worker, 20)
        sequence()
    return mirrored_to_the_end(directory_store)


def test_log_whose_end_a_superuser_cut_off_is_found_out(
    directory_store: DirectoryStore, mirrored_log: Mirrored, superuser_dsn: str
) -> None:
    as_superuser(superuser_dsn, *CUT)
    with pytest.raises(MirrorDisagrees, match="ends after 20 events, and its mirror has 40"):
        mirror_compare(mirror_newest(directory_store))


@pytest.mark.parametrize("count", [20, 30], ids=["to-the-same-size", "beyond-it"])
def test_log_that_a_superuser_cut_off_and_had_signed_again_is_found_out(
    directory_store: DirectoryStore,
    mirrored_log: Mirrored,
    sequence: Sequence,
    worker: Actor,
    superuser_dsn: str,
    tmp_path: Path,
    count: int,
) -> None:
    """The worst insider: other events in place of those removed, under the log's own key."""
    as_superuser(superuser_dsn, *CUT)
    write(worker, count)
    sequence()
    with pytest.raises(MirrorDisagrees, match="rewritten"):
        mirror_compare(mirror_newest(directory_store))
    with pytest.raises(MirrorDisagrees):
        mirror_advance(directory_store, mirrored_log)
    # And the verifier says so to a stranger who was given the mirror's checkpoint.
    log_export(tmp_path / "export")
    (tmp_path / "export/trust.json").write_bytes(trust_of_the_log().raw)
    (tmp_path / "export/index.json").write_bytes(
        canonical_bytes({"format": "countersign/export/v1", "origin": ORIGIN, "merges": []})
    )
    alone, beside = Report(), Report()
    log_verify(tmp_path / "export", trust_of_the_log(), alone)
    assert alone.holds
    known = directory_store.get(checkpoint_key(mirrored_log.number))
    log_verify(tmp_path / "export", trust_of_the_log(), beside, known=[known])
    assert not beside.holds


def test_mirror_advance_over_rewritten_events_writes_nothing(
    directory_store: DirectoryStore,
    mirrored_log: Mirrored,
    sequence: Sequence,
    worker: Actor,
    superuser_dsn: str,
) -> None:
    write(worker, 5)
    sequence()
    as_superuser(superuser_dsn, "UPDATE audit_auditevent SET body = replace(body::text, '72', '73')::bytea")
    with pytest.raises(MirrorDisagrees, match="do not fit together"):
        mirror_advance(directory_store, mirrored_log)
    assert mirror_newest(directory_store) == mirrored_log


def test_mirror_newest_that_was_overwritten_is_refused(
    directory_store: DirectoryStore, mirrored_log: Mirrored
) -> None:
    file = directory_store.root / checkpoint_key(mirrored_log.number)
    file.chmod(0o600)
    file.write_text("nothing")
    with pytest.raises(MirrorDisagrees, match="overwritten"):
        mirror_newest(directory_store)


@pytest.mark.needs("radosgw")
def test_mirror_newest_that_was_hidden_behind_a_delete_marker_is_refused(
    s3_bucket: S3Store,
    s3_client: S3Client,
    sequence: Sequence,
    worker: Actor,
) -> None:
    write(worker, 3)
    sequence()
    mirrored = mirrored_to_the_end(s3_bucket)
    s3_client.delete_object(Bucket=s3_bucket.bucket, Key=checkpoint_key(mirrored.number))
    with pytest.raises(MirrorDisagrees, match="hidden"):
        mirror_newest(s3_bucket)


def mirror_rounds(
    monkeypatch: pytest.MonkeyPatch, store: ObjectStore, between: Callable[[int, threading.Event], bool]
) -> threading.Event:
    """Run the sequencer's mirroring; ``between`` is called instead of each pause and says whether to stop."""
    monkeypatch.setattr("countersign.shared.storage.object_store", lambda: store)
    stop, disagrees = threading.Event(), threading.Event()
    rounds: list[float] = []

    def wait(seconds: float) -> bool:
        rounds.append(seconds)
        if between(len(rounds), disagrees):
            stop.set()
        return stop.is_set()

    monkeypatch.setattr(stop, "wait", wait)
    with sequencer_role():
        sequencer.mirror_run(stop, disagrees)
    return disagrees


def test_mirror_run_halts_the_sequencer_while_the_two_disagree(
    directory_store: DirectoryStore,
    mirrored_log: Mirrored,
    worker: Actor,
    superuser_dsn: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def cut(number: int, disagrees: threading.Event) -> bool:
        if number == 1:
            assert not disagrees.is_set()
            as_superuser(superuser_dsn, *CUT)
        return number == 2

    disagrees = mirror_rounds(monkeypatch, directory_store, cut)
    assert disagrees.is_set()
    assert "the log and its mirror disagree" in caplog.text
    write(worker, 1)
    stop = threading.Event()
    monkeypatch.setattr(stop, "wait", lambda _seconds: stop.set())
    with sequencer_role():
        sequencer.run(stop, disagrees)
    assert "the log is not extended" in caplog.text
    assert AuditLeaf.objects.count() == 20


def test_mirror_run_outlives_a_store_that_is_away(
    directory_store: DirectoryStore,
    sequence: Sequence,
    worker: Actor,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    write(worker, 2)
    sequence()
    directory_store.root.write_text("in the way")

    def clear(number: int, disagrees: threading.Event) -> bool:
        assert not disagrees.is_set()
        if number == 1:
            directory_store.root.unlink()
        return number == 2

    mirror_rounds(monkeypatch, directory_store, clear)
    assert "the log is not mirrored" in caplog.text
    assert mirror_newest(directory_store).size == 2


def doctor_says(monkeypatch: pytest.MonkeyPatch, store: ObjectStore) -> dict[str, tuple[str, str]]:
    from countersign.cli.doctor import _log
    from countersign.cli.home import Home

    monkeypatch.setattr("countersign.shared.storage.object_store", lambda: store)
    return {check.name: (check.status, check.found) for check in _log(Home(Path("/nowhere")))}


def test_doctor_says_how_log_and_mirror_stand(
    directory_store: DirectoryStore,
    mirrored_log: Mirrored,
    sequence: Sequence,
    worker: Actor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert doctor_says(monkeypatch, directory_store) == {
        "audit log": ("ok", "0 events wait, the oldest for 0 s"),
        "log mirror": ("ok", "40 events, 0 to come"),
    }
    write(worker, 2)
    sequence()
    write(worker, 1)
    monkeypatch.setattr("countersign.cli.doctor.LOG_LATE_SECONDS", -1.0)
    monkeypatch.setattr("countersign.cli.doctor.MIRROR_LATE_SECONDS", -1.0)
    said = doctor_says(monkeypatch, directory_store)
    assert said["audit log"][0] == "warning"
    assert said["audit log"][1].startswith("1 events wait")
    assert said["log mirror"] == ("warning", "40 events, 2 to come")


def test_doctor_says_that_the_end_of_the_log_was_cut_off(
    directory_store: DirectoryStore,
    mirrored_log: Mirrored,
    superuser_dsn: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    as_superuser(superuser_dsn, *CUT)
    status, found = doctor_says(monkeypatch, directory_store)["audit log"]
    assert status == "failed"
    assert "ends after 20 events, and its mirror has 40" in found


def test_doctor_says_that_the_store_is_away(
    committed_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = S3Store.from_address("s3://bucket?endpoint=http://127.0.0.1:9")
    status, found = doctor_says(monkeypatch, away)["audit log"]
    assert status == "failed"
    assert "does not answer" in found
