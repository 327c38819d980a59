"""Destroying a key makes a pack unreadable, for good, and nothing else."""

from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from countersign.audit.selectors import event_count, event_list
from countersign.evidence import keys
from countersign.evidence.artifacts import artifact_store
from countersign.evidence.contracts import SealedPack
from countersign.evidence.errors import EvidenceUnmade, PackNotFound, ShredRefused
from countersign.evidence.keys import content_key_ensure, pack_key_destroy
from countersign.evidence.models import Artifact, ContentKey, EvidencePack
from countersign.evidence.selectors import artifact_bytes, pack_bytes, pack_get, packs_of_project_runs
from countersign.evidence.services import artifact_record, pack_record
from countersign.jobs.contracts import Lease
from countersign.shared.actor import Actor
from countersign.shared.errors import PermissionDenied
from countersign.shared.storage import DirectoryStore, ObjectChanged
from tests.unit.evidence.samples import RUN, WORKER, contents, pack_keep
from tests.unit.runs.samples import BrokenOff, broken_off, person, rows_of

WHY = "a token that the scanner does not know stood in the transcript"
TRANSCRIPT = contents().transcript


@pytest.fixture
def sealed(store: DirectoryStore, worker: Actor, lease: Lease) -> SealedPack:
    made = pack_keep(contents())
    pack_record(actor=worker, lease=lease, run_id=RUN, revision=1, sealed=made)
    stored = artifact_store(TRANSCRIPT, actor=WORKER)
    artifact_record(actor=worker, lease=lease, stored=stored, media_type="text/plain")
    return made


def reviewer() -> Actor:
    return person("security_reviewer", name="Sam")


def destroy(sealed: SealedPack, **changes: object) -> Any:  # noqa: ANN401 - bent by tests
    settings: dict[str, Any] = {"actor": reviewer(), "digest": sealed.digest, "reason": WHY, **changes}
    return pack_key_destroy(**settings)


def test_pack_key_destroy_unmakes_the_pack_and_says_who_and_why(sealed: SealedPack, worker: Actor) -> None:
    assert pack_bytes(actor=worker, digest=sealed.digest)
    actor = reviewer()
    unmade = destroy(sealed, actor=actor)
    assert (unmade.pack, unmade.run_id, unmade.artifacts) == (sealed.digest, RUN, ())
    with pytest.raises(EvidenceUnmade, match="nobody can read it"):
        pack_bytes(actor=worker, digest=sealed.digest)
    assert pack_get(actor=worker, digest=sealed.digest).unmade
    assert packs_of_project_runs(actor=worker, run_ids=(RUN,))[0].unmade
    (event,) = event_list(actor=worker, type="pack.key_destroyed")
    assert event.subject_id == RUN
    assert event.data == {"pack": sealed.digest, "reason": WHY, "artifacts": []}
    assert event.actor_id == actor.id
    assert bytes(ContentKey.objects.get(digest=sealed.digest).wrapped) == b""
    assert artifact_bytes(actor=worker, digest=Artifact.objects.get().digest) == TRANSCRIPT


def test_pack_key_destroy_takes_the_artifacts_that_the_pack_holds(
    sealed: SealedPack, worker: Actor, lease: Lease
) -> None:
    digest = Artifact.objects.get().digest
    assert destroy(sealed, artifacts=[digest, "sha256:" + "0" * 64]).artifacts == (digest,)
    with pytest.raises(EvidenceUnmade):
        artifact_bytes(actor=worker, digest=digest)
    # Whoever has the same bytes may store them again: they are another run's, under another key.
    stored = artifact_store(TRANSCRIPT, actor=WORKER)
    artifact_record(actor=worker, lease=lease, stored=stored, media_type="text/plain")
    assert artifact_bytes(actor=worker, digest=digest) == TRANSCRIPT
    assert len(event_list(actor=worker, type="artifact.stored")) == 2


def test_pack_that_was_unmade_is_not_sealed_again(sealed: SealedPack) -> None:
    destroy(sealed)
    with pytest.raises(EvidenceUnmade, match="not sealed again"):
        pack_keep(contents())


def test_pack_key_destroy_refuses(sealed: SealedPack, stranger: Actor, store: DirectoryStore) -> None:
    before = (rows_of(ContentKey), event_count())
    with pytest.raises(PermissionDenied):
        destroy(sealed, actor=stranger)
    with pytest.raises(PermissionDenied):
        destroy(sealed, actor=person("director", name="Dana"))
    with pytest.raises(ShredRefused, match="say why"):
        destroy(sealed, reason="  leak  ")
    with pytest.raises(PackNotFound):
        destroy(sealed, digest="sha256:" + "0" * 64)
    assert (rows_of(ContentKey), event_count()) == before
    destroy(sealed)
    with pytest.raises(EvidenceUnmade, match="already"):
        destroy(sealed)


def test_pack_stored_before_packs_had_keys_is_read_and_stays(
    store: DirectoryStore, worker: Actor, lease: Lease
) -> None:
    sealed = pack_keep(contents())
    before = transaction.savepoint()
    pack_record(actor=worker, lease=lease, run_id=RUN, revision=1, sealed=sealed)
    plain = pack_bytes(actor=worker, digest=sealed.digest)
    row = EvidencePack.objects.get()
    # A row is never changed; this is how one was written then.
    transaction.savepoint_rollback(before)
    store.put("packs/plain.tar", plain, retain_days=1)
    row.sealed_with, row.key = None, "packs/plain.tar"
    row.save(force_insert=True)
    assert pack_bytes(actor=worker, digest=sealed.digest) == plain
    with pytest.raises(ShredRefused, match="before packs had keys"):
        destroy(sealed)


def test_pack_swapped_in_the_store_is_refused(
    sealed: SealedPack, worker: Actor, store: DirectoryStore
) -> None:
    other = pack_keep(contents(rollout="another\n"))
    file = store.root / sealed.key
    file.chmod(0o644)
    file.write_bytes((store.root / other.key).read_bytes())
    with pytest.raises(ObjectChanged, match="not what was recorded"):
        pack_bytes(actor=worker, digest=sealed.digest)


def test_content_key_is_made_once_and_logged(worker: Actor, db: None, tmp_path: Path) -> None:
    digest = "sha256:" + "1" * 64
    first = content_key_ensure(actor=worker, digest=digest, kind="artifact")
    assert content_key_ensure(actor=worker, digest=digest, kind="artifact") == first
    assert repr(first.secret) not in repr(first)
    assert str(ContentKey.objects.get()) == f"key {first.id} of {digest}"
    (event,) = event_list(actor=worker, type="content_key.created")
    assert event.data == {"digest": digest, "kind": "artifact"}


@pytest.mark.parametrize("name", ["ensure", "destroy"])
def test_keys_are_undone_with_their_event(
    sealed: SealedPack, worker: Actor, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    before = (rows_of(ContentKey), event_count())

    def call() -> None:
        if name == "ensure":
            content_key_ensure(actor=worker, digest="sha256:" + "2" * 64, kind="pack")
        else:
            destroy(sealed)

    with broken_off(monkeypatch, keys), pytest.raises(BrokenOff):
        call()
    assert (rows_of(ContentKey), event_count()) == before


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM evidence_contentkey",
        "UPDATE evidence_contentkey SET digest = 'x'",
        "UPDATE evidence_contentkey SET wrapped = 'x'",
        "UPDATE evidence_contentkey SET destroyed_at = now()",
        "UPDATE evidence_contentkey SET destroyed_at = now(), wrapped = ''::bytea, digest = 'x'",
        "TRUNCATE evidence_contentkey CASCADE",
    ],
)
def test_database_refuses_everything_but_destroying_a_key(sealed: SealedPack, statement: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
