"""Rounds, medians and rows: how every benchmark is measured.

Machines are noisy, so a figure is measured in interleaved rounds beside its baseline, and what counts is the
median of the per-round ratios; the absolute numbers are there for orientation.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 5
_NOTICED_SECONDS = 0.1
Taken = TypeVar("Taken")


@dataclass(frozen=True, slots=True)
class Bar:
    """What a figure must reach."""

    of: Literal["ratio", "value"]
    at: Literal["most", "least"]
    limit: float

    def met(self, *, value: float, ratio: float | None) -> bool | None:
        """Say whether it is reached; ``None`` when the figure that it is about is missing."""
        figure = ratio if self.of == "ratio" else value
        if figure is None:
            return None
        return figure <= self.limit if self.at == "most" else figure >= self.limit

    def __str__(self) -> str:
        """Say it in words."""
        return f"{self.of} at {self.at} {self.limit:g}"


@dataclass(frozen=True, slots=True)
class Row:
    """One figure as it is reported."""

    name: str
    value: float
    unit: str
    baseline: float | None
    ratio: float | None
    bar: str | None
    met: bool | None

    def as_json(self) -> dict[str, object]:
        """Return the row as it stands in the JSON file."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one round of a benchmark gives: its figure and the baseline's, in the same unit."""

    value: float
    baseline: float | None = None


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One row to be: a function that measures one round, called as often as there are rounds."""

    name: str
    unit: str
    round: Callable[[], Measurement]
    bar: Bar | None = None

    def run(self, rounds: int, tell: Callable[[str], None]) -> Row:
        """Measure, saying how far it is, and return the row."""
        taken = []
        for number in range(1, rounds + 1):
            started = time.monotonic()
            taken.append(self.round())
            # A round that another benchmark has measured already is no news.
            if time.monotonic() - started > _NOTICED_SECONDS:
                tell(f"{self.name}: round {number} of {rounds}")
        value = statistics.median(item.value for item in taken)
        baselines = [item.baseline for item in taken if item.baseline is not None]
        ratios = [item.value / item.baseline for item in taken if item.baseline]
        ratio = statistics.median(ratios) if ratios else None
        return Row(
            name=self.name,
            value=round(value, 4),
            unit=self.unit,
            baseline=round(statistics.median(baselines), 4) if baselines else None,
            ratio=round(ratio, 3) if ratio is not None else None,
            bar=str(self.bar) if self.bar else None,
            met=self.bar.met(value=value, ratio=ratio) if self.bar else None,
        )


@dataclass(slots=True)
class Rounds(Generic[Taken]):
    """Rounds that several benchmarks take their figures from: each round is measured once."""

    measure: Callable[[], Taken]
    taken: list[Taken] = field(default_factory=list)

    def figures(self, figure: Callable[[Taken], Measurement]) -> Callable[[], Measurement]:
        """Return what gives one benchmark its figure of the next round."""
        place = 0

        def following() -> Measurement:
            nonlocal place
            if place == len(self.taken):
                self.taken.append(self.measure())
            place += 1
            return figure(self.taken[place - 1])

        return following
