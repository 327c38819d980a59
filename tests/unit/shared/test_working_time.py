"""Working hours: week-ends, holidays and days on which the clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from countersign.shared.working_time import (
    CalendarInvalid,
    WorkingCalendar,
    calendar_read,
    is_holiday,
    working_add,
)

FRIDAY = datetime(2026, 1, 2, 15, tzinfo=UTC)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]  # year, month, day, hour, minute


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


@pytest.mark.parametrize(
    ("start", "term", "end"),
    [
        (FRIDAY, hours(1), utc(2026, 1, 2, 16)),
        (FRIDAY, hours(2), utc(2026, 1, 2, 17)),
        # The week-end counts nothing.
        (FRIDAY, hours(3), utc(2026, 1, 5, 10)),
        # Before work, after it, and on a Sunday: work begins at nine.
        (utc(2026, 1, 5, 3), hours(1), utc(2026, 1, 5, 10)),
        (utc(2026, 1, 5, 23), hours(1), utc(2026, 1, 6, 10)),
        (utc(2026, 1, 4, 12), hours(8), utc(2026, 1, 5, 17)),
        (utc(2026, 1, 5, 9), hours(56), utc(2026, 1, 13, 17)),
    ],
)
def test_working_add_counts_working_hours_alone(start: datetime, term: timedelta, end: datetime) -> None:
    assert working_add(WorkingCalendar(), start, term) == end


def test_working_add_leaves_out_the_holidays_of_the_country_and_its_region() -> None:
    bavaria = WorkingCalendar(country="DE", subdivision="BY", timezone="Europe/Berlin")
    hamburg = WorkingCalendar(country="DE", subdivision="HH", timezone="Europe/Berlin")
    eve = utc(2026, 1, 5, 16)  # one hour is over at five in Berlin; Epiphany is a Tuesday, in Bavaria
    assert working_add(bavaria, eve, hours(1)) == utc(2026, 1, 7, 9)
    assert working_add(hamburg, eve, hours(1)) == utc(2026, 1, 6, 9)
    assert is_holiday("DE", "BY", date(2026, 1, 6))
    assert not is_holiday("", "", date(2026, 12, 25))


def test_working_add_reads_hours_in_the_time_zone_of_the_place() -> None:
    tokyo = WorkingCalendar(timezone="Asia/Tokyo")
    assert working_add(tokyo, utc(2026, 1, 5, 0), hours(1)) == utc(2026, 1, 5, 1)
    # At eleven at night in London it is Tuesday morning in Tokyo.
    assert working_add(tokyo, utc(2026, 1, 5, 23), hours(1.5)) == utc(2026, 1, 6, 1, 30)


def test_working_add_counts_a_night_in_which_the_clocks_change_as_long_as_it_is() -> None:
    nights = WorkingCalendar(timezone="Europe/Berlin", days=(6,), start="00:00", end="06:00")
    # 29 March 2026: two o'clock is three o'clock; 25 October: three is two once more.
    assert working_add(nights, utc(2026, 3, 28, 23), hours(5)) == utc(2026, 3, 29, 4)
    assert working_add(nights, utc(2026, 10, 24, 22), hours(7)) == utc(2026, 10, 25, 5)


def test_working_add_that_never_ends_is_refused() -> None:
    with pytest.raises(CalendarInvalid):
        working_add(WorkingCalendar(days=(0,), start="09:00", end="09:01"), FRIDAY, hours(8))


def test_calendar_read_of_what_was_kept_is_the_same() -> None:
    calendar = WorkingCalendar("DE", "BY", "Europe/Berlin", (0, 2), "08:00", "16:30")
    assert calendar_read(calendar.as_json()) == calendar
    assert calendar_read({}) == WorkingCalendar()


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (None, "calendar"),
        ({"holidays": []}, "calendar"),
        ({"country": 1}, "calendar"),
        ({"country": "XX"}, "country"),
        ({"country": "DE", "subdivision": "XX"}, "subdivision"),
        ({"subdivision": "BY"}, "subdivision"),
        ({"timezone": "Europe/Atlantis"}, "timezone"),
        ({"timezone": "../../etc/passwd"}, "timezone"),
        ({"days": []}, "days"),
        ({"days": [7]}, "days"),
        ({"days": [1, 0]}, "days"),
        ({"days": [1, 1]}, "days"),
        ({"days": [True]}, "days"),
        ({"days": "0"}, "days"),
        ({"start": "9:00"}, "start"),
        ({"start": "24:00"}, "start"),
        ({"start": "17:00"}, "end"),
    ],
)
def test_calendar_read_refuses_what_does_not_exist(value: object, field: str) -> None:
    with pytest.raises(CalendarInvalid) as refused:
        calendar_read(value)
    assert refused.value.data == {"field": field}
