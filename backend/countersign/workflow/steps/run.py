"""A run: snapshot, agent, gates, pack, request (DESIGN section 2, steps 4 to 7)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from countersign.evidence.artifacts import artifact_store
from countersign.evidence.errors import EvidenceUnmade
from countersign.evidence.services import artifact_record
from countersign.findings.python_target import target_version
from countersign.findings.tree import TreeFiles
from countersign.plans.contracts import WorkItemState
from countersign.plans.selectors import work_item_get
from countersign.plans.services import work_item_move
from countersign.projects.selectors import project_get
from countersign.prompts.selectors import prompt_get
from countersign.providers.cli_agent import propose
from countersign.providers.contracts import ProposalRequest
from countersign.providers.selectors import adapter_get, agent_call_list
from countersign.providers.services import agent_call_record
from countersign.runs.contracts import ProposalData
from countersign.runs.errors import SealTurnTaken
from countersign.runs.selectors import incident_list, run_get
from countersign.runs.services import incident_open, proposal_record, run_checked, run_failed, run_snapshot
from countersign.sandbox.isolation import IsolationKind
from countersign.sandbox.worktree import patch_extract, worktree_create
from countersign.workflow.change import change_freeze, change_message, entries_store, repository_of
from countersign.workflow.executor import EXECUTOR
from countersign.workflow.gate_asking import AnswersPending, gates_answered
from countersign.workflow.naming import branch_name
from countersign.workflow.outcomes import Done, Next, StepContext, Workflow
from countersign.workflow.places import workspace
from countersign.workflow.queueing import queue_ask
from countersign.workflow.sealing import request_for_change

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from countersign.gates.contracts import GateReport, GateResultData
    from countersign.prompts.contracts import PromptData
    from countersign.providers.contracts import AdapterData, ProposalResult
    from countersign.runs.contracts import RunData
    from countersign.shared.types import JSON

logger = logging.getLogger(__name__)

# Seed 002 section 4: two retries with other seeds, then it is a person's turn.
MAX_ATTEMPTS = 3
SEAL_WAIT_SECONDS = 0.5


def snapshot_take(context: StepContext) -> Next:
    """Bind the run to the project's head and tag that commit before anything changes (seed 002 section 0)."""
    run = run_get(actor=context.actor, run_id=context.text("run_id"))
    if run.base_commit:
        return Next("propose")
    project = project_get(actor=context.actor, project_id=run.project_id)
    moment = run.created_at.strftime("%Y%m%dT%H%M%SZ")
    tag = f"snapshot/{run.phase_code or 'unplanned'}-{moment}-{run.id[:8]}"
    repository_of(project).tag_create(tag, project.head_commit)
    run_snapshot(
        actor=context.actor,
        lease=context.lease,
        run_id=run.id,
        base_commit=project.head_commit,
        branch=branch_name(run.phase_code, run.slug),
        snapshot_tag=tag,
    )
    return Next("propose", summary=f"snapshot {tag}")


def proposal_ask(context: StepContext) -> Next:
    """Let the agent work in a disposable clone, and freeze what it leaves behind."""
    run = run_get(actor=context.actor, run_id=context.text("run_id"))
    if run.state == "checking":
        return Next("check")
    project = project_get(actor=context.actor, project_id=run.project_id)
    item = work_item_get(actor=context.actor, work_item_id=run.work_item_id)
    prompt = prompt_get(actor=context.actor, prompt_id=run.prompt_id)
    adapter = adapter_get(actor=context.actor, code=run.adapter)
    repository = repository_of(project)
    isolation = IsolationKind(project.isolation)
    attempt = run.attempt + 1
    with workspace("run") as directory:
        worktree = directory / "worktree"
        worktree_create(repository, run.base_commit, worktree)
        result = propose(
            ProposalRequest(
                worktree=worktree,
                prompt_text=prompt.text,
                adapter=adapter,
                seed=attempt,
                isolation=isolation,
                rules=item.rules,
                paths=item.paths,
                target_version=target_version(TreeFiles(worktree)),
            )
        )
        # Every call is accounted for, also one whose proposal is refused or empty.
        transcript_digest = _call_keep(context, run, prompt, adapter, result)
        proposal = patch_extract(worktree, repository=repository, commit=run.base_commit)
    change = change_freeze(
        repository,
        base_commit=run.base_commit,
        entries=entries_store(repository, proposal.entries),
        message=change_message(run),
        moment=run.created_at,
    )
    proposal_record(
        actor=context.actor,
        lease=context.lease,
        run_id=run.id,
        seed=attempt,
        proposal=ProposalData(
            change_commit=change.change_commit,
            result_tree=change.result_tree,
            entries=change.entries,
            patch_digest=change.patch_digest,
            patch_lines=change.patch_lines,
            summary=_summary(result),
            transcript_digest=transcript_digest,
            duration_ms=result.duration_ms,
            outcome=result.outcome.value,
        ),
    )
    return Next(
        "check", summary=f"{adapter.title}: {change.patch_lines} lines in {len(change.entries)} files"
    )


def _call_keep(
    context: StepContext, run: RunData, prompt: PromptData, adapter: AdapterData, result: ProposalResult
) -> str:
    # A worker that died before it could record a proposal leaves a call behind: it was made, and it stays.
    earlier = agent_call_list(actor=EXECUTOR, run_id=run.id)
    transcript = transcript_keep(context, result.transcript)
    agent_call_record(
        actor=context.actor,
        lease=context.lease,
        run_id=run.id,
        attempt=earlier[-1].attempt + 1 if earlier else 1,
        adapter=adapter,
        prompt_digest=prompt.digest,
        result=result,
    )
    return transcript


def transcript_keep(context: StepContext, data: bytes) -> str:
    """Store a transcript, and once more where a cleaning destroyed the key of the same bytes meanwhile."""
    try:
        return _transcript_store(context, data)
    except EvidenceUnmade:
        logger.warning(
            "a transcript is stored again: its key was destroyed", extra={"job_id": context.job.id}
        )
        return _transcript_store(context, data)


def _transcript_store(context: StepContext, data: bytes) -> str:
    stored = artifact_store(data, actor=EXECUTOR)
    return artifact_record(actor=context.actor, lease=context.lease, stored=stored, media_type="text/plain")


def _summary(result: ProposalResult) -> str:
    return result.failure or result.summary


def gates_take(context: StepContext) -> Next | Done:
    """Run the gates on the frozen tree; a failure goes back to the agent, three in a row to a person."""
    run = run_get(actor=context.actor, run_id=context.text("run_id"))
    if run.state in {"sealing", "proposing"}:
        return Next("seal" if run.state == "sealing" else "propose")
    if run.state == "incident":
        return incident_end(run)
    try:
        reports = gates_answered(context, run)
    except AnswersPending as pending:
        return pending.again("check")
    verdicts = {report.name: report.status.value for report in reports}
    failed = [report for report in reports if report.status.value == "fail"]
    if failed and run.attempt >= MAX_ATTEMPTS:
        return _incident(context, run, failed)
    run_checked(
        actor=context.actor, lease=context.lease, run_id=run.id, retry=bool(failed), verdicts=verdicts
    )
    passed = sum(status == "pass" for status in verdicts.values())
    return Next("propose" if failed else "seal", summary=f"{passed} of {len(verdicts)} gates pass")


def _incident(context: StepContext, run: RunData, failed: Sequence[GateReport | GateResultData]) -> Done:
    names = ", ".join(report.name for report in failed)
    detail = "\n".join(
        [
            f"Run {run.id} on base {run.base_commit}: {run.attempt} attempts, failing gates: {names}.",
            "To reproduce, start a run of the same work item: base, prompt and seeds are recorded.",
            *(f"- {report.name}: {report.reason}" for report in failed),
        ]
    )
    incident_open(
        actor=context.actor,
        lease=context.lease,
        run_id=run.id,
        title=f"{run.title}: {names} failed in every attempt",
        detail=detail,
    )
    return incident_end(run)


def incident_end(run: RunData) -> Done:
    """Free the work item of a run that ended as an incident: once a person has looked, it can run again."""
    incident = next(
        item for item in incident_list(actor=EXECUTOR, project_id=run.project_id) if item.run_id == run.id
    )
    item = work_item_get(actor=EXECUTOR, work_item_id=run.work_item_id)
    if item.state is WorkItemState.RUNNING:
        work_item_move(
            actor=EXECUTOR,
            work_item_id=item.id,
            expected=WorkItemState.RUNNING,
            to=WorkItemState.READY,
            reason=incident.title,
        )
    return Done({"run_id": run.id, "incident_id": incident.id})


def pack_seal(context: StepContext) -> Next | Done:
    """Seal the evidence and ask for a decision; waiting for people holds no worker."""
    run = run_get(actor=context.actor, run_id=context.text("run_id"))
    try:
        reports = gates_answered(context, run) if run.state == "sealing" else ()
        request_id = request_for_change(context, run, reports)
    except AnswersPending as pending:
        return pending.again("seal")
    except SealTurnTaken as taken:
        return Next("seal", summary=taken.message, wait_seconds=SEAL_WAIT_SECONDS)
    # While it was being made the branch may have moved on.
    queue_ask(run.project_id)
    return Done({"run_id": run.id, "approval_request_id": request_id})


def execution_failed(context: StepContext, failure: Mapping[str, JSON]) -> None:
    """End the run and free its work item."""
    run_id = context.text("run_id")
    run_failed(actor=context.actor, run_id=run_id, failure=failure)
    run = run_get(actor=context.actor, run_id=run_id)
    item = work_item_get(actor=context.actor, work_item_id=run.work_item_id)
    if item.state is WorkItemState.RUNNING:
        work_item_move(
            actor=EXECUTOR,
            work_item_id=item.id,
            expected=WorkItemState.RUNNING,
            to=WorkItemState.BACKLOG,
            reason=str(failure.get("error", ""))[:500],
        )


WORKFLOW = Workflow(
    kind="run.execute",
    steps={
        "snapshot": snapshot_take,
        "propose": proposal_ask,
        "check": gates_take,
        "seal": pack_seal,
    },
    on_failure=execution_failed,
)
