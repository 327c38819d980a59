"""A decision under break-glass: one of the two people approves a change without the quorum."""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.accounts.policies import PERMISSIONS
from countersign.approvals.errors import BreakGlassInvalid, BreakGlassPersons, RoleMissing
from countersign.approvals.windows import window_require

if TYPE_CHECKING:
    from datetime import datetime

    from countersign.approvals.contracts import BreakGlassData, RequestData
    from countersign.shared.actor import Actor


def window_of(break_glass: str, request: RequestData, moment: datetime) -> BreakGlassData | None:
    """Return the window that a decision is to be made under; none where it names none.

    Raises:
        BreakGlassInvalid: it is no decision on a change.
        BreakGlassNotFound: there is no such window in this project.
        BreakGlassOver: it is not open, or not any more.
        BreakGlassPending: no signed checkpoint covers its opening yet.
    """
    if not break_glass:
        return None
    if request.subject_kind != "change":
        message = "break-glass is for changes; a phase waits"
        raise BreakGlassInvalid(message, field="break_glass")
    return window_require(window_id=break_glass, project_id=request.project_id, moment=moment)


def role_under(window: BreakGlassData, actor: Actor, verdict: str) -> str:
    """Return the role in which one of the two people approves; it need not be one of the quorum.

    Raises:
        BreakGlassInvalid: anything but an approval needs no break-glass.
        BreakGlassPersons: the actor is neither of the two.
        RoleMissing: the actor holds no role any more that break-glass is for.
    """
    if verdict != "approve":
        message = "only an approval needs break-glass"
        raise BreakGlassInvalid(message, field="break_glass")
    if actor.person_id not in {window.requested_by, window.opened_by}:
        message = "only the two people who opened the window approve under it"
        raise BreakGlassPersons(message, break_glass_id=window.id)
    roles = sorted(actor.roles & PERMISSIONS["break_glass.open"])
    if not roles:
        message = "you hold no role any more that break-glass is for"
        raise RoleMissing(message, roles=sorted(PERMISSIONS["break_glass.open"]))
    return roles[0]
