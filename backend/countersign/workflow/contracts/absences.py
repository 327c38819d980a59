"""Who is away, as every face shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import datetime

    from countersign.accounts.contracts import Gap


@dataclass(frozen=True, slots=True)
class AbsenceView:
    """A time in which somebody is away.

    Attributes:
        roles: those in which the delegate is asked.
        nobody: why nobody stands in at any time of it, with the mend; empty where somebody does.
        gaps: parts of what is left of it in which the delegate is away as well.
        mine: the viewer is away.
        stands_in: the viewer was named to stand in.
        may_change: the viewer may end it and name another delegate.
    """

    id: str
    person_id: str
    person: str
    delegate_id: str | None
    delegate: str | None
    roles: tuple[str, ...]
    nobody: str
    gaps: tuple[Gap, ...]
    starts_at: datetime
    ends_at: datetime
    ended_at: datetime | None
    state: Literal["coming", "now", "over"]
    declared_by: str
    mine: bool
    stands_in: bool
    may_change: bool


@dataclass(frozen=True, slots=True)
class StandInView:
    """Somebody who holds a role that the viewer holds, and could stand in."""

    person_id: str
    name: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AbsencesView:
    """Who is away, and who could stand in for the viewer."""

    results: tuple[AbsenceView, ...]
    stand_ins: tuple[StandInView, ...]
    may_declare_for_others: bool


@dataclass(frozen=True, slots=True)
class RequestAbsenceView:
    """Somebody who would be asked about a request, and is away.

    Attributes:
        stand_in: who is asked instead.
        nobody: why nobody is; empty where somebody is.
        mine: the viewer is asked instead.
    """

    person: str
    roles: tuple[str, ...]
    until: datetime
    stand_in: str | None
    nobody: str
    mine: bool
