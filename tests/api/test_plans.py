"""Plans and their phases: imported, looked at beforehand, listed and read."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tests.api.world import PLAN, World
from tests.unit.plans.markdown_samples import PHASES

if TYPE_CHECKING:
    from rest_framework.test import APIClient

    from countersign.plans.contracts import WorkItemData

from countersign.audit.contracts import AuditEventData

Ask = Callable[[str], "APIClient"]
Events = Callable[[], "list[AuditEventData]"]


def test_plan_is_imported_and_answered_whole(world: World, ask: Ask, events: Events) -> None:
    body = {"project": "sample", "format": "yaml", "text": PLAN.replace("A plan", "A newer plan")}
    response = ask("operator").post("/api/v1/plans/", body, format="json")
    assert response.status_code == 201
    plan = response.json()
    assert (plan["code"], plan["title"], plan["version"]) == ("PLAN", "A newer plan", "2")
    assert [phase["code"] for phase in plan["phases"]] == ["P1", "P2"]
    assert events()[0].type == "plan.imported"
    assert ask("director").get(f"/api/v1/plans/{plan['id']}/").json() == plan


def test_plan_in_markdown_is_answered_with_its_details(world: World, ask: Ask) -> None:
    body = {"project": "sample", "format": "markdown", "text": PHASES}
    response = ask("operator").post("/api/v1/plans/", body, format="json")
    assert response.status_code == 201, response.content
    plan = response.json()
    assert (plan["source_format"], plan["authority"]) == ("markdown", "Harbour Board")
    assert [(item["name"], item["state"], item["secret"]) for item in plan["inputs"]][-1] == (
        "HARBOUR_API_KEY",
        "missing",
        True,
    )
    assert (plan["risks"][0]["risk"], plan["escalation"][0]) == ("Storm", "Crew calls the lead")
    assert plan["remarks"][0]["line"] == 21
    quay = plan["phases"][1]
    assert (quay["owner"], quay["planned_end"], quay["state"]) == (
        "Quay Lead + Crew",
        "2026-04-14",
        "blocked",
    )
    assert quay["deliverables"][0]["files"][0] == {"path": "quay/bollards.py", "action": "create", "note": ""}
    gate = quay["gates"][4]
    assert (gate["kind"], gate["check_kind"], gate["met"]) == ("quality", "attested", None)


def test_plan_input_is_answered_and_work_stops_waiting(world: World, ask: Ask, events: Events) -> None:
    text = PLAN.partition("inputs:")[0]
    text = text.replace("title: No unused imports\n", "title: No unused imports\n        needs: [Style]\n")
    text += (
        "inputs:\n  - {name: Port, value: '1'}\n  - {name: LAMP_TOKEN, optional: true}\n  - {name: Style}\n"
    )
    body = {"project": "sample", "text": text}
    imported = ask("operator").post("/api/v1/plans/", body, format="json")
    assert imported.status_code == 201, imported.content
    plan = imported.json()
    address = f"/api/v1/plans/{plan['id']}/inputs/"
    item = proposed(plan)
    listed = ask("auditor").get(address).json()["results"]
    assert [(one["name"], one["state"], one["optional"], one["secret"]) for one in listed] == [
        ("Style", "missing", False, False),
        ("LAMP_TOKEN", "missing", True, True),
        ("Port", "known", False, False),
    ]
    assert (listed[0]["needed_by"], listed[0]["waiting"]) == (["deliverable P1.1"], [item.title])
    assert plan["inputs"] == [{**one, "waiting": []} for one in listed[::-1]]
    refused = ask("operator").post(f"/api/v1/work-items/{item.id}/runs/", {}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "input_missing")
    assert refused.json()["data"]["missing"] == ["Style"]
    items = ask("director").get("/api/v1/work-items/").json()["results"]
    assert [(one["id"], one["waits_for"]) for one in items if one["waits_for"]] == [(item.id, ["Style"])]

    def answer(role: str, **given: str) -> Any:  # noqa: ANN401 - JSON
        return ask(role).post(address, given, format="json")

    for given, field in (
        ({"name": "Style", "value": "AKIA" + "IOSFODNN7EXAMPLE"}, "value"),
        ({"name": "LAMP_TOKEN", "value": "plain"}, "value"),
        ({"name": "LAMP_TOKEN", "pointer": "https://x:hunter22@lamp"}, "pointer"),
    ):
        wrong = answer("director", **given)
        assert (wrong.status_code, wrong.json()["code"]) == (400, "input_refused")
        assert wrong.json()["data"]["field"] == field
    assert answer("director", name="Nothing", value="x").status_code == 404
    assert answer("auditor", name="Style", value="x").status_code == 403
    kept = answer("operator", name="style", value="plain")
    assert (kept.status_code, kept.json()["state"], kept.json()["waiting"]) == (201, "known", [])
    [one] = kept.json()["answers"]
    assert (one["number"], one["value"], one["counts"], one["version"]) == (1, "plain", True, 2)
    newest = events()[0]
    assert (newest.type, "plain" in str(newest.data)) == ("plan.input_answered", False)
    ask("operator").post("/api/v1/plans/", {**body, "text": f"{text}\n"}, format="json")
    late = answer("operator", name="Style", value="late")
    assert (late.status_code, late.json()["code"]) == (409, "plan_outdated")


def proposed(plan: dict[str, Any]) -> WorkItemData:
    """Propose work on the first deliverable of a plan."""
    from countersign.plans.contracts import WorkItemDraft
    from countersign.plans.selectors import plan_get
    from countersign.plans.services import work_items_create
    from tests.api.world import WORKER

    there = plan_get(actor=WORKER, plan_id=plan["id"])
    draft = WorkItemDraft(
        key="k",
        title="Unused imports",
        rules=("F401",),
        paths=("src/a.py",),
        adapter="ruff_fix",
        persona="code-quality",
        deliverable_id=there.phases[0].deliverables[0].id,
    )
    session = str(uuid.uuid4())
    [item] = work_items_create(actor=WORKER, project_id=there.project_id, session_id=session, items=[draft])
    return item


def test_plan_is_previewed_before_it_is_imported(world: World, ask: Ask, events: Events) -> None:
    before = len(events())
    body = {"project": "sample", "text": PLAN.replace("No unused imports", "No dead imports")}
    preview = ask("director").post("/api/v1/plans/preview/", body, format="json").json()
    assert (preview["understood"], preview["based_on"]) == (True, world.plan_id)
    difference = preview["difference"]
    assert (difference["version"], difference["replaces_version"]) == (2, 1)
    (change,) = difference["changes"]
    assert (change["kind"], change["part"], change["deliverable"]) == ("changed", "deliverable", "P1.1")
    assert change["fields_changed"] == [
        {"name": "title", "before": "No unused imports", "after": "No dead imports"}
    ]
    assert len(events()) == before
    stale = ask("operator").post("/api/v1/plans/", {**body, "based_on": ""}, format="json")
    assert (stale.status_code, stale.json()["code"]) == (409, "plan_moved")
    answer = ask("operator").post("/api/v1/plans/", {**body, "based_on": preview["based_on"]}, format="json")
    assert answer.status_code == 201


def test_plan_preview_of_a_bad_text_is_an_answer(world: World, ask: Ask) -> None:
    body = {"project": "sample", "format": "markdown", "text": "prose"}
    response = ask("operator").post("/api/v1/plans/preview/", body, format="json")
    assert response.status_code == 200
    preview = response.json()
    assert (preview["understood"], preview["difference"], preview["counts"]) == (False, None, None)
    assert preview["problems"][0]["line"] == 1
    large = {"project": "sample", "text": "#" * 2_000_000 + "\n"}
    assert ask("operator").post("/api/v1/plans/preview/", large, format="json").status_code == 400


def test_plan_that_is_not_understood_says_where(world: World, ask: Ask, events: Events) -> None:
    before = len(events())
    body = {"project": "sample", "text": "code: X\nphases: nonsense\n"}
    response = ask("operator").post("/api/v1/plans/", body, format="json")
    assert response.status_code == 400
    problem = response.json()
    assert problem["code"] == "plan_invalid"
    assert {"line", "column", "message"} <= set(problem["data"]["problems"][0])
    assert len(events()) == before


def test_plan_of_an_unknown_project_is_not_found(ask: Ask) -> None:
    response = ask("operator").post("/api/v1/plans/", {"project": "nothing", "text": PLAN}, format="json")
    assert response.status_code == 404


def test_plans_and_phases_are_listed(world: World, ask: Ask) -> None:
    (plan,) = ask("director").get("/api/v1/plans/?project=sample").json()["results"]
    assert (plan["id"], plan["phases_total"], plan["phases_complete"]) == (world.plan_id, 2, 0)
    assert plan["project"] == {"id": world.project_id, "slug": "sample", "name": "Sample"}
    phases = ask("director").get(f"/api/v1/phases/?plan={world.plan_id}").json()["results"]
    assert [(phase["code"], phase["state"]) for phase in phases] == [("P1", "active"), ("P2", "blocked")]
    phase = ask("director").get(f"/api/v1/phases/{world.phase_id}/").json()
    assert (phase["plan"]["id"], phase["project"]["slug"]) == (world.plan_id, "sample")
    (deliverable,) = phase["deliverables"]
    assert [item["id"] for item in deliverable["work_items"]] == [world.work_item_id]
    assert deliverable["criteria"][0]["met"] is None or deliverable["criteria"][0]["met"] is False
    assert phase["complete"] is False
    assert phase["missing"]


def test_phases_of_something_that_is_no_id_are_refused(ask: Ask) -> None:
    assert ask("director").get("/api/v1/phases/?plan=x").status_code == 400
