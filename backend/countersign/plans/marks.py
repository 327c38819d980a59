"""Plain data that remembers where in a text each value stood."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from countersign.plans.contracts import PlanProblem

Plain: TypeAlias = "bool | int | float | str | list[Plain] | dict[str, Plain] | None"
Location: TypeAlias = tuple[str | int, ...]
# What a reader builds: plain data in which any value may carry its place.
Placed: TypeAlias = "At | bool | int | float | str | list[Placed] | dict[str, Placed] | None"


@dataclass(frozen=True, slots=True)
class At:
    """A value and its place."""

    value: Placed
    line: int
    column: int


@dataclass(slots=True)
class Marked:
    """Plain data, the place (line, column) of each value, and what was wrong with the text."""

    data: Plain = None
    marks: dict[Location, tuple[int, int]] = field(default_factory=dict)
    problems: list[PlanProblem] = field(default_factory=list)

    def place(self, location: Location) -> tuple[int, int]:
        """Give the place of a value, or of the nearest value around it that exists."""
        for length in range(len(location), -1, -1):
            mark = self.marks.get(location[:length])
            if mark is not None:
                return mark
        return (1, 1)

    def existing(self, location: Iterable[str | int]) -> Location:
        """Drop the tag that pydantic puts into the location of a discriminated union."""
        kept: Location = ()
        for part in location:
            if (*kept, part) in self.marks:
                kept = (*kept, part)
        return kept


def settled(value: Placed) -> Marked:
    """Part what a reader built into plain data and places."""
    result = Marked()
    result.data = _settled(value, (), result)
    return result


def _settled(value: Placed, location: Location, result: Marked) -> Plain:
    if isinstance(value, At):
        plain = _settled(value.value, location, result)
        result.marks[location] = (value.line, value.column)
        return plain
    if isinstance(value, dict):
        data = {key: _settled(part, (*location, key), result) for key, part in value.items()}
        _mark_by_first(location, [(*location, key) for key in data], result)
        return data
    if isinstance(value, list):
        parts = [_settled(part, (*location, index), result) for index, part in enumerate(value)]
        _mark_by_first(location, [(*location, index) for index in range(len(parts))], result)
        return parts
    return value


def _mark_by_first(location: Location, parts: list[Location], result: Marked) -> None:
    """Let what has no place of its own begin where the first of its parts does."""
    places = [result.marks[part] for part in parts if part in result.marks]
    if places:
        result.marks[location] = min(places)
