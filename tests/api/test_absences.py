"""Who is away over REST: on the list, in the inbox, and on the page of a request."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from countersign.shared.clock import now
from tests.api.world import World, phase_request

if TYPE_CHECKING:
    from rest_framework.test import APIClient

URL = "/api/v1/absences/"
Ask = Callable[[str], "APIClient"]


def second_director(world: World) -> None:
    """Let the operator be a director as well: somebody who could stand in."""
    from countersign.accounts.services import role_grant
    from tests.api.world import WORKER

    role_grant(actor=WORKER, person_id=world.users["operator"].person_id, role="director")


def declare(client: APIClient, **changes: Any) -> Any:  # noqa: ANN401 - parts of any type
    body = {"ends_at": (now() + timedelta(days=3)).isoformat(), **changes}
    return client.post(URL, body, format="json")


def test_absence_shows_who_stands_in_wherever_somebody_looks(world: World, ask: Ask) -> None:
    second_director(world)
    identifier, _ = phase_request(world)
    address = f"/api/v1/approval-requests/{identifier}/absences/"
    assert ask("director").get(address).json() == {"results": []}
    [stand_in] = ask("director").get(URL).json()["stand_ins"]
    assert (stand_in["name"], stand_in["roles"]) == ("Test operator", ["director"])
    answer = declare(ask("director"), delegate=stand_in["person_id"])
    assert answer.status_code == 201, answer.content
    declared = answer.json()
    assert (declared["state"], declared["delegate"], declared["roles"]) == (
        "now",
        "Test operator",
        ["director"],
    )
    assert (declared["mine"], declared["may_change"], declared["stands_in"]) == (True, True, False)
    [seen] = ask("operator").get(URL).json()["results"]
    assert (seen["mine"], seen["may_change"], seen["stands_in"]) == (False, False, True)
    [away] = ask("auditor").get(address).json()["results"]
    assert (away["person"], away["roles"], away["stand_in"], away["nobody"], away["mine"]) == (
        "Test director",
        ["director"],
        "Test operator",
        "",
        False,
    )
    assert ask("operator").get(address).json()["results"][0]["mine"] is True
    [mine] = ask("operator").get("/api/v1/approval-requests/").json()["results"]
    assert mine["instead_of"] == ["Test director"]
    [others] = ask("auditor").get("/api/v1/approval-requests/").json()["results"]
    assert others["instead_of"] == []


def test_absence_is_ended_and_its_delegate_changed(world: World, ask: Ask) -> None:
    second_director(world)
    declared = declare(ask("admin"), person="director@example.org", delegate="operator@example.org").json()
    address = f"{URL}{declared['id']}/"
    assert declared["declared_by"] == "Test admin"
    refused = ask("cab_member").post(f"{address}end/")
    assert (refused.status_code, refused.json()["code"]) == (403, "absence_not_yours")
    laid_down = ask("operator").post(f"{address}delegate/", {"delegate": ""}, format="json").json()
    assert (laid_down["delegate"], laid_down["nobody"]) == (None, "nobody was named: name a delegate")
    wrong = ask("director").post(f"{address}delegate/", {"delegate": "auditor@example.org"}, format="json")
    assert (wrong.status_code, wrong.json()["code"]) == (409, "delegate_refused")
    assert ask("director").post(f"{address}end/").json()["state"] == "over"
    assert ask("director").post(f"{address}end/").status_code == 409


def test_absence_that_cannot_be_is_refused(world: World, ask: Ask) -> None:
    past = (now() - timedelta(days=3)).isoformat()
    for client, changes, status, code in (
        (ask("director"), {"starts_at": past}, 400, "absence_invalid"),
        (ask("director"), {"delegate": "nobody@example.org"}, 404, "person_not_found"),
        (ask("director"), {"person": "admin@example.org"}, 403, "absence_not_yours"),
        (ask("agent"), {}, 403, "permission_denied"),
    ):
        refused = declare(client, **changes)
        assert (refused.status_code, refused.json()["code"]) == (status, code), refused.content


def test_absence_list_offers_declaring_for_others_to_who_administers(world: World, ask: Ask) -> None:
    assert world.plan_id
    assert ask("admin").get(URL).json()["may_declare_for_others"] is True
    assert ask("director").get(URL).json()["may_declare_for_others"] is False


def test_request_absences_are_those_of_a_request_that_waits(world: World, ask: Ask) -> None:
    from countersign.approvals.models import ApprovalRequest

    identifier, _ = phase_request(world)
    declare(ask("director"))
    address = f"/api/v1/approval-requests/{identifier}/absences/"
    [away] = ask("auditor").get(address).json()["results"]
    assert (away["stand_in"], away["nobody"]) == (None, "nobody was named: name a delegate")
    ApprovalRequest.objects.filter(pk=identifier).update(state="expired")
    assert ask("auditor").get(address).json() == {"results": []}
