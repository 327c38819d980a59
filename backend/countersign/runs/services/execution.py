"""From a prompt to a sealed pack: the moves of a run that the agent and the gates make."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now

from countersign.audit.changes import update_recorded
from countersign.audit.services import record
from countersign.jobs.services import job_enqueue, lease_check
from countersign.runs.contracts import InputsGiven
from countersign.runs.errors import (
    RunStateConflict,
    SealTurnTaken,
)
from countersign.runs.models import Attempt, Run, RunState
from countersign.runs.selectors import run_data
from countersign.runs.services.moves import run_move, run_move_recorded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from countersign.jobs.contracts import Lease
    from countersign.runs.contracts import BesideData, ProposalData, RunData
    from countersign.shared.actor import Actor
    from countersign.shared.types import JSON


@transaction.atomic(durable=True)
def run_create(  # noqa: PLR0913 - what a run is made of, each said by name
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
    prompters: frozenset[str] = frozenset(),
    given: InputsGiven | None = None,
) -> tuple[RunData, str]:
    """Create a run and the job that carries it out; return both.

    ``prompters`` are persons whose words went into the prompt; like the actor they take part in the change.
    ``given`` is what it was given of the plan's inputs; whoever answered them takes part as well.

    Raises:
        RunStateConflict: the work item has an open run already.
        DomainError: as ``given.hold`` says.
    """
    given = given or InputsGiven()
    given.hold()
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
                participants=sorted(actor.participants | prompters | given.participants),
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
            "prompters": sorted(prompters),
            "plan": given.plan,
            "inputs": list(given.inputs),
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
    snapshot = {"base_commit": base_commit, "branch": branch, "snapshot_tag": snapshot_tag}
    run = run_move_recorded(
        run_id,
        [RunState.QUEUED],
        RunState.PROPOSING,
        actor=actor,
        type="run.snapshotted",
        data=snapshot,
        **snapshot,
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
    run = run_move(
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
    to = RunState.PROPOSING if retry else RunState.SEALING
    run = run_move(run_id, [RunState.CHECKING], to, seal_turn=False)
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
def seal_turn_take(*, actor: Actor, lease: Lease, run_id: str, mates: frozenset[str]) -> RunData:
    """Let no other of these runs be sealed before this one is, if it touches some of the same files.

    Two of them that were sealed at the same moment would each be scored alone.

    Raises:
        LeaseLost: another worker carries the run out.
        RunStateConflict: the run is not being sealed.
        SealTurnTaken: one that touches the same files is being sealed.
    """
    lease_check(lease)
    # The rows are locked in one order: of two that ask at once, the later one sees what the first one took.
    rows = Run.objects.filter(pk__in={run_id, *mates}, state=RunState.SEALING).order_by("id")
    sealing = {str(row.id): row for row in rows.select_for_update()}
    own = sealing.pop(run_id, None)
    if own is None:
        message = "the run is not being sealed"
        raise RunStateConflict(message, run_id=run_id)
    if own.seal_turn:
        return run_data(own)
    paths = {item["path"] for item in own.entries}
    for other in sealing.values():
        if other.seal_turn and not paths.isdisjoint(item["path"] for item in other.entries):
            message = "a change of the same session to the same files is being sealed; this one is next"
            raise SealTurnTaken(message, run_id=run_id, other=str(other.id))
    Run.objects.filter(pk=run_id).update(seal_turn=True)
    record(actor=actor, type="run.sealing", subject=("run", run_id), data={"mates": sorted(mates)})
    return run_data(own)


@transaction.atomic(durable=True)
def run_sealed(
    *,
    actor: Actor,
    lease: Lease,
    run_id: str,
    pack_digest: str,
    score: int,
    request_id: str,
    beside: tuple[BesideData, ...] = (),
) -> RunData:
    """Bind the sealed pack and its approval request to the run; it now waits for people.

    Raises:
        LeaseLost: another worker carries the run out.
        RunStateConflict: the run is not being sealed.
    """
    lease_check(lease)
    run = run_move_recorded(
        run_id,
        [RunState.SEALING],
        RunState.WAITING_APPROVAL,
        actor=actor,
        type="run.waiting_approval",
        data={
            "pack_digest": pack_digest,
            "score": score,
            "request_id": request_id,
            **({"beside": sorted(item.run_id for item in beside)} if beside else {}),
        },
        pack_digest=pack_digest,
        score=score,
        request_id=request_id,
        seal_turn=False,
        beside=[{"run_id": item.run_id, "patch_digest": item.patch_digest} for item in beside],
    )
    return run_data(run)


@transaction.atomic(durable=True)
def run_failed(*, actor: Actor, run_id: str, failure: Mapping[str, JSON]) -> None:
    """End a run that can't go on; one that is approved, being merged or at its end stays as it is."""
    ended = [
        RunState.APPROVED,
        RunState.MERGING,
        RunState.MERGED,
        RunState.REJECTED,
        RunState.CHANGES_REQUESTED,
        RunState.INCIDENT,
        RunState.FAILED,
    ]
    update_recorded(
        Run.objects.filter(pk=run_id).exclude(state__in=ended).only("id"),
        {"state": RunState.FAILED, "failure": dict(failure), "updated_at": Now()},
        actor=actor,
        type="run.failed",
        subject=("run", run_id),
        data={"code": str(failure.get("code", "")), "error": str(failure.get("error", ""))[:500]},
    )
