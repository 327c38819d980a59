"""What follows from an exception that was granted or ended, once the signed log tells of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.workflow.exceptions import KIND, queues_ask
from countersign.workflow.outcomes import Done, Next, Workflow
from countersign.workflow.relaxing import relaxations_signed

if TYPE_CHECKING:
    from countersign.workflow.outcomes import StepContext

CHECKPOINT_WAIT_SECONDS = 0.5


def checkpoint_await(context: StepContext) -> Next | Done:
    """Wait for the checkpoint that covers the event, and let the merge queues be looked at then."""
    waiver = relaxations_signed().waivers.get(context.text("waiver_id"))
    if waiver is None or (context.job.payload["ended"] is True and waiver.revoked is None):
        return Next("checkpoint", summary="waiting for the checkpoint", wait_seconds=CHECKPOINT_WAIT_SECONDS)
    queues_ask(context.text("run_id"))
    return Done({"waiver_id": waiver.id})


WORKFLOW = Workflow(kind=KIND, steps={"checkpoint": checkpoint_await})
