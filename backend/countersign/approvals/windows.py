"""Reading break-glass: what is open, what waits for its review, and what that hinders."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from countersign.accounts.policies import require
from countersign.approvals.break_glass_models import BreakGlass
from countersign.approvals.contracts import BreakGlassData
from countersign.approvals.errors import BreakGlassNotFound, BreakGlassOver, BreakGlassPending
from countersign.approvals.selectors import as_uuid
from countersign.audit.selectors import event_is_checkpointed, event_list
from countersign.projects.selectors import project_get
from countersign.shared.actor import service_actor
from countersign.shared.clock import isoformat, now

if TYPE_CHECKING:
    from datetime import datetime

    from countersign.shared.actor import Actor

# A request that nobody countersigns lapses; what was opened is reviewed within a day.
REQUEST_VALID: Final = timedelta(minutes=15)
REVIEW_WITHIN: Final = timedelta(hours=24)
_READER: Final = service_actor("approvals")


def _state(row: BreakGlass, moment: datetime) -> str:
    if row.opened_at is None or row.expires_at is None:
        return "requested" if moment < row.requested_at + REQUEST_VALID else "lapsed"
    if row.reviewed_at is not None:
        return "reviewed"
    if row.closed_at is None and moment < row.expires_at:
        return "open"
    return "review_due" if moment < row.opened_at + REVIEW_WITHIN else "review_overdue"


def window_data(row: BreakGlass, moment: datetime) -> BreakGlassData:
    """Return what others see of a window at a moment."""
    return BreakGlassData(
        id=str(row.id),
        project_id=str(row.project_id),
        state=_state(row, moment),
        reason=row.reason,
        minutes=row.minutes,
        permits=tuple(row.permits),
        requested_by=str(row.requested_by),
        requested_at=row.requested_at,
        opened_by=str(row.opened_by) if row.opened_by else None,
        opened_at=row.opened_at,
        expires_at=row.expires_at,
        event_id=str(row.event_id) if row.event_id else None,
        closed_at=row.closed_at,
        review_due_at=row.opened_at + REVIEW_WITHIN if row.opened_at else None,
        reviewed_by=str(row.reviewed_by) if row.reviewed_by else None,
        reviewed_at=row.reviewed_at,
        review=row.review,
    )


def window_get(*, actor: Actor, window_id: str) -> BreakGlassData:
    """Return a window.

    Raises:
        PermissionDenied: the actor may not read.
        BreakGlassNotFound: there is none.
    """
    require(actor, "read")
    row = BreakGlass.objects.filter(pk=as_uuid(window_id)).first()
    if row is None:
        message = "there is no such break-glass window"
        raise BreakGlassNotFound(message, break_glass_id=window_id)
    return window_data(row, now())


def window_list(*, actor: Actor) -> tuple[BreakGlassData, ...]:
    """Return all windows, the newest first.

    Raises:
        PermissionDenied: the actor may not read.
    """
    require(actor, "read")
    moment = now()
    return tuple(window_data(row, moment) for row in BreakGlass.objects.all())


def windows_told(*, actor: Actor) -> tuple[BreakGlassData, ...]:
    """Return the windows that everybody is told of: asked for, open, or without their review.

    Raises:
        PermissionDenied: the actor may not read.
    """
    quiet = {"lapsed", "reviewed"}
    return tuple(window for window in window_list(actor=actor) if window.state not in quiet)


def window_require(*, window_id: str, project_id: str, moment: datetime) -> BreakGlassData:
    """Return an open window of a project that a signed checkpoint covers.

    Raises:
        BreakGlassNotFound: there is none in this project.
        BreakGlassOver: it is not open, or not any more, or the log tells of another one.
        BreakGlassPending: no signed checkpoint covers its opening yet.
    """
    row = BreakGlass.objects.filter(pk=as_uuid(window_id), project_id=project_id).first()
    if row is None:
        message = "there is no such break-glass window in this project"
        raise BreakGlassNotFound(message, break_glass_id=window_id)
    window = window_data(row, moment)
    if window.state != "open" or window.event_id is None:
        message = f"the break-glass window is not open: {window.state.replace('_', ' ')}"
        raise BreakGlassOver(message, break_glass_id=window_id, state=window.state)
    if not event_is_checkpointed(window.event_id):
        message = "a signed checkpoint must cover the opening of the window first; try again in a moment"
        raise BreakGlassPending(message, break_glass_id=window_id)
    _logged_require(window)
    return window


def _logged_require(window: BreakGlassData) -> None:
    """Refuse a window that is in the table otherwise than in the log: the log is what a stranger believes.

    Raises:
        BreakGlassOver: the log does not tell of this window, or of another one.
    """
    told = event_list(actor=_READER, subject=("break_glass", window.id), type="break_glass.opened")
    stated = {
        "project": project_get(actor=_READER, project_id=window.project_id).slug,
        "requested_by": window.requested_by,
        "opened_by": window.opened_by,
        "expires_at": isoformat(window.expires_at) if window.expires_at else None,
        "permits": list(window.permits),
    }
    [logged] = told if len(told) == 1 else [None]
    if logged is None or logged.id != window.event_id:
        same = False
    else:
        same = all(logged.data.get(name) == value for name, value in stated.items())
    if not same:
        message = "the log does not tell of this window as the table does: nothing is done under it"
        raise BreakGlassOver(message, break_glass_id=window.id)
