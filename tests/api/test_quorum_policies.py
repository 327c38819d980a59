"""Who decides, over REST: each is told what they may do with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.api.world import World

if TYPE_CHECKING:
    from rest_framework.test import APIClient

URL = "/api/v1/quorum-policies/"
Ask = Callable[[str], "APIClient"]


def tiers(director: int = 1, cab: int = 2) -> list[dict[str, Any]]:
    return [
        {"tier": "director", "quorum": [{"role": "director", "count": director}]},
        {"tier": "cab", "quorum": [{"role": "cab_member", "count": cab}]},
    ]


def test_quorum_policies_say_who_decides_and_whether_they_are_there(world: World, ask: Ask) -> None:
    assert world.plan_id
    seen = ask("auditor").get(URL).json()
    assert seen["may_propose"] is False
    platform, sample = seen["results"]
    assert (platform["project"], platform["version"], platform["tiers"][0]["seats"]) == (None, 0, [])
    assert sample["project"] == "sample"
    standard, cab = sample["tiers"]
    assert standard["quorum"] == [{"role": "director", "count": 1}]
    assert standard["seats"] == [{"role": "director", "required": 1, "eligible": 1, "missing": 0}]
    assert standard["lacks"] is None
    assert cab["seats"] == [{"role": "cab_member", "required": 2, "eligible": 1, "missing": 1}]
    assert "Give the role cab_member to 1 more" in cab["lacks"]


def test_quorum_policy_that_asks_for_less_takes_two(world: World, ask: Ask) -> None:
    assert world.plan_id
    body = {"project": "sample", "tiers": tiers(cab=1), "reason": "a small board"}
    proposed = ask("admin").post(URL, body, format="json")
    assert proposed.status_code == 201, proposed.content
    policy = proposed.json()
    assert (policy["state"], policy["may_confirm"], policy["may_withdraw"]) == ("proposed", False, True)
    [_, sample] = ask("director").get(URL).json()["results"]
    assert sample["proposal"]["may_confirm"] is True
    assert sample["proposal"]["tiers"] == tiers(cab=1)
    confirmed = ask("director").post(f"{URL}{policy['id']}/confirm/").json()
    assert (confirmed["state"], confirmed["version"], confirmed["checkpointed"]) == ("set", 1, False)
    [_, sample] = ask("director").get(URL).json()["results"]
    assert (sample["own"], sample["waiting"], sample["proposal"]) == (True, True, None)
    assert sample["tiers"][1]["quorum"] == [{"role": "cab_member", "count": 2}]
    assert [item["id"] for item in sample["versions"]] == [policy["id"]]


def test_quorum_policy_that_asks_for_more_is_set_at_once(world: World, ask: Ask) -> None:
    assert world.plan_id
    done = ask("admin").post(URL, {"tiers": tiers(director=2), "reason": "four eyes"}, format="json").json()
    assert (done["state"], done["project"], done["version"]) == ("set", None, 1)
    back = ask("admin").post(URL, {"project": "sample", "tiers": None, "reason": "r"}, format="json")
    assert (back.status_code, back.json()["code"]) == (409, "quorum_policy_moved")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        (
            {"tiers": [{"tier": "director", "quorum": [{"role": "director", "count": 1}]}]},
            "quorum_policy_invalid",
        ),
        ({"tiers": None}, "quorum_policy_invalid"),
        ({"tiers": [*tiers(), *tiers(cab=19)]}, "quorum_policy_invalid"),
        ({"project": "nowhere"}, "project_not_found"),
    ],
)
def test_quorum_policy_refuses_with_a_code(
    world: World, ask: Ask, changes: dict[str, Any], code: str
) -> None:
    assert world.plan_id
    refused = ask("admin").post(URL, {"tiers": tiers(2), "reason": "r", **changes}, format="json")
    assert refused.json()["code"] == code


def test_quorum_policy_refuses_its_author_and_withdraws(world: World, ask: Ask) -> None:
    policy = ask("admin").post(URL, {"tiers": tiers(cab=1), "reason": "r"}, format="json").json()
    assert ask("admin").post(f"{URL}{policy['id']}/confirm/").status_code == 403
    gone = ask("cab_member").post(f"{URL}{policy['id']}/withdraw/").json()
    assert (gone["state"], gone["decided_by"]) == ("withdrawn", world.users["cab_member"].name)
    again = ask("cab_member").post(f"{URL}{policy['id']}/confirm/")
    assert (again.status_code, again.json()["code"]) == (409, "quorum_policy_moved")
