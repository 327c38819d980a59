"""Break-glass over REST: what each may do is said with each window."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.api.world import World

if TYPE_CHECKING:
    from rest_framework.test import APIClient

URL = "/api/v1/break-glass/"


def test_break_glass_says_what_each_may_do(world: World, ask: Callable[[str], APIClient]) -> None:
    assert world.plan_id
    asked = ask("director").post(
        URL, {"project": "sample", "reason": "logins fail", "minutes": 5}, format="json"
    )
    assert asked.status_code == 201, asked.content
    window = asked.json()
    assert (window["state"], window["mine"], window["may_confirm"]) == ("requested", True, False)
    seen = ask("cab_member").get(URL).json()
    assert seen["may_open"] is True
    assert seen["results"][0]["may_confirm"] is True
    opened = ask("cab_member").post(f"{URL}{window['id']}/confirm/").json()
    assert (opened["state"], opened["may_close"], opened["permits"]) == ("open", True, ["quorum"])
    assert opened["project"] == "sample"
    closed = ask("director").post(f"{URL}{window['id']}/close/").json()
    assert (closed["state"], closed["may_review"]) == ("review_due", False)
    auditor = ask("auditor").get(URL).json()
    assert auditor["may_open"] is False
    assert auditor["results"][0]["may_review"] is True
    reviewed = ask("auditor").post(f"{URL}{window['id']}/review/", {"review": "right"}, format="json").json()
    assert (reviewed["state"], reviewed["review"]) == ("reviewed", "right")


def test_break_glass_refuses_with_a_code(world: World, ask: Callable[[str], APIClient]) -> None:
    assert world.plan_id
    long = {"project": "sample", "reason": "logins fail", "minutes": 61}
    refused = ask("director").post(URL, long, format="json")
    assert (refused.status_code, refused.json()["code"]) == (400, "break_glass_invalid")
    window = ask("director").post(URL, {**long, "minutes": 60}, format="json").json()
    own = ask("director").post(f"{URL}{window['id']}/confirm/")
    assert (own.status_code, own.json()["code"]) == (403, "break_glass_persons")
    nowhere = ask("director").post(f"{URL}{world.plan_id}/confirm/")
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "break_glass_not_found")
