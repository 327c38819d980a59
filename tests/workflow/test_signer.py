"""Decisions are signed by a process that takes nobody's word for them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from countersign.shared.actor import Actor
from countersign.shared.env import environment
from tests.unit.audit.roles import database_role
from tests.workflow.insider import Insider
from tests.workflow.test_phases import checks, export
from tests.workflow.world import PLATFORM, World, drive, failed_jobs, sequence

if TYPE_CHECKING:
    from countersign.approvals.contracts import DecisionData


@pytest.fixture(autouse=True)
def apart(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This process signs nothing."""
    monkeypatch.setenv("COUNTERSIGN_SIGNER", "apart")
    environment.cache_clear()
    yield
    monkeypatch.undo()
    environment.cache_clear()


def answer() -> int:
    """Let the signer look once, under its own database role."""
    from countersign.workflow.signer import decisions_answer

    sequence()
    with database_role("SIGNER"):
        return decisions_answer()


def decision(world: World, rule: str = "F401") -> DecisionData:
    [found] = world.request(rule).decisions
    return found


def refused(world: World, rule: str = "F401") -> str:
    """The signer's reason; nothing follows from such a decision."""
    assert answer() == 1
    found = decision(world, rule)
    assert not found.signed
    drive()
    assert world.run(rule).state != "merged"
    assert [code["code"] for _, _, code in failed_jobs()] == ["signature_refused"]
    return found.refused


def test_signer_signs_a_decision_and_only_then_it_is_merged(
    waiting: World, capsys: pytest.CaptureFixture[str]
) -> None:
    waiting.approve("F401")
    assert not decision(waiting).signed
    assert answer() == 1
    assert decision(waiting).signed
    assert answer() == 0
    drive()
    assert failed_jobs() == []
    assert waiting.run("F401").state == "merged"
    directory, trust = export(waiting)
    assert checks(directory, trust, capsys) == (0, [])


def test_signer_waits_for_the_checkpoint_and_the_merge_for_the_signer(waiting: World) -> None:
    from countersign.jobs.selectors import jobs_due
    from countersign.workflow.engine import job_step
    from countersign.workflow.signer import decisions_answer

    waiting.approve("F401")
    with database_role("SIGNER"):
        assert decisions_answer() == 0
    sequence()
    for job_id in jobs_due():
        job_step(job_id, owner="test")
    job = waiting.execution("F401")
    assert (job.state, job.step) == ("waiting", "checkpoint")
    assert waiting.run("F401").state == "waiting_approval"


def test_signer_refuses_a_role_that_the_log_does_not_know(waiting: World) -> None:
    mallory = waiting.person("mallory")
    waiting.decide(waiting.request("F401"), actor=replace(mallory, roles=frozenset({"director"})))
    assert "does not say that the approver was 'director'" in refused(waiting)


def test_signer_refuses_a_decision_that_the_log_tells_of_another_person(
    waiting: World, superuser_dsn: str
) -> None:
    from countersign.approvals.models import Decision

    other = waiting.person("dora", "director")
    waiting.approve("F401")
    row = Decision.objects.get()
    envelope = _changed(row.envelope, "approver", lambda approver: {**approver, "person_id": other.person_id})
    insider = Insider(superuser_dsn)
    insider.sql("UPDATE approvals_decision SET envelope = %s, person_id = %s", envelope, other.person_id)
    assert "the log tells of another decision" in refused(waiting)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"excluded": ["0" * 8]}, "excludes other people"),
        ({"subject_digest": "sha256:" + "0" * 64}, "on something else than was asked"),
        ({"binding": None}, "on something else than was asked"),
    ],
)
def test_signer_refuses_what_was_not_asked(waiting: World, change: dict[str, Any], why: str) -> None:
    from countersign.approvals.models import ApprovalRequest

    waiting.approve("F401")
    ApprovalRequest.objects.filter(pk=waiting.request("F401").id).update(**change)
    assert why in refused(waiting)


def test_signer_refuses_a_decision_without_the_passkey_that_is_asked_for(waiting: World) -> None:
    from countersign.approvals.models import ApprovalRequest

    waiting.approve("F401")
    row = ApprovalRequest.objects.get(pk=waiting.request("F401").id)
    row.policy["passkey"] = True
    row.save()
    assert "asks for the approver's own passkey" in refused(waiting)


def test_signer_refuses_a_reason_that_was_not_given(waiting: World, superuser_dsn: str) -> None:
    waiting.approve("F401")
    Insider(superuser_dsn).sql("UPDATE approvals_decision SET reason = 'something else'")
    assert "another reason" in refused(waiting)


def test_signer_refuses_a_decision_on_a_request_that_had_ended(waiting: World) -> None:
    from django.db import transaction

    from countersign.audit.services import record

    request = waiting.request("F401")
    with transaction.atomic():
        record(actor=PLATFORM, type="approval.voided", subject=("approval_request", request.id))
    waiting.approve("F401")
    assert "had ended before" in refused(waiting)


def test_signer_refuses_a_decision_that_nobody_sat_in_front_of(waiting: World) -> None:
    from countersign.approvals.services import decision_record

    request = waiting.request("F401")
    decision_record(
        actor=replace(waiting.director, unattended=True),
        request_id=request.id,
        verdict="approve",
        reason="looked at",
        digest=request.subject_digest,
        unattended_allowed=True,
    )
    assert "no person made the decision" in refused(waiting)


def test_signer_refusal_stands_in_the_log(waiting: World) -> None:
    from countersign.audit.selectors import event_list

    mallory: Actor = replace(waiting.person("mallory"), roles=frozenset({"director"}))
    waiting.decide(waiting.request("F401"), actor=mallory)
    refused(waiting)
    [event] = event_list(actor=waiting.auditor, type="decision.signature_refused")
    assert event.data["decision_id"] == decision(waiting).id
    assert "director" in str(event.data["why"])


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        (
            "APP",
            "INSERT INTO approvals_decisionsignature SELECT id, NULL, 'x' FROM approvals_decision",
        ),
        ("SIGNER", "UPDATE approvals_decision SET verdict = 'approve'"),
        ("SIGNER", "UPDATE approvals_decisionsignature SET refused = 'x'"),
        ("SIGNER", "DELETE FROM approvals_decisionsignature"),
        ("SIGNER", "SELECT * FROM accounts_apitoken"),
        ("SIGNER", "INSERT INTO audit_auditcheckpoint DEFAULT VALUES"),
    ],
)
def test_signer_and_runtime_can_do_no_more_than_their_part(waiting: World, role: str, statement: str) -> None:
    from django.db import ProgrammingError, connection

    waiting.approve("F401")
    if role == "APP":
        with connection.cursor() as cursor, pytest.raises(ProgrammingError) as caught:
            cursor.execute(statement)
    else:
        with database_role(role), connection.cursor() as cursor, pytest.raises(ProgrammingError) as caught:
            cursor.execute(statement)
    assert isinstance(caught.value.__cause__, psycopg.errors.InsufficientPrivilege)


def _changed(envelope: dict[str, Any], name: str, change: Callable[[Any], Any]) -> dict[str, Any]:
    """The unsigned envelope with one field of its predicate changed."""
    from countersign_verify.canonical import canonical_bytes
    from countersign_verify.dsse import PAYLOAD_TYPE, envelope_unsigned
    from countersign_verify.encoding import base64_decode

    content = json.loads(base64_decode(envelope["payload"]))
    content["predicate"][name] = change(content["predicate"][name])
    return envelope_unsigned(PAYLOAD_TYPE, canonical_bytes(content))


def test_health_names_a_signer_that_stands_still(waiting: World, superuser_dsn: str) -> None:
    from countersign.api.health import PartFailed, check_signer

    waiting.approve("F401")
    assert check_signer() == "1 decisions wait"
    Insider(superuser_dsn).sql("UPDATE approvals_decision SET decided_at = now() - interval '1 hour'")
    with pytest.raises(PartFailed, match="1 decisions wait, the oldest for 36"):
        check_signer()
