"""Searching the log: pages, newest first, whose cost does not grow with the log.

Events are listed by ``(recorded_at, id)``: ids grow with time, but not exactly, so a bound on the time is
never turned into one on ids. Each index ends with these two columns, and a page is read backwards from where
the last one ended. One condition *drives*: its index gives the candidates in order, and the other conditions
sort out what they must. Which one drives is found by counting a little in each; how much one page looks at is
bounded, so a page may hold fewer events than asked for, or none, and still say where to go on.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

from countersign.audit.errors import SearchInvalid
from countersign.shared.paging import (
    DEFAULT_LIMIT,
    CursorInvalid,
    Page,
    limit_clamp,
    position_dump,
    position_load,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from countersign.audit.contracts import EventFilter

_TYPE = re.compile(r"[a-z_]+(\.[a-z_]+)*\.?")
_NUMBER = re.compile(r"[0-9]{1,18}")
# Candidates that are counted to find out which condition leaves the fewest.
_PROBES = (1_000, 16_000, 128_000)
# Candidates looked at: in one statement, and for one page.
_CHUNK = 1_000
_CHUNK_GROWTH = 8
_CHUNK_MAX = 64_000
_PAGE_EFFORT = 200_000
_METHODS = ("enable_seqscan", "enable_bitmapscan", "enable_sort", "enable_incremental_sort")
# The kinds of event there are, one index descent each, however many events there are of each.
_KINDS = """
WITH RECURSIVE kind AS (
    (SELECT subject_type, type FROM audit_auditevent ORDER BY subject_type, type LIMIT 1)
    UNION ALL
    SELECT following.subject_type, following.type FROM kind CROSS JOIN LATERAL (
        SELECT subject_type, type FROM audit_auditevent
        WHERE (subject_type, type) > (kind.subject_type, kind.type)
        ORDER BY subject_type, type LIMIT 1
    ) following
)
SELECT subject_type, type FROM kind
"""


Position = tuple[datetime, int]


@dataclass(frozen=True, slots=True)
class _Condition:
    """Conditions on one event: words of this module, and parameters for what came from outside."""

    sql: str
    parameters: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class _Driver:
    """What an index can give in order: one stretch of it for each of these conditions."""

    streams: tuple[_Condition, ...]
    complete: bool


def filter_check(wanted: EventFilter) -> None:
    """Refuse what no event can be like, which is a slip.

    Raises:
        SearchInvalid: the type is no event type, or the time ends before it begins.
    """
    if wanted.type and not _TYPE.fullmatch(wanted.type):
        message = (
            f"not an event type: {wanted.type!r}; types are like 'run.merged', and 'run.' takes all of 'run'"
        )
        raise SearchInvalid(message)
    if wanted.since and wanted.until and wanted.since >= wanted.until:
        message = "the time to search in ends before it begins"
        raise SearchInvalid(message)


def positions_page(wanted: EventFilter, *, after: str = "", limit: int = DEFAULT_LIMIT) -> Page[int]:
    """Return the table positions of one page of events, newest first.

    Raises:
        CursorInvalid: the cursor does not belong to such a list.
        SearchInvalid: no event can be like that.
    """
    filter_check(wanted)
    size = limit_clamp(limit)
    place = _cursor_load(after) if after else None
    with _indexes_in_order():
        drivers = _drivers(wanted)
        if not all(driver.streams for driver in drivers):
            return Page(())
        return _page(wanted, _driver_choose(drivers, _within(wanted, place)), place, size)


def _page(wanted: EventFilter, driver: _Driver, place: Position | None, size: int) -> Page[int]:
    rest = None if driver.complete else _rest(wanted)
    found: list[Position] = []
    looked = 0
    chunk = size + 1 if rest is None else _CHUNK
    while True:
        matches, bottom = _chunk_read(driver, _within(wanted, place), rest, chunk)
        found += matches
        looked += chunk
        if len(found) > size:
            return Page(_ids(found[:size]), next=_cursor_dump(found[size - 1]))
        if bottom is None:
            return Page(_ids(found))
        if looked >= _PAGE_EFFORT:
            return Page(_ids(found), next=_cursor_dump(bottom))
        place = bottom
        chunk = min(chunk * _CHUNK_GROWTH, _CHUNK_MAX)


def positions_iterate(wanted: EventFilter, *, limit: int) -> Iterator[Sequence[int]]:
    """Yield the table positions of all events found, page by page, up to ``limit`` of them.

    Raises:
        SearchInvalid: no event can be like that.
    """
    after: str | None = ""
    while after is not None and limit > 0:
        page = positions_page(wanted, after=after, limit=limit)
        yield page.items
        limit -= len(page.items)
        after = page.next


def _ids(positions: Sequence[Position]) -> tuple[int, ...]:
    return tuple(event_id for _, event_id in positions)


def _drivers(wanted: EventFilter) -> tuple[_Driver, ...]:
    """Return every condition that an index can answer; without one, the log as a whole."""
    single = {
        "correlation_id": wanted.correlation_id,
        "subject_id": wanted.subject_id,
        "actor_id": wanted.actor_id,
    }
    given = {name: value for name, value in single.items() if value}
    by_kind = bool(wanted.type or wanted.subject_type)
    drivers = [
        _Driver((_equal(name, value),), complete=len(given) == 1 and not by_kind)
        for name, value in given.items()
    ]
    if by_kind or not given:
        drivers.append(_Driver(_kinds(wanted), complete=not given))
    return tuple(drivers)


def _kinds(wanted: EventFilter) -> tuple[_Condition, ...]:
    return tuple(
        _Condition("subject_type = %s AND type = %s", (subject_type, type_))
        for subject_type, type_ in _fetch(_KINDS, ())
        if wanted.subject_type in {"", subject_type} and _type_fits(wanted.type, type_)
    )


def _type_fits(wanted: str, found: str) -> bool:
    return found.startswith(wanted) if wanted.endswith(".") or not wanted else found == wanted


def _equal(name: str, value: str) -> _Condition:
    return _Condition(f"{name} = %s", (value,))


def _rest(wanted: EventFilter) -> _Condition:
    """Return everything that is wanted of an event, but its time."""
    parts = [
        _equal(name, getattr(wanted, name))
        for name in ("correlation_id", "subject_id", "actor_id", "subject_type")
        if getattr(wanted, name)
    ]
    if wanted.type.endswith("."):
        parts.append(_Condition("starts_with(type, %s)", (wanted.type,)))
    elif wanted.type:
        parts.append(_equal("type", wanted.type))
    return _all_of(parts)


def _within(wanted: EventFilter, place: Position | None) -> _Condition:
    """Return the stretch of time that is still to be searched."""
    parts = []
    if place is not None:
        parts.append(_Condition("(recorded_at, id) < (%s, %s)", place))
    if wanted.until is not None:
        parts.append(_Condition("recorded_at < %s", (wanted.until,)))
    if wanted.since is not None:
        parts.append(_Condition("recorded_at >= %s", (wanted.since,)))
    return _all_of(parts)


def _all_of(parts: Sequence[_Condition]) -> _Condition:
    parameters = tuple(parameter for part in parts for parameter in part.parameters)
    return _Condition(" AND ".join(part.sql for part in parts) or "true", parameters)


def _driver_choose(drivers: tuple[_Driver, ...], within: _Condition) -> _Driver:
    """Return the condition with the fewest candidates, as far as counting a little tells."""
    if len(drivers) == 1:
        return drivers[0]
    for most in _PROBES:
        counts = [_count(driver, within, most) for driver in drivers]
        if min(counts) < most:
            return drivers[counts.index(min(counts))]
    return drivers[0]


def _count(driver: _Driver, within: _Condition, most: int) -> int:
    parts = [
        f"(SELECT 1 FROM audit_auditevent WHERE {stream.sql} AND {within.sql} LIMIT {most})"  # noqa: S608 - see above
        for stream in driver.streams
    ]
    streams = " UNION ALL ".join(parts)
    statement = f"SELECT count(*) FROM (SELECT FROM ({streams}) AS streams LIMIT {most}) AS counted"  # noqa: S608
    return int(_rows(statement, driver, within)[0][0])


def _chunk_read(
    driver: _Driver, within: _Condition, rest: _Condition | None, chunk: int
) -> tuple[list[Position], Position | None]:
    """Look at the next ``chunk`` candidates; return which fit, and the last one if there may be more."""
    order = "ORDER BY recorded_at DESC, id DESC"
    matches = f"({rest.sql})" if rest else "true"
    parts = [
        f"(SELECT recorded_at, id, {matches} AS matches FROM audit_auditevent"  # noqa: S608 - see above
        f" WHERE {stream.sql} AND {within.sql} {order} LIMIT {chunk})"
        for stream in driver.streams
    ]
    statement = (
        "SELECT recorded_at, id, matches, place FROM ("  # noqa: S608 - see above
        f"SELECT recorded_at, id, matches, row_number() OVER ({order}) AS place FROM ("
        f"SELECT * FROM ({' UNION ALL '.join(parts)}) AS streams {order} LIMIT {chunk}"
        f") AS candidates) AS numbered WHERE matches OR place = {chunk} {order}"
    )
    rows = _rows(statement, driver, within, rest)
    found = [(moment, event_id) for moment, event_id, fits, _ in rows if fits]
    last = rows[-1] if rows else None
    return found, (last[0], last[1]) if last and last[3] == chunk else None


def _rows(
    statement: str, driver: _Driver, within: _Condition, rest: _Condition | None = None
) -> list[tuple[Any, ...]]:
    parameters: list[Any] = []
    for stream in driver.streams:
        parameters += [*(rest.parameters if rest else ()), *stream.parameters, *within.parameters]
    return _fetch(statement, parameters)


def _fetch(statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


@contextmanager
def _indexes_in_order() -> Iterator[None]:
    """Let statements read indexes in their order and do nothing else, whatever old statistics say.

    A planner that expects three rows would fetch all there are and sort them, and there may be millions.
    """
    with transaction.atomic():
        _execute("; ".join(f"SET LOCAL {method} = off" for method in _METHODS))
        yield
        # In a transaction around this one they would stay.
        _execute("; ".join(f"SET LOCAL {method} TO DEFAULT" for method in _METHODS))


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _cursor_dump(position: Position) -> str:
    return position_dump("n", [position[0].astimezone(UTC).isoformat(), str(position[1])])


def _cursor_load(cursor: str) -> Position:
    _, values = position_load(cursor)
    try:
        moment, number = values
        when = datetime.fromisoformat(moment)
    except ValueError as error:
        raise _invalid() from error
    if not _NUMBER.fullmatch(number) or when.tzinfo is None:
        raise _invalid()
    return when, int(number)


def _invalid() -> CursorInvalid:
    return CursorInvalid("this cursor does not belong to this list; start again without one")
