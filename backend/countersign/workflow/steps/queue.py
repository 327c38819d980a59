"""The merge queue of a project, verified ahead of time: one waiting change a step (DESIGN section 9)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from countersign.approvals.services import request_void
from countersign.jobs.errors import LeaseLost
from countersign.plans.selectors import work_item_get
from countersign.projects.selectors import project_get
from countersign.runs.contracts import StandingFound
from countersign.runs.queue import standings_of
from countersign.runs.services import standing_record
from countersign.shared.errors import DomainError, Unavailable
from countersign.workflow.answers import answers_told
from countersign.workflow.executor import EXECUTOR
from countersign.workflow.following import head_follow
from countersign.workflow.line import next_due
from countersign.workflow.merging import merge_plan
from countersign.workflow.outcomes import Done, Next, StepContext, Workflow
from countersign.workflow.queueing import KIND
from countersign.workflow.renewal import change_renew_or_end
from countersign.workflow.reverification import CarryOverRefused, carry_over_judge
from countersign.workflow.sealing import gate_evidence
from countersign.workflow.standing import moved_why

if TYPE_CHECKING:
    from countersign.approvals.contracts import RequestData
    from countersign.projects.contracts import ProjectData
    from countersign.runs.contracts import RunData
    from countersign.workflow.answers import Reports
    from countersign.workflow.line import Ahead, Due

MERGES_WAIT_SECONDS = 2.0
MAX_WAITS = 30


def head_look(context: StepContext) -> Next:
    """Follow the registered branch: somebody may have pushed to it."""
    project = head_follow(project_get(actor=EXECUTOR, project_id=context.text("project_id")))
    return Next("verify", summary=f"the branch is at {project.head_commit[:12]}")


def standing_take(context: StepContext) -> Next | Done:
    """Find out how the next waiting change stands, or let it make its new pack."""
    project = project_get(actor=EXECUTOR, project_id=context.text("project_id"))
    waited = int(str(context.job.memory.get("waited", 0)))
    due = next_due(project, patient=waited < MAX_WAITS)
    if due is None:
        return Done({"project_id": project.id})
    if due.what == "wait" or due.request is None:
        # What it waits for looks at the branch itself, and moves it.
        return Next(
            "verify",
            memory={"waited": waited + 1},
            summary="changes are being merged",
            wait_seconds=MERGES_WAIT_SECONDS,
        )
    if due.what == "renew":
        _renew(context, project, due.run, due.request, due.why)
        return Next("verify", summary=f"{due.run.title}: {due.why}")
    return _verify(context, project, due, due.request)


def _verify(context: StepContext, project: ProjectData, due: Due, request: RequestData) -> Next:
    run = due.run
    try:
        found = _found(project, run, request, due.ahead)
    except (Unavailable, LeaseLost):
        raise
    except DomainError as error:
        found = _Found("unknown", error.message)
    standing_record(
        actor=EXECUTOR,
        lease=context.lease,
        standing=StandingFound(
            run_id=run.id,
            request_id=request.id,
            base_commit=due.ahead.base,
            key=found.key,
            verdict=found.verdict,
            why=found.why,
            reports=tuple(evidence.report for evidence in gate_evidence(found.reports)),
            behind=due.ahead.behind,
            next_base=found.next_base,
        ),
        answers=answers_told(run, key=found.key, reports=found.reports),
    )
    return Next("verify", summary=f"{run.title}: {found.why or 'holds'}")


@dataclass(frozen=True, slots=True)
class _Found:
    verdict: str
    why: str = ""
    key: str = ""
    reports: Reports = ()
    next_base: str = ""


def _found(project: ProjectData, run: RunData, request: RequestData, ahead: Ahead) -> _Found:
    result_tree, addendum, key = run.result_tree, None, ""
    reports: Reports = ()
    if ahead.base == run.base_commit:
        if why := moved_why(run, request):
            return _Found("void", why)
    else:
        try:
            judged = carry_over_judge(
                project=project,
                run=run,
                item=work_item_get(actor=EXECUTOR, work_item_id=run.work_item_id),
                request=request,
                new_base=ahead.base,
                ahead=ahead.steps,
                standing=standings_of(actor=EXECUTOR, run_ids=[run.id]).get(run.id),
            )
        except CarryOverRefused as refusal:
            return _Found("void", str(refusal), key=refusal.key, reports=refusal.reports)
        result_tree, addendum = judged.result_tree, judged.digest
        key, reports = judged.key, judged.reports
    if request.state != "approved":
        return _Found("holds", key=key, reports=reports)
    planned = merge_plan(
        project=project,
        run=run,
        request=request,
        base=ahead.base,
        result_tree=result_tree,
        addendum=addendum,
    )
    return _Found("holds", key=key, reports=reports, next_base=planned.state_commit)


def _renew(context: StepContext, project: ProjectData, run: RunData, request: RequestData, why: str) -> None:
    if request.state != "void" and not request_void(
        actor=EXECUTOR, lease=context.lease, request_id=request.id, why=why, undecided=True
    ):
        return  # decided meanwhile: whoever carries that out finds out as well
    change_renew_or_end(lease=context.lease, project=project, run=run, request_id=request.id, why=why)


WORKFLOW = Workflow(kind=KIND, steps={"look": head_look, "verify": standing_take})
