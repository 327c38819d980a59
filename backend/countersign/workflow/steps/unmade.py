"""After the key of a pack was destroyed: nobody can decide on what nobody can read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.approvals.selectors import request_list
from countersign.approvals.services import request_void
from countersign.workflow.executor import EXECUTOR
from countersign.workflow.outcomes import Done, StepContext, Workflow
from countersign.workflow.shredding import KIND
from countersign.workflow.steps.run import execution_failed

if TYPE_CHECKING:
    from countersign.shared.types import JSON

WHY = "the key of its evidence pack was destroyed"
_OPEN = ("pending", "approved")


def requests_end(context: StepContext) -> Done:
    """Void the requests over the pack, end the run that waited, and free its work item."""
    pack, run_id = context.text("pack"), context.text("run_id")
    open_requests = request_list(actor=EXECUTOR, states=_OPEN, subject=("change", run_id))
    voided: list[JSON] = []
    for request in open_requests:
        if request.subject_digest == pack:
            request_void(actor=EXECUTOR, lease=context.lease, request_id=request.id, why=WHY)
            voided.append(request.id)
    if voided:
        execution_failed(context, {"code": "evidence_unmade", "error": WHY})
    return Done({"pack": pack, "voided": voided})


WORKFLOW = Workflow(kind=KIND, steps={"end": requests_end})
