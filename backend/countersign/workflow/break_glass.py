"""Break-glass for every face: who may ask, and until when what was approved under it may be merged."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import TYPE_CHECKING

from countersign.accounts.policies import require
from countersign.approvals.break_glass import (
    break_glass_close,
    break_glass_confirm,
    break_glass_request,
    break_glass_review,
)
from countersign.approvals.windows import window_get
from countersign.projects.selectors import project_get
from countersign.workflow.executor import EXECUTOR
from countersign.workflow.logged import window_closed_logged
from countersign_verify.canonical import canonical_object

if TYPE_CHECKING:
    from countersign.approvals.contracts import BreakGlassData, DecisionData, RequestData
    from countersign.shared.actor import Actor


def window_ask(*, actor: Actor, project: str, reason: str, minutes: int) -> BreakGlassData:
    """Ask for a window in a project.

    Raises:
        PermissionDenied: the actor may not.
        ProjectNotFound: there is no such project.
        DomainError: as ``break_glass_request`` says.
    """
    require(actor, "break_glass.open")
    found = project_get(actor=actor, project=project)
    return break_glass_request(actor=actor, project_id=found.id, reason=reason, minutes=minutes)


def window_confirm(*, actor: Actor, window_id: str) -> BreakGlassData:
    """Open a window as its second person.

    Raises:
        PermissionDenied: the actor may not.
        DomainError: as ``break_glass_confirm`` says.
    """
    require(actor, "break_glass.open")
    return break_glass_confirm(actor=actor, window_id=window_id)


def window_close(*, actor: Actor, window_id: str) -> BreakGlassData:
    """End a window before its time.

    Raises:
        PermissionDenied: the actor may not.
        DomainError: as ``break_glass_close`` says.
    """
    require(actor, "break_glass.open")
    return break_glass_close(actor=actor, window_id=window_id)


def window_review(*, actor: Actor, window_id: str, review: str) -> BreakGlassData:
    """Review a window that is over.

    Raises:
        PermissionDenied: the actor may not.
        DomainError: as ``break_glass_review`` says.
    """
    require(actor, "break_glass.review")
    return break_glass_review(actor=actor, window_id=window_id, review=review)


def merge_deadline(request: RequestData) -> datetime:
    """Return until when a decision can be carried out: with its request or its window, and as it was signed.

    What was signed counts beside what the tables say: a later date there would not hold for a stranger, and a
    window that the log says was closed is closed.

    Raises:
        LogDamaged: the tables of the log are not what was signed.
    """
    ends = [request.expires_at]
    for decision in request.decisions:
        ends.append(signed_until(decision))
        if decision.break_glass:
            window = window_get(actor=EXECUTOR, window_id=decision.break_glass)
            closed = window_closed_logged(window.id)
            ends += [moment for moment in (window.expires_at, window.closed_at, closed) if moment]
    return min(ends)


def signed_until(decision: DecisionData) -> datetime:
    """Return until when a decision says that it holds; its signature is checked elsewhere."""
    statement = canonical_object(base64.b64decode(str(decision.envelope["payload"])))
    predicate = statement["predicate"]
    said = predicate["expires_at"] if isinstance(predicate, dict) else None
    return datetime.fromisoformat(str(said))


def window_used(request: RequestData) -> str:
    """Return the window under which a request was approved; nothing where its quorum was reached."""
    return next((decision.break_glass for decision in request.decisions if decision.break_glass), "")
