"""Cleaning by hand: what is shown is what goes, the log tells it, and evidence stays."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db.models import F

from countersign.audit.selectors import event_list
from countersign.cli.retention_telling import plan_lines
from countersign.evidence.artifacts import artifact_store
from countersign.evidence.contracts import StoredArtifact
from countersign.evidence.errors import CleaningRefused, EvidenceUnmade
from countersign.evidence.models import Artifact, ContentKey
from countersign.evidence.retention import artifacts_unmake, cleaning_begin
from countersign.evidence.selectors import artifact_bytes, pack_bytes
from countersign.jobs.models import Job
from countersign.jobs.selectors import job_get
from countersign.jobs.services import job_claim, job_submit
from countersign.runs.selectors import attempts_of
from countersign.shared.actor import Actor
from countersign.shared.clock import now
from countersign.shared.env import environment, retention_days
from countersign.shared.errors import PermissionDenied
from countersign.shared.storage import DirectoryStore
from countersign.workflow.commands import export_begin
from countersign.workflow.outcomes import StepContext
from countersign.workflow.places import export_path, exports_path
from countersign.workflow.retention import BATCH, OldThing, retention_clean, retention_plan
from countersign.workflow.steps import run
from tests.workflow.insider import Insider
from tests.workflow.world import PLATFORM, World, drive

pytestmark = pytest.mark.needs("bwrap")
WHY = "the year is over, and the disk is small"
AGE = timedelta(days=400)


@pytest.fixture
def grow_old(superuser_dsn: str) -> Callable[[], None]:
    """Return a function that lets everything that is there have happened long ago."""

    def grow() -> None:
        Artifact.objects.update(stored_at=F("stored_at") - AGE)
        # Nobody but a superuser changes an attempt.
        Insider(superuser_dsn).sql("UPDATE runs_attempt SET created_at = created_at - %s", AGE)
        Job.objects.update(updated_at=F("updated_at") - AGE)

    return grow


@pytest.fixture
def merged(waiting: World, tmp_path: Path) -> Iterator[World]:
    """One change is merged, the others wait for a decision."""
    # The store is that of all tests beside this one: what is removed from it is put back.
    store, copy = Path(environment().object_store) / "artifacts", tmp_path / "artifacts"
    shutil.copytree(store, copy)
    waiting.approve("F401")
    drive()
    assert waiting.run("F401").state == "merged"
    yield waiting
    for file in copy.rglob("*.*"):
        if not (store / file.relative_to(copy)).exists():
            shutil.copy2(file, store / file.relative_to(copy))


@pytest.fixture
def admin(merged: World) -> Actor:
    return merged.person("adam", "admin")


@pytest.fixture
def export(merged: World) -> str:
    job_id = export_begin(actor=merged.operator)
    drive()
    assert (export_path(job_id) / "index.json").is_file()
    return job_id


def transcript(world: World, rule: str) -> str:
    [attempt] = attempts_of(actor=world.auditor, run_id=world.run(rule).id)
    return attempt.transcript_digest


def told(type_: str) -> list[dict[str, object]]:
    return [dict(event.data) for event in event_list(actor=PLATFORM, type=type_)]


def test_retention_plan_is_empty_before_anything_is_old(merged: World, admin: Actor, export: str) -> None:
    assert export_path(export).is_dir()
    plan = retention_plan(actor=admin)
    assert (plan.things, plan.size, plan.days) == ((), 0, 365)
    assert "nothing is old" in plan_lines(plan)
    with pytest.raises(CleaningRefused, match="nothing is older"):
        retention_clean(actor=admin, plan=plan.digest, reason=WHY)
    assert merged.run("F401").state == "merged"


def test_retention_clean_removes_what_was_shown_and_says_so(
    merged: World, grow_old: Callable[[], None], admin: Actor, export: str
) -> None:
    other = exports_path() / "kept-by-hand"
    other.mkdir()
    grow_old()
    mine, waiting = transcript(merged, "F401"), transcript(merged, "E713")
    [file] = [path for path in Path(environment().object_store).rglob(f"{mine[7:]}.*") if path.is_file()]
    plan = retention_plan(actor=merged.auditor)
    assert plan == retention_plan(actor=admin)
    assert [thing.id for thing in plan.of("transcript")] == [mine]
    assert [thing.id for thing in plan.of("export")] == [export]
    run_jobs = Job.objects.filter(subject_type="run", state="succeeded")
    assert {str(job.id) for job in run_jobs} < {thing.id for thing in plan.of("job")}
    assert {(one.kind, one.project) for one in plan.sums} >= {("job", "sample"), ("transcript", "sample")}
    assert plan.kept.needed >= 1
    assert any("runs that have not ended" in line for line in plan_lines(plan))

    done = retention_clean(actor=admin, plan=plan.digest, reason=f"  {WHY} ")
    assert done == plan
    assert not file.exists()
    assert not export_path(export).exists()
    assert other.is_dir()
    with pytest.raises(EvidenceUnmade, match="was cleaned away on"):
        artifact_bytes(actor=merged.auditor, digest=mine)
    assert artifact_bytes(actor=merged.auditor, digest=waiting)
    assert bytes(ContentKey.objects.get(digest=mine).wrapped) == b""
    assert job_get(actor=PLATFORM, job_id=export).result == {}
    # Evidence is what stays.
    assert pack_bytes(actor=merged.auditor, digest=merged.run("F401").pack_digest)

    [begun], [ended] = told("retention.begun"), told("retention.cleaned")
    assert (begun["plan"], begun["reason"], begun["days"]) == (plan.digest, WHY, 365)
    assert ended == {"plan": plan.digest, "removed": begun["things"]}
    removed = {str(data["kind"]): data["ids"] for data in told("retention.removed")}
    assert removed == {
        "job": sorted(thing.id for thing in plan.of("job")),
        "transcript": [mine],
        "export": [export],
    }
    assert retention_plan(actor=admin).things == ()


def test_retention_clean_removes_nothing_but_what_was_shown(
    merged: World, grow_old: Callable[[], None], admin: Actor
) -> None:
    grow_old()
    shown = retention_plan(actor=admin)
    with pytest.raises(PermissionDenied):
        retention_clean(actor=merged.auditor, plan=shown.digest, reason=WHY)
    with pytest.raises(PermissionDenied):
        retention_plan(actor=merged.operator)
    with pytest.raises(CleaningRefused, match="say why"):
        retention_clean(actor=admin, plan=shown.digest, reason="because")
    Job.objects.filter(pk=shown.of("job")[0].id).update(updated_at=now())
    with pytest.raises(CleaningRefused, match="something else would go"):
        retention_clean(actor=admin, plan=shown.digest, reason=WHY)
    assert Job.objects.filter(emptied_at__isnull=False).count() == 0
    assert told("retention.begun") == []


def test_retention_clean_takes_up_what_was_interrupted(
    merged: World, grow_old: Callable[[], None], admin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    grow_old()
    mine = transcript(merged, "F401")
    plan = retention_plan(actor=admin)
    [thing] = plan.of("transcript")

    def crash(_store: DirectoryStore, key: str) -> None:
        raise OSError(key)

    with monkeypatch.context() as patch:
        patch.setattr(DirectoryStore, "remove", crash)
        with pytest.raises(OSError, match="artifacts"):
            retention_clean(actor=admin, plan=plan.digest, reason=WHY)
    file = Path(environment().object_store) / thing.place
    assert file.is_file()
    again = retention_plan(actor=admin)
    assert [left.id for left in again.of("transcript")] == [mine]
    retention_clean(actor=admin, plan=again.digest, reason=WHY)
    assert not file.exists()
    assert [data["ids"] for data in told("retention.removed") if data["kind"] == "transcript"] == [[mine]]


def test_retention_keeps_what_is_locked_or_stored_anew(
    merged: World, grow_old: Callable[[], None], admin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    grow_old()
    until: datetime = now() + timedelta(days=9)
    with monkeypatch.context() as patch:
        patch.setattr(DirectoryStore, "locked_until", lambda _store, _key: until)
        plan = retention_plan(actor=admin)
    assert (plan.of("transcript"), plan.kept.locked, plan.kept.locked_until) == ((), 1, until)
    assert any("under Object Lock" in line for line in plan_lines(plan))
    mine = transcript(merged, "F401")
    elsewhere = {mine: "artifacts/elsewhere"}
    assert artifacts_unmake(actor=admin, cleaning="c", artifacts=elsewhere, before=plan.before) == {mine}
    assert artifact_bytes(actor=admin, digest=mine)


def test_retention_clean_leaves_what_is_locked_or_stored_again_while_it_runs(
    merged: World, grow_old: Callable[[], None], admin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever says the same again does so between what was shown and what is removed."""
    from countersign.workflow import retention

    grow_old()
    mine = transcript(merged, "F401")
    shown = retention_plan(actor=admin)

    def lock_meanwhile(**named: Any) -> str:  # noqa: ANN401 - those of the service
        monkeypatch.setattr(DirectoryStore, "locked_until", lambda _store, _key: now() + timedelta(days=9))
        return cleaning_begin(**named)

    def store_meanwhile(**named: Any) -> str:  # noqa: ANN401 - those of the service
        monkeypatch.undo()
        Artifact.objects.filter(pk=mine).update(stored_at=now())
        return cleaning_begin(**named)

    monkeypatch.setattr(retention, "cleaning_begin", lock_meanwhile)
    done = retention_clean(actor=admin, plan=shown.digest, reason=WHY)
    assert (done.of("transcript"), done.of("job")) == ((), shown.of("job"))
    assert artifact_bytes(actor=admin, digest=mine)
    monkeypatch.undo()
    shown = retention_plan(actor=admin)
    assert [thing.id for thing in shown.of("transcript")] == [mine]
    monkeypatch.setattr(retention, "cleaning_begin", store_meanwhile)
    done = retention_clean(actor=admin, plan=shown.digest, reason=WHY)
    assert done.things == ()
    assert artifact_bytes(actor=admin, digest=mine)
    removed = [json.loads(json.dumps(data["removed"])) for data in told("retention.cleaned")]
    assert [data["transcript"] for data in removed] == [{"count": 0, "bytes": 0}] * 2


def test_transcript_keep_stores_once_more_where_a_cleaning_came_between(
    merged: World, grow_old: Callable[[], None], admin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    grow_old()
    mine = transcript(merged, "F401")
    said = artifact_bytes(actor=admin, digest=mine)
    job_id = job_submit(actor=PLATFORM, kind="sample.work", subject=("sample", "s1"), payload={})
    claimed = job_claim(job_id=job_id, owner="worker-1")
    assert claimed is not None
    plan = retention_plan(actor=admin)
    stored: list[str] = []

    def store_and_clean(data: bytes, *, actor: Actor) -> StoredArtifact:
        found = artifact_store(data, actor=actor)
        stored.append(found.key)
        if len(stored) == 1:
            retention_clean(actor=admin, plan=plan.digest, reason=WHY)
        return found

    monkeypatch.setattr(run, "artifact_store", store_and_clean)
    assert run.transcript_keep(StepContext(claimed.job, claimed.lease, PLATFORM), said) == mine
    assert artifact_bytes(actor=admin, digest=mine) == said
    assert len(set(stored)) == 2


def test_retention_never_takes_a_pack_whatever_a_row_says(
    merged: World, grow_old: Callable[[], None], admin: Actor
) -> None:
    """An insider who points an old transcript's row at a pack gets neither removed."""
    grow_old()
    digest = merged.run("F401").pack_digest
    from countersign.evidence.models import EvidencePack

    pack = EvidencePack.objects.get(digest=digest)
    Artifact.objects.filter(pk=transcript(merged, "F401")).update(key=pack.key)
    plan = retention_plan(actor=admin)
    assert plan.of("transcript") == ()
    retention_clean(actor=admin, plan=plan.digest, reason=WHY)
    assert pack_bytes(actor=admin, digest=digest)


def test_retention_takes_batches_and_says_when_there_is_more(
    merged: World, grow_old: Callable[[], None], admin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from countersign.workflow import retention

    grow_old()
    monkeypatch.setattr(retention, "LIMIT", 2)
    monkeypatch.setattr(retention, "BATCH", 1)
    plan = retention_plan(actor=admin)
    assert (len(plan.of("job")), plan.more, BATCH) == (2, ("job",), 100)
    assert any("clean once more" in line for line in plan_lines(plan))
    retention_clean(actor=admin, plan=plan.digest, reason=WHY)
    assert not {thing.id for thing in retention_plan(actor=admin).of("job")} & {
        thing.id for thing in plan.of("job")
    }
    assert merged.run("F401").state == "merged"


def test_retention_plan_asks_the_store_about_so_many_and_says_so(
    merged: World, grow_old: Callable[[], None], admin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from countersign.workflow import retention

    for number in range(3):
        Artifact.objects.create(digest=f"sha256:{number}", key=f"artifacts/{number}", size=1)
    grow_old()
    asked: list[str] = []

    def locked_until(_store: DirectoryStore, key: str) -> datetime:
        asked.append(key)
        return now() + timedelta(days=9)

    monkeypatch.setattr(DirectoryStore, "locked_until", locked_until)
    monkeypatch.setattr(retention, "ASKED", 2)
    plan = retention_plan(actor=admin)
    assert (len(asked), plan.kept.locked, plan.unexamined) == (2, 2, True)
    assert any("oldest alone" in line for line in plan_lines(plan))
    monkeypatch.setattr(retention, "ASKED", 9)
    plan = retention_plan(actor=admin)
    assert (plan.kept.locked, plan.unexamined) == (4, False)
    assert merged.run("F401").state == "merged"


@pytest.mark.parametrize("given", ["0", "-1", "a year", "1.5", ""])
def test_retention_days_refuses_what_is_no_number_of_days(
    given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COUNTERSIGN_RETENTION_DAYS", given)
    with pytest.raises(ValueError, match="COUNTERSIGN_RETENTION_DAYS"):
        retention_days()
    monkeypatch.setenv("COUNTERSIGN_RETENTION_DAYS", "30")
    assert retention_days() == 30


def test_plan_lines_say_sizes_for_people(merged: World, admin: Actor) -> None:
    from dataclasses import replace

    assert merged.project_id
    plan = retention_plan(actor=admin)
    old = [OldThing("export", name, "", size, plan.before) for name, size in (("a", 3 << 30), ("b", 0))]
    assert "no project: 2, 3.0 GiB" in "\n".join(plan_lines(replace(plan, things=tuple(old))))
    assert "2, 12 bytes" in "\n".join(
        plan_lines(replace(plan, things=tuple(replace(one, size=6) for one in old)))
    )
