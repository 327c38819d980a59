"""How fast the sequencer is: through a backlog, and from an append to its signed checkpoint."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

from benchmarks.harness import Bar, Benchmark, Measurement, Rounds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.log_server import LogServer

BACKLOG = 400_000
WRITERS = 4
OFFERED = 4_000
LAG_SECONDS = 10
# Four interpreters that start on two processors are not what is measured.
WRITERS_READY_SECONDS = 5.0
# As large as an event with an encrypted name and some data; what is measured reads and hashes it.
_FILL = """
INSERT INTO audit_auditevent
    (event_id, type, actor_kind, actor_id, subject_type, subject_id, correlation_id, body)
SELECT id, 'run.claimed', 'service', 'bench', 'run', id::text, id::text, convert_to(
    '{"actor":{"id":"5f0c2a0e-7a55-4c09-9d5c-7e5c2a3f4b10","kind":"person","label":{"ciphertext":"AAAA'
    || 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==","key":"0b7d2f6c-16de-4d0f-b1a5-1f2e3d4c5b6a"'
    || ',"nonce":"AAAAAAAAAAAAAAAA"},"person_id":"'
    || id::text || '","roles":["director"],"token_id":null,"unattended":false},"correlation_id":"' || id::text
    || '","data":{"attempt":1,"why":"the lease of another worker had run out"},"id":"' || id::text
    || '","subject":{"id":"' || id::text || '","type":"run"},"time":"2026-01-01T00:00:00.000000Z"'
    || ',"type":"run.claimed","v":1}', 'UTF8')
FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, %s)) AS made
"""
_LAG = """
WITH measured AS (
    SELECT extract(epoch FROM covering.committed - event.recorded_at) * 1000 AS ms
    FROM audit_auditevent event
    JOIN audit_auditleaf leaf ON leaf.event_position = event.id
    CROSS JOIN LATERAL (
        SELECT pg_xact_commit_timestamp(checkpoint.xmin) AS committed FROM audit_auditcheckpoint checkpoint
        WHERE tree_size > leaf.leaf_index ORDER BY tree_size LIMIT 1
    ) covering
    WHERE event.id > %s
)
SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY ms),
    percentile_cont(0.99) WITHIN GROUP (ORDER BY ms) FROM measured
"""


def audit_sequence(server: LogServer) -> Benchmark:
    """Take the events a second of one sequencer that finds a backlog."""

    def measure() -> Measurement:
        for _ in range(4):
            server.superuser.execute(_FILL, [BACKLOG // 4])
        server.superuser.execute("VACUUM ANALYZE audit_auditevent")
        events, seconds = server.python("sequencer", "benchmarks.log_work", "sequence").split()
        return Measurement(int(events) / float(seconds))

    return Benchmark("audit.sequence", "events/s", measure, Bar("value", "least", 200_000))


def audit_lag(server: LogServer, names: Sequence[str]) -> Iterator[Benchmark]:
    """Take how long an event waits, from its append until a signed checkpoint over it is committed."""
    rounds = Rounds(lambda: _lag(server))
    if "audit.lag_p50" in names:
        yield Benchmark("audit.lag_p50", "ms", rounds.figures(lambda lag: Measurement(lag[0])))
    if "audit.lag_p99" in names:
        bar = Bar("value", "most", 100)
        yield Benchmark("audit.lag_p99", "ms", rounds.figures(lambda lag: Measurement(lag[1])), bar)


def _lag(server: LogServer) -> tuple[float, float]:
    sequencer = subprocess.Popen(
        [sys.executable, "-m", "countersign.audit.sequencer"],
        env=server.environment("sequencer"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        last = _caught_up(server)
        command = [sys.executable, "-m", "benchmarks.log_work", "offer"]
        start = time.monotonic() + WRITERS_READY_SECONDS
        writers = [
            subprocess.Popen(
                [*command, str(OFFERED / WRITERS), str(LAG_SECONDS), str(start)],
                env=server.environment("app"),
                stdout=subprocess.DEVNULL,
            )
            for _ in range(WRITERS)
        ]
        for writer in writers:
            writer.wait()
        _caught_up(server)
    finally:
        sequencer.terminate()
        sequencer.wait()
    row = server.superuser.execute(_LAG, [last]).fetchone()
    count, median, high = row or (0, 0.0, 0.0)
    if count != OFFERED * LAG_SECONDS:
        message = f"{count} events were written and sequenced instead of {OFFERED * LAG_SECONDS}"
        raise RuntimeError(message)
    return float(str(median)), float(str(high))


def _caught_up(server: LogServer) -> int:
    """Wait until nothing waits for the sequencer; return the last event's position."""
    pause = threading.Event()
    while True:
        row = server.superuser.execute(
            "SELECT (SELECT coalesce(max(id), 0) FROM audit_auditevent),"
            " (SELECT coalesce(max(event_position), 0) FROM audit_auditleaf)"
        ).fetchone()
        if row is not None and row[0] == row[1]:
            return int(str(row[0]))
        pause.wait(0.05)
