"""Phase enforcement: complete is recomputed from evidence (seed 001: 100 % complete; seed 002, section 7)."""

import uuid

import pytest
from django.db import IntegrityError, transaction

from countersign.audit.selectors import event_list
from countersign.jobs.contracts import Lease
from countersign.jobs.errors import LeaseLost
from countersign.plans.contracts import (
    ChangeFact,
    DeliverableState,
    FindingFact,
    PhaseFacts,
    PhaseState,
    PlanData,
    WorkItemData,
    WorkItemState,
)
from countersign.plans.errors import SignoffRefused
from countersign.plans.models import AcceptanceCriterion, Phase
from countersign.plans.selectors import phase_get, phase_list, phase_proof, phase_proof_stored
from countersign.plans.services import phase_evaluate, phase_signoff, work_item_move, work_item_start
from countersign.shared.actor import Actor
from countersign.shared.errors import NotFound, PermissionDenied
from countersign_verify.canonical import digest_of
from countersign_verify.phases import phase_complete
from tests.unit.plans.samples import HEAD, ItemMaker, facts, merged

LEFT = FindingFact(tool="ruff", rule="F401", path="src/z.py", fixable=True)
WEAKNESS = FindingFact(tool="bandit", rule="B101", path="src/z.py", fixable=False)


@pytest.fixture
def merged_item(worker: Actor, make_item: ItemMaker) -> WorkItemData:
    item = make_item()
    work_item_start(actor=worker, work_item_id=item.id)
    return work_item_move(actor=worker, work_item_id=item.id, expected="running", to="merged")


@pytest.fixture
def done(merged_item: WorkItemData) -> PhaseFacts:
    return facts(merged(merged_item))


def states(actor: Actor, plan: PlanData) -> list[PhaseState]:
    return [phase.state for phase in phase_list(actor=actor, plan_id=plan.id)]


def test_phase_evaluate_lacks_only_the_signoff(plan: PlanData, worker: Actor, done: PhaseFacts) -> None:
    result = phase_evaluate(actor=worker, phase_id=plan.phases[0].id, evidence=done)
    assert not result.complete
    assert len(result.missing) == 1
    assert "sign-off" in result.missing[0].lower()
    assert result.phase.state is PhaseState.AWAITING_SIGNOFF
    assert result.phase.missing == result.missing
    assert result.phase.deliverables[0].state is DeliverableState.DONE
    assert all(criterion.met and criterion.evidence for criterion in result.phase.deliverables[0].criteria)
    assert result.phase.gates[0].met
    assert result.proof_digest == digest_of(result.proof)
    assert phase_proof_stored(actor=worker, phase_id=plan.phases[0].id) == result.proof


def test_phase_evaluate_is_what_the_verifier_says(plan: PlanData, worker: Actor, done: PhaseFacts) -> None:
    proof = phase_proof(actor=worker, phase_id=plan.phases[0].id, evidence=done)
    result = phase_evaluate(actor=worker, phase_id=plan.phases[0].id, evidence=done)
    assert proof == result.proof
    assert (result.complete, list(result.missing)) == phase_complete(proof)


def test_phase_evaluate_again_changes_nothing(plan: PlanData, worker: Actor, done: PhaseFacts) -> None:
    phase_id = plan.phases[0].id
    first = phase_evaluate(actor=worker, phase_id=phase_id, evidence=done)
    assert phase_evaluate(actor=worker, phase_id=phase_id, evidence=done) == first
    assert len(event_list(actor=worker, subject=("phase", phase_id))) == 1


@pytest.mark.parametrize(
    ("evidence", "says"),
    [
        (facts(findings=(LEFT,)), "1 auto-fixable finding(s) left"),
        (facts(findings=None), "has not been analysed"),
        (facts(analysis=None), "has not been analysed"),
        (facts(), "1 of 1 change(s) not merged"),
    ],
)
def test_phase_evaluate_names_what_is_missing(
    plan: PlanData, worker: Actor, merged_item: WorkItemData, evidence: PhaseFacts, says: str
) -> None:
    result = phase_evaluate(actor=worker, phase_id=plan.phases[0].id, evidence=evidence)
    assert result.phase.state is PhaseState.ACTIVE
    assert any(says in text and "P1.1" in text for text in result.missing), result.missing
    assert result.phase.deliverables[0].state is DeliverableState.IN_PROGRESS


@pytest.mark.parametrize("status", ["fail", "unknown", None])
def test_phase_evaluate_a_gate_that_did_not_pass_is_missing(
    plan: PlanData, worker: Actor, merged_item: WorkItemData, status: str | None
) -> None:
    gates = {"lint": "pass"} if status is None else {"tests": status}
    result = phase_evaluate(
        actor=worker, phase_id=plan.phases[0].id, evidence=facts(merged(merged_item, **gates))
    )
    assert any("tests is " in text for text in result.missing)
    assert not result.phase.gates[0].met


def test_phase_evaluate_a_merge_without_a_pack_is_no_merge(
    plan: PlanData, worker: Actor, merged_item: WorkItemData
) -> None:
    bare = ChangeFact(work_item_id=merged_item.id, run_id="r", pack_digest=None, merge_commit="d" * 40)
    result = phase_evaluate(actor=worker, phase_id=plan.phases[0].id, evidence=facts(bare))
    assert any("not merged" in text for text in result.missing)
    both = facts(bare, merged(merged_item))
    assert (
        phase_evaluate(actor=worker, phase_id=plan.phases[0].id, evidence=both)
        .phase.deliverables[0]
        .criteria[1]
        .met
    )


def test_phase_evaluate_an_untouched_deliverable_is_planned(plan: PlanData, worker: Actor) -> None:
    result = phase_evaluate(actor=worker, phase_id=plan.phases[0].id, evidence=facts(findings=(LEFT,)))
    assert result.phase.deliverables[0].state is DeliverableState.PLANNED
    assert any(
        "no change was started although 1 auto-fixable finding(s) are left" in text for text in result.missing
    )


def test_phase_evaluate_work_in_progress_is_not_done(
    plan: PlanData, worker: Actor, make_item: ItemMaker
) -> None:
    item = make_item()
    work_item_start(actor=worker, work_item_id=item.id)
    result = phase_evaluate(actor=worker, phase_id=plan.phases[0].id, evidence=facts())
    assert any("ruff:unused:src (running)" in text for text in result.missing)
    assert any("no change is merged yet" in text for text in result.missing)


def test_phase_evaluate_without_anything_to_do_needs_the_analysis(plan: PlanData, worker: Actor) -> None:
    """On a project that has no such finding the deliverable is done, and the analysis is its evidence."""
    phase_id = plan.phases[0].id
    assert (
        phase_evaluate(actor=worker, phase_id=phase_id, evidence=facts(findings=None)).phase.state
        is PhaseState.ACTIVE
    )
    left = FindingFact(tool="ruff", rule="F401", path="src/__init__.py", fixable=False)
    result = phase_evaluate(actor=worker, phase_id=phase_id, evidence=facts(findings=(left,)))
    assert result.phase.state is PhaseState.AWAITING_SIGNOFF


def test_phase_evaluate_a_rejected_change_keeps_the_phase_open_until_it_is_proposed_again(
    plan: PlanData, worker: Actor, make_item: ItemMaker
) -> None:
    phase_id = plan.phases[0].id
    rejected = make_item()
    work_item_start(actor=worker, work_item_id=rejected.id)
    work_item_move(actor=worker, work_item_id=rejected.id, expected="running", to="rejected")
    result = phase_evaluate(actor=worker, phase_id=phase_id, evidence=facts())
    assert any("(rejected)" in text for text in result.missing)
    again = make_item()
    work_item_start(actor=worker, work_item_id=again.id)
    work_item_move(actor=worker, work_item_id=again.id, expected="running", to="merged")
    result = phase_evaluate(actor=worker, phase_id=phase_id, evidence=facts(merged(again)))
    assert result.phase.state is PhaseState.AWAITING_SIGNOFF


def test_phase_evaluate_the_backlog_is_no_change_of_the_phase(
    plan: PlanData, worker: Actor, make_item: ItemMaker
) -> None:
    make_item(state=WorkItemState.BACKLOG)
    result = phase_evaluate(actor=worker, phase_id=plan.phases[0].id, evidence=facts())
    assert result.phase.state is PhaseState.AWAITING_SIGNOFF


def test_phase_evaluate_a_later_phase_stays_blocked(plan: PlanData, worker: Actor) -> None:
    result = phase_evaluate(actor=worker, phase_id=plan.phases[1].id, evidence=facts())
    assert result.phase.state is PhaseState.BLOCKED
    assert any("P1" in text for text in result.missing)


def test_phase_evaluate_refuses_strangers_lost_leases_and_unknown_phases(
    plan: PlanData, worker: Actor, stranger: Actor
) -> None:
    phase_id = plan.phases[0].id
    with pytest.raises(PermissionDenied):
        phase_evaluate(actor=stranger, phase_id=phase_id, evidence=facts())
    with pytest.raises(LeaseLost):
        phase_evaluate(
            actor=worker, phase_id=phase_id, evidence=facts(), lease=Lease(job_id=str(uuid.uuid4()), token=1)
        )
    with pytest.raises(NotFound):
        phase_evaluate(actor=worker, phase_id=str(uuid.uuid4()), evidence=facts())
    with pytest.raises(PermissionDenied):
        phase_proof(actor=stranger, phase_id=phase_id, evidence=facts())
    with pytest.raises(NotFound):
        phase_proof(actor=worker, phase_id=str(uuid.uuid4()), evidence=facts())
    with pytest.raises(PermissionDenied):
        phase_proof_stored(actor=stranger, phase_id=phase_id)
    with pytest.raises(NotFound, match="not been evaluated"):
        phase_proof_stored(actor=worker, phase_id=phase_id)


def sign(actor: Actor, phase_id: str, digest: str, request_id: str = "request-1") -> None:
    phase_signoff(
        actor=actor, phase_id=phase_id, request_id=request_id, proof_digest=digest, decision_id="decision-1"
    )


def test_phase_signoff_completes_the_phase_and_opens_the_next(
    plan: PlanData, worker: Actor, director: Actor, done: PhaseFacts, make_item: ItemMaker
) -> None:
    phase_id = plan.phases[0].id
    digest = phase_evaluate(actor=worker, phase_id=phase_id, evidence=done).proof_digest
    sign(director, phase_id, digest)
    phase = phase_get(actor=worker, phase_id=phase_id)
    assert phase.complete
    assert phase.missing == ()
    assert phase.signoff is not None
    assert (phase.signoff.request_id, phase.signoff.decision_id) == ("request-1", "decision-1")
    assert states(worker, plan) == [PhaseState.COMPLETE, PhaseState.ACTIVE, PhaseState.BLOCKED]
    assert phase_complete(phase_proof_stored(actor=worker, phase_id=phase_id)) == (True, [])
    kinds = [event.type for event in event_list(actor=worker, subject=("phase", phase_id))]
    assert kinds == ["phase.completed", "phase.evaluated"]
    (opened,) = event_list(actor=worker, subject=("phase", plan.phases[1].id))
    assert opened.type == "phase.activated"
    second = phase_get(actor=worker, phase_id=plan.phases[1].id)
    assert second.missing
    assert not any("phase P1" in text for text in second.missing)
    work_item_start(actor=worker, work_item_id=make_item(phase=1).id)


def test_phase_signoff_again_changes_nothing(
    plan: PlanData, worker: Actor, director: Actor, done: PhaseFacts
) -> None:
    phase_id = plan.phases[0].id
    digest = phase_evaluate(actor=worker, phase_id=phase_id, evidence=done).proof_digest
    sign(director, phase_id, digest)
    sign(director, phase_id, digest)
    assert len(event_list(actor=worker, type="phase.completed")) == 1
    with pytest.raises(SignoffRefused):
        sign(director, phase_id, digest, request_id="request-2")


def test_phase_signoff_is_void_when_the_proof_moved(
    plan: PlanData, worker: Actor, director: Actor, merged_item: WorkItemData
) -> None:
    phase_id = plan.phases[0].id
    change = merged(merged_item)
    old = phase_evaluate(actor=worker, phase_id=phase_id, evidence=facts(change)).proof_digest
    new = phase_evaluate(actor=worker, phase_id=phase_id, evidence=facts(change, head="e" * 40)).proof_digest
    assert old != new
    with pytest.raises(SignoffRefused):
        sign(director, phase_id, old)
    sign(director, phase_id, new)


def test_phase_signoff_refuses_what_is_not_ready_and_who_may_not(
    plan: PlanData, worker: Actor, director: Actor, operator: Actor, done: PhaseFacts
) -> None:
    phase_id = plan.phases[0].id
    with pytest.raises(SignoffRefused):
        sign(director, phase_id, "")
    digest = phase_evaluate(actor=worker, phase_id=phase_id, evidence=facts(findings=(LEFT,))).proof_digest
    with pytest.raises(SignoffRefused) as caught:
        sign(director, phase_id, digest)
    assert caught.value.data["missing"]
    digest = phase_evaluate(actor=worker, phase_id=phase_id, evidence=done).proof_digest
    with pytest.raises(PermissionDenied):
        sign(operator, phase_id, digest)
    with pytest.raises(NotFound):
        sign(director, str(uuid.uuid4()), digest)
    assert phase_get(actor=worker, phase_id=phase_id).state is PhaseState.AWAITING_SIGNOFF


def complete_first(plan: PlanData, worker: Actor, director: Actor, evidence: PhaseFacts) -> None:
    phase_id = plan.phases[0].id
    sign(director, phase_id, phase_evaluate(actor=worker, phase_id=phase_id, evidence=evidence).proof_digest)


def test_phase_evaluate_a_complete_phase_keeps_its_signed_proof(
    plan: PlanData, worker: Actor, director: Actor, merged_item: WorkItemData
) -> None:
    change = merged(merged_item)
    complete_first(plan, worker, director, facts(change))
    phase_id = plan.phases[0].id
    signed = phase_proof_stored(actor=worker, phase_id=phase_id)
    result = phase_evaluate(
        actor=worker, phase_id=phase_id, evidence=facts(change, findings=(WEAKNESS,), head="f" * 40)
    )
    assert result.complete
    assert result.proof == signed
    assert signed["head_commit"] == HEAD


def test_phase_evaluate_a_complete_phase_reopens_when_it_no_longer_holds(
    plan: PlanData, worker: Actor, director: Actor, merged_item: WorkItemData
) -> None:
    change = merged(merged_item)
    complete_first(plan, worker, director, facts(change))
    phase_id = plan.phases[0].id
    result = phase_evaluate(actor=worker, phase_id=phase_id, evidence=facts(change, findings=(LEFT,)))
    assert not result.complete
    assert result.phase.signoff is None
    assert states(worker, plan) == [PhaseState.ACTIVE, PhaseState.BLOCKED, PhaseState.BLOCKED]
    assert event_list(actor=worker, subject=("phase", phase_id))[0].type == "phase.reopened"
    assert event_list(actor=worker, subject=("phase", plan.phases[1].id))[0].type == "phase.blocked"


def test_phase_state_complete_without_a_signature_is_refused_by_the_database(plan: PlanData) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Phase.objects.filter(pk=plan.phases[0].id).update(state=PhaseState.COMPLETE)
    with pytest.raises(IntegrityError), transaction.atomic():
        Phase.objects.filter(pk=plan.phases[0].id).update(state="done")
    with pytest.raises(IntegrityError), transaction.atomic():
        AcceptanceCriterion.objects.update(met=True)
