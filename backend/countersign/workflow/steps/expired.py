"""The new request in the place of an expired one that somebody asked for again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.approvals.selectors import request_get
from countersign.projects.selectors import project_get
from countersign.runs.selectors import run_get
from countersign.workflow.executor import EXECUTOR
from countersign.workflow.expired import KIND, ask_again_hindrance
from countersign.workflow.following import head_follow
from countersign.workflow.outcomes import Done, Next, Workflow
from countersign.workflow.phases import phases_recompute
from countersign.workflow.queueing import queue_ask
from countersign.workflow.renewal import change_renew_or_end

if TYPE_CHECKING:
    from countersign.workflow.outcomes import StepContext

WHY = "its request expired undecided, and was asked for again"


def request_renew(context: StepContext) -> Next | Done:
    """Let the change make its new pack on the branch as it is, or judge the phase anew.

    A job that comes too late, because the request was renewed or its run has ended, changes nothing.
    """
    request = request_get(actor=EXECUTOR, request_id=context.text("request_id"))
    if why := ask_again_hindrance(request):
        return Done({"request_id": request.id, "renewed": False, "why": why})
    if request.subject_kind == "phase":
        if phases_recompute(context, project_id=request.project_id) is None:
            return Next("renew", summary="another change was merged meanwhile: judging again")
        return Done({"request_id": request.id, "renewed": True})
    project = head_follow(project_get(actor=EXECUTOR, project_id=request.project_id))
    run = run_get(actor=EXECUTOR, run_id=request.subject_id)
    renewed = change_renew_or_end(
        lease=context.lease, project=project, run=run, request_id=request.id, why=WHY
    )
    queue_ask(project.id)
    return Done({"request_id": request.id, "run_id": run.id, "renewed": renewed})


WORKFLOW = Workflow(kind=KIND, steps={"renew": request_renew})
