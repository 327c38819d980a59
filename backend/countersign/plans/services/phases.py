"""Evaluating phases and signing them off."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeVar

from django.db import transaction
from django.db.models.functions import Now

from countersign.accounts.policies import require
from countersign.audit.services import record
from countersign.jobs.contracts import Lease
from countersign.jobs.services import lease_check
from countersign.plans.contracts import PhaseData, PhaseEvaluation, PhaseFacts, PhaseState
from countersign.plans.conversions import phase_data
from countersign.plans.errors import SignoffRefused
from countersign.plans.models import AcceptanceCriterion, Deliverable, Phase, PhaseGate
from countersign.plans.proof import proof_build
from countersign.plans.selectors import phase_record, phase_row
from countersign.plans.services.locks import plan_lock
from countersign.shared.actor import Actor
from countersign_verify.canonical import digest_of
from countersign_verify.phases import phase_complete

_Demand = TypeVar("_Demand", AcceptanceCriterion, PhaseGate)
_ANSWER: Final = ("met", "evidence", "reason")


@transaction.atomic(durable=True)
def phase_evaluate(
    *, actor: Actor, phase_id: str, evidence: PhaseFacts, lease: Lease | None = None
) -> PhaseEvaluation:
    """Recompute a phase from evidence and let its state follow.

    A phase that lacks only the sign-off waits for it. A complete phase keeps the proof that was
    signed for as long as everything it demands still holds, and reopens otherwise.

    Raises:
        PermissionDenied: The actor may not evaluate phases.
        LeaseLost: Another worker has taken the step over.
        NotFound: There is no such phase.
    """
    if lease is not None:
        lease_check(lease)
    require(actor, "run.write")
    row = phase_row(phase_id)
    plan_lock(row.plan_id)
    row = phase_row(phase_id)
    unsigned = {**proof_build(phase_record(row), evidence), "signoff": None}
    digest = digest_of(unsigned)
    ready, _ = phase_complete({**unsigned, "signoff": _signoff("pending", "pending", digest)})
    if ready and row.state == PhaseState.COMPLETE.value:
        return PhaseEvaluation(
            phase=phase_data(row), proof=row.proof, proof_digest=row.proof_digest, complete=True, missing=()
        )
    _, missing = phase_complete(unsigned)
    state = _state_after(row, ready=ready)
    if (row.state, row.proof_digest) != (state.value, digest):
        _evaluation_store(actor, row, state, unsigned, missing)
    phase = phase_data(phase_row(phase_id))
    return PhaseEvaluation(
        phase=phase, proof=unsigned, proof_digest=digest, complete=False, missing=tuple(missing)
    )


def phase_missing_unseen(row: Phase) -> list[str]:
    """List what a phase lacks before anybody has gathered evidence for it: everything it demands."""
    unseen = PhaseFacts(head_commit="", findings=None, analysis_digest=None)
    return phase_complete(proof_build(phase_record(row), unseen))[1]


def _state_after(row: Phase, *, ready: bool) -> PhaseState:
    incomplete = Phase.objects.filter(plan_id=row.plan_id, code__in=row.depends_on).exclude(
        state=PhaseState.COMPLETE.value
    )
    if incomplete.exists():
        return PhaseState.BLOCKED
    return PhaseState.AWAITING_SIGNOFF if ready else PhaseState.ACTIVE


def _signoff(request_id: str, decision_id: str, digest: str) -> dict[str, str]:
    return {"request_id": request_id, "decision_id": decision_id, "proof_digest": digest}


def _evaluation_store(
    actor: Actor,
    row: Phase,
    state: PhaseState,
    proof: Mapping[str, Any],  # JSON
    missing: Iterable[str],
) -> None:
    before = row.state
    digest = digest_of(proof)
    Phase.objects.filter(pk=row.pk, state=before).update(
        state=state.value,
        proof=proof,
        proof_digest=digest,
        missing=list(missing),
        evaluated_at=Now(),
        signoff_request_id="",
        signoff_decision_id="",
        signoff_proof_digest="",
        signed_off_at=None,
    )
    _answers_store(row, proof)
    reopened = before == PhaseState.COMPLETE.value
    if reopened:
        _dependents_block(actor, row)
    record(
        actor=actor,
        type="phase.reopened" if reopened else "phase.evaluated",
        subject=("phase", str(row.id)),
        data={
            "code": row.code,
            "from": before,
            "to": state.value,
            "proof_digest": digest,
            "missing": [text[:200] for text in list(missing)[:50]],
        },
    )


def _answers_store(row: Phase, proof: Mapping[str, Any]) -> None:  # JSON
    """Keep what the evaluation said of each part, for people to see; the proof is what counts."""
    answers = {part["code"]: part for part in proof["deliverables"]}
    deliverables = list(row.deliverables.all())
    criteria: list[AcceptanceCriterion] = []
    for deliverable in deliverables:
        answer = answers[deliverable.code]
        deliverable.state = answer["state"]
        criteria.extend(_answered(deliverable.criteria.all(), answer["criteria"]))
    Deliverable.objects.bulk_update(deliverables, ["state"])
    AcceptanceCriterion.objects.bulk_update(criteria, _ANSWER)
    PhaseGate.objects.bulk_update(_answered(row.gates.all(), proof["gates"]), _ANSWER)


def _answered(rows: Iterable[_Demand], answers: Iterable[Mapping[str, Any]]) -> list[_Demand]:  # JSON
    by_code = {answer["code"]: answer for answer in answers}
    answered = list(rows)
    for row in answered:
        answer = by_code[row.code]
        row.met = answer["met"]
        row.evidence = answer["evidence"] or ""
        row.reason = answer["reason"]
    return answered


def _dependents_block(actor: Actor, row: Phase) -> None:
    for other in Phase.objects.filter(plan_id=row.plan_id).order_by("order"):
        if row.code not in other.depends_on:
            continue
        waiting = [PhaseState.ACTIVE.value, PhaseState.AWAITING_SIGNOFF.value]
        if Phase.objects.filter(pk=other.pk, state__in=waiting).update(state=PhaseState.BLOCKED.value):
            _phase_moved(actor, other, "phase.blocked", {"by": row.code})


@transaction.atomic(durable=True)
def phase_signoff(
    *,
    actor: Actor,
    phase_id: str,
    request_id: str,
    proof_digest: str,
    decision_id: str = "",
) -> PhaseData:
    """Complete a phase: the Director signed over exactly the proof it waits with.

    Phases that waited for this one become active. The same sign-off again changes nothing.

    Raises:
        PermissionDenied: The actor may not decide.
        NotFound: There is no such phase.
        SignoffRefused: The phase is not waiting for a sign-off, or its proof is another one now.
    """
    require(actor, "decision.write")
    row = phase_row(phase_id)
    plan_lock(row.plan_id)
    row = phase_row(phase_id)
    if (row.state, row.signoff_request_id, row.signoff_proof_digest) == (
        PhaseState.COMPLETE.value,
        request_id,
        proof_digest,
    ):
        return phase_data(row)
    signed = {**row.proof, "signoff": _signoff(request_id, decision_id or request_id, proof_digest)}
    complete, missing = phase_complete(signed) if row.proof else (False, ["an evaluation"])
    moved = complete and Phase.objects.filter(
        pk=row.pk, state=PhaseState.AWAITING_SIGNOFF.value, proof_digest=proof_digest
    ).update(
        state=PhaseState.COMPLETE.value,
        proof=signed,
        missing=[],
        signoff_request_id=request_id,
        signoff_decision_id=decision_id or request_id,
        signoff_proof_digest=proof_digest,
        signed_off_at=Now(),
    )
    if not moved:
        raise SignoffRefused(
            f"Phase {row.code} is {row.state} and can't be signed off over this proof. Evaluate it "
            "again and have its present proof signed.",
            phase=row.code,
            state=row.state,
            missing=list(missing),
            proof_digest=row.proof_digest,
        )
    _phase_moved(
        actor,
        row,
        "phase.completed",
        {"request_id": request_id, "decision_id": decision_id, "proof_digest": proof_digest},
    )
    _dependents_activate(actor, row)
    return phase_data(phase_row(phase_id))


def _dependents_activate(actor: Actor, row: Phase) -> None:
    phases = {phase.code: phase for phase in Phase.objects.filter(plan_id=row.plan_id)}
    for other in phases.values():
        if row.code not in other.depends_on or other.state != PhaseState.BLOCKED.value:
            continue
        if all(phases[code].state == PhaseState.COMPLETE.value for code in other.depends_on):
            missing = phase_missing_unseen(phase_row(str(other.pk)))
            Phase.objects.filter(pk=other.pk, state=PhaseState.BLOCKED.value).update(
                state=PhaseState.ACTIVE.value, missing=missing
            )
            _phase_moved(actor, other, "phase.activated", {"by": row.code})


def _phase_moved(actor: Actor, row: Phase, kind: str, data: Mapping[str, str]) -> None:
    record(actor=actor, type=kind, subject=("phase", str(row.id)), data={"code": row.code, **data})
