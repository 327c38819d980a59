"""Searching the log: every combination gives what a plain filter gives, page by page, over indexes alone."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from countersign.audit import search
from countersign.audit.contracts import EVERYTHING, EventFilter
from countersign.audit.errors import SearchInvalid
from countersign.audit.models import AuditEvent
from countersign.audit.selectors import event_iterate, event_list, event_page
from countersign.audit.services import record
from countersign.shared.actor import Actor
from countersign.shared.errors import PermissionDenied
from countersign.shared.paging import CursorInvalid, position_dump
from tests.unit.audit.rows import event_insert

if TYPE_CHECKING:
    from pytest_django import DjangoDbBlocker

START = datetime(2026, 3, 1, tzinfo=UTC)
SUBJECTS = (("run", "r1"), ("run", "r2"), ("plan", "r1"), ("approval_request", "a1"))
TYPES = ("run.claimed", "run.merged", "approval.voided", "approval.expired", "approvals.counted")
ACTORS = ("u1", "u2")
# What the fixtures wrote is read by every example and changed by none.
READS_ONLY = [HealthCheck.function_scoped_fixture]
REQUESTS = ("", "request-1", "request-2")


def insert(rows: list[dict[str, Any]]) -> None:
    """Write events as no process would: out of the order of time, and several at one moment."""
    for row in rows:
        event_insert(actor_kind="service", body=b'{"actor":{"label":"a service"},"data":{}}', **row)


@pytest.fixture
def mixed(db: None) -> None:
    """Every combination once, at times that go to and fro against the ids."""
    combined = list(itertools.product(SUBJECTS, TYPES, ACTORS, REQUESTS))
    insert(
        [
            {
                "subject_type": subject[0],
                "subject_id": subject[1],
                "type": type_,
                "actor_id": actor,
                "correlation_id": request,
                "recorded_at": START + timedelta(seconds=(number * 7) % 40),
            }
            for number, (subject, type_, actor, request) in enumerate(combined)
        ]
    )


def plainly(wanted: EventFilter) -> list[int]:
    """Return what must be found, by a filter of its own."""
    found = AuditEvent.objects.order_by("-recorded_at", "-id")
    for name in ("subject_type", "subject_id", "actor_id", "correlation_id"):
        if value := getattr(wanted, name):
            found = found.filter(**{name: value})
    if wanted.type:
        found = found.filter(**{"type__startswith" if wanted.type.endswith(".") else "type": wanted.type})
    if wanted.since:
        found = found.filter(recorded_at__gte=wanted.since)
    if wanted.until:
        found = found.filter(recorded_at__lt=wanted.until)
    return list(found.values_list("id", flat=True))


def walk(wanted: EventFilter, limit: int) -> list[int]:
    found: list[int] = []
    after: str | None = ""
    while after is not None:
        page = search.positions_page(wanted, after=after, limit=limit)
        assert len(page.items) <= limit
        found += page.items
        after = page.next
    return found


moments = st.none() | st.integers(-1, 41).map(lambda seconds: START + timedelta(seconds=seconds))
filters = st.builds(
    EventFilter,
    subject_type=st.sampled_from(("", "run", "plan", "nothing")),
    subject_id=st.sampled_from(("", "r1", "a1", "nothing")),
    type=st.sampled_from(("", *TYPES, "approval.", "run.", "nothing.")),
    actor_id=st.sampled_from(("", *ACTORS)),
    correlation_id=st.sampled_from(REQUESTS),
    since=moments,
    until=moments,
).filter(lambda wanted: not (wanted.since and wanted.until and wanted.since >= wanted.until))


@settings(max_examples=60, deadline=None, suppress_health_check=READS_ONLY)
@given(wanted=filters, limit=st.sampled_from((1, 7, 50, 200)))
def test_positions_page_walks_through_exactly_what_fits(mixed: None, wanted: EventFilter, limit: int) -> None:
    assert walk(wanted, limit) == plainly(wanted)


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at three events at a time, and at most at seven for a page."""
    monkeypatch.setattr(search, "_CHUNK", 3)
    monkeypatch.setattr(search, "_CHUNK_MAX", 3)
    monkeypatch.setattr(search, "_PAGE_EFFORT", 7)
    monkeypatch.setattr(search, "_PROBES", (2, 5))


@settings(max_examples=60, deadline=None, suppress_health_check=READS_ONLY)
@given(wanted=filters, limit=st.sampled_from((1, 7, 50)))
def test_positions_page_that_stops_early_says_where_to_go_on(
    mixed: None, small_steps: None, wanted: EventFilter, limit: int
) -> None:
    assert walk(wanted, limit) == plainly(wanted)


def test_positions_page_may_be_empty_and_go_on(mixed: None, small_steps: None) -> None:
    insert(
        [
            {
                "subject_type": "run",
                "subject_id": "r9",
                "type": "run.claimed",
                "actor_id": "u9",
                "correlation_id": "",
                "recorded_at": START - timedelta(days=1),
            }
        ]
        + [
            {
                "subject_type": "run",
                "subject_id": subject,
                "type": "run.claimed",
                "actor_id": actor,
                "correlation_id": "",
                "recorded_at": START + timedelta(days=1, seconds=second),
            }
            for second, (subject, actor) in enumerate([("r9", "u8"), ("r8", "u9")] * 20)
        ]
    )
    wanted = EventFilter(subject_id="r9", actor_id="u9")
    page = search.positions_page(wanted)
    assert (page.items, bool(page.next)) == ((), True)
    assert walk(wanted, 50) == plainly(wanted)
    assert len(plainly(wanted)) == 1


def test_event_that_commits_late_is_found(committed_db: None, worker: Actor, owner_dsn: str) -> None:
    """One transaction takes its place in the table first and commits last."""
    late = START + timedelta(seconds=1)
    with psycopg.connect(owner_dsn, dbname=connection.settings_dict["NAME"]) as slow:
        slow.execute(
            "INSERT INTO audit_auditevent (event_id, recorded_at, type, actor_kind, actor_id, subject_type,"
            " subject_id, correlation_id, body)"
            " VALUES (gen_random_uuid(), %s, 'run.claimed', 'service', 'slow', 'run', 'r1', '', %s)",
            [late, b'{"actor":{"label":"slow"},"data":{}}'],
        )
        insert(
            [
                {
                    "subject_type": "run",
                    "subject_id": "r1",
                    "type": "run.claimed",
                    "actor_id": "quick",
                    "correlation_id": "",
                    "recorded_at": START + timedelta(seconds=second),
                }
                for second in (2, 0)
            ]
        )
        wanted = EventFilter(subject_id="r1", since=START, until=START + timedelta(seconds=3))
        first = event_page(actor=worker, wanted=wanted, limit=1)
        assert [event.actor_id for event in first.items] == ["quick"]
        slow.commit()
    assert first.next is not None
    rest = event_page(actor=worker, wanted=wanted, after=first.next)
    assert [event.actor_id for event in rest.items] == ["slow", "quick"]
    everything = event_page(actor=worker, wanted=wanted).items
    assert [event.time for event in everything] == sorted((e.time for e in everything), reverse=True)


@pytest.fixture(scope="module")
def thousands(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Enough events that the planner would look at all of them if it had to, with statistics about them."""
    from django.db import transaction

    with django_db_blocker.unblock(), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO audit_auditevent (event_id, recorded_at, type, actor_kind, actor_id,"
                " subject_type, subject_id, correlation_id, body)"
                " SELECT gen_random_uuid(), %s + n * interval '1 second',"
                " (ARRAY['run.claimed','run.merged','approval.voided','approval.expired'])[1 + n %% 4],"
                " 'service', 'u' || n %% 7, (ARRAY['run','plan'])[1 + n / 4 %% 2], 'r' || n / 10,"
                " 'request-' || n / 5, convert_to(%s, 'UTF8') FROM generate_series(1, 30000) AS n",
                [START, json.dumps({"actor": {"label": "a service"}, "data": {}})],
            )
            cursor.execute("ANALYZE audit_auditevent")
        yield
        transaction.set_rollback(True)


DAY: dict[str, Any] = {"since": START + timedelta(hours=1), "until": START + timedelta(hours=2)}
CURSOR = position_dump("n", [(START + timedelta(hours=3)).isoformat(), "12345"])


@pytest.mark.parametrize("after", ["", CURSOR], ids=["first page", "deep page"])
@pytest.mark.parametrize(
    "wanted",
    [
        EVERYTHING,
        EventFilter(**DAY),
        EventFilter(subject_id="r77"),
        EventFilter(subject_type="run"),
        EventFilter(subject_type="run", subject_id="r77", **DAY),
        EventFilter(actor_id="u3"),
        EventFilter(correlation_id="request-9"),
        EventFilter(type="run.claimed"),
        EventFilter(type="approval."),
        EventFilter(type="approval.", actor_id="u3", **DAY),
        EventFilter(type="run.", subject_type="run", subject_id="r77", actor_id="u3"),
    ],
    ids=lambda wanted: "+".join(wanted.as_json()) or "everything",
)
def test_search_reads_indexes_in_order_and_nothing_else(
    thousands: None, django_db_blocker: DjangoDbBlocker, wanted: EventFilter, after: str
) -> None:
    with django_db_blocker.unblock(), CaptureQueriesContext(connection) as asked:
        search.positions_page(wanted, after=after)
    statements = [query["sql"] for query in asked.captured_queries if "SELECT" in query["sql"]]
    assert statements
    with django_db_blocker.unblock(), search._indexes_in_order(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}")
            nodes = list(plan_nodes(cursor.fetchone()[0][0]["Plan"]))
            kinds = {node["Node Type"] for node in nodes}
            assert kinds & {"Index Scan", "Index Only Scan"}, statement
            assert not kinds & {"Seq Scan", "Sort", "Incremental Sort", "Bitmap Heap Scan"}, (
                kinds,
                statement,
            )
            assert "OFFSET" not in statement


def plan_nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from plan_nodes(child)


@pytest.mark.parametrize("type_", ["run", "run.", "approval.voided"])
def test_search_takes_types_and_their_beginnings(mixed: None, type_: str) -> None:
    search.filter_check(EventFilter(type=type_))


@pytest.mark.parametrize(
    "wanted",
    [
        EventFilter(type="Run.merged"),
        EventFilter(type="run.%"),
        EventFilter(type="."),
        EventFilter(since=START, until=START),
    ],
)
def test_search_refuses_what_no_event_can_be_like(db: None, worker: Actor, wanted: EventFilter) -> None:
    with pytest.raises(SearchInvalid):
        event_page(actor=worker, wanted=wanted)
    with pytest.raises(SearchInvalid):
        list(event_iterate(actor=worker, wanted=wanted, limit=1))


@pytest.mark.parametrize(
    "cursor",
    [
        "nonsense",
        position_dump("n", ["5"]),
        position_dump("n", ["yesterday", "5"]),
        position_dump("n", ["2026-03-01T00:00:00", "5"]),
        position_dump("n", ["2026-03-01T00:00:00+00:00", "-5"]),
    ],
)
def test_event_page_refuses_a_cursor_of_another_list(db: None, worker: Actor, cursor: str) -> None:
    with pytest.raises(CursorInvalid):
        event_page(actor=worker, after=cursor)


def test_event_iterate_goes_on_until_the_limit(mixed: None, worker: Actor) -> None:
    found = list(event_iterate(actor=worker, wanted=EVERYTHING, limit=119))
    assert [event.position for event in found] == plainly(EVERYTHING)[:119]
    assert len(list(event_iterate(actor=worker, wanted=EVERYTHING, limit=1_000))) == 120


def test_event_iterate_needs_a_role_that_reads(mixed: None, alice: Actor) -> None:
    from dataclasses import replace

    with pytest.raises(PermissionDenied):
        list(event_iterate(actor=replace(alice, roles=frozenset({"ci"})), wanted=EVERYTHING, limit=1))


def test_event_list_is_in_the_order_of_recording(db: None, worker: Actor) -> None:
    for number in range(5):
        record(actor=worker, type="run.claimed", subject=("run", str(number)))
    assert [event.subject_id for event in event_list(actor=worker)] == ["4", "3", "2", "1", "0"]
