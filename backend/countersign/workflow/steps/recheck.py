"""A change that was put on a new base: its gates, its new pack, its new request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.runs.selectors import run_get
from countersign.runs.services import incident_open, run_checked
from countersign.workflow.executor import EXECUTOR
from countersign.workflow.gate_asking import AnswersPending, gates_answered
from countersign.workflow.outcomes import Done, Next, StepContext, Workflow
from countersign.workflow.steps.run import execution_failed, incident_end, pack_seal

if TYPE_CHECKING:
    from countersign.gates.contracts import GateReport, GateResultData
    from countersign.runs.contracts import RunData


def gates_again(context: StepContext) -> Next | Done:
    """Run the gates on the new tree; the patch is the approved one, so a failure is a person's matter."""
    run = run_get(actor=EXECUTOR, run_id=context.text("run_id"))
    if run.state == "incident":
        return incident_end(run)
    if run.state != "checking":
        return Next("seal")
    try:
        reports = gates_answered(context, run)
    except AnswersPending as pending:
        return pending.again("check")
    failed = tuple(report for report in reports if report.status.value == "fail")
    if failed:
        return _incident(context, run, failed)
    run_checked(
        actor=EXECUTOR,
        lease=context.lease,
        run_id=run.id,
        retry=False,
        verdicts={report.name: report.status.value for report in reports},
    )
    return Next("seal", summary=f"checked again on {run.base_commit[:12]}")


def _incident(context: StepContext, run: RunData, failed: tuple[GateReport | GateResultData, ...]) -> Done:
    incident_open(
        actor=EXECUTOR,
        lease=context.lease,
        run_id=run.id,
        title=f"{run.title}: does not hold on the moved base",
        detail="\n".join(f"- {report.name}: {report.reason}" for report in failed),
    )
    return incident_end(run)


WORKFLOW = Workflow(
    kind="run.recheck",
    steps={"check": gates_again, "seal": pack_seal},
    on_failure=execution_failed,
)
