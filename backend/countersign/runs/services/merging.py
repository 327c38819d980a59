"""From a decision to a merge, one after the other in a project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now

from countersign.audit.services import record
from countersign.jobs.services import job_enqueue, lease_check
from countersign.runs.errors import (
    MergeIntentConflict,
    MergeSlotTaken,
    RunStateConflict,
)
from countersign.runs.models import Merge, Run, RunState, SlotReservation
from countersign.runs.selectors import merge_data, run_data
from countersign.runs.services.moves import run_move, run_move_recorded
from countersign.runs.services.queue import reservation_end, slot_turn_require

if TYPE_CHECKING:
    from countersign.jobs.contracts import Lease
    from countersign.runs.contracts import MergeData, RunData
    from countersign.shared.actor import Actor


def _require_no_intent(run_id: str) -> None:
    # The intended commits may stand on the branch already: from here on they are carried out, nothing else.
    intended = Merge.objects.filter(run_id=run_id).values_list("merge_commit", flat=True).first()
    if intended is not None:
        message = "a merge of this run is intended already; it can't be put on another base any more"
        raise MergeIntentConflict(message, run_id=run_id, intended=intended)


def _require_request(run_id: str, request_id: str) -> None:
    # Two may find out at once that a request is void: the change is renewed once.
    if Run.objects.filter(pk=run_id).exclude(request_id=request_id).exists():
        message = "the run has another request by now"
        raise RunStateConflict(message, run_id=run_id, request_id=request_id)


@transaction.atomic(durable=True)
def run_decided(*, actor: Actor, lease: Lease, run_id: str, request_id: str, verdict: str) -> RunData:
    """Move a run by the decision on its request; a repeat changes nothing.

    Raises:
        LeaseLost: another worker carries the decision out.
        RunStateConflict: the run does not wait for this request.
    """
    lease_check(lease)
    to = {
        "approve": RunState.APPROVED,
        "reject": RunState.REJECTED,
        "request_changes": RunState.CHANGES_REQUESTED,
    }[verdict]
    current = Run.objects.filter(pk=run_id).first()
    if current is None or current.request_id is None or str(current.request_id) != request_id:
        message = "the run waits for another request"
        raise RunStateConflict(message, run_id=run_id)
    if current.state == to:
        return run_data(current)
    run = run_move_recorded(
        run_id,
        [RunState.WAITING_APPROVAL],
        to,
        actor=actor,
        type="run.decided",
        data={"request_id": request_id, "verdict": verdict},
        **({"queued_at": Now()} if to == RunState.APPROVED else {}),
    )
    return run_data(run)


@transaction.atomic(durable=True)
def merge_slot_take(*, actor: Actor, lease: Lease, run_id: str) -> RunData:
    """Take the project's only merge slot for an approved run whose turn it is.

    Raises:
        LeaseLost: another worker carries the merge out.
        MergeSlotTaken: another change of the project is being merged, or was approved before.
        SlotReserved: the slot is kept for another change.
        RunStateConflict: the run is not approved.
    """
    lease_check(lease)
    if Run.objects.filter(pk=run_id, state=RunState.MERGING).exists():
        return run_data(Run.objects.get(pk=run_id))
    waiting = Run.objects.filter(pk=run_id, state=RunState.APPROVED).first()
    if waiting is not None:
        slot_turn_require(waiting)
    try:
        with transaction.atomic():
            run = run_move_recorded(
                run_id, [RunState.APPROVED], RunState.MERGING, actor=actor, type="run.merging"
            )
    except IntegrityError as error:
        message = "another change of this project is being merged; this one is next"
        raise MergeSlotTaken(message, run_id=run_id) from error
    return run_data(run)


@transaction.atomic(durable=True)
def merge_intend(
    *,
    actor: Actor,
    lease: Lease,
    run_id: str,
    base_before: str,
    merge_commit: str,
    state_commit: str,
    tag: str,
    result_tree: str,
    addendum_digest: str | None,
    branch: str = "",
) -> MergeData:
    """Record, before any ref moves, which commits will mean "merged"; a repeat finds its own intent.

    Raises:
        LeaseLost: another worker carries the merge out.
        MergeIntentConflict: other commits are intended already.
        RunStateConflict: the run holds no merge slot.
    """
    lease_check(lease)
    existing = Merge.objects.filter(run_id=run_id).first()
    if existing is not None:
        if (existing.merge_commit, existing.state_commit) != (merge_commit, state_commit):
            message = "an intent to merge other commits is recorded already"
            raise MergeIntentConflict(message, run_id=run_id, intended=existing.merge_commit)
        return merge_data(existing)
    if not Run.objects.filter(pk=run_id, state=RunState.MERGING).exists():
        message = "the run holds no merge slot"
        raise RunStateConflict(message, run_id=run_id)
    event_id = record(
        actor=actor,
        type="merge.intended",
        subject=("run", run_id),
        data={
            "base_before": base_before,
            "merge_commit": merge_commit,
            "state_commit": state_commit,
            "tag": tag,
            "result_tree": result_tree,
            "addendum": addendum_digest,
            **({"branch": branch} if branch else {}),
        },
    )
    merge = Merge.objects.create(
        run_id=run_id,
        base_before=base_before,
        merge_commit=merge_commit,
        state_commit=state_commit,
        tag=tag,
        result_tree=result_tree,
        addendum_digest=addendum_digest,
        event_id=event_id,
    )
    return merge_data(merge)


@transaction.atomic(durable=True)
def run_merged(
    *, actor: Actor, lease: Lease, run_id: str, decision_ids: tuple[str, ...], branch: str = ""
) -> RunData:
    """Record that the intended commits stand on the branch; frees the merge slot. A repeat changes nothing.

    Raises:
        LeaseLost: another worker carries the merge out.
        RunStateConflict: the run holds no merge slot, or no merge of it is intended.
    """
    lease_check(lease)
    if Run.objects.filter(pk=run_id, state=RunState.MERGED).exists():
        return run_data(Run.objects.get(pk=run_id))
    run = run_move(run_id, [RunState.MERGING], RunState.MERGED)
    merge = Merge.objects.filter(run_id=run_id).first()
    if merge is None:
        message = "no merge of this run is intended, so none can have happened"
        raise RunStateConflict(message, run_id=run_id)
    Merge.objects.filter(run_id=run_id).update(delivered_at=Now())
    for kept in SlotReservation.objects.filter(run_id=run_id, ended_at__isnull=True):
        reservation_end(actor, kept, "merged")
    record(
        actor=actor,
        type="run.merged",
        subject=("run", run_id),
        data={
            "pack": run.pack_digest,
            "decision_ids": sorted(decision_ids),
            "addendum": merge.addendum_digest,
            "base_before": merge.base_before,
            "merge_commit": merge.merge_commit,
            "state_commit": merge.state_commit,
            "tag": merge.tag,
            "result_tree": merge.result_tree,
            **({"branch": branch} if branch else {}),
        },
    )
    return run_data(run)


@transaction.atomic(durable=True)
def run_rebased(  # noqa: PLR0913 - what a change consists of on its new base, each by name
    *,
    actor: Actor,
    lease: Lease,
    run_id: str,
    base_commit: str,
    change_commit: str,
    result_tree: str,
    patch_digest: str,
    patch_lines: int,
    ruleset_digest: str,
    request_id: str,
    why: str,
) -> tuple[RunData, str]:
    """Put a change whose request is void on the base as it is now; it gets a new pack and request.

    Args:
        actor: on whose behalf.
        lease: of the job that does it.
        run_id: the change.
        base_commit: what the branch holds now.
        change_commit: the same entries, committed on it.
        result_tree: what that commit holds.
        patch_digest: of the diff to the base.
        patch_lines: how many lines it adds and removes.
        ruleset_digest: the rules in force now, by which it is judged anew.
        request_id: the request that is void.
        why: why it is void.

    Raises:
        LeaseLost: another worker carries the merge out.
        MergeIntentConflict: its merge is intended already.
        RunStateConflict: the run was not on its way to a merge, or has another request by now.
    """
    lease_check(lease)
    _require_no_intent(run_id)
    _require_request(run_id, request_id)
    run = run_move(
        run_id,
        [RunState.APPROVED, RunState.MERGING, RunState.WAITING_APPROVAL],
        RunState.CHECKING,
        revision=F("revision") + 1,
        attempt=F("attempt") + 1,
        base_commit=base_commit,
        change_commit=change_commit,
        result_tree=result_tree,
        patch_digest=patch_digest,
        patch_lines=patch_lines,
        ruleset_digest=ruleset_digest,
        pack_digest="",
        score=None,
        request_id=None,
    )
    record(
        actor=actor,
        type="run.rebased",
        subject=("run", run_id),
        data={
            "revision": run.revision,
            "base_commit": base_commit,
            "change_commit": change_commit,
            "ruleset_digest": ruleset_digest,
            "why": why,
        },
    )
    job_id = job_enqueue(
        actor=actor,
        kind="run.recheck",
        subject=("run", run_id),
        payload={"run_id": run_id},
        dedupe_key=f"run.recheck:{run_id}:{run.revision}",
    )
    return run_data(run), job_id


@transaction.atomic(durable=True)
def run_restarted(
    *,
    actor: Actor,
    lease: Lease,
    run_id: str,
    base_commit: str,
    ruleset_digest: str,
    request_id: str,
    why: str,
) -> tuple[RunData, str]:
    """Send a change whose own files moved back to the agent, on the new base and under the rules of now.

    Raises:
        LeaseLost: another worker carries the merge out.
        MergeIntentConflict: its merge is intended already.
        RunStateConflict: the run was not on its way to a merge, or has another request by now.
    """
    lease_check(lease)
    _require_no_intent(run_id)
    _require_request(run_id, request_id)
    run = run_move(
        run_id,
        [RunState.APPROVED, RunState.MERGING, RunState.WAITING_APPROVAL],
        RunState.PROPOSING,
        revision=F("revision") + 1,
        base_commit=base_commit,
        change_commit="",
        result_tree="",
        entries=[],
        patch_digest="",
        patch_lines=0,
        ruleset_digest=ruleset_digest,
        pack_digest="",
        score=None,
        request_id=None,
    )
    record(
        actor=actor,
        type="run.restarted",
        subject=("run", run_id),
        data={
            "revision": run.revision,
            "base_commit": base_commit,
            "ruleset_digest": ruleset_digest,
            "why": why,
        },
    )
    job_id = job_enqueue(
        actor=actor,
        kind="run.execute",
        subject=("run", run_id),
        payload={"run_id": run_id},
        dedupe_key=f"run.execute:{run_id}:{run.revision}",
    )
    return run_data(run), job_id
