"""What every face shows: the same facts for everybody, and what each may do with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from countersign.shared.errors import PermissionDenied
from tests.workflow.world import World, drive

pytestmark = pytest.mark.needs("bwrap")


def test_request_page_puts_what_the_viewer_can_decide_first(waiting: World) -> None:
    from countersign.workflow.queries.requests import request_page

    shown = request_page(actor=waiting.director, project="sample").items
    assert len(shown) == 3
    assert all(view.mine and "approve" in view.allowed_actions for view in shown)
    assert [view.risk_score for view in shown] == sorted((view.risk_score for view in shown), reverse=True)  # type: ignore[type-var]
    assert all((view.gates.passed, view.gates.total) == (5, 5) for view in shown)
    assert all(view.files_changed == 1 and view.deleted_lines for view in shown)
    for viewer in (waiting.operator, waiting.auditor):
        views = request_page(actor=viewer).items
        assert not any(view.mine for view in views)
        assert all(view.allowed_actions == ("download_pack",) for view in views)
    assert request_page(actor=waiting.director, state="decided").items == ()


def test_request_detail_shows_everything_to_the_director(waiting: World) -> None:
    from countersign.workflow.queries.requests import request_detail, request_state

    request = waiting.request("F401")
    shown = request_detail(actor=waiting.director, request_id=request.id)
    assert request_state(actor=waiting.director, request_id=request.id) == "pending"
    assert shown.digest == request.subject_digest
    assert shown.risk is not None
    assert shown.risk.score == waiting.run("F401").score
    assert len(shown.risk.factors) == 8
    assert {report.name: report.status for report in shown.gate_reports} == dict.fromkeys(
        ("tests", "lint", "findings", "secrets", "test_integrity"), "pass"
    )
    assert shown.change is not None
    assert [(file.path, file.change) for file in shown.change.files] == [("src/sample/alpha.py", "modified")]
    assert shown.diff is not None
    assert shown.rollback.command is not None
    assert "git revert" in shown.rollback.command
    assert shown.prompt is not None
    assert shown.transcript is not None
    assert "ruff" in shown.transcript.text
    assert {finding.rule for finding in shown.findings} == {"F401"}
    assert [excluded.label for excluded in shown.excluded] == ["Olu"]
    assert (shown.execution, shown.receipt, shown.blocked_reason) == (None, None, None)
    assert shown.isolation == "bubblewrap"


def test_request_detail_says_why_another_role_cannot_decide(waiting: World) -> None:
    from countersign.workflow.queries.requests import request_detail

    request = waiting.request("F401")
    member = waiting.person("cato", "cab_member")
    shown = request_detail(actor=member, request_id=request.id)
    assert shown.blocked_reason is not None
    assert "director" in shown.blocked_reason.text
    assert request_detail(actor=waiting.auditor, request_id=request.id).blocked_reason is None
    with pytest.raises(PermissionDenied):
        request_detail(actor=waiting.person("ann", "agent"), request_id=request.id)


def test_request_detail_follows_a_decision_to_its_merge(waiting: World) -> None:
    from countersign.workflow.queries.requests import request_detail, request_page

    request = waiting.request("F401")
    waiting.approve("F401")
    before = request_detail(actor=waiting.director, request_id=request.id)
    assert before.execution is not None
    assert before.execution.state == "waiting"
    assert before.receipt is not None
    assert before.receipt.checkpoint is None
    drive()
    after = request_detail(actor=waiting.auditor, request_id=request.id)
    merge = waiting.merge("F401")
    assert merge is not None
    assert after.execution is not None
    assert (after.execution.state, after.execution.merge_commit) == ("merged", merge.merge_commit)
    assert after.receipt is not None
    assert after.receipt.checkpoint is not None
    [vote] = after.votes
    assert (vote.verdict, vote.by_label, vote.role) == ("approve", "Dana", "director")
    decided = {view.id: view.state for view in request_page(actor=waiting.auditor, state="decided").items}
    assert decided.pop(request.id) == "approved"
    # The change of the same file could not be merged any more, and has a new request.
    assert set(decided.values()) == {"void"}


def test_request_detail_of_a_void_request_names_its_successor(waiting: World) -> None:
    from countersign.workflow.queries.requests import request_detail

    old = waiting.request("F401")
    waiting.decide(old)
    waiting.source.commit("README.md", "Hello.\n")
    drive()
    shown = request_detail(actor=waiting.director, request_id=old.id)
    assert shown.execution is not None
    assert shown.execution.state == "void"
    assert shown.superseded_by == waiting.run("F401").request_id


def test_request_detail_of_a_failed_execution_says_why(waiting: World) -> None:
    from countersign.workflow.queries.requests import request_detail

    request = waiting.request("F401")
    waiting.decide(request)
    waiting.source.path.rename(waiting.source.path.with_name("away"))
    try:
        drive()
    finally:
        waiting.source.path.with_name("away").rename(waiting.source.path)
    shown = request_detail(actor=waiting.director, request_id=request.id)
    assert shown.execution is not None
    assert shown.execution.state == "failed"
    assert "can't be read" in str(shown.execution.reason)


def test_request_detail_of_a_phase_shows_its_proof(merged: World) -> None:
    from countersign.workflow.queries.requests import request_detail

    [request] = merged.requests("phase")
    shown = request_detail(actor=merged.director, request_id=request.id)
    assert shown.phase_proof is not None
    assert all(item.met for item in shown.phase_proof.items)
    assert shown.pack is None
    merged.decide(request)
    waiting = request_detail(actor=merged.director, request_id=request.id)
    assert waiting.execution is not None
    assert waiting.receipt is not None
    drive()
    assert request_detail(actor=merged.director, request_id=request.id).execution is None


def test_run_queries_show_steps_and_events(waiting: World) -> None:
    from countersign.workflow.queries.runs import run_detail, run_diff, run_event_page, run_page

    run_id = waiting.runs["F401"]
    assert {view.id for view in run_page(actor=waiting.auditor, project="sample").items} == set(
        waiting.runs.values()
    )
    assert run_page(actor=waiting.auditor, state="merged").items == ()
    shown = run_detail(actor=waiting.auditor, run_id=run_id)
    assert {step.name: step.state for step in shown.steps} == {
        "snapshot": "done", "propose": "done", "check": "done", "seal": "done",
        "decide": "running", "merge": "pending",
    }  # fmt: skip
    assert [attempt.number for attempt in shown.attempts] == [1]
    assert (shown.cost.cost_micros, shown.cost.model) == (0, None)
    assert b"-import os" in run_diff(actor=waiting.auditor, run_id=run_id)
    types = [event.type for event in run_event_page(actor=waiting.auditor, run_id=run_id, limit=200).items]
    assert types.index("run.created") < types.index("run.proposed") < types.index("run.waiting_approval")
    waiting.approve("F401")
    drive()
    after = run_detail(actor=waiting.auditor, run_id=run_id)
    assert {step.state for step in after.steps} == {"done"}
    assert after.step == "done"


def test_run_queries_of_a_run_that_has_not_begun_and_of_one_that_failed(waiting: World) -> None:
    from countersign.runs.services import run_failed
    from countersign.workflow.queries.runs import run_detail, run_diff
    from tests.workflow.world import PLATFORM

    waiting.decide(waiting.request("F401"), "request_changes")
    drive()
    waiting.begin("F401", waiting.item("F401"))
    run_id = waiting.runs["F401"]
    assert run_diff(actor=waiting.auditor, run_id=run_id) == b""
    shown = run_detail(actor=waiting.auditor, run_id=run_id)
    assert (shown.step, shown.risk, shown.gate_reports) == ("snapshot", None, ())
    run_failed(actor=PLATFORM, run_id=run_id, failure={"code": "x", "error": "it broke"})
    failed = run_detail(actor=waiting.auditor, run_id=run_id)
    assert (failed.steps[0].state, failed.steps[0].summary) == ("failed", "it broke")


def test_plan_queries_show_who_is_waited_for(waiting: World) -> None:
    from countersign.workflow.queries.plans import (
        phase_detail,
        phase_page,
        plan_detail,
        plan_page,
        work_item_page,
    )

    [plan] = plan_page(actor=waiting.auditor, project="sample").items
    assert (plan.phases_total, plan.phases_complete) == (2, 0)
    first, second = plan_detail(actor=waiting.auditor, plan_id=plan.id).phases
    assert (first.waiting_on, second.waiting_on) == ("person", "phase")
    assert len(first.waiting_request_ids) == 3
    assert True not in {criterion.met for item in first.deliverables for criterion in item.criteria}
    assert [phase.code for phase in phase_page(actor=waiting.auditor).items] == ["P1", "P2"]
    assert phase_detail(actor=waiting.auditor, phase_id=first.id).project.slug == "sample"
    items = work_item_page(actor=waiting.auditor, project="sample", state="running").items
    assert {item.run_id for item in items} == set(waiting.runs.values())
    for rule in waiting.runs:
        waiting.decide(waiting.request(rule), "request_changes")
    drive()
    [nobody, _] = phase_page(actor=waiting.auditor, plan_id=plan.id).items
    assert nobody.waiting_on == "nobody"
    waiting.begin("F401", waiting.item("F401"))
    [agent, _] = phase_page(actor=waiting.auditor, plan_id=plan.id).items
    assert agent.waiting_on == "agent"


def test_phase_that_lacks_its_signoff_names_the_request(merged: World) -> None:
    from countersign.workflow.queries.plans import phase_page

    [request] = merged.requests("phase")
    [first, _] = phase_page(actor=merged.auditor).items
    assert first.signoff_request_id == request.id
    assert {criterion.met for item in first.deliverables for criterion in item.criteria} == {True}


def test_pack_queries_give_the_sealed_file(waiting: World, tmp_path: Path) -> None:
    from countersign.workflow.queries.packs import pack_data, pack_detail
    from countersign_verify.pack import pack_read

    digest = waiting.run("F401").pack_digest
    shown = pack_detail(actor=waiting.auditor, digest=digest)
    data = pack_data(actor=waiting.auditor, digest=digest)
    assert (shown.digest, shown.size) == (digest, len(data))
    file = tmp_path / "pack.tar"
    file.write_bytes(data)
    assert {member.path for member in shown.members} == set(pack_read(file).members)


def test_installation_queries_say_how_far_it_can_be_trusted(
    waiting: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from celery import current_app

    from countersign.workflow.queries.installation import installation_get, workers_alive

    assert installation_get().mode == "self-attested"
    assert workers_alive(timeout=0.05) == ()

    def away(**_: object) -> None:
        raise OSError

    monkeypatch.setattr(current_app.control, "ping", away)
    assert workers_alive() == ()


def test_phase_that_nobody_has_judged_has_unknown_criteria(registered: World) -> None:
    from countersign.workflow.queries.plans import phase_page

    [first, _] = phase_page(actor=registered.auditor).items
    assert {criterion.met for item in first.deliverables for criterion in item.criteria} == {None}
    assert {gate.met for gate in first.gates} == {None}
