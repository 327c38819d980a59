"""The moves of a run, each a conditional UPDATE with its audit event."""

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
    RunNotFound,
    RunStateConflict,
)
from countersign.runs.models import Attempt, Incident, Merge, Run, RunState
from countersign.runs.selectors import merge_data, run_data

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from countersign.jobs.contracts import Lease
    from countersign.runs.contracts import MergeData, ProposalData, RunData
    from countersign.shared.actor import Actor
    from countersign.shared.types import JSON


def _move(run_id: str, expected: Iterable[RunState], to: RunState, **changes: object) -> Run:
    states = list(expected)
    moved = Run.objects.filter(pk=run_id, state__in=states).update(state=to, updated_at=Now(), **changes)
    if not moved:
        current = Run.objects.filter(pk=run_id).values_list("state", flat=True).first()
        if current is None:
            message = "there is no such run"
            raise RunNotFound(message, run_id=run_id)
        message = f"the run is '{current}' and can't become '{to}' from there"
        raise RunStateConflict(message, run_id=run_id, state=current, wanted=str(to))
    return Run.objects.get(pk=run_id)


@transaction.atomic(durable=True)
def run_create(
    *,
    actor: Actor,
    project_id: str,
    work_item_id: str,
    title: str,
    slug: str,
    phase_code: str,
    persona: str,
    adapter: str,
    prompt_id: str,
    ruleset_digest: str,
) -> tuple[RunData, str]:
    """Create a run and the job that carries it out; return both.

    Raises:
        RunStateConflict: the work item has an open run already.
    """
    try:
        with transaction.atomic():
            run = Run.objects.create(
                project_id=project_id,
                work_item_id=work_item_id,
                title=title[:200],
                slug=slug[:80],
                phase_code=phase_code,
                persona=persona,
                adapter=adapter,
                prompt_id=prompt_id,
                ruleset_digest=ruleset_digest,
                participants=sorted(actor.participants),
            )
    except IntegrityError as error:
        message = "this work item has an open run already"
        raise RunStateConflict(message, work_item_id=work_item_id) from error
    run.refresh_from_db()
    subject = ("run", str(run.id))
    record(
        actor=actor,
        type="run.created",
        subject=subject,
        data={
            "project_id": project_id,
            "work_item_id": work_item_id,
            "prompt_id": prompt_id,
            "ruleset_digest": ruleset_digest,
        },
    )
    job_id = job_enqueue(actor=actor, kind="run.execute", subject=subject, payload={"run_id": str(run.id)})
    return run_data(run), job_id


@transaction.atomic(durable=True)
def run_snapshot(
    *, actor: Actor, lease: Lease, run_id: str, base_commit: str, branch: str, snapshot_tag: str
) -> RunData:
    """Bind a run to the commit that it starts from.

    Raises:
        LeaseLost: another worker carries the run out.
        RunStateConflict: the run has started already.
    """
    lease_check(lease)
    run = _move(
        run_id,
        [RunState.QUEUED],
        RunState.PROPOSING,
        base_commit=base_commit,
        branch=branch,
        snapshot_tag=snapshot_tag,
    )
    record(
        actor=actor,
        type="run.snapshotted",
        subject=("run", run_id),
        data={"base_commit": base_commit, "branch": branch, "snapshot_tag": snapshot_tag},
    )
    return run_data(run)


@transaction.atomic(durable=True)
def proposal_record(*, actor: Actor, lease: Lease, run_id: str, seed: int, proposal: ProposalData) -> RunData:
    """Record what the agent proposed in this attempt and let the gates begin.

    Raises:
        LeaseLost: another worker carries the run out.
        RunStateConflict: the run does not wait for a proposal.
    """
    lease_check(lease)
    run = _move(
        run_id,
        [RunState.PROPOSING],
        RunState.CHECKING,
        attempt=F("attempt") + 1,
        change_commit=proposal.change_commit,
        result_tree=proposal.result_tree,
        entries=[entry.as_json() for entry in proposal.entries],
        patch_digest=proposal.patch_digest,
        patch_lines=proposal.patch_lines,
    )
    Attempt.objects.create(
        run=run,
        number=run.attempt,
        seed=seed,
        outcome=proposal.outcome,
        summary=proposal.summary,
        transcript_digest=proposal.transcript_digest,
        duration_ms=proposal.duration_ms,
    )
    record(
        actor=actor,
        type="run.proposed",
        subject=("run", run_id),
        data={
            "attempt": run.attempt,
            "seed": seed,
            "change_commit": proposal.change_commit,
            "result_tree": proposal.result_tree,
            "patch_digest": proposal.patch_digest,
        },
    )
    return run_data(run)


@transaction.atomic(durable=True)
def run_checked(
    *, actor: Actor, lease: Lease, run_id: str, retry: bool, verdicts: Mapping[str, str]
) -> RunData:
    """Take the gates' verdicts: go on to sealing, or back to the agent for another try.

    Raises:
        LeaseLost: another worker carries the run out.
        RunStateConflict: the run is not being checked.
    """
    lease_check(lease)
    run = _move(run_id, [RunState.CHECKING], RunState.PROPOSING if retry else RunState.SEALING)
    record(
        actor=actor,
        type="run.checked",
        subject=("run", run_id),
        data={
            "attempt": run.attempt,
            "result_tree": run.result_tree,
            "gates": dict(verdicts),
            "retry": retry,
        },
    )
    return run_data(run)


@transaction.atomic(durable=True)
def run_sealed(
    *, actor: Actor, lease: Lease, run_id: str, pack_digest: str, score: int, request_id: str
) -> RunData:
    """Bind the sealed pack and its approval request to the run; it now waits for people.

    Raises:
        LeaseLost: another worker carries the run out.
        RunStateConflict: the run is not being sealed.
    """
    lease_check(lease)
    run = _move(
        run_id,
        [RunState.SEALING],
        RunState.WAITING_APPROVAL,
        pack_digest=pack_digest,
        score=score,
        request_id=request_id,
    )
    record(
        actor=actor,
        type="run.waiting_approval",
        subject=("run", run_id),
        data={"pack_digest": pack_digest, "score": score, "request_id": request_id},
    )
    return run_data(run)


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
    if current is None or str(current.request_id) != request_id:
        message = "the run waits for another request"
        raise RunStateConflict(message, run_id=run_id)
    if current.state == to:
        return run_data(current)
    run = _move(run_id, [RunState.WAITING_APPROVAL], to)
    record(
        actor=actor,
        type="run.decided",
        subject=("run", run_id),
        data={"request_id": request_id, "verdict": verdict},
    )
    return run_data(run)


@transaction.atomic(durable=True)
def merge_slot_take(*, actor: Actor, lease: Lease, run_id: str) -> RunData:
    """Take the project's only merge slot for an approved run.

    Raises:
        LeaseLost: another worker carries the merge out.
        MergeSlotTaken: another change of the project is being merged.
        RunStateConflict: the run is not approved.
    """
    lease_check(lease)
    if Run.objects.filter(pk=run_id, state=RunState.MERGING).exists():
        return run_data(Run.objects.get(pk=run_id))
    try:
        with transaction.atomic():
            run = _move(run_id, [RunState.APPROVED], RunState.MERGING)
    except IntegrityError as error:
        message = "another change of this project is being merged; this one is next"
        raise MergeSlotTaken(message, run_id=run_id) from error
    record(actor=actor, type="run.merging", subject=("run", run_id))
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
def run_merged(*, actor: Actor, lease: Lease, run_id: str, decision_ids: tuple[str, ...]) -> RunData:
    """Record that the intended commits stand on the branch; frees the merge slot. A repeat changes nothing.

    Raises:
        LeaseLost: another worker carries the merge out.
        RunStateConflict: the run holds no merge slot.
    """
    lease_check(lease)
    if Run.objects.filter(pk=run_id, state=RunState.MERGED).exists():
        return run_data(Run.objects.get(pk=run_id))
    run = _move(run_id, [RunState.MERGING], RunState.MERGED)
    Merge.objects.filter(run_id=run_id).update(delivered_at=Now())
    merge = Merge.objects.get(run_id=run_id)
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
        },
    )
    return run_data(run)


@transaction.atomic(durable=True)
def run_rebased(
    *,
    actor: Actor,
    lease: Lease,
    run_id: str,
    base_commit: str,
    change_commit: str,
    result_tree: str,
    patch_digest: str,
    patch_lines: int,
    why: str,
) -> tuple[RunData, str]:
    """Put a change whose decision could not be carried over on the new base; it gets a new pack and request.

    Raises:
        LeaseLost: another worker carries the merge out.
        RunStateConflict: the run was not on its way to a merge.
    """
    lease_check(lease)
    run = _move(
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
    *, actor: Actor, lease: Lease, run_id: str, base_commit: str, why: str
) -> tuple[RunData, str]:
    """Send a change whose own files moved back to the agent, on the new base.

    Raises:
        LeaseLost: another worker carries the merge out.
        RunStateConflict: the run was not on its way to a merge.
    """
    lease_check(lease)
    run = _move(
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
        pack_digest="",
        score=None,
        request_id=None,
    )
    record(
        actor=actor,
        type="run.restarted",
        subject=("run", run_id),
        data={"revision": run.revision, "base_commit": base_commit, "why": why},
    )
    job_id = job_enqueue(
        actor=actor,
        kind="run.execute",
        subject=("run", run_id),
        payload={"run_id": run_id},
        dedupe_key=f"run.execute:{run_id}:{run.revision}",
    )
    return run_data(run), job_id


@transaction.atomic(durable=True)
def run_failed(*, actor: Actor, run_id: str, failure: Mapping[str, JSON]) -> None:
    """End a run that can't go on; a run that has ended stays as it is."""
    ended = [
        RunState.MERGED,
        RunState.REJECTED,
        RunState.CHANGES_REQUESTED,
        RunState.INCIDENT,
        RunState.FAILED,
    ]
    moved = (
        Run.objects.filter(pk=run_id)
        .exclude(state__in=ended)
        .update(state=RunState.FAILED, failure=dict(failure), updated_at=Now())
    )
    if moved:
        record(
            actor=actor,
            type="run.failed",
            subject=("run", run_id),
            data={"code": str(failure.get("code", "")), "error": str(failure.get("error", ""))[:500]},
        )


@transaction.atomic(durable=True)
def incident_open(*, actor: Actor, lease: Lease, run_id: str, title: str, detail: str) -> str:
    """Stop a run that failed its gates in every attempt, for a person to resolve; return the incident's id.

    Raises:
        LeaseLost: another worker carries the run out.
        RunStateConflict: the run is not being checked.
    """
    lease_check(lease)
    _move(run_id, [RunState.CHECKING, RunState.PROPOSING], RunState.INCIDENT, failure={"error": title})
    incident = Incident.objects.create(run_id=run_id, title=title[:200], detail=detail)
    record(
        actor=actor,
        type="incident.opened",
        subject=("incident", str(incident.id)),
        data={"run_id": run_id, "title": title[:200]},
    )
    return str(incident.id)


@transaction.atomic(durable=True)
def incident_resolve(*, actor: Actor, incident_id: str, reason: str) -> None:
    """Close an incident with the reason.

    Raises:
        RunNotFound: there is no such open incident.
    """
    moved = Incident.objects.filter(pk=incident_id, state="open").update(state="resolved", resolved_at=Now())
    if not moved:
        message = "there is no such open incident"
        raise RunNotFound(message, incident_id=incident_id)
    record(
        actor=actor,
        type="incident.resolved",
        subject=("incident", incident_id),
        data={"reason": reason[:1000]},
    )
