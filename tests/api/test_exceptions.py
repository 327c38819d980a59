"""Exceptions and the modes of rules, over REST: each is told what they may do."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from countersign.shared.clock import now
from tests.api.world import World

if TYPE_CHECKING:
    from rest_framework.test import APIClient

URL, RULE = "/api/v1/exceptions/", "change.no-key-material"
Ask = Callable[[str], "APIClient"]


def body(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    given = {
        "rule": RULE,
        "reason": "test fixtures",
        "compensating_controls": ["reviewed by two"],
        "expires_at": (now() + timedelta(days=3)).isoformat(),
    }
    return given | changes


def test_exception_is_granted_listed_and_revoked_by_who_reviews_security(world: World, ask: Ask) -> None:
    from countersign.jobs.models import Job

    assert world.plan_id
    reviewer = ask("security_reviewer")
    granted = reviewer.post(URL, body(paths=["tests/"]), format="json")
    assert granted.status_code == 201, granted.content
    made = granted.json()
    assert (made["state"], made["run_id"], made["paths"]) == ("unsigned", None, ["tests/"])
    assert (made["granted_by"], made["may_revoke"]) == ("Test security_reviewer", True)
    seen = ask("auditor").get(URL).json()
    [item] = seen["results"]
    assert (item["state"], item["may_revoke"], seen["may_grant"]) == ("unsigned", False, False)
    codes = {rule["code"] for rule in seen["rules"]}
    assert RULE in codes
    assert "core.audit-trail" not in codes
    assert reviewer.get(URL).json()["may_grant"] is True
    ended = reviewer.post(f"{URL}{made['id']}/revoke/", {"reason": "not needed"}, format="json").json()
    assert (ended["state"], ended["revoked_by"]) == ("revoked", "Test security_reviewer")
    # What waits is looked at for each: the one of the grant has not ended yet.
    assert Job.objects.filter(kind="exception.follow").count() == 2
    again = reviewer.post(f"{URL}{made['id']}/revoke/", {"reason": "again"}, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "waiver_ended")


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"compensating_controls": []}, 400, "invalid_input"),
        ({"compensating_controls": [" "]}, 400, "invalid_input"),
        ({"rule": "core.audit-trail"}, 400, "waiver_invalid"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, 400, "waiver_invalid"),
        ({"rule": "no.such"}, 404, "rule_not_found"),
        ({"run": str(uuid.uuid4())}, 404, "run_not_found"),
    ],
)
def test_exception_that_lacks_something_is_refused(
    world: World, ask: Ask, changes: dict[str, Any], status: int, code: str
) -> None:
    assert world.plan_id
    refused = ask("security_reviewer").post(URL, body(**changes), format="json")
    assert (refused.status_code, refused.json()["code"]) == (status, code), refused.content


def test_rule_gets_another_mode_with_a_reason(world: World, ask: Ask) -> None:
    assert world.plan_id
    url = "/api/v1/rules/quality.typed/mode/"
    changed = ask("admin").post(url, {"mode": "observe", "reason": "tried out"}, format="json").json()
    assert (changed["version"], changed["mode"]) == (2, "observe")
    core = ask("admin").post(
        "/api/v1/rules/core.audit-trail/mode/", {"mode": "observe", "reason": "no"}, format="json"
    )
    assert (core.status_code, core.json()["code"]) == (403, "governance_core_protected")
    missing = ask("admin").post(
        "/api/v1/rules/no.such/mode/", {"mode": "observe", "reason": "r"}, format="json"
    )
    assert missing.status_code == 404
