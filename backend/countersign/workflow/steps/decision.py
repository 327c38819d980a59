"""What follows from a decision: nothing, or a merge, or a signed phase (DESIGN section 2, step 9).

Nothing acts before a signed checkpoint covers the decision. A merge records its commits as intent, waits for
that to be covered too, and only then moves refs by compare-and-swap; a repeat of any step does nothing twice.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from countersign.approvals.selectors import request_get
from countersign.approvals.services import request_void
from countersign.audit.selectors import event_is_checkpointed
from countersign.evidence.errors import EvidenceUnmade, PackDamaged
from countersign.plans.contracts import WorkItemState
from countersign.plans.errors import SignoffRefused
from countersign.plans.selectors import work_item_get
from countersign.plans.services import phase_signoff, project_state_record, work_item_move
from countersign.projects.selectors import project_get
from countersign.projects.services import project_head_move
from countersign.runs.errors import MergeSlotTaken, SlotReserved
from countersign.runs.queue import standings_of
from countersign.runs.selectors import merge_of, run_get
from countersign.runs.services import (
    merge_abandon,
    merge_fail,
    merge_intend,
    merge_slot_take,
    run_decided,
    run_merged,
)
from countersign.sandbox.errors import RefMoved
from countersign.sandbox.exchange import repository_deliver
from countersign.sandbox.isolation import IsolationKind
from countersign.shared.clocks import moment_agreed
from countersign.shared.env import demo_installation
from countersign.workflow.break_glass import merge_deadline
from countersign.workflow.change import repository_of
from countersign.workflow.ending import run_end
from countersign.workflow.executor import EXECUTOR
from countersign.workflow.following import head_follow, head_import
from countersign.workflow.intents import IntentForged, intent_approved, intent_logged, intent_verify
from countersign.workflow.logged import role_lost_logged
from countersign.workflow.merging import approvals_of, merge_plan, state_entry
from countersign.workflow.outcomes import Done, Next, StepContext, Workflow
from countersign.workflow.phases import phases_recompute
from countersign.workflow.queueing import queue_ask
from countersign.workflow.renewal import change_renew
from countersign.workflow.reverification import CarryOverRefused, addendum_seal, carry_over_judge
from countersign.workflow.signatures import signatures_ready
from countersign.workflow.standing import moved_why, void_why
from countersign.workflow.trial import target_require
from countersign.workflow.trust import trust_current
from countersign.workflow.verification import approved_pack_verify, signoff_verify

if TYPE_CHECKING:
    from collections.abc import Mapping

    from countersign.approvals.contracts import RequestData
    from countersign.projects.contracts import ProjectData
    from countersign.runs.contracts import MergeData, RunData
    from countersign.shared.types import JSON

CHECKPOINT_WAIT_SECONDS = 0.2
SLOT_WAIT_SECONDS = 0.5
RESERVED_WAIT_SECONDS = 5.0


def checkpoint_await(context: StepContext) -> Next:
    """Wait until a signed checkpoint covers every decision on the request, and the signer has signed each.

    Raises:
        SignatureRefused: the signer does not sign one of them.
    """
    request = _request(context)
    if not all(event_is_checkpointed(decision.event_id) for decision in request.decisions):
        return Next("checkpoint", summary="waiting for the checkpoint", wait_seconds=CHECKPOINT_WAIT_SECONDS)
    if not signatures_ready(request):
        return Next("checkpoint", summary="waiting for the signer", wait_seconds=CHECKPOINT_WAIT_SECONDS)
    return Next("apply", summary="the decision is in a signed checkpoint")


def decision_apply(context: StepContext) -> Next | Done:
    """Move what was decided on."""
    request = _request(context)
    if request.subject_kind == "phase":
        return _phase_apply(context, request)
    if request.state == "void":
        # It moved between the signature and now; whoever found out may not have got as far as the new pack.
        return _renewed(context, request)
    verdict = {"approved": "approve", "rejected": "reject", "changes_requested": "request_changes"}[
        request.state
    ]
    run = run_decided(
        actor=EXECUTOR, lease=context.lease, run_id=request.subject_id, request_id=request.id, verdict=verdict
    )
    if verdict != "approve":
        _work_item_end(run, verdict, request)
        # What is missing for the phase reads differently now.
        return Next("phase", summary=request.state)
    queue_ask(run.project_id)
    return Next("slot", summary="approved")


def _renewed(context: StepContext, request: RequestData) -> Done:
    run = run_get(actor=EXECUTOR, run_id=request.subject_id)
    if run.request_id == request.id:
        project = project_get(actor=EXECUTOR, project_id=run.project_id)
        return _void_and_renew(context, project, run, request, request.void_reason)
    return Done({"run_id": run.id, "voided": request.void_reason})


def _phase_apply(context: StepContext, request: RequestData) -> Next | Done:
    if request.state == "approved":
        signoff_verify(request)
        try:
            phase_signoff(
                actor=EXECUTOR,
                phase_id=request.subject_id,
                request_id=request.id,
                decision_id=approvals_of(request)[0].id,
                proof_digest=request.subject_digest,
            )
        except SignoffRefused as refused:
            # Judged anew since then: what was signed is not what holds now, and is asked for again.
            request_void(actor=EXECUTOR, lease=context.lease, request_id=request.id, why=refused.message)
        # The phases that waited for this one are judged anew.
        return Next("phase", summary="signed off")
    return Done({"phase_id": request.subject_id, "state": request.state})


def _work_item_end(run: RunData, verdict: str, request: RequestData) -> None:
    item = work_item_get(actor=EXECUTOR, work_item_id=run.work_item_id)
    if item.state is not WorkItemState.RUNNING:
        return
    # Requested changes go back to the agent: the work item can be run again with the reason as input.
    to = WorkItemState.REJECTED if verdict == "reject" else WorkItemState.READY
    work_item_move(
        actor=EXECUTOR,
        work_item_id=item.id,
        expected=WorkItemState.RUNNING,
        to=to,
        reason=request.decisions[-1].reason[:500],
    )


def slot_take(context: StepContext) -> Next | Done:
    """Take the project's merge slot: changes are merged one after the other, in the order of approvals.

    What is known already not to hold is not let wait for nothing: it makes its new pack now.
    """
    request = _request(context)
    run = run_get(actor=EXECUTOR, run_id=request.subject_id)
    if run.request_id != request.id:
        return Done({"run_id": run.id, "voided": request.void_reason})
    project = project_get(actor=EXECUTOR, project_id=run.project_id)
    if run.state == "approved" and (why := void_why(project, run, request)):
        return _void_and_renew(context, project, run, request, why)
    try:
        merge_slot_take(actor=EXECUTOR, lease=context.lease, run_id=run.id)
    except SlotReserved as kept:
        return Next("slot", summary=kept.message, wait_seconds=RESERVED_WAIT_SECONDS)
    except MergeSlotTaken as taken:
        return Next("slot", summary=taken.message, wait_seconds=SLOT_WAIT_SECONDS)
    return Next("intend", summary="in the merge slot")


def merge_prepare(context: StepContext) -> Next | Done:
    """Verify everything as a stranger would, on the base as it is now, and record the intended commits."""
    request = _request(context)
    run = run_get(actor=EXECUTOR, run_id=request.subject_id)
    if run.request_id != request.id:
        # An earlier attempt got as far as putting the change on its new base.
        return Done({"run_id": run.id, "voided": request.void_reason})
    if merge_of(actor=EXECUTOR, run_id=run.id) is not None:
        return Next("act")
    project = head_follow(project_get(actor=EXECUTOR, project_id=run.project_id))
    try:
        _standing_require(run, request)
        approved_pack_verify(run, request)
        _approvers_stand_require(request)
        target_require(project, request)
        result_tree, addendum = run.result_tree, None
        if project.head_commit != run.base_commit:
            judged = carry_over_judge(
                project=project,
                run=run,
                item=work_item_get(actor=EXECUTOR, work_item_id=run.work_item_id),
                request=request,
                new_base=project.head_commit,
                standing=standings_of(actor=EXECUTOR, run_ids=[run.id]).get(run.id),
            )
            addendum_seal(context, run=run, request=request, judged=judged)
            result_tree, addendum = judged.result_tree, judged.digest
    except CarryOverRefused as refusal:
        return _void_and_renew(context, project, run, request, str(refusal))
    planned = merge_plan(
        project=project,
        run=run,
        request=request,
        base=project.head_commit,
        result_tree=result_tree,
        addendum=addendum,
    )
    merge_intend(
        actor=EXECUTOR,
        lease=context.lease,
        run_id=run.id,
        base_before=planned.base_before,
        merge_commit=planned.merge_commit,
        state_commit=planned.state_commit,
        tag=planned.tag,
        result_tree=planned.result_tree,
        addendum_digest=addendum,
        branch=project.default_branch,
    )
    return Next("act", summary="the merge is intended")


def _approvers_stand_require(request: RequestData) -> None:
    """Let only a decision pass whose approvers still hold their roles, as the log tells and not a table."""
    if role := role_lost_logged(request, trust_current(allow_unattended=demo_installation())):
        message = f"the log says that an approver does not hold the role {role} any more"
        raise CarryOverRefused(message)


def _standing_require(run: RunData, request: RequestData) -> None:
    """Let only a decision pass of which nothing that it is bound to has moved, on whatever base."""
    if request.state == "void":
        raise CarryOverRefused(request.void_reason)
    if merge_deadline(request) <= moment_agreed():
        message = "the decision expired before the merge"
        raise CarryOverRefused(message)
    if why := moved_why(run, request):
        raise CarryOverRefused(why)


def _void_and_renew(
    context: StepContext, project: ProjectData, run: RunData, request: RequestData, why: str
) -> Done:
    """Void the decision and let the change make its new pack by itself; signing again is one step."""
    request_void(actor=EXECUTOR, lease=context.lease, request_id=request.id, why=why)
    change_renew(lease=context.lease, project=project, run=run, request_id=request.id, why=why)
    queue_ask(project.id)
    return Done({"run_id": run.id, "voided": why})


def merge_act(context: StepContext) -> Next:
    """Move the branch to the intended commits: in the registered repository, then in the platform's own.

    Whatever hinders the delivery is told, and it is tried again until it is gone (see ``carried_through``).

    Raises:
        ClocksDisagree: no clock can be trusted to say that the decision still holds.
        IntentForged: commits stand on the branch that nobody decided on as the table tells.
        PackDamaged: likewise, and the evidence for them does not verify.
        TrialMoved: it was signed for another branch, as a trial or not as one.
        CheckoutDirty: the branch is checked out, and the checkout is in the way.
        RefMoved: the merge's tag is there already, on another commit.
        RepositoryInvalid: the registered repository can't be written.
    """
    request = _request(context)
    run = run_get(actor=EXECUTOR, run_id=request.subject_id)
    merge = merge_of(actor=EXECUTOR, run_id=run.id)
    if merge is None:
        return Next("intend")
    if not event_is_checkpointed(merge.event_id):
        return Next("act", summary="waiting for the checkpoint", wait_seconds=CHECKPOINT_WAIT_SECONDS)
    project = project_get(actor=EXECUTOR, project_id=run.project_id)
    repository = repository_of(project)
    if (instead := _hindrance(context, project, run, request, merge)) is not None:
        return instead
    target_require(project, request)
    try:
        repository_deliver(
            repository,
            Path(project.source_path),
            project.default_branch,
            old=merge.base_before,
            new=merge.state_commit,
            tags={merge.tag: merge.merge_commit},
            isolation=IsolationKind(project.isolation),
            create=project.trial,
        )
    except RefMoved as moved:
        if head_import(project).commit == merge.base_before:
            raise
        return _intent_review(context, project, merge, moved.message)
    ref = f"refs/heads/{project.default_branch}"
    repository.ref_swap(ref, merge.state_commit, repository.head(project.default_branch))
    repository.tag_create(merge.tag, merge.merge_commit)
    return Next("record", summary=f"merged as {merge.merge_commit[:12]}")


def _hindrance(
    context: StepContext, project: ProjectData, run: RunData, request: RequestData, merge: MergeData
) -> Next | None:
    """Ask once more whether these commits were decided on; return what to do where they can't be merged."""
    try:
        intent_verify(project=project, run=run, request=request, merge=merge)
        if merge_deadline(request) <= moment_agreed():
            return _intent_review(context, project, merge, "the decision expired before the merge")
        intent_approved(run=run, request=request, merge=merge)
    except EvidenceUnmade as unmade:
        return _intent_review(context, project, merge, unmade.message)
    except (IntentForged, PackDamaged) as refusal:
        if repository_of(project).contains(head_import(project).commit, merge.state_commit):
            # Nothing can be taken back here, and nothing is recorded: a person has to look at it.
            raise
        return _intent_review(context, project, merge, refusal.message)
    return None


def _intent_review(context: StepContext, project: ProjectData, merge: MergeData, why: str) -> Next:
    """Find out whether the intended commits stand on the registered branch; if not, take the intent back."""
    repository = repository_of(project)
    if repository.contains(head_import(project).commit, merge.state_commit):
        # An earlier attempt delivered them, and somebody has gone on from there.
        repository.tag_create(merge.tag, merge.merge_commit)
        return Next("record", summary=f"merged as {merge.merge_commit[:12]}")
    merge_abandon(actor=EXECUTOR, lease=context.lease, run_id=merge.run_id, why=why)
    return Next("intend", summary="the branch has moved: verifying again")


def merge_record(context: StepContext) -> Next:
    """Record what stands on the branch now.

    Raises:
        IntentForged: the table tells of other commits than the signed log.
    """
    request = _request(context)
    run = run_get(actor=EXECUTOR, run_id=request.subject_id)
    merge = merge_of(actor=EXECUTOR, run_id=run.id)
    if merge is None:
        return Next("intend")
    if run.state == "merged":
        return Next("phase", summary="merged")
    intent_logged(merge)
    project = project_get(actor=EXECUTOR, project_id=run.project_id)
    if project.head_commit != merge.state_commit:
        project_head_move(
            actor=EXECUTOR, project_id=project.id, old=merge.base_before, new=merge.state_commit
        )
    item = work_item_get(actor=EXECUTOR, work_item_id=run.work_item_id)
    if item.state is WorkItemState.RUNNING:
        work_item_move(
            actor=EXECUTOR, work_item_id=item.id, expected=WorkItemState.RUNNING, to=WorkItemState.MERGED
        )
    project_state_record(
        actor=EXECUTOR,
        lease=context.lease,
        project_id=project.id,
        run_id=run.id,
        text=state_entry(run, request, merge.merge_commit),
        commit=merge.state_commit,
    )
    run_merged(
        actor=EXECUTOR,
        lease=context.lease,
        run_id=run.id,
        decision_ids=tuple(decision.id for decision in approvals_of(request)),
        branch=project.default_branch,
    )
    queue_ask(project.id)
    return Next("phase", summary="merged")


def phase_judge(context: StepContext) -> Next | Done:
    """Recompute the phases, and ask the Director when everything but the sign-off is there."""
    request = _request(context)
    missing = phases_recompute(context, project_id=request.project_id)
    if missing is None:
        return Next("phase", summary="another change was merged meanwhile: judging again")
    return Done({"subject_id": request.subject_id, "state": request.state, "missing": missing})


def execution_failed(context: StepContext, failure: Mapping[str, JSON]) -> None:
    """End a run whose decision can't be carried out, so that it does not hold up the others."""
    request = _request(context)
    if request.subject_kind != "change":
        return
    run = merge_fail(
        actor=EXECUTOR,
        lease=context.lease,
        run_id=request.subject_id,
        request_id=request.id,
        failure=failure,
    )
    run_end(run, str(failure.get("error", "")))
    queue_ask(run.project_id)


def _request(context: StepContext) -> RequestData:
    return request_get(actor=EXECUTOR, request_id=context.text("request_id"))


WORKFLOW = Workflow(
    kind="decision.execute",
    steps={
        "checkpoint": checkpoint_await,
        "apply": decision_apply,
        "slot": slot_take,
        "intend": merge_prepare,
        "act": merge_act,
        "record": merge_record,
        "phase": phase_judge,
    },
    on_failure=execution_failed,
    # The intended commits may stand on the branch already: nothing else may become of the run.
    carried_through=frozenset({"act", "record"}),
)
