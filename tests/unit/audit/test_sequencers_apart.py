"""Sequencers as processes of their own: one is killed in mid-batch, and nothing is lost or doubled.

Beside them whoever may write the tables past their triggers: nothing is signed over what they did.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from django.db import connections, transaction

from countersign.audit import sequencer
from countersign.audit.errors import LogDamaged
from countersign.audit.models import AuditCheckpoint, AuditEvent, AuditLeaf
from countersign.audit.selectors import sequencing_lag
from countersign.audit.sequencing import Batch, sequence_batch
from countersign.audit.services import record
from countersign.shared.actor import Actor
from tests.unit.audit.roles import sequencer_role

Sequence = Callable[[], Batch]
WRITERS, EACH = 4, 60


def write(actor: Actor) -> None:
    with transaction.atomic():
        record(actor=actor, type="run.claimed", subject=("run", "1"))


def wait_for(what: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(1200):
        if what():
            return
        pause.wait(0.05)
    pytest.fail("it did not happen within a minute")


@contextmanager
def processes(count: int, log: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Run sequencers under the database role and the name by which the server knows each of them."""
    running: list[subprocess.Popen[bytes]] = []
    try:
        for number in range(count):
            environment = {
                **os.environ,
                "COUNTERSIGN_DATABASE_ROLE": "sequencer",
                # The mirror of another test's log would not be that of this one.
                "COUNTERSIGN_OBJECT_STORE": str(log.with_name("objects")),
                "PGAPPNAME": f"sequencer-{number}",
            }
            with log.open("ab") as output:
                command = [sys.executable, "-m", "countersign.audit.sequencer"]
                running.append(
                    subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
                )
        yield running
    finally:
        for process in running:
            with suppress(ProcessLookupError):
                process.terminate()
            process.wait(30)


def waiting_for_the_lock(connection: psycopg.Connection[tuple[object, ...]]) -> str:
    """Return the name of the sequencer that stands in the middle of its batch."""
    row = connection.execute(
        "SELECT application_name FROM pg_stat_activity JOIN pg_locks USING (pid)"
        " WHERE NOT granted AND relation = 'audit_auditcheckpoint'::regclass"
    ).fetchone()
    return str(row[0]) if row else ""


def write_many(actor: Actor) -> None:
    def writing(_number: int) -> None:
        try:
            for _ in range(EACH):
                write(actor)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(writing, range(WRITERS)))


def everything_is_a_leaf() -> bool:
    return AuditLeaf.objects.count() == AuditEvent.objects.count()


def test_two_sequencer_processes_of_which_one_is_killed_in_mid_batch_lose_and_double_nothing(
    committed_db: None, worker: Actor, superuser_dsn: str, tmp_path: Path
) -> None:
    with (
        processes(2, tmp_path / "log") as running,
        psycopg.connect(superuser_dsn) as holding,
        psycopg.connect(superuser_dsn, autocommit=True) as watching,
    ):
        write_many(worker)
        wait_for(everything_is_a_leaf)
        # The leaves of a batch are written first, its checkpoint last: there it has to stop now.
        holding.execute("LOCK TABLE audit_auditcheckpoint IN EXCLUSIVE MODE")
        write_many(worker)
        wait_for(lambda: waiting_for_the_lock(watching) != "")
        name = waiting_for_the_lock(watching)
        running[int(name.removeprefix("sequencer-"))].send_signal(signal.SIGKILL)
        write_many(worker)
        holding.rollback()
        wait_for(everything_is_a_leaf)
        assert [process.poll() for process in running].count(None) == 1
    total = 3 * WRITERS * EACH
    assert sorted(AuditLeaf.objects.values_list("leaf_index", flat=True)) == list(range(total))
    assert AuditLeaf.objects.values("event_position").distinct().count() == total
    newest = AuditCheckpoint.objects.order_by("-tree_size").values_list("tree_size", flat=True)[0]
    assert newest == total
    with sequencer_role():
        assert sequence_batch() == Batch(0, total)


def tamper(dsn: str, statement: str) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM audit_auditleaf WHERE leaf_index = 1",
        "UPDATE audit_auditcheckpoint SET note = replace(note, E'\\n2\\n', E'\\n3\\n')",
        "UPDATE audit_auditcheckpoint SET frontier = '[]'",
        "UPDATE audit_auditcheckpoint SET frontier = to_jsonb(ARRAY[repeat('00', 32)])",
    ],
    ids=["leaf-gone", "note-changed", "frontier-gone", "frontier-changed"],
)
def test_sequence_batch_over_rewritten_tables_is_refused(
    sequence: Sequence, worker: Actor, superuser_dsn: str, statement: str
) -> None:
    write(worker)
    write(worker)
    sequence()
    tamper(superuser_dsn, statement)
    write(worker)
    with sequencer_role(), pytest.raises(LogDamaged):
        sequence_batch()
    assert AuditCheckpoint.objects.count() == 1


def test_sequencer_leaves_a_damaged_log_alone_and_says_so(
    sequence: Sequence,
    worker: Actor,
    superuser_dsn: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    write(worker)
    sequence()
    tamper(superuser_dsn, "DELETE FROM audit_auditleaf")
    stop = threading.Event()

    def wait(seconds: float) -> bool:
        assert seconds == sequencer.TROUBLE_SECONDS
        stop.set()
        return True

    monkeypatch.setattr(stop, "wait", wait)
    with sequencer_role():
        sequencer.run(stop)
    assert "the log is not extended" in caplog.text
    assert AuditLeaf.objects.count() == 0


def test_sequencer_warns_when_a_transaction_holds_the_log_back(
    sequence: Sequence,
    worker: Actor,
    superuser_dsn: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(sequencer, "LAG_ALARM_SECONDS", 0.0)
    monkeypatch.setattr(sequencer, "WATCH_SECONDS", 0.0)
    stop = threading.Event()
    with psycopg.connect(superuser_dsn) as holding:
        holding.execute("SELECT pg_current_xact_id()")
        write(worker)
        rounds: list[float] = []

        def wait(seconds: float) -> bool:
            rounds.append(seconds)
            if "the log lags" in caplog.text:
                stop.set()
            return stop.is_set()

        monkeypatch.setattr(stop, "wait", wait)
        with sequencer_role():
            sequencer.run(stop)
        assert AuditLeaf.objects.count() == 0
        assert sequencing_lag().pending == 1
    # The pause grows while there is nothing to do, up to its limit.
    assert rounds[0] > sequencer.BUSY_SECONDS
    assert max(rounds) <= sequencer.IDLE_SECONDS
    assert sequence() == Batch(1, 1)
