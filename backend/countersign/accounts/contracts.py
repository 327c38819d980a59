"""What the accounts room hands to others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class UserData:
    """A user and the person behind it."""

    id: str
    email: str
    person_id: str
    name: str
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class IssuedSecret:
    """A secret that is shown once: the platform keeps its digest only."""

    id: str
    secret: str
    expires_at: datetime
