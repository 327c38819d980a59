"""Asking again for what expired undecided: the change or the sign-off gets a new request, in one step.

The old request stays expired and nobody's word on it counts for the new one. A change is put on the branch as
it is and makes a new pack, as a void one does: evidence that lay for a whole term is gathered anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from countersign.accounts.policies import require
from countersign.approvals.selectors import request_get
from countersign.jobs.services import job_submit_once
from countersign.plans.contracts import PhaseState
from countersign.plans.selectors import phase_get
from countersign.runs.selectors import run_get
from countersign.shared.errors import Conflict
from countersign.workflow.executor import EXECUTOR

if TYPE_CHECKING:
    from countersign.approvals.contracts import RequestData
    from countersign.shared.actor import Actor

KIND: Final = "request.renew"


class AskAgainRefused(Conflict):
    """The request can't be asked for again: it has not expired, or something else has come of it."""

    code = "ask_again_refused"


def ask_again_hindrance(request: RequestData) -> str:
    """Say why a request can't be asked for again; nothing where it can."""
    if request.state != "expired":
        return f"it is {request.state}: only what has expired is asked for again"
    if request.superseded_by is not None:
        return "it has been asked for again already"
    if request.subject_kind == "phase":
        phase = phase_get(actor=EXECUTOR, phase_id=request.subject_id)
        waits = phase.state is PhaseState.AWAITING_SIGNOFF
        return "" if waits else f"its phase is {phase.state.value}, and waits for no signature"
    run = run_get(actor=EXECUTOR, run_id=request.subject_id)
    if run.request_id != request.id or run.state != "waiting_approval":
        return f"its change does not wait for it any more: the run is {run.state}"
    return ""


def request_ask_again(*, actor: Actor, request_id: str) -> str:
    """Put a new request in the place of an expired one; return the job's id.

    Whoever asks while that is under way is given the same job.

    Raises:
        PermissionDenied: the actor may not start runs.
        RequestNotFound: there is no such request.
        AskAgainRefused: it has not expired, or something else has come of it.
    """
    require(actor, "run.write")
    request = request_get(actor=EXECUTOR, request_id=request_id)
    if why := ask_again_hindrance(request):
        message = f"this request can't be asked for again: {why}"
        raise AskAgainRefused(message, request_id=request_id)
    return job_submit_once(
        actor=actor,
        kind=KIND,
        subject=("approval_request", request.id),
        payload={"request_id": request.id},
    )
