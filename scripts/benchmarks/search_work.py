"""Searching the log, as the web process does: takes the name of a search, prints milliseconds."""

from __future__ import annotations

import statistics
import sys
import time
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet

    from countersign.audit.contracts import EventFilter
    from countersign.audit.models import AuditEvent

REPEATS = 5
LIMIT = 50


def searches() -> dict[str, EventFilter]:
    """Return what is searched for: every condition, rare and frequent, alone and together."""
    from django.db import connection  # noqa: PLC0415 - needs the settings

    from countersign.audit.contracts import EventFilter  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT subject_id, correlation_id, recorded_at FROM audit_auditevent"
            " WHERE id >= (SELECT max(id) / 2 FROM audit_auditevent) ORDER BY id LIMIT 1"
        )
        subject, correlation, moment = cursor.fetchone()
    day = {"since": moment, "until": moment + timedelta(days=1)}
    busy, quiet = "actor-0", "actor-199"
    return {
        "everything": EventFilter(),
        "one subject": EventFilter(subject_type="", subject_id=subject),
        "one kind of subject": EventFilter(subject_type="noun_b"),
        "a busy actor": EventFilter(actor_id=busy),
        "a quiet actor": EventFilter(actor_id=quiet),
        "one type": EventFilter(type="noun_a.verb_b"),
        "one type of one kind": EventFilter(subject_type="noun_a", type="noun_a.verb_a"),
        "types by prefix": EventFilter(type="noun_a."),
        "one request": EventFilter(correlation_id=correlation),
        "one day": EventFilter(**day),
        "types by prefix on one day": EventFilter(type="noun_a.", **day),
        "a quiet actor's events of a frequent type": EventFilter(actor_id=quiet, type="noun_a.verb_a"),
        "a busy actor's events of a rare type": EventFilter(actor_id=busy, type="noun_t.verb_e"),
        "a busy actor's events of one subject": EventFilter(actor_id=busy, subject_id=subject),
    }


def first_page(wanted: EventFilter) -> None:
    """Read the first page."""
    from countersign.audit.selectors import event_page  # noqa: PLC0415 - needs the settings
    from countersign.shared.actor import service_actor  # noqa: PLC0415

    event_page(actor=service_actor("bench"), wanted=wanted, limit=LIMIT)


def deep_page(wanted: EventFilter) -> None:
    """Read a page nine tenths down the log."""
    from countersign.audit.selectors import event_page  # noqa: PLC0415 - needs the settings
    from countersign.shared.actor import service_actor  # noqa: PLC0415
    from countersign.shared.paging import position_dump  # noqa: PLC0415

    cursor = position_dump("n", [(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=36)).isoformat(), "1"])
    event_page(actor=service_actor("bench"), wanted=wanted, after=cursor, limit=LIMIT)


def offset_page(wanted: EventFilter) -> None:
    """Read the same page as OFFSET paging would, over the same index."""
    found = _ordered(wanted)
    start = _deep_start(wanted)
    list(found[start : start + LIMIT])


@cache
def _deep_start(wanted: EventFilter) -> int:
    return _ordered(wanted).count() * 9 // 10


def _ordered(wanted: EventFilter) -> QuerySet[AuditEvent]:
    from countersign.audit.models import AuditEvent  # noqa: PLC0415 - needs the settings

    given = {name: value for name, value in wanted.as_json().items() if value}
    return AuditEvent.objects.filter(**given).order_by("-recorded_at", "-id")


PAGES: dict[str, Callable[[EventFilter], None]] = {
    "first": first_page,
    "deep": deep_page,
    "offset": offset_page,
}


def main() -> None:
    """Answer lines ``PAGE NAME`` with milliseconds, the median of a few repeats."""
    django.setup()
    from django.db import connection  # noqa: PLC0415 - needs the settings

    known = searches()
    print("ready", flush=True)
    with connection.cursor() as cursor:
        # What it is measured against takes longer than the platform allows a statement.
        cursor.execute("SET statement_timeout = 0")
    for name in ("a busy actor", "one type of one kind"):
        _deep_start(known[name])
    for line in sys.stdin:
        page, _, name = line.strip().partition(" ")
        taken = []
        for _ in range(1 if page == "offset" else REPEATS):
            started = time.perf_counter()
            PAGES[page](known[name])
            taken.append((time.perf_counter() - started) * 1000)
        print(statistics.median(taken), flush=True)


if __name__ == "__main__":
    main()
