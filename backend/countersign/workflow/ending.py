"""The end of a run that can't be merged: its work item can be taken up again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.plans.contracts import WorkItemState
from countersign.plans.selectors import work_item_get
from countersign.plans.services import work_item_move
from countersign.workflow.executor import EXECUTOR

if TYPE_CHECKING:
    from countersign.runs.contracts import RunData


def run_end(run: RunData, reason: str) -> None:
    """Free the work item of a run that has failed."""
    item = work_item_get(actor=EXECUTOR, work_item_id=run.work_item_id)
    if run.state == "failed" and item.state is WorkItemState.RUNNING:
        work_item_move(
            actor=EXECUTOR,
            work_item_id=item.id,
            expected=WorkItemState.RUNNING,
            to=WorkItemState.READY,
            reason=reason[:500],
        )
