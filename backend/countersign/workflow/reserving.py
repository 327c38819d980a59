"""Keeping the next merge slot for a change that the Change Advisory Board decides on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.accounts.policies import require
from countersign.approvals.selectors import request_get, request_list
from countersign.projects.selectors import project_get
from countersign.projects.settings import settings_with_defaults
from countersign.runs.errors import ReservationRefused
from countersign.runs.services import slot_release, slot_reserve
from countersign.shared.errors import PermissionDenied
from countersign.workflow.executor import EXECUTOR
from countersign.workflow.queueing import queue_ask

if TYPE_CHECKING:
    from countersign.approvals.contracts import RequestData
    from countersign.runs.contracts import ReservationData
    from countersign.shared.actor import Actor

_ALIVE = ("pending", "approved")


def reservable(request: RequestData) -> bool:
    """Say whether the next slot can be kept for what a request is about: it waits, and the board decides."""
    return request.subject_kind == "change" and request.policy.tier == "cab" and request.state in _ALIVE


def slot_keep(*, actor: Actor, project: str, request_id: str, minutes: int | None = None) -> ReservationData:
    """Keep the next merge slot of a project for a change, so that the base stays while the board decides.

    Args:
        actor: the person who asks for it.
        project: whose slot.
        request_id: the request on the change.
        minutes: how long; as long as the project allows where nothing is said.

    Raises:
        PermissionDenied: the actor may not keep slots, or is no person.
        ProjectNotFound: there is no such project.
        RequestNotFound: there is no such request.
        ReservationRefused: it is of another project, not for the board, has ended, or longer than allowed;
            or as ``slot_reserve`` says.
        ClocksDisagree: no clock can be trusted to say when it ends.
    """
    require(actor, "slot.keep")
    if actor.person_id is None:
        message = "only a person can keep a merge slot"
        raise PermissionDenied(message)
    found = project_get(actor=actor, project=project)
    request = request_get(actor=actor, request_id=request_id)
    _reservable_require(request, found.id)
    most = int(str(settings_with_defaults(found.settings)["slot_minutes"]))
    if minutes is not None and most and minutes > most:
        message = f"a slot of this project is kept for at most {most} minutes"
        raise ReservationRefused(message, minutes=minutes, most=most)
    others = request_list(actor=EXECUTOR, states=("pending",), project_id=found.id)
    return slot_reserve(
        actor=actor,
        run_id=request.subject_id,
        minutes=most if minutes is None else min(minutes, most),
        rivals=frozenset(other.subject_id for other in others if reservable(other)),
    )


def slot_give_back(*, actor: Actor, project: str) -> None:
    """Give the kept slot of a project back before its time; what waited for it goes on.

    Raises:
        PermissionDenied: the actor may not keep slots, so not end them either.
        ProjectNotFound: there is no such project.
        ReservationNotFound: it is not kept for anybody.
    """
    require(actor, "slot.keep")
    found = project_get(actor=actor, project=project)
    slot_release(actor=actor, project_id=found.id)
    queue_ask(found.id)


def _reservable_require(request: RequestData, project_id: str) -> None:
    if request.project_id != project_id:
        message = "the request belongs to another project"
        raise ReservationRefused(message, request_id=request.id)
    if reservable(request):
        return
    why = f"it is '{request.state}': what has taken its place can be reserved for, if anything has"
    if request.state in _ALIVE:
        why = "the Change Advisory Board does not decide on it: it takes its turn"
    message = f"the slot can't be kept for this request, because {why}"
    raise ReservationRefused(message, request_id=request.id, state=request.state)
