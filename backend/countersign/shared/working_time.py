"""Working hours: when a number of them has gone by, with week-ends and public holidays left out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, available_timezones

import holidays

from countersign.shared.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from countersign.shared.types import JSON

# A calendar in which so little is worked that a term does not end within this is refused.
MAX_DAYS = 1_100
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_FIELDS = frozenset({"country", "subdivision", "timezone", "days", "start", "end"})
_WEEK = 7


class CalendarInvalid(InvalidInput):
    """There is no such country, region, time zone, day or hour, or no working time in between."""

    code = "calendar_invalid"


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """When people work.

    Attributes:
        country: whose public holidays are left out (ISO 3166, such as ``DE``); none where empty.
        subdivision: of the country, such as ``BY``, for the holidays of that region.
        timezone: the IANA zone in which ``start`` and ``end`` are meant.
        days: days of the week, 0 for Monday.
        start: when work begins, ``HH:MM``.
        end: when it ends.
    """

    country: str = ""
    subdivision: str = ""
    timezone: str = "UTC"
    days: tuple[int, ...] = (0, 1, 2, 3, 4)
    start: str = "09:00"
    end: str = "17:00"

    def as_json(self) -> dict[str, JSON]:
        """Return the calendar as it is kept among a project's settings."""
        return {
            "country": self.country,
            "subdivision": self.subdivision,
            "timezone": self.timezone,
            "days": list(self.days),
            "start": self.start,
            "end": self.end,
        }


def calendar_read(value: object) -> WorkingCalendar:
    """Read a calendar as it is kept; what is left out has its default.

    Raises:
        CalendarInvalid: a part does not exist or contradicts another.
    """
    if not isinstance(value, dict) or not set(value) <= _FIELDS:
        message = f"a calendar has these parts: {', '.join(sorted(_FIELDS))}"
        raise CalendarInvalid(message, field="calendar")
    whole: Mapping[str, object] = {**WorkingCalendar().as_json(), **value}
    texts = {name: whole[name] for name in _FIELDS - {"days"}}
    if not all(isinstance(text, str) for text in texts.values()):
        message = "the parts of a calendar are texts, but for the days"
        raise CalendarInvalid(message, field="calendar")
    calendar = WorkingCalendar(days=_days(whole["days"]), **{key: str(text) for key, text in texts.items()})
    _check(calendar)
    return calendar


def _days(value: object) -> tuple[int, ...]:
    days = value if isinstance(value, list) else []
    numbers = [day for day in days if isinstance(day, int) and not isinstance(day, bool) and 0 <= day < _WEEK]
    if not numbers or len(numbers) != len(days) or numbers != sorted(set(numbers)):
        message = "the working days are numbers from 0 (Monday) to 6, in order, at least one of them"
        raise CalendarInvalid(message, field="days")
    return tuple(numbers)


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    """The zones that this machine knows: the library looks for them in the file system each time."""
    return frozenset(available_timezones())


def _check(calendar: WorkingCalendar) -> None:
    if calendar.timezone not in _zones():
        message = f"there is no time zone {calendar.timezone[:60]!r}"
        raise CalendarInvalid(message, field="timezone")
    if not _CLOCK.fullmatch(calendar.start) or not _CLOCK.fullmatch(calendar.end):
        message = "work begins and ends at an hour written HH:MM"
        raise CalendarInvalid(message, field="start")
    if calendar.start >= calendar.end:
        message = "work ends later on the day than it begins"
        raise CalendarInvalid(message, field="end")
    if calendar.subdivision and not calendar.country:
        message = "a region is one of a country"
        raise CalendarInvalid(message, field="subdivision")
    if calendar.country:
        regions = holidays.list_supported_countries().get(calendar.country)
        if regions is None:
            message = f"there is no calendar of holidays for the country {calendar.country[:20]!r}"
            raise CalendarInvalid(message, field="country")
        if calendar.subdivision and calendar.subdivision not in regions:
            message = f"there is no calendar of holidays for the region {calendar.subdivision[:20]!r}"
            raise CalendarInvalid(message, field="subdivision")


def working_add(calendar: WorkingCalendar, moment: datetime, term: timedelta) -> datetime:
    """Return the moment at which so much working time has gone by.

    Raises:
        CalendarInvalid: that much is not worked within three years.
    """
    left = term
    for begins, ends in _windows(calendar, moment):
        at_hand = ends - max(begins, moment)
        if at_hand >= left:
            return max(begins, moment) + left
        left -= max(at_hand, timedelta())
    message = "the calendar holds too little working time for this term"
    raise CalendarInvalid(message, field="calendar")


def _windows(calendar: WorkingCalendar, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Return when work begins and ends, in UTC: a day on which the clocks change is as long as it is."""
    zone = ZoneInfo(calendar.timezone)
    start, end = time.fromisoformat(calendar.start), time.fromisoformat(calendar.end)
    first = moment.astimezone(zone).date()
    for number in range(MAX_DAYS):
        day = first + timedelta(days=number)
        if day.weekday() not in calendar.days or is_holiday(calendar.country, calendar.subdivision, day):
            continue
        begins = datetime.combine(day, start, zone).astimezone(UTC)
        ends = datetime.combine(day, end, zone).astimezone(UTC)
        if ends > moment:
            yield begins, ends


def is_holiday(country: str, subdivision: str, day: date) -> bool:
    """Say whether a day is a public holiday there."""
    return bool(country) and day in _holidays(country, subdivision, day.year)


@lru_cache(maxsize=256)
def _holidays(country: str, subdivision: str, year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays(country, subdiv=subdivision or None, years=year))
