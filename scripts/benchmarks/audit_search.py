"""How long a page of the audit log takes, in a log of ten million events."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from psycopg import sql

from benchmarks.harness import Bar, Benchmark, Measurement
from benchmarks.log_server import log_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.log_server import LogServer

EVENTS = 10_000_000
FEW = 10_000
FIRST = (
    "everything",
    "one subject",
    "one kind of subject",
    "a busy actor",
    "a quiet actor",
    "one type",
    "one type of one kind",
    "types by prefix",
    "one request",
    "one day",
    "types by prefix on one day",
    "a quiet actor's events of a frequent type",
    "a busy actor's events of a rare type",
    "a busy actor's events of one subject",
)
DEEP = ("a busy actor", "one type of one kind")
# A year of events of a hundred kinds by two hundred actors, a few frequent and many rare. Ids are not quite
# in the order of time, as events of transactions side by side are not.
_FILL = """
INSERT INTO audit_auditevent
    (event_id, recorded_at, type, actor_kind, actor_id, subject_type, subject_id, correlation_id, body)
SELECT gen_random_uuid(), at, type, 'person', actor, subject_type, subject, correlation, convert_to(
    '{"actor":{"id":"' || actor || '","kind":"person","label":"' || actor
    || '","person_id":null,"roles":["director"],"token_id":null,"unattended":false},"correlation_id":"'
    || correlation || '","data":{"attempt":1,"why":"the lease of another worker had run out"},"id":"'
    || subject || '","subject":{"id":"' || subject || '","type":"' || subject_type
    || '"},"time":"2026-01-01T00:00:00.000000Z","type":"' || type || '","v":1}', 'UTF8')
FROM (
    SELECT
        '2026-01-01'::timestamptz + (number::float8 / %(all)s) * interval '365 days'
            + random() * interval '30 seconds' AS at,
        'noun_' || chr(97 + kind %% 20) AS subject_type,
        'noun_' || chr(97 + kind %% 20) || '.verb_' || chr(97 + kind / 20) AS type,
        'actor-' || floor(200 * random() ^ 3) AS actor,
        md5('subject' || (number / 10 + floor(random() * 100)))::uuid::text AS subject,
        md5('request' || number / 5)::uuid::text AS correlation
    FROM (
        SELECT number, floor(100 * random() ^ 3)::int AS kind
        FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS number
    ) AS numbers
) AS made
"""
_KEYS = """
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid = 'audit_auditevent'::regclass AND contype IN ('p', 'u')
"""
_INDEXES = """
SELECT indexname, indexdef FROM pg_indexes
WHERE tablename = 'audit_auditevent' AND indexname LIKE 'audit_event_%'
"""
_STEP = 1_000_000


@dataclass(frozen=True, slots=True)
class Searcher:
    """A process that searches one log."""

    process: subprocess.Popen[str]

    def milliseconds(self, page: Literal["first", "deep", "offset"], name: str) -> float:
        """Let it read a page; return how long that took."""
        if self.process.stdin is None or self.process.stdout is None:
            message = "the searching process has no pipes"
            raise RuntimeError(message)
        self.process.stdin.write(f"{page} {name}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())


@contextmanager
def searchers_running(directory: Path) -> Iterator[tuple[Searcher, Searcher]]:
    """Make a log of ten million events and a small one; yield a process that searches each."""
    with ExitStack() as stack:
        logs = []
        for name, events in (("many", EVENTS), ("few", FEW)):
            server = stack.enter_context(log_server(directory / name))
            _fill(server, events)
            logs.append(stack.enter_context(_searcher(server)))
        yield logs[0], logs[1]


def audit_search(many: Searcher, few: Searcher, name: str) -> Benchmark:
    """Return the benchmark of this name: the mean over several searches."""

    def mean(searcher: Searcher, page: Literal["first", "deep", "offset"], names: tuple[str, ...]) -> float:
        return sum(searcher.milliseconds(page, each) for each in names) / len(names)

    return {
        "audit.search_deep": Benchmark(
            name,
            "ms a page",
            lambda: Measurement(mean(many, "deep", DEEP), mean(many, "offset", DEEP)),
            Bar("ratio", "most", 0.05),
        ),
        "audit.search_first": Benchmark(
            name,
            "ms a page",
            lambda: Measurement(mean(many, "first", FIRST), mean(few, "first", FIRST)),
            Bar("ratio", "most", 3),
        ),
    }[name]


def _fill(server: LogServer, events: int) -> None:
    """Write the events, past the journal and with keys and indexes made once they are there."""
    database = server.superuser
    table, name_of = sql.Identifier("audit_auditevent"), sql.Identifier
    database.execute("SET maintenance_work_mem = '1GB'")
    keys = [(str(name), str(rule)) for name, rule in database.execute(_KEYS)]
    indexes = [(str(name), str(rule)) for name, rule in database.execute(_INDEXES)]
    for name, _ in keys:
        database.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(table, name_of(name)))
    for name, _ in indexes:
        database.execute(sql.SQL("DROP INDEX {}").format(name_of(name)))
    database.execute(sql.SQL("ALTER TABLE {} SET UNLOGGED").format(table))
    for first in range(1, events + 1, _STEP):
        last = min(events, first + _STEP - 1)
        database.execute(_FILL, {"all": events, "first": first, "last": last})
    for name, rule in keys:
        added = sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} {}")
        database.execute(added.format(table, name_of(name), sql.SQL(rule)))  # the server's own words
    for _, rule in indexes:
        database.execute(sql.SQL(rule))
    database.execute("VACUUM ANALYZE audit_auditevent")


@contextmanager
def _searcher(server: LogServer) -> Iterator[Searcher]:
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.search_work"],
        env=server.environment("app"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        if process.stdout is None or process.stdout.readline() != "ready\n":
            message = "the searching process did not start"
            raise RuntimeError(message)
        yield Searcher(process)
    finally:
        process.terminate()
        process.wait()
