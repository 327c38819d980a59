"""What recording an event costs inside a transaction that changes something, with eight writers at once.

Commits are durable, the server is real, and what is compared runs a few seconds apart, over and over: without
the event, with it in both of the platform's forms, with django-auditlog, and with a hash chain whose end
every writer has to lock.
"""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.harness import Bar, Benchmark, Measurement, Rounds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from benchmarks.log_server import LogServer

WRITERS = 8
SECONDS = 2.0
# The writers begin together; the slowest must have read the order by then.
_LEAD_SECONDS = 0.2
FORMS = ("plain", "own", "record", "auditlog", "chain", "bare")
NAMES = (
    "audit.append",
    "audit.append_to_auditlog",
    "audit.append_to_chain",
    "audit.append_own",
    "audit.append_own_to_auditlog",
    "audit.append_own_to_chain",
    "audit.append_own_to_bare",
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
        for form in FORMS:
            writers.rate(form, 0.3)
        yield writers
    finally:
        for process in processes:
            process.terminate()
            process.wait()


def audit_append(writers: Writers, names: Sequence[str]) -> Iterator[Benchmark]:
    """Yield the named benchmarks; all take their figures from the same rounds, where each form has a turn.

    ``append`` is ``record()`` beside the change, ``append_own`` the event in the change's own statement.
    ``append_own_to_bare`` holds that statement against itself without the event, for orientation: it leaves
    out what the form saves where Django writes the change.
    """
    rounds = Rounds(lambda: {form: writers.rate(form) for form in FORMS})

    def time_of(form: str, baseline: str) -> Callable[[], Measurement]:
        return rounds.figures(
            lambda rates: Measurement(WRITERS * 1000 / rates[form], WRITERS * 1000 / rates[baseline])
        )

    def rate_of(form: str, baseline: str) -> Callable[[], Measurement]:
        return rounds.figures(lambda rates: Measurement(rates[form], rates[baseline]))

    milliseconds, rate = "ms per transaction", "transactions/s"
    every = {
        "audit.append": (milliseconds, time_of("record", "plain"), Bar("ratio", "most", 1.4)),
        "audit.append_to_auditlog": (rate, rate_of("record", "auditlog"), Bar("ratio", "least", 1.5)),
        "audit.append_to_chain": (rate, rate_of("record", "chain"), Bar("ratio", "least", 3)),
        "audit.append_own": (milliseconds, time_of("own", "plain"), Bar("ratio", "most", 1.15)),
        "audit.append_own_to_auditlog": (rate, rate_of("own", "auditlog"), Bar("ratio", "least", 2.5)),
        "audit.append_own_to_chain": (rate, rate_of("own", "chain"), Bar("ratio", "least", 5)),
        "audit.append_own_to_bare": (milliseconds, time_of("own", "bare"), None),
    }
    for name in names:
        unit, measure, bar = every[name]
        yield Benchmark(name, unit, measure, bar)
