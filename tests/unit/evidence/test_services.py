import uuid
from pathlib import Path
from typing import Any

import pytest

from countersign.audit.selectors import event_count, event_list
from countersign.evidence import services
from countersign.evidence.artifacts import artifact_store
from countersign.evidence.contracts import SealedPack
from countersign.evidence.errors import ArtifactNotFound, PackNotFound
from countersign.evidence.models import Addendum, Artifact, EvidencePack
from countersign.evidence.sealing import addendum_sign
from countersign.evidence.selectors import (
    addenda_of_runs,
    artifact_bytes,
    pack_bytes,
    pack_file,
    pack_get,
    packs_of_project_runs,
)
from countersign.evidence.services import addendum_record, artifact_record, pack_record
from countersign.jobs.contracts import Lease
from countersign.jobs.errors import LeaseLost
from countersign.shared.actor import Actor
from countersign.shared.errors import PermissionDenied
from countersign.shared.storage import DirectoryStore, ObjectMissing, StorageRefused
from countersign_verify.canonical import digest_bytes
from tests.unit.evidence.samples import RUN, WORKER, contents, pack_checked, pack_keep
from tests.unit.evidence.test_sealing import addendum_predicate
from tests.unit.runs.samples import GONE, BrokenOff, broken_off, rows_of

REQUEST = "88888888-8888-4888-8888-888888888888"


@pytest.fixture
def sealed(store: DirectoryStore) -> SealedPack:
    return pack_keep(contents())


def addendum(actor: Actor, lease: Lease, pack: str, **changes: object) -> Any:  # noqa: ANN401 - bent by tests
    digest, envelope = addendum_sign({**addendum_predicate(), "pack": pack})
    settings: dict[str, Any] = {
        "addendum_id": str(uuid.uuid4()),
        "run_id": RUN,
        "pack": pack,
        "request_id": REQUEST,
        "digest": digest,
        "envelope": envelope,
        **changes,
    }
    return addendum_record(actor=actor, lease=lease, **settings)


def test_artifact_is_stored_under_its_digest_and_each_time_is_told(
    store: DirectoryStore, worker: Actor, lease: Lease
) -> None:
    stored = artifact_store(b"transcript", actor=WORKER)
    assert artifact_store(b"transcript", actor=WORKER) == stored
    assert stored.digest == digest_bytes(b"transcript")
    digest = stored.digest
    for _ in range(2):
        assert digest == artifact_record(actor=worker, lease=lease, stored=stored, media_type="text/plain")
    assert artifact_bytes(actor=worker, digest=digest) == b"transcript"
    events = event_list(actor=worker, type="artifact.stored")
    told = {
        "size": 10,
        "media_type": "text/plain",
        "mode": "write-once-directory",
        "object": stored.object_digest,
    }
    assert [(event.subject_id, event.data) for event in events] == [(digest, told)] * 2
    assert b"transcript" not in (store.root / stored.key).read_bytes()
    assert str(Artifact.objects.get()) == digest


def test_artifact_store_passes_on_that_the_store_refuses(store: DirectoryStore) -> None:
    stored = artifact_store(b"transcript", actor=WORKER)
    file = store.root / stored.key
    file.chmod(0o644)
    file.write_bytes(b"another")
    with pytest.raises(StorageRefused):
        artifact_store(b"transcript", actor=WORKER)


def test_artifact_that_is_not_there_is_not_found(store: DirectoryStore, worker: Actor, lease: Lease) -> None:
    with pytest.raises(ArtifactNotFound):
        artifact_bytes(actor=worker, digest=digest_bytes(b"nothing"))
    stored = artifact_store(b"lost", actor=WORKER)
    artifact_record(actor=worker, lease=lease, stored=stored, media_type="text/plain")
    (store.root / stored.key).unlink()
    with pytest.raises(ObjectMissing):
        artifact_bytes(actor=worker, digest=stored.digest)


def test_pack_record_names_the_pack_in_the_log_once(worker: Actor, lease: Lease, sealed: SealedPack) -> None:
    made = [pack_record(actor=worker, lease=lease, run_id=RUN, revision=1, sealed=sealed) for _ in range(2)]
    assert made[0] == made[1] == pack_get(actor=worker, digest=sealed.digest)
    assert (made[0].run_id, made[0].revision, made[0].key) == (RUN, 1, sealed.key)
    assert (made[0].size, made[0].locked, made[0].mode) == (sealed.size, False, "write-once-directory")
    (event,) = event_list(actor=worker, subject=("run", RUN), type="pack.sealed")
    assert event.data == {
        "pack": sealed.digest,
        "content": sealed.content_digest,
        "file": sealed.file_digest,
        "object": sealed.object_digest,
        "size": sealed.size,
        "revision": 1,
        "store": "write-once-directory",
    }
    assert str(EvidencePack.objects.get()) == sealed.digest


def test_pack_is_read_back_and_verifies(worker: Actor, lease: Lease, sealed: SealedPack) -> None:
    pack_record(actor=worker, lease=lease, run_id=RUN, revision=1, sealed=sealed)
    short = sealed.digest.removeprefix("sha256:")
    assert pack_get(actor=worker, digest=short).digest == sealed.digest
    assert digest_bytes(pack_bytes(actor=worker, digest=short)) == sealed.file_digest
    with pack_file(actor=worker, digest=sealed.digest) as file:
        assert pack_checked(file)[1].failures == ()
    assert not file.exists()
    (pack,) = packs_of_project_runs(actor=worker, run_ids=(RUN,))
    assert pack.digest == sealed.digest
    assert packs_of_project_runs(actor=worker, run_ids=()) == ()


def test_pack_that_is_not_there_is_not_found(
    store: DirectoryStore, worker: Actor, lease: Lease, sealed: SealedPack
) -> None:
    for digest in (sealed.digest, "", "sha256:"):
        with pytest.raises(PackNotFound):
            pack_get(actor=worker, digest=digest)
        with pytest.raises(PackNotFound):
            pack_bytes(actor=worker, digest=digest)
    pack_record(actor=worker, lease=lease, run_id=RUN, revision=1, sealed=sealed)
    (store.root / sealed.key).unlink()
    with pytest.raises(ObjectMissing), pack_file(actor=worker, digest=sealed.digest):
        pass


def test_addendum_record_names_it_in_the_log_once(worker: Actor, lease: Lease, sealed: SealedPack) -> None:
    pack_record(actor=worker, lease=lease, run_id=RUN, revision=1, sealed=sealed)
    made = addendum(worker, lease, sealed.digest)
    assert addendum(worker, lease, sealed.digest) == made
    assert addenda_of_runs(actor=worker, run_ids=(RUN,)) == (made,)
    assert (made.run_id, made.pack, made.request_id) == (RUN, sealed.digest, REQUEST)
    (event,) = event_list(actor=worker, subject=("run", RUN), type="addendum.sealed")
    assert event.data == {
        "addendum_id": made.id,
        "pack": sealed.digest,
        "request_id": REQUEST,
        "statement_digest": made.digest,
    }
    assert str(Addendum.objects.get()) == made.digest


@pytest.mark.parametrize("name", ["artifact", "pack", "addendum"])
def test_records_are_undone_with_their_event_and_need_the_lease(
    worker: Actor, lease: Lease, sealed: SealedPack, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    stored = artifact_store(b"transcript", actor=WORKER)
    if name == "addendum":
        pack_record(actor=worker, lease=lease, run_id=RUN, revision=1, sealed=sealed)
    before = (rows_of(Artifact, EvidencePack, Addendum), event_count())

    def call(held: Lease) -> None:
        if name == "artifact":
            artifact_record(actor=worker, lease=held, stored=stored, media_type="text/plain")
        elif name == "pack":
            pack_record(actor=worker, lease=held, run_id=RUN, revision=1, sealed=sealed)
        else:
            addendum(worker, held, sealed.digest)

    with broken_off(monkeypatch, services) as recorded, pytest.raises(BrokenOff):
        call(lease)
    assert len(recorded) == 1
    with pytest.raises(LeaseLost):
        call(GONE)
    assert (rows_of(Artifact, EvidencePack, Addendum), event_count()) == before


def test_selectors_refuse_who_may_not_read(stranger: Actor, sealed: SealedPack, lease: Lease) -> None:
    def read_file() -> Path:
        with pack_file(actor=stranger, digest=sealed.digest) as file:
            return file

    for read in (
        lambda: pack_get(actor=stranger, digest=sealed.digest),
        lambda: pack_bytes(actor=stranger, digest=sealed.digest),
        read_file,
        lambda: packs_of_project_runs(actor=stranger, run_ids=(RUN,)),
        lambda: addenda_of_runs(actor=stranger, run_ids=(RUN,)),
        lambda: artifact_bytes(actor=stranger, digest=sealed.digest),
    ):
        with pytest.raises(PermissionDenied):
            read()
