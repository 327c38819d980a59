"""What recording an event costs inside a transaction that changes something, with eight writers at once.

Commits are durable, the server is real, and what is compared runs a few seconds apart, over and over: without
the event, with django-auditlog, and with a hash chain whose end every writer has to lock.
"""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.harness import Bar, Benchmark, Measurement

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.log_server import LogServer

WRITERS = 8
SECONDS = 2.0
# The writers begin together; the slowest must have read the order by then.
_LEAD_SECONDS = 0.2
NAMES = (
    "audit.append",
    "audit.append_to_auditlog",
    "audit.append_to_chain",
)
# The same columns and indexes as the log's own table, so that both can be searched alike.
_CHAIN = """
CREATE TABLE bench_chain (LIKE audit_auditevent INCLUDING ALL);
ALTER TABLE bench_chain ADD hash bytea;
GRANT SELECT, INSERT ON bench_chain TO countersign_app
"""


@dataclass(frozen=True, slots=True)
class Writers:
    """Processes that wait to be told what to write."""

    processes: Sequence[subprocess.Popen[str]]

    def rate(self, form: str, seconds: float = SECONDS) -> float:
        """Let all of them write in one form; return transactions a second."""
        start = time.monotonic() + _LEAD_SECONDS
        for process in self.processes:
            if process.stdin is not None:
                process.stdin.write(f"{form} {seconds} {start}\n")
                process.stdin.flush()
        return sum(int(process.stdout.readline()) for process in self.processes if process.stdout) / seconds


@contextmanager
def writers_running(server: LogServer) -> Iterator[Writers]:
    """Start the writers, let each write every form once, and end them."""
    server.superuser.execute(_CHAIN)
    command = [sys.executable, "-m", "benchmarks.log_forms"]
    processes = [
        subprocess.Popen(
            command,
            env=server.environment("app"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(WRITERS)
    ]
    writers = Writers(processes)
    try:
        for form in ("plain", "record", "auditlog", "chain"):
            writers.rate(form, 0.3)
        yield writers
    finally:
        for process in processes:
            process.terminate()
            process.wait()


def audit_append(writers: Writers, name: str) -> Benchmark:
    """Return the benchmark of this name."""
    rate_of = writers.rate

    def time_of(form: str) -> float:
        return WRITERS * 1000 / rate_of(form)

    milliseconds, rate = "ms per transaction", "transactions/s"
    return {
        "audit.append": Benchmark(
            name,
            milliseconds,
            lambda: Measurement(time_of("record"), time_of("plain")),
            Bar("ratio", "most", 1.4),
        ),
        "audit.append_to_auditlog": Benchmark(
            name,
            rate,
            lambda: Measurement(rate_of("record"), rate_of("auditlog")),
            Bar("ratio", "least", 1.5),
        ),
        "audit.append_to_chain": Benchmark(
            name, rate, lambda: Measurement(rate_of("record"), rate_of("chain")), Bar("ratio", "least", 3)
        ),
    }[name]
