"""What each noun answers, and what each write leaves in the log."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from countersign.projects.settings import DEFAULTS
from tests.api.world import COMMIT, World, phase_request

if TYPE_CHECKING:
    from rest_framework.test import APIClient

from countersign.audit.contracts import AuditEventData
from countersign.shared.storage import ObjectStore

Ask = Callable[[str], "APIClient"]
Events = Callable[[], "list[AuditEventData]"]


def types(events: Events, count: int = 3) -> list[str]:
    return [event.type for event in events()[:count]]


def test_projects_are_listed_with_their_baseline_counted(world: World, ask: Ask) -> None:
    body = ask("director").get("/api/v1/projects/").json()
    assert (body["next"], body["previous"]) == (None, None)
    (project,) = body["results"]
    assert project == ask("director").get("/api/v1/projects/sample/").json()
    assert (project["id"], project["slug"], project["state"]) == (world.project_id, "sample", "ready")
    assert project["head_commit"] == COMMIT
    assert project["baseline"] == {
        "status": "failed",
        "reason": "one test fails",
        "passed": 1,
        "failed": 2,
        "duration_ms": 12,
        "commit": COMMIT,
    }


def test_project_is_registered_by_a_task(people: World, ask: Ask, events: Events, tmp_path: Path) -> None:
    body = {"source": str(tmp_path), "name": "New Project", "isolation": "bubblewrap"}
    response = ask("operator").post("/api/v1/projects/", body, format="json")
    assert response.status_code == 202
    assert response["Location"] == response.json()["status_url"]
    assert types(events, 2) == ["job.enqueued", "project.created"]
    assert {event.actor_id for event in events()[:2]} == {people.users["operator"].id}
    project = ask("operator").get("/api/v1/projects/new-project/").json()
    assert (project["state"], project["baseline"], project["head_commit"]) == ("registering", None, "")
    again = ask("operator").post("/api/v1/projects/", body, format="json")
    assert again.status_code == 409
    assert again.json()["code"] == "project_exists"


def test_project_with_an_isolation_that_does_not_exist_is_refused(ask: Ask) -> None:
    body = {"source": "/srv/x", "name": "X", "isolation": "none"}
    response = ask("operator").post("/api/v1/projects/", body, format="json")
    assert response.status_code == 400
    assert set(response.json()["data"]["fields"]) == {"isolation"}


def test_project_settings_are_changed_and_logged(world: World, ask: Ask, events: Events) -> None:
    body = {"base_move": "strict"}
    response = ask("operator").post("/api/v1/projects/sample/settings/", body, format="json")
    assert response.status_code == 200
    assert response.json()["settings"] == {**DEFAULTS, "base_move": "strict"}
    assert types(events, 1) == ["project.settings_changed"]
    refused = ask("operator").post("/api/v1/projects/sample/settings/", {"base_move": "x"}, format="json")
    assert refused.status_code == 400


def test_sessions_are_listed_with_their_tools(world: World, ask: Ask) -> None:
    (session,) = ask("ci").get("/api/v1/sessions/?project=sample").json()["results"]
    assert session == ask("ci").get(f"/api/v1/sessions/{world.session_id}/").json()
    assert (session["state"], session["counts"]) == ("completed", {"ruff": 3, "bandit": 0})
    assert [hook["tool"] for hook in session["hooks"]] == ["bandit", "ruff"]
    assert ask("ci").get("/api/v1/sessions/").json()["results"] == [session]
    assert ask("ci").get("/api/v1/sessions/?project=nothing").status_code == 404


def test_session_is_started_by_a_task_that_can_be_followed(world: World, ask: Ask, events: Events) -> None:
    response = ask("ci").post("/api/v1/sessions/", {"project": world.project_id}, format="json")
    assert response.status_code == 202
    assert types(events, 2) == ["job.enqueued", "analysis_session.created"]
    for address in (response["Location"], response["Location"].rstrip("/")):
        task = ask("ci").get(address).json()
        assert (task["id"], task["state"]) == (response.json()["task_id"], "queued")
        assert (task["result"], task["error"], task["progress"], task["waiting_for"]) == (None,) * 4


def test_session_of_a_project_that_is_not_ready_is_refused(world: World, ask: Ask) -> None:
    ask("operator").post("/api/v1/projects/", {"source": "/srv/x", "name": "X"}, format="json")
    response = ask("operator").post("/api/v1/sessions/", {"project": "x"}, format="json")
    assert response.status_code == 409


def test_findings_are_paged_and_filtered(world: World, ask: Ask) -> None:
    address = f"/api/v1/findings/?session={world.session_id}"
    first = ask("ci").get(f"{address}&limit=2").json()
    assert [finding["path"] for finding in first["results"]] == ["pkg/m0.py", "pkg/m1.py"]
    assert first["previous"] is None
    second = ask("ci").get(first["next"]).json()
    assert [finding["path"] for finding in second["results"]] == ["pkg/m2.py"]
    assert second["next"] is None
    assert ask("ci").get(second["previous"]).json()["results"] == first["results"]
    assert ask("ci").get(f"{address}&tool=bandit").json()["results"] == []
    assert len(ask("ci").get(f"{address}&rule=F401").json()["results"]) == 3
    assert ask("ci").get("/api/v1/findings/").status_code == 400


def test_work_items_are_listed(world: World, ask: Ask) -> None:
    (item,) = ask("director").get("/api/v1/work-items/?project=sample&state=proposed").json()["results"]
    assert (item["id"], item["finding_count"], item["adapter"]) == (world.work_item_id, 3, "ruff")
    assert (item["run_id"], item["approval_request_id"]) == (None, None)
    assert ask("director").get("/api/v1/work-items/?state=merged").json()["results"] == []
    assert ask("director").get("/api/v1/work-items/?state=nonsense").status_code == 400


@pytest.fixture
def run_id(world: World, ask: Ask) -> str:
    response = ask("operator").post(f"/api/v1/work-items/{world.work_item_id}/runs/", format="json")
    assert response.status_code == 202, response.json()
    return str(response.json()["run_id"])


def test_run_is_started_with_its_prompt(world: World, ask: Ask, events: Events, run_id: str) -> None:
    assert types(events, 2) == ["job.enqueued", "run.created"]
    run = ask("director").get(f"/api/v1/runs/{run_id}/").json()
    assert (run["state"], run["work_item_id"], run["attempt"]) == ("queued", world.work_item_id, 0)
    assert (run["risk"], run["pack_digest"], run["merge_commit"], run["tag"]) == (None,) * 4
    assert run["gates"] == {"passed": 0, "total": 0}
    assert run["cost"] == {"tokens_in": 0, "tokens_out": 0, "cost_micros": 0, "model": None}
    assert run["steps"][0]["name"] == "snapshot"
    listed = ask("director").get("/api/v1/runs/?project=sample&state=queued").json()["results"]
    assert [each["id"] for each in listed] == [run_id]
    assert set(listed[0]) < set(run)
    prompt = ask("director").get(f"/api/v1/prompts/{run['prompt_id']}/").json()
    assert prompt["digest"].startswith("sha256:")
    assert "F401" in prompt["text"]
    assert prompt["safety_checks"]
    assert prompt["rules"]


def test_run_that_is_open_is_not_started_twice(world: World, ask: Ask, run_id: str) -> None:
    response = ask("operator").post(f"/api/v1/work-items/{world.work_item_id}/runs/", format="json")
    assert response.status_code == 409


def test_run_without_a_change_has_an_empty_diff(ask: Ask, run_id: str) -> None:
    response = ask("director").get(f"/api/v1/runs/{run_id}/diff/")
    assert (response.status_code, response.content) == (200, b"")
    assert response["Content-Type"].startswith("text/x-diff")
    assert response["X-Content-Type-Options"] == "nosniff"


def test_run_events_tell_what_happened(world: World, ask: Ask, run_id: str) -> None:
    (event,) = ask("director").get(f"/api/v1/runs/{run_id}/events/").json()["results"]
    assert (event["type"], event["actor_label"]) == ("run.created", "Test operator")


def test_personas_and_rules_are_listed(world: World, ask: Ask) -> None:
    personas = ask("director").get("/api/v1/personas/").json()["results"]
    assert personas
    assert all(persona["name"] and persona["adapters"] is not None for persona in personas)
    first = ask("director").get("/api/v1/rules/?limit=2").json()
    assert len(first["results"]) == 2
    rule = first["results"][0]
    assert rule["authority"] in {"request", "requirements", "authoritative", "supreme"}
    assert rule["section"]
    second = ask("director").get(first["next"]).json()["results"]
    assert not {rule["code"] for rule in second} & {rule["code"] for rule in first["results"]}


def test_inbox_shows_who_may_decide(world: World, ask: Ask) -> None:
    request_id, digest = phase_request(world)
    (mine,) = ask("director").get("/api/v1/approval-requests/").json()["results"]
    assert (mine["id"], mine["mine"], mine["state"]) == (request_id, True, "pending")
    assert mine["allowed_actions"] == ["approve", "reject", "request_changes"]
    assert mine["quorum"] == [{"role": "director", "required": 1, "given": 0}]
    assert mine["subject"] == {
        "kind": "phase",
        "id": world.phase_id,
        "title": "Phase P1 is complete",
        "digest": digest,
    }
    (other,) = ask("auditor").get("/api/v1/approval-requests/?state=all").json()["results"]
    assert (other["mine"], other["allowed_actions"]) == (False, [])
    assert ask("director").get("/api/v1/approval-requests/?state=decided").json()["results"] == []
    assert ask("director").get("/api/v1/approval-requests/?state=nonsense").status_code == 400


def test_decision_is_signed_recorded_and_answered(world: World, ask: Ask, events: Events) -> None:
    request_id, digest = phase_request(world)
    address = f"/api/v1/approval-requests/{request_id}/"
    detail = ask("director").get(address).json()
    assert (detail["digest"], detail["blocked_reason"], detail["change"], detail["pack"]) == (
        digest,
        None,
        None,
        None,
    )
    assert detail["phase_proof"]["complete"] is False
    body = {"verdict": "approve", "reason": "all is proven", "digest": detail["digest"]}
    response = ask("director").post(f"{address}decisions/", body, format="json")
    assert response.status_code == 201
    decided = response.json()
    assert (decided["state"], decided["allowed_actions"]) == ("approved", [])
    (vote,) = decided["votes"]
    assert (vote["verdict"], vote["by_label"], vote["reason"], vote["unattended"]) == (
        "approve",
        "Test director",
        "all is proven",
        False,
    )
    assert decided["receipt"]["statement_digest"].startswith("sha256:")
    assert decided["receipt"]["checkpoint"] is None
    recorded = [event for event in events() if event.type.startswith("decision.")]
    assert recorded[0].actor_id == world.users["director"].id
    again = ask("director").post(f"{address}decisions/", body, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "request_not_pending")


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"reason": "  "}, 400, "reason_required"),
        ({"digest": "sha256:" + "0" * 64}, 409, "digest_mismatch"),
        ({"verdict": "perhaps"}, 400, "invalid_input"),
        ({"reason": None}, 400, "invalid_input"),
    ],
)
def test_decision_that_can_not_be_taken_is_refused(
    world: World, ask: Ask, changes: dict[str, str | None], status: int, code: str
) -> None:
    request_id, digest = phase_request(world)
    body = {"verdict": "approve", "reason": "r", "digest": digest, **changes}
    response = ask("director").post(f"/api/v1/approval-requests/{request_id}/decisions/", body, format="json")
    assert (response.status_code, response.json()["code"]) == (status, code)


def test_decision_of_somebody_who_took_part_is_refused(world: World, ask: Ask) -> None:
    request_id, digest = phase_request(world, excluded=frozenset({world.users["director"].person_id}))
    address = f"/api/v1/approval-requests/{request_id}/"
    detail = ask("director").get(address).json()
    assert detail["blocked_reason"]["code"] == "approver_excluded"
    assert (
        detail["blocked_reason"]["text"] == "you had a change of this phase made, so you can't decide on it"
    )
    assert detail["excluded"] == [{"label": "Test director", "why": "had a change of this phase made"}]
    assert detail["deciders"] == [{"role": "director", "needed": 1, "people": []}]
    body = {"verdict": "approve", "reason": "r", "digest": digest}
    response = ask("director").post(f"{address}decisions/", body, format="json")
    assert (response.status_code, response.json()["code"]) == (403, "approver_excluded")


def test_decision_in_a_role_that_is_not_asked_for_is_refused(world: World, ask: Ask) -> None:
    request_id, digest = phase_request(world)
    body = {"verdict": "approve", "reason": "r", "digest": digest}
    response = ask("cab_member").post(
        f"/api/v1/approval-requests/{request_id}/decisions/", body, format="json"
    )
    assert (response.status_code, response.json()["code"]) == (403, "role_missing")


def test_decision_on_an_expired_request_is_refused(world: World, ask: Ask) -> None:
    from datetime import timedelta

    from countersign.approvals.models import ApprovalRequest
    from countersign.shared.clock import now

    request_id, digest = phase_request(world)
    ApprovalRequest.objects.update(expires_at=now() - timedelta(seconds=1))
    body = {"verdict": "approve", "reason": "r", "digest": digest}
    response = ask("director").post(f"/api/v1/approval-requests/{request_id}/decisions/", body, format="json")
    assert (response.status_code, response.json()["code"]) == (409, "request_expired")


def test_task_that_waits_for_a_person_says_for_which_decision(world: World, ask: Ask) -> None:
    from countersign.jobs.services import job_advance, job_claim

    request_id, digest = phase_request(world)
    started = ask("operator").post("/api/v1/exports/", {"project": "sample"}, format="json")
    claimed = job_claim(job_id=started.json()["task_id"], owner="test")
    assert claimed is not None
    job_advance(
        lease=claimed.lease,
        step="wait",
        memory={"approval_request_id": request_id},
        progress={"done": 1, "total": 2, "summary": "waiting"},
    )
    task = ask("operator").get(started["Location"]).json()
    assert task["state"] == "waiting_approval"
    assert task["waiting_for"] == {"approval_request_id": request_id, "url": f"/decisions/{request_id}"}
    assert task["progress"] == {"done": 1, "total": 2, "summary": "waiting"}
    body = {"verdict": "approve", "reason": "r", "digest": digest}
    ask("director").post(f"/api/v1/approval-requests/{request_id}/decisions/", body, format="json")
    assert ask("operator").get(started["Location"]).json()["waiting_for"] is None


def test_task_that_names_a_request_that_is_gone_waits_for_nobody(world: World, ask: Ask) -> None:
    from countersign.jobs.services import job_advance, job_claim
    from tests.api.world import unknown_id

    started = ask("operator").post("/api/v1/exports/", format="json")
    claimed = job_claim(job_id=started.json()["task_id"], owner="test")
    assert claimed is not None
    memory = {"approval_request_id": unknown_id()}
    job_advance(lease=claimed.lease, step="wait", memory=memory, progress={})
    assert ask("operator").get(started["Location"]).json()["state"] == "queued"


def test_task_that_failed_says_why(world: World, ask: Ask) -> None:
    from countersign.jobs.services import job_claim, job_fail
    from tests.api.world import WORKER

    started = ask("operator").post("/api/v1/exports/", {}, format="json")
    claimed = job_claim(job_id=started.json()["task_id"], owner="test")
    assert claimed is not None
    job_fail(actor=WORKER, lease=claimed.lease, error={"code": "c", "error": "why"})
    task = ask("operator").get(started["Location"]).json()
    assert (task["state"], task["error"]) == ("failed", {"code": "c", "error": "why"})


def test_export_is_started_by_a_task(world: World, ask: Ask, events: Events) -> None:
    response = ask("auditor").post("/api/v1/exports/", {"project": "sample"}, format="json")
    assert response.status_code == 202
    assert types(events, 1) == ["job.enqueued"]
    assert ask("auditor").post("/api/v1/exports/", {"project": "nothing"}, format="json").status_code == 404


def test_audit_events_are_searched(world: World, ask: Ask) -> None:
    ask("operator").post(
        "/api/v1/sessions/", {"project": "sample"}, format="json", HTTP_X_CORRELATION_ID="request-0001"
    )
    found = ask("auditor").get("/api/v1/audit/events/?correlation_id=request-0001").json()["results"]
    assert [event["type"] for event in found] == ["job.enqueued", "analysis_session.created"]
    assert found[0]["actor_label"] == "Test operator"
    assert found[0]["leaf_index"] is None
    one = ask("auditor").get(f"/api/v1/audit/events/?actor_id={world.users['operator'].id}&limit=1").json()
    assert len(one["results"]) == 1
    following = ask("auditor").get(one["next"]).json()["results"]
    assert following[0]["id"] == found[1]["id"]
    by_subject = ask("auditor").get(
        f"/api/v1/audit/events/?subject_type=analysis_session&subject_id={world.session_id}"
    )
    assert {event["subject_id"] for event in by_subject.json()["results"]} == {world.session_id}
    projects = ask("auditor").get("/api/v1/audit/events/?type=project.created").json()["results"]
    assert len(projects) == 1


def test_audit_events_are_searched_by_beginnings_of_types_and_by_time(world: World, ask: Ask) -> None:
    def found(query: str) -> list[dict[str, Any]]:
        answered = ask("auditor").get(f"/api/v1/audit/events/?{query}")
        assert answered.status_code == 200, answered.content
        events: list[dict[str, Any]] = answered.json()["results"]
        return events

    projects = found("type=project.")
    assert len(projects) >= 1
    assert {event["type"].partition(".")[0] for event in projects} == {"project"}
    moment = projects[0]["time"]
    assert moment in {event["time"] for event in found(f"from={quote(moment)}")}
    assert moment not in {event["time"] for event in found(f"until={quote(moment)}")}
    assert (
        found(f"from={quote(moment)}&until={quote(moment[:19])}.999999Z&type=plan.imported&actor_id=x") == []
    )
    for wrong in ("from=yesterday", "type=NO", "from=2026-01-02T00:00Z&until=2026-01-01T00:00Z", "sort=type"):
        assert ask("auditor").get(f"/api/v1/audit/events/?{wrong}").status_code == 400, wrong


def test_audit_events_are_taken_away_with_their_proofs(
    committed_db: None, own_store: ObjectStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from rest_framework.test import APIClient

    from countersign_verify.cli import main
    from tests.api.world import people_build
    from tests.unit.audit.roles import sequence_all
    from tests.unit.audit.test_mirror import mirrored_to_the_end
    from tests.unit.audit.test_sequencing import trust_of_the_log

    world = people_build()
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {world.tokens['auditor']}")
    sequence_all()
    mirrored_to_the_end(own_store)
    answered: Any = client.get("/api/v1/audit/events/export/?type=user.created&limit=2")
    assert (answered.status_code, answered["Content-Type"]) == (200, "application/jsonl")
    assert answered["Content-Disposition"] == 'attachment; filename="events.jsonl"'
    file, trust = tmp_path / "events.jsonl", tmp_path / "trust.json"
    file.write_bytes(b"".join(answered.streaming_content))
    trust.write_bytes(trust_of_the_log().raw)
    assert main(["events", str(file), "--trust", str(trust)]) == 0
    assert "2, each once and proved" in capsys.readouterr().out
    newest = client.get("/api/v1/audit/events/?limit=1").json()["results"][0]
    assert (newest["type"], newest["actor_id"]) == ("audit.exported", world.users["auditor"].id)
    assert newest["data"]["search"] == {"type": "user.created"}
    assert client.get("/api/v1/audit/events/export/?limit=100001").status_code == 400


def test_audit_log_is_not_for_pipelines(ask: Ask) -> None:
    assert ask("ci").get("/api/v1/audit/events/").status_code == 403
    assert ask("ci").get("/api/v1/audit/events/export/").status_code == 403


def test_audit_checkpoint_is_not_found_before_there_is_one(ask: Ask) -> None:
    response = ask("auditor").get("/api/v1/audit/checkpoint/")
    assert (response.status_code, response.json()["code"]) == (404, "checkpoint_missing")


def test_audit_checkpoint_says_how_far_it_reaches(committed_db: None) -> None:
    from rest_framework.test import APIClient

    from tests.api.world import people_build
    from tests.unit.audit.roles import sequence_all

    world = people_build()
    sequenced = sequence_all()
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {world.tokens['operator']}")
    client.post("/api/v1/exports/", {}, format="json")
    head = client.get("/api/v1/audit/checkpoint/").json()
    assert (head["origin"], head["mode"], head["size"]) == (
        "countersign.local/log",
        "self-attested",
        sequenced.size,
    )
    assert head["pending"] == 1
    assert head["note"].startswith("countersign.local/log\n")
