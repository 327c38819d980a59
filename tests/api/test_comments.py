"""Comments through the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.api.world import World, phase_request

if TYPE_CHECKING:
    from rest_framework.test import APIClient

    from countersign.audit.contracts import AuditEventData

Ask = Callable[[str], "APIClient"]


def address(identifier: str) -> str:
    return f"/api/v1/approval-requests/{identifier}/comments/"


def test_comment_is_answered_and_listed(world: World, ask: Ask) -> None:
    identifier, _ = phase_request(world)
    body = {"text": "<script>alert(1)</script>", "path": "pkg/m0.py", "line": 2}
    made = ask("operator").post(address(identifier), body, format="json")
    assert made.status_code == 201
    comment = made.json()
    assert comment["text"] == body["text"]
    assert comment["by_label"] == "Test operator"
    assert (comment["revision"], comment["earlier"]) == (1, False)
    listed = ask("auditor").get(address(identifier)).json()
    assert listed["results"] == [comment]


def test_comment_with_the_same_key_is_made_once(
    world: World, ask: Ask, events: Callable[[], list[AuditEventData]]
) -> None:
    identifier, _ = phase_request(world)
    for _ in range(2):
        answer = ask("director").post(
            address(identifier), {"text": "once"}, format="json", headers={"Idempotency-Key": "k1"}
        )
        assert answer.status_code == 201
    assert len(ask("director").get(address(identifier)).json()["results"]) == 1
    assert [event.type for event in events()].count("approval.commented") == 1


def test_comment_without_text_is_refused_with_its_code(world: World, ask: Ask) -> None:
    identifier, _ = phase_request(world)
    answer = ask("director").post(address(identifier), {"text": " "}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "comment_invalid")


def test_comments_come_in_pages(world: World, ask: Ask) -> None:
    identifier, _ = phase_request(world)
    for number in range(3):
        ask("director").post(address(identifier), {"text": f"remark {number}"}, format="json")
    page = ask("director").get(address(identifier), {"limit": 2}).json()
    assert [item["text"] for item in page["results"]] == ["remark 0", "remark 1"]
    rest = ask("director").get(page["next"]).json()
    assert [item["text"] for item in rest["results"]] == ["remark 2"]
