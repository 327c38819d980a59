"""What the faces show of exceptions from rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import datetime

ExceptionState = Literal["unsigned", "in_force", "expired", "revoked"]


@dataclass(frozen=True, slots=True)
class ExceptionView:
    """One exception.

    Attributes:
        state: ``unsigned`` until a signed checkpoint covers its event; until then it lets nothing pass.
        run_id: the run whose change it was made for; nothing where it is for every change.
        run_title: what that run is about.
        request_id: the request on that run's change, where there is one.
        paths: where it applies; nothing for everywhere.
    """

    id: str
    state: ExceptionState
    rule: str
    rule_title: str
    run_id: str | None
    run_title: str | None
    request_id: str | None
    paths: tuple[str, ...]
    reason: str
    compensating_controls: tuple[str, ...]
    granted_by: str
    granted_at: datetime
    expires_at: datetime
    revoked_by: str | None
    revoked_at: datetime | None
    revoke_reason: str
    may_revoke: bool


@dataclass(frozen=True, slots=True)
class ExceptableRule:
    """A rule that an exception can be granted from."""

    code: str
    title: str


@dataclass(frozen=True, slots=True)
class ExceptionsView:
    """All exceptions, the newest first, and what the viewer may do."""

    results: tuple[ExceptionView, ...]
    may_grant: bool
    rules: tuple[ExceptableRule, ...]
