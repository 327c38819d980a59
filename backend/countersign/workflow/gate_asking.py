"""What the gates say of a change before its pack is sealed: as the signed log bears it out, or asked now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.audit.selectors import event_is_checkpointed
from countersign.gates.services import gate_results_record
from countersign.plans.selectors import work_item_get
from countersign.projects.selectors import project_get
from countersign.shared.errors import Unavailable
from countersign.workflow.answers import answers_borne_out, answers_recorded, answers_signed
from countersign.workflow.assessment import gates_check
from countersign.workflow.executor import EXECUTOR
from countersign.workflow.outcomes import Next
from countersign.workflow.reverification import gates_key
from countersign.workflow.sealing import frozen_change

if TYPE_CHECKING:
    from countersign.runs.contracts import RunData
    from countersign.workflow.answers import Reports
    from countersign.workflow.outcomes import StepContext

WAIT_SECONDS = 0.2
# Then the gates are asked again: what they say to the one who asks needs no log to bear it out.
MAX_WAITS = 600


class AnswersPending(Unavailable):
    """The gates have answered, and no checkpoint covers the event that tells of it yet."""

    code = "gate_answers_pending"

    def __init__(self, waited: int) -> None:
        """Say how often that was so."""
        super().__init__("waiting for the checkpoint over what the gates answered")
        self.waited = waited

    def again(self, step: str) -> Next:
        """The same step, a little later."""
        return Next(
            step,
            memory={"answers_waited": self.waited},
            summary=self.message,
            wait_seconds=WAIT_SECONDS,
        )


def gates_answered(context: StepContext, run: RunData) -> Reports:
    """Return what the gates say of the run's change, by name.

    What was recorded is used where the signed log bears it out. Otherwise the gates are asked, and the log is
    told of what they answer.

    Raises:
        AnswersPending: no checkpoint covers what was recorded yet.
        LeaseLost: another worker carries the run out.
        GateResultConflict: they answered about another tree in this attempt.
        SigningKeyMissing: the key of the gates can't be read.
    """
    recorded = answers_recorded(run)
    waited = int(str(context.job.memory.get("answers_waited", 0)))
    told = recorded[0].event_id if recorded else ""
    if told and waited < MAX_WAITS and not event_is_checkpointed(told):
        raise AnswersPending(waited + 1)
    project = project_get(actor=EXECUTOR, project_id=run.project_id)
    change = frozen_change(project, run)
    rules = work_item_get(actor=EXECUTOR, work_item_id=run.work_item_id).rules
    key = gates_key(project, run, change, target_rules=rules)
    if kept := answers_borne_out(run, recorded, key=key):
        return kept
    reports = gates_check(project, change, target_rules=rules)
    gate_results_record(
        actor=context.actor,
        lease=context.lease,
        run_id=run.id,
        attempt=run.attempt,
        reports=reports,
        signed=answers_signed(run, key=key, reports=reports),
    )
    return tuple(sorted(reports, key=lambda report: report.name))
