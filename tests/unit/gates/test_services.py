import uuid

import pytest
from django.db import IntegrityError, transaction

from countersign.audit.selectors import event_list
from countersign.gates.contracts import GateReport, GateStatus
from countersign.gates.errors import GateResultConflict, GateUnknown
from countersign.gates.models import Gate, GateResult
from countersign.gates.registry import GATES
from countersign.gates.selectors import gate_list, gate_results_for_run
from countersign.gates.services import gate_enable, gate_results_record, gates_sync, report_digest
from countersign.jobs.contracts import Lease
from countersign.jobs.errors import LeaseLost
from countersign.shared.actor import Actor
from countersign.shared.errors import PermissionDenied
from tests.unit.gates.builders import report_of

RUN = str(uuid.uuid4())
# Whose signature it is nobody asks here: see tests/workflow/test_insider_gates.py.
SIGNED = {"payload": "e30="}


def test_results_record_stores_reports_with_their_digests(worker: Actor, lease: Lease) -> None:
    reports = [report_of("lint"), report_of("tests", GateStatus.UNKNOWN)]
    recorded = gate_results_record(
        actor=worker, lease=lease, run_id=RUN, attempt=1, reports=reports, signed=SIGNED
    )
    assert [(one.name, one.status) for one in recorded] == [
        ("lint", GateStatus.PASS),
        ("tests", GateStatus.UNKNOWN),
    ]
    assert recorded[0].report == reports[0].as_json()
    assert recorded[0].report_digest == report_digest(reports[0])
    assert gate_results_for_run(actor=worker, run_id=RUN) == recorded
    assert gate_results_for_run(actor=worker, run_id=RUN, attempt=2) == ()
    (event,) = event_list(actor=worker, subject=("run", RUN))
    assert event.type == "gates.recorded"
    assert event.data["gates"] == [
        {"name": one.name, "status": one.status.value, "report": report_digest(one)} for one in reports
    ]


def recorded_again(worker: Actor, lease: Lease, report: GateReport, attempt: int = 1) -> str:
    """Record one answer; return the event that tells of it."""
    (found,) = gate_results_record(
        actor=worker, lease=lease, run_id=RUN, attempt=attempt, reports=[report], signed=SIGNED
    )
    return found.event_id


def test_results_record_again_keeps_both_answers_and_tells_of_both(worker: Actor, lease: Lease) -> None:
    first = recorded_again(worker, lease, report_of())
    second = recorded_again(worker, lease, report_of(status=GateStatus.FAIL))
    stored = gate_results_for_run(actor=worker, run_id=RUN, attempt=1)
    assert [(one.status.value, one.event_id) for one in stored] == [("pass", first), ("fail", second)]
    told = event_list(actor=worker, subject=("run", RUN))
    assert {event.id: event.data["gates"] for event in told} == {
        one.event_id: [{"name": "lint", "status": one.status.value, "report": one.report_digest}]
        for one in stored
    }
    assert [event.data["signed"] for event in told] == [SIGNED, SIGNED]


def test_results_record_refuses_an_answer_on_another_tree(worker: Actor, lease: Lease) -> None:
    recorded_again(worker, lease, report_of())
    with pytest.raises(GateResultConflict):
        recorded_again(worker, lease, report_of(tree="c" * 40))
    recorded_again(worker, lease, report_of(tree="c" * 40), attempt=2)
    assert len(gate_results_for_run(actor=worker, run_id=RUN)) == 2


def test_results_record_stores_nothing_under_a_lost_lease(worker: Actor, lease: Lease) -> None:
    lost = Lease(lease.job_id, lease.token - 1)
    with pytest.raises(LeaseLost):
        recorded_again(worker, lost, report_of())
    assert not GateResult.objects.exists()


def test_gates_sync_registers_what_ships_and_keeps_what_was_switched_off(db: None, admin: Actor) -> None:
    gates_sync(actor=admin)
    gate_enable(actor=admin, code="lint", enabled=False)
    gates_sync(actor=admin)
    assert {one.code for one in gate_list(actor=admin)} == set(GATES)
    assert [one.code for one in gate_list(actor=admin, enabled=False)] == ["lint"]
    gate_enable(actor=admin, code="lint", enabled=True)
    Gate.objects.filter(code="lint").update(title="Old")
    gates_sync(actor=admin)
    assert {one.title for one in gate_list(actor=admin)} == {one.title for one in GATES.values()}
    types = sorted(event.type for event in event_list(actor=admin))
    assert types == ["gate.disabled", "gate.enabled", "gates.synced", "gates.synced"]


def test_gate_services_need_the_role(db: None, stranger: Actor, admin: Actor) -> None:
    with pytest.raises(PermissionDenied):
        gates_sync(actor=stranger)
    with pytest.raises(PermissionDenied):
        gate_enable(actor=stranger, code="lint", enabled=False)
    with pytest.raises(PermissionDenied):
        gate_list(actor=stranger)
    with pytest.raises(PermissionDenied):
        gate_results_for_run(actor=stranger, run_id=RUN)
    with pytest.raises(GateUnknown):
        gate_enable(actor=admin, code="magic", enabled=True)


def test_database_refuses_a_status_that_nobody_knows(worker: Actor, lease: Lease) -> None:
    recorded_again(worker, lease, report_of())
    with pytest.raises(IntegrityError), transaction.atomic():
        GateResult.objects.create(run_id=RUN, attempt=2, name="lint", status="skipped", report={})


def test_models_name_themselves() -> None:
    assert str(Gate(code="lint")) == "lint"
    assert str(GateResult(name="lint", status="pass")) == "lint: pass"
