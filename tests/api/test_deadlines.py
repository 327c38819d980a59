"""Deadlines, reminders and escalations through the API."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from countersign.shared.clock import now
from tests.api.world import World, phase_request

if TYPE_CHECKING:
    from rest_framework.test import APIClient

Ask = Callable[[str], "APIClient"]


def test_project_deadlines_and_owners_are_set_by_address_and_shown(world: World, ask: Ask) -> None:
    address = "/api/v1/projects/sample/settings/"
    calendar = {"country": "DE", "subdivision": "BY", "timezone": "Europe/Berlin"}
    body = {"decide_within_hours": 16, "calendar": calendar, "escalation": ["admin@example.org"]}
    answer = ask("operator").post(address, body, format="json")
    assert answer.status_code == 200
    settings = answer.json()["settings"]
    assert settings["decide_within_hours"] == 16
    assert settings["calendar"] == {**calendar, "days": [0, 1, 2, 3, 4], "start": "09:00", "end": "17:00"}
    assert settings["escalation"] == [world.users["admin"].person_id]
    for wrong, status, code in (
        ({"calendar": {"country": "XX"}}, 400, "calendar_invalid"),
        ({"escalation": ["nobody@example.org"]}, 404, "user_not_found"),
    ):
        refused = ask("operator").post(address, wrong, format="json")
        assert (refused.status_code, refused.json()["code"]) == (status, code)


def test_reminders_and_escalations_show_in_the_inbox(world: World, ask: Ask) -> None:
    from countersign.approvals.deadlines import reminders_send
    from countersign.approvals.models import Reminder

    identifier, _ = phase_request(world)
    person_id = world.users["admin"].person_id
    row = uuid.UUID(identifier)
    Reminder.objects.create(
        request_id=row,
        kind="escalation",
        person_id=person_id,
        due_at=now() - timedelta(hours=1),
    )
    Reminder.objects.filter(request_id=row, kind="half").update(due_at=now() - timedelta(hours=2))
    assert reminders_send(actor=world.actor("admin")) == 2
    [seen] = ask("auditor").get("/api/v1/approval-requests/").json()["results"]
    assert (seen["reminded"], seen["escalated_to"]) == ("half", ["Test admin"])
    assert not seen["escalated_to_me"]
    [mine] = ask("admin").get("/api/v1/approval-requests/").json()["results"]
    assert mine["escalated_to_me"]
    assert "approve" not in mine["allowed_actions"]
