"""What a cleaning leaves alone: what was stored again meanwhile, and what a run still needs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest
from django.db.models import F

from countersign.evidence.artifacts import artifact_store
from countersign.evidence.contracts import StoredArtifact
from countersign.evidence.errors import EvidenceUnmade
from countersign.evidence.models import Artifact
from countersign.evidence.retention import artifacts_old, artifacts_unmake
from countersign.evidence.selectors import artifact_bytes
from countersign.evidence.services import artifact_record
from countersign.jobs.contracts import Lease
from countersign.shared.actor import Actor
from countersign.shared.clock import now
from countersign.shared.storage import DirectoryStore, ObjectStore
from tests.unit.evidence.samples import WORKER
from tests.unit.runs.samples import Runs, lease_take, person, project_make, proposal, together

ADMIN = person("admin", name="Ada")
SAID = b"what the agent said"


@pytest.fixture
def record(store: DirectoryStore, worker: Actor, lease: Lease) -> Callable[[], StoredArtifact]:
    """Return a function that stores the transcript as a run does."""

    def record() -> StoredArtifact:
        stored = artifact_store(SAID, actor=WORKER)
        artifact_record(actor=worker, lease=lease, stored=stored, media_type="text/plain")
        return stored

    return record


@pytest.fixture
def old(record: Callable[[], StoredArtifact]) -> StoredArtifact:
    stored = record()
    Artifact.objects.update(stored_at=F("stored_at") - timedelta(days=400))
    return stored


def old_before() -> datetime:
    return now() - timedelta(days=365)


def unmake(*artifacts: StoredArtifact) -> frozenset[str]:
    places = {one.digest: one.key for one in artifacts}
    return artifacts_unmake(actor=ADMIN, cleaning="c", artifacts=places, before=old_before())


def test_artifacts_unmake_destroys_the_key_of_what_is_old(old: StoredArtifact, worker: Actor) -> None:
    [found] = artifacts_old(actor=ADMIN, before=old_before(), after=None, limit=9)
    assert (found.digest, found.unmade) == (old.digest, False)
    assert unmake(old) == {old.digest}
    with pytest.raises(EvidenceUnmade, match="was cleaned away"):
        artifact_bytes(actor=worker, digest=old.digest)
    # What was interrupted goes on.
    assert unmake(old) == {old.digest}


def test_artifacts_unmake_leaves_alone_what_was_stored_again(
    old: StoredArtifact, record: Callable[[], StoredArtifact], worker: Actor
) -> None:
    assert record() == old
    assert artifacts_old(actor=ADMIN, before=old_before(), after=None, limit=9) == ()
    assert unmake(old) == frozenset()
    assert artifact_bytes(actor=worker, digest=old.digest) == SAID


@pytest.mark.parametrize("state", ["checking", "rejected"])
def test_artifacts_unmake_leaves_alone_what_a_run_needs_or_left_lately(
    old: StoredArtifact, worker: Actor, lease: Lease, state: str
) -> None:
    """The rows of attempts alone say so here: the time of the artifact is that of years ago."""
    runs = Runs(worker, lease, project_make(worker))
    run = runs.bring("proposing")
    runs.call("proposal_record", run.id, proposal=proposal(transcript_digest=old.digest))
    if state == "rejected":
        for name in ("run_checked", "run_sealed"):
            runs.call(name, run.id)
        runs.call("run_decided", run.id, verdict="reject")
    assert unmake(old) == frozenset()
    assert artifact_bytes(actor=worker, digest=old.digest) == SAID


def test_artifact_record_refuses_a_destroyed_key(
    old: StoredArtifact, record: Callable[[], StoredArtifact], worker: Actor, lease: Lease
) -> None:
    """A cleaning that came between storing and recording must not leave an unreadable transcript behind."""
    again = artifact_store(SAID, actor=WORKER)
    unmake(old)
    with pytest.raises(EvidenceUnmade, match="store it again"):
        artifact_record(actor=worker, lease=lease, stored=again, media_type="text/plain")
    anew = record()
    assert anew.key != old.key
    assert artifact_bytes(actor=worker, digest=anew.digest) == SAID
    # Only the place that was left may be cleared.
    assert unmake(old) == {old.digest}
    assert artifact_bytes(actor=worker, digest=anew.digest) == SAID


def test_artifacts_unmake_and_artifact_record_at_the_same_moment_agree(
    committed_db: None, own_store: ObjectStore, worker: Actor
) -> None:
    """Whoever is first wins: a transcript is recorded and readable, or its recording is refused."""
    lease = lease_take(worker)

    def said(number: int) -> StoredArtifact:
        return artifact_store(b"%d" % number, actor=WORKER)

    def record(stored: StoredArtifact) -> str:
        return artifact_record(actor=worker, lease=lease, stored=stored, media_type="text/plain")

    artifacts = [said(number) for number in range(4)]
    for stored in artifacts:
        record(stored)
    Artifact.objects.update(stored_at=F("stored_at") - timedelta(days=400))
    for stored in artifacts:
        calls: list[Callable[[], object]] = [partial(record, stored), partial(unmake, stored)]
        recorded, unmade = together(*calls)
        if isinstance(recorded, EvidenceUnmade):
            assert unmade == {stored.digest}
        else:
            assert (recorded, unmade) == (stored.digest, frozenset())
            assert artifact_bytes(actor=worker, digest=stored.digest)
