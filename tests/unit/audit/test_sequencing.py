"""The sequencer: every committed event becomes a leaf once, however late it commits, whoever sequences."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connections, transaction

from countersign.audit import sequencer
from countersign.audit.errors import CheckpointMissing
from countersign.audit.export import log_export
from countersign.audit.models import AuditCheckpoint, AuditEvent, AuditLeaf
from countersign.audit.selectors import (
    checkpoint_latest,
    checkpoints_iterate,
    entries_iterate,
    event_is_checkpointed,
    sequencing_lag,
)
from countersign.audit.sequencing import ORIGIN, Batch, sequence_batch
from countersign.audit.services import record
from countersign.shared.actor import Actor
from countersign.shared.keys import public_keys
from countersign_verify.canonical import canonical_bytes, canonical_object
from countersign_verify.log import log_verify
from countersign_verify.notes import verifier_key
from countersign_verify.report import Report, Status
from countersign_verify.trust import Trust, trust_build, trust_read
from tests.unit.audit.roles import sequencer_role

Sequence = Callable[[], Batch]


def write(actor: Actor, count: int = 1) -> str:
    identifier = ""
    with transaction.atomic():
        for number in range(count):
            identifier = record(actor=actor, type="run.claimed", subject=("run", str(number)))
    return identifier


def test_sequence_batch_of_nothing_adds_nothing(sequence: Sequence) -> None:
    assert sequence() == Batch(0, 0)
    with pytest.raises(CheckpointMissing, match="sequencer running"):
        checkpoint_latest()


def test_sequence_batch_covers_what_is_committed(sequence: Sequence, worker: Actor) -> None:
    event = write(worker, 3)
    assert not event_is_checkpointed(event)
    assert sequencing_lag().pending == 3
    assert sequence() == Batch(3, 3)
    assert event_is_checkpointed(event)
    assert sequencing_lag().pending == 0
    write(worker)
    assert sequencing_lag().pending == 1
    assert sequence() == Batch(1, 4)
    assert checkpoint_latest().size == 4
    assert [checkpoint.size for checkpoint in checkpoints_iterate()] == [3, 4]


def test_sequence_batch_waits_for_a_transaction_that_began_earlier(sequence: Sequence, worker: Actor) -> None:
    """The slow one has the lower position and commits last: polling by id would lose it."""
    recorded, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        try:
            with transaction.atomic():
                record(actor=worker, type="run.claimed", subject=("run", "slow"))
                recorded.set()
                assert go_on.wait(30)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(slow)
        assert recorded.wait(30)
        write(worker)
        with sequencer_role():
            held_back = sequence_batch()
        go_on.set()
        waiting.result(30)
    assert held_back.added == 0
    assert sequence().added == 2


def test_two_sequencers_under_concurrent_commits_lose_nothing(sequence: Sequence, worker: Actor) -> None:
    writers, each = 4, 40
    done = threading.Event()

    def writing(_number: int) -> None:
        try:
            for _ in range(each):
                write(worker)
        finally:
            connections.close_all()

    def sequencing() -> None:
        with sequencer_role():
            while not done.is_set():
                sequence_batch()

    with ThreadPoolExecutor(writers + 2) as pool:
        sequencers = [pool.submit(sequencing) for _ in range(2)]
        list(pool.map(writing, range(writers)))
        done.set()
        for each_sequencer in sequencers:
            each_sequencer.result(30)
    sequence()
    indices = list(AuditLeaf.objects.order_by("leaf_index").values_list("leaf_index", flat=True))
    assert indices == list(range(writers * each))
    assert AuditEvent.objects.exclude(id__in=AuditLeaf.objects.values("event_position")).count() == 0
    assert (
        AuditCheckpoint.objects.order_by("-tree_size").values_list("tree_size", flat=True)[0]
        == writers * each
    )


def trust_of_the_log() -> Trust:
    keys = public_keys()
    return trust_read(
        canonical_bytes(
            trust_build(
                origin=ORIGIN,
                log_keys=[verifier_key(ORIGIN, keys["log"].public)],
                roles={name: [keys[name].public] for name in ("runner", "gates", "scorer", "decisions")},
                allow_unattended=False,
            )
        )
    )


def export(directory: Path) -> Path:
    log_export(directory)
    (directory / "trust.json").write_bytes(trust_of_the_log().raw)
    (directory / "index.json").write_bytes(
        canonical_bytes({"format": "countersign/export/v1", "origin": ORIGIN, "merges": []})
    )
    return directory


@pytest.fixture
def exported(sequence: Sequence, worker: Actor, alice: Actor, tmp_path: Path) -> Path:
    for actor in (worker, alice, worker):
        write(actor, 100)
        sequence()
    return export(tmp_path / "export")


def test_log_export_is_what_a_stranger_can_verify(exported: Path) -> None:
    report = Report()
    log_verify(exported, trust_of_the_log(), report)
    assert report.failures == ()
    assert report.holds
    verified = {check.name for check in report.checks if check.status is Status.OK}
    assert verified >= {"checkpoint", "tiles", "checkpoints", "events"}
    assert len(list(entries_iterate(size=300))) == 300


def test_log_export_with_a_changed_entry_is_found_out(exported: Path) -> None:
    bundle = next(path for path in sorted((exported / "tile/entries").rglob("*")) if path.is_file())
    bundle.write_bytes(bundle.read_bytes().replace(b"run.claimed", b"run.faked__", 1))
    report = Report()
    log_verify(exported, trust_of_the_log(), report)
    assert not report.holds


def test_log_export_with_an_event_that_a_process_dated_back_is_found_out(
    sequence: Sequence, worker: Actor, tmp_path: Path
) -> None:
    """A taken-over process of the platform may say what it wants of a new event, but not unnoticed."""
    write(worker, 3)
    sequence()
    body = canonical_object(bytes(AuditEvent.objects.order_by("id")[0].body))
    event_id, time = str(uuid.uuid4()), "2026-01-01T00:00:00.000000Z"
    copied = "actor_kind, actor_id, person_id, subject_type, subject_id, correlation_id, type"
    with connections["default"].cursor() as cursor:
        cursor.execute(
            f"INSERT INTO audit_auditevent (event_id, recorded_at, body, {copied})"  # noqa: S608 - constants
            f" SELECT %s, %s, %s, {copied} FROM audit_auditevent LIMIT 1",
            [event_id, time, canonical_bytes({**body, "id": event_id, "time": time})],
        )
    sequence()
    report = Report()
    log_verify(export(tmp_path / "export"), trust_of_the_log(), report)
    assert [check.name for check in report.failures] == ["clock"]
    assert "event 3 says 2026-01-01" in report.failures[0].detail


def test_log_export_of_nothing_is_refused(committed_db: None, tmp_path: Path) -> None:
    with pytest.raises(CheckpointMissing):
        log_export(tmp_path)


def test_sequencer_process_runs_until_it_is_stopped(sequence: Sequence, worker: Actor) -> None:
    write(worker, 5)
    stop = threading.Event()

    def process() -> None:
        with sequencer_role():
            sequencer.run(stop)

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(process)
        waited = threading.Event()
        for _ in range(600):
            if AuditLeaf.objects.count() == 5:
                break
            waited.wait(0.05)
        stop.set()
        running.result(30)
    assert AuditLeaf.objects.count() == 5


def test_sequencer_waits_for_a_database_that_is_away(
    committed_db: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from django.db import connection

    stop = threading.Event()

    def wait(seconds: float) -> bool:
        assert seconds == sequencer.TROUBLE_SECONDS
        stop.set()
        return True

    monkeypatch.setattr(stop, "wait", wait)
    connection.close()
    port = connection.settings_dict["PORT"]
    connection.settings_dict["PORT"] = "1"
    try:
        sequencer.run(stop)
    finally:
        connection.settings_dict["PORT"] = port
    assert "does not answer" in caplog.text


def test_sequencer_main_stops_on_a_signal(monkeypatch: pytest.MonkeyPatch) -> None:
    import signal

    seen: list[bool] = []

    def run(stop: threading.Event, _disagrees: threading.Event) -> None:
        signal.raise_signal(signal.SIGTERM)
        seen.append(stop.is_set())

    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    monkeypatch.setattr(sequencer, "run", run)
    monkeypatch.setattr(sequencer, "mirror_run", lambda stop, _disagrees: stop.wait())
    try:
        sequencer.main()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert seen == [True]
