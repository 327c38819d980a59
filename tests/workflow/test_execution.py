"""From registration to a request: what the agent proposes, and what the gates say of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest

from tests.workflow.sample import FILES, Source
from tests.workflow.world import PLATFORM, World, drive, events, failed_jobs

pytestmark = pytest.mark.needs("bwrap")


def job_error(job_id: str) -> str:
    from countersign.jobs.selectors import job_get

    return str(job_get(actor=PLATFORM, job_id=job_id).error.get("error", ""))


def gates_answer(monkeypatch: pytest.MonkeyPatch, *, failing: int) -> None:
    """Let the lint gate fail in the first runs of the gates; what else they say is the real answer."""
    from dataclasses import replace

    from countersign.gates.contracts import GateStatus
    from countersign.workflow import gate_asking
    from countersign.workflow.assessment import gates_check

    left = [failing]

    def check(*given: object, **named: object) -> object:
        reports = gates_check(*given, **named)  # type: ignore[arg-type]  # handed on as they are
        left[0] -= 1
        if left[0] < 0:
            return reports
        failed = {"status": GateStatus.FAIL, "reason": "not good enough"}
        return tuple(
            replace(item, **failed) if item.name == "lint" else item  # type: ignore[arg-type]
            for item in reports
        )

    monkeypatch.setattr(gate_asking, "gates_check", check)


def again(world: World) -> None:
    """Begin another run of the E713 work item."""
    world.decide(world.request("E713"), "request_changes")
    drive()
    world.begin("E713", world.item("E713"))
    drive()


def test_registration_imports_prepares_and_takes_the_baseline(registered: World) -> None:
    project = registered.project
    assert project.state == "ready"
    assert project.head_commit == registered.source.head
    assert project.default_branch == "main"
    assert project.environment is not None
    assert any(item.startswith("pytest==") for item in project.environment.requirements)
    assert project.baseline is not None
    assert sorted(project.baseline.tests.values()) == ["passed"] * 3


def test_registration_of_no_repository_fails_and_says_so(registered: World) -> None:
    from countersign.projects.selectors import project_get
    from countersign.workflow.commands import project_register, session_begin

    nowhere = str(registered.source.path / "src")
    job_id = project_register(actor=registered.operator, source=nowhere, name="Nowhere")
    drive()
    assert "no Git repository" in job_error(job_id)
    assert project_get(actor=PLATFORM, project="nowhere").state == "failed"
    from countersign.shared.errors import Conflict

    with pytest.raises(Conflict):
        session_begin(actor=registered.operator, project="nowhere")


def test_analysis_proposes_what_the_plan_asks_for(waiting: World) -> None:
    from countersign.findings.selectors import finding_list
    from countersign.plans.selectors import work_item_list

    rules = {finding.rule for finding in finding_list(actor=PLATFORM, session_id=waiting.session_id)}
    assert {"F401", "E713", "PIE790", "B101"} <= rules
    items = work_item_list(actor=PLATFORM, session_id=waiting.session_id)
    assert {item.state.value for item in items} == {"running", "backlog"}
    assert len({item.key for item in items}) == len(items)


def test_analysis_of_a_repository_that_is_gone_fails_its_session(registered: World) -> None:
    from countersign.findings.selectors import session_list
    from countersign.workflow.commands import session_begin

    session_begin(actor=registered.operator, project=registered.project_id)
    shutil.rmtree(registered.source.path)
    drive()
    assert [item.state for item in session_list(actor=PLATFORM)] == ["failed"]


def test_analysis_follows_what_was_pushed_since(registered: World) -> None:
    from countersign.findings.selectors import finding_list, session_list
    from countersign.workflow.commands import session_begin

    pushed = registered.source.commit("src/sample/fresh.py", "import json\n")
    session_begin(actor=registered.operator, project=registered.project_id)
    drive()
    [session] = session_list(actor=PLATFORM)
    assert (session.state, session.commit, registered.project.head_commit) == ("completed", pushed, pushed)
    found = finding_list(actor=PLATFORM, session_id=session.id, rule="F401")
    assert "src/sample/fresh.py" in {finding.path for finding in found}


def test_analysis_without_a_plan_proposes_the_best_of_everything(
    registered: World, elsewhere: Callable[[dict[str, str]], Source]
) -> None:
    from countersign.plans.selectors import work_item_list
    from countersign.projects.selectors import project_get
    from countersign.workflow.commands import project_register, session_begin

    source = elsewhere(FILES)
    project_register(actor=registered.operator, source=str(source.path), name="Planless")
    drive()
    session_begin(actor=registered.operator, project="planless")
    drive()
    project = project_get(actor=PLATFORM, project="planless")
    states = {item.state.value for item in work_item_list(actor=PLATFORM, project_id=project.id)}
    assert "proposed" in states
    assert failed_jobs() == []


def test_run_binds_everything_that_is_decided_on(waiting: World) -> None:
    run, request = waiting.run("E713"), waiting.request("E713")
    assert run.state == "waiting_approval"
    assert request.binding is not None
    assert (request.binding.base_commit, request.binding.result_tree) == (run.base_commit, run.result_tree)
    assert request.subject_digest == run.pack_digest
    assert request.policy.tier == "director"
    assert waiting.operator.person_id in request.excluded
    happened = events(run.id)
    assert (happened["run.proposed"], happened["gates.recorded"], happened["pack.sealed"]) == (1, 1, 1)


def test_gate_that_fails_sends_the_change_back_to_the_agent(
    waiting: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    gates_answer(monkeypatch, failing=1)
    again(waiting)
    run = waiting.run("E713")
    assert (run.state, run.attempt) == ("waiting_approval", 2)
    assert failed_jobs() == []


def test_gate_that_fails_three_times_is_an_incident_and_can_be_run_again(
    waiting: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from countersign.runs.selectors import incident_list
    from tests.workflow.crashes import drive_with_crashes

    waiting.decide(waiting.request("E713"), "request_changes")
    drive()
    waiting.begin("E713", waiting.item("E713"))
    gates_answer(monkeypatch, failing=1000)
    drive_with_crashes("after")
    run = waiting.run("E713")
    assert (run.state, run.attempt) == ("incident", 3)
    [incident] = incident_list(actor=PLATFORM, project_id=waiting.project_id)
    assert "lint" in incident.title
    assert (waiting.item("E713").state, failed_jobs()) == ("ready", [])
    gates_answer(monkeypatch, failing=0)
    waiting.begin("E713", waiting.item("E713"))
    drive()
    assert waiting.run("E713").state == "waiting_approval"


def test_agent_that_finds_nothing_to_do_ends_the_run(waiting: World) -> None:
    from countersign.projects.models import Project
    from countersign.sandbox.exchange import repository_import
    from countersign.sandbox.isolation import IsolationKind
    from countersign.workflow.change import repository_of

    fixed = FILES["src/sample/beta.py"].replace("if not name in names", "if name not in names")
    head = waiting.source.commit("src/sample/beta.py", fixed)
    repository = repository_of(waiting.project)
    repository_import(repository, waiting.source.path, "main", isolation=IsolationKind.BUBBLEWRAP)
    Project.objects.filter(pk=waiting.project_id).update(head_commit=head)
    again(waiting)
    run = waiting.run("E713")
    assert run.state == "failed"
    assert "proposed no change" in str(run.failure["error"])
    assert waiting.item("E713").state == "backlog"
    # The call was made, and is accounted for all the same.
    assert events(run.id)["agent.called"] == 1


def test_gates_that_know_nothing_block_the_approval(
    registered: World, elsewhere: Callable[[dict[str, str]], Source]
) -> None:
    """A project without tests: unknown is no pass, and nobody can approve it as it is."""
    from countersign.approvals.errors import ApprovalBlocked
    from countersign.plans.selectors import work_item_list
    from countersign.projects.selectors import project_get
    from countersign.workflow.commands import decision_submit, project_register, session_begin
    from countersign.workflow.gate_results import gate_results_on
    from countersign.workflow.queries.requests import request_detail

    files = {name: text for name, text in FILES.items() if not name.startswith("tests/")}
    project_register(actor=registered.operator, source=str(elsewhere(files).path), name="Untested")
    drive()
    project = project_get(actor=PLATFORM, project="untested")
    assert project.baseline is not None
    assert project.baseline.status == "unknown"
    session_begin(actor=registered.operator, project="untested")
    drive()
    items = work_item_list(actor=PLATFORM, project_id=project.id)
    registered.begin("E713", next(item for item in items if "E713" in item.rules))
    drive()
    run = registered.run("E713")
    assert run.state == "waiting_approval"
    results = gate_results_on(actor=PLATFORM, run_id=run.id, result_tree=run.result_tree)
    assert {item.name: item.status.value for item in results}["tests"] == "unknown"
    request = registered.request("E713")
    assert request.policy.blocked
    # What is unknown needs the board, and not even the board can approve it.
    assert request.policy.tier == "cab"
    member = registered.person("cato", "cab_member")
    with pytest.raises(ApprovalBlocked):
        decision_submit(
            actor=member,
            request_id=request.id,
            verdict="approve",
            reason="looked at",
            digest=request.subject_digest,
        )
    detail = request_detail(actor=member, request_id=request.id)
    assert "approve" not in detail.request.allowed_actions
    assert "reject" in detail.request.allowed_actions
