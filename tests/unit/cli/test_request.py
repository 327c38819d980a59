"""`countersign request` over HTTP: what waits, who can decide, and who can't and why."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from countersign.shared.errors import DomainError
from tests.unit.cli.office import SERVICE, Office
from tests.unit.runs.samples import lease_take

WHY = "you had a change of this phase made, so you can't decide on it"
PLAN = Path(__file__).resolve().parents[3] / "backend" / "countersign" / "cli" / "demo" / "plan.yaml"


def person(name: str) -> str:
    from countersign.accounts.selectors import user_by_email

    return str(user_by_email(f"{name}@example.org").person_id)


def signoff_asked(excluded: Iterable[str]) -> str:
    """Ask for the sign-off of a phase; return the request's id."""
    from countersign.approvals.contracts import PolicySnapshot, QuorumRule
    from countersign.approvals.services import request_open
    from countersign.plans.contracts import PhaseFacts
    from countersign.plans.services import phase_evaluate, plan_import
    from countersign.projects.selectors import project_get

    project = project_get(actor=SERVICE, project="sample")
    plan = plan_import(actor=SERVICE, project_id=project.id, text=PLAN.read_text(), format="yaml")
    facts = PhaseFacts(head_commit="0" * 40, findings=None, analysis_digest=None)
    evaluated = phase_evaluate(actor=SERVICE, phase_id=plan.phases[0].id, evidence=facts)
    return request_open(
        actor=SERVICE,
        lease=lease_take(SERVICE),
        project_id=project.id,
        subject=("phase", evaluated.phase.id),
        subject_digest=evaluated.proof_digest,
        title="Phase P1 is complete but for your word",
        phase_code="P1",
        policy=PolicySnapshot(
            tier="director",
            quorum=(QuorumRule("director", 1),),
            reasons=(),
            blocked=False,
        ),
        binding=None,
        excluded=frozenset(person(name) for name in excluded),
        carry_over_allowed=False,
    ).id


def test_request_show_says_who_can_and_who_cannot_and_why(office: Office) -> None:
    office.hire("dora", "director")
    request = signoff_asked(["dana"])
    told = office.run("request", "dana", "show", request).splitlines()
    assert told == [
        "Phase P1 is complete but for your word: pending (0 of 1 director)",
        "  1 more director: Dora",
        "  Dana can't: had a change of this phase made",
        f"  you can't approve: {WHY} (approver_excluded)",
    ]
    assert office.run("request", "dora", "show", request).splitlines()[-1] == "  you can approve"
    shown = json.loads(office.run("request", "ada", "show", request, "--json"))
    assert shown["deciders"] == [{"role": "director", "needed": 1, "people": ["Dora"]}]
    assert shown["blocked_reason"] is None


def test_request_show_says_what_lacks_and_what_was_decided(office: Office) -> None:
    from countersign.accounts.selectors import token_authenticate
    from countersign.workflow.commands import decision_submit

    request = signoff_asked([])
    told = office.run("request", "dana", "show", request)
    assert "1 more director: Dana" in told
    digest = signoff_digest(request)
    actor = token_authenticate(office.tokens["dana"].read_text().strip())[1]
    decision_submit(actor=actor, request_id=request, verdict="reject", reason="not yet", digest=digest)
    told = office.run("request", "ada", "show", request)
    assert "rejected (0 of 1 director)" in told
    assert "Dana decided: reject" in told
    assert "more director" not in told


def test_request_show_says_that_too_few_are_left(office: Office) -> None:
    told = office.run("request", "ada", "show", signoff_asked(["dana"]))
    assert "1 more director: nobody" in told
    assert "LACKS: give the role director to somebody who took no part" in told


def signoff_digest(request_id: str) -> str:
    from countersign.approvals.selectors import request_get

    return request_get(actor=SERVICE, request_id=request_id).subject_digest


def test_request_list_marks_what_waits_for_oneself(office: Office) -> None:
    assert office.run("request", "dana", "list") == ""
    request = signoff_asked(["alex"])
    line = f"{request}  sample: Phase P1 is complete but for your word (0 of 1 director)"
    assert office.run("request", "dana", "list") == f"* {line}"
    assert office.run("request", "ada", "list", "--project", "sample") == line


def test_request_ask_again_asks_for_what_expired(office: Office) -> None:
    from django.db.models.functions import Now

    from countersign.approvals.models import ApprovalRequest
    from countersign.approvals.services import requests_expire
    from countersign.jobs.models import Job
    from countersign.plans.models import Phase

    request = signoff_asked([])
    with pytest.raises(DomainError, match="only what has expired is asked for again"):
        office.run("request", "olu", "ask-again", request)
    ApprovalRequest.objects.update(expires_at=Now())
    requests_expire(actor=SERVICE)
    with pytest.raises(DomainError, match="waits for no signature"):
        office.run("request", "olu", "ask-again", request)
    Phase.objects.update(state="awaiting_signoff")
    step = f"countersign request ask-again {request}"
    assert step in office.run("request", "olu", "show", request)
    assert step not in office.run("request", "dana", "show", request)
    assert "asked for again" in office.run("request", "olu", "ask-again", request)
    assert Job.objects.get(kind="request.renew").payload == {"request_id": request}


def test_request_that_is_not_there_is_said_to_be_unknown(office: Office) -> None:
    with pytest.raises(DomainError, match="no such request"):
        office.run("request", "dana", "show", "00000000-0000-4000-8000-000000000000")
