"""Trials over REST: chosen at registration, shown, and never changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.api.world import World

if TYPE_CHECKING:
    from rest_framework.test import APIClient

URL = "/api/v1/projects/"


def test_trial_is_chosen_at_registration_and_shown(world: World, ask: Callable[[str], APIClient]) -> None:
    assert world.plan_id
    body = {"source": "/srv/mine", "name": "Mine", "trial": True}
    assert ask("operator").post(URL, body, format="json").status_code == 202
    assert ask("operator").get(f"{URL}mine/").json()["settings"]["trial"] is True
    assert ask("operator").get(f"{URL}sample/").json()["settings"]["trial"] is False


def test_trial_is_no_setting_that_can_be_changed(world: World, ask: Callable[[str], APIClient]) -> None:
    assert world.plan_id
    refused = ask("operator").post(f"{URL}sample/settings/", {"trial": True}, format="json")
    assert refused.status_code == 400
    assert ask("operator").get(f"{URL}sample/").json()["settings"]["trial"] is False
