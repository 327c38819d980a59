"""Every operation of the OpenAPI document as every role: who is let in, and what the log then says."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from countersign.shared.clock import now
from tests.api import matrix
from tests.api.test_quorum_policies import tiers
from tests.api.world import PLAN, WORKER, World, phase_request, unknown_id

if TYPE_CHECKING:
    from django.http import HttpResponse
    from rest_framework.test import APIClient

Ask = Callable[[str], "APIClient"]

PERMISSIONS = Path(__file__).parents[2] / "docs" / "reference" / "permissions.md"
OPERATIONS = [pytest.param(*each, id=f"{each[0]} {each[1]}") for each in matrix.operations()]
# What a role that may ask is told when its request is complete and names something that is there.
DONE = {200, 201, 202, 204}
# These read, or hand out what is needed for the next step: no state moves, so nothing is there to record.
# Logging out with a token leaves the token what it is.
CHANGES_NOTHING = {
    "/api/v1/deciding-credentials/options/",
    "/api/v1/auth/logout/",
    "/api/v1/plans/preview/",
}
NUMBERS = count(1)


def request_of(world: World, method: str, path: str) -> tuple[str, dict[str, Any] | None]:
    """Return an address and a body of a request that is complete, as far as its subject is there."""
    identifier = unknown_id()
    # What is asked for a second time changes nothing, and need not be recorded.
    number = next(NUMBERS)
    body: dict[str, Any] | None = None
    if path.startswith("/api/v1/approval-requests/{id}/") and method == "post":
        identifier, digest = phase_request(world)
        decision = {"verdict": "reject", "reason": "not yet", "digest": digest}
        body = decision if "/decisions/" in path else {"text": "a word"}
        body = {"digest": digest} if path.endswith("/sign-again/") else body
    elif path.startswith("/api/v1/work-items/"):
        identifier = world.work_item_id
        body = {} if method == "post" else None
    elif path.startswith("/api/v1/plans/{id}/"):
        identifier = world.plan_id
        body = {"name": "Style", "value": f"the {number}th"} if method == "post" else None
    elif path.startswith("/api/v1/phases/{id}/"):
        identifier = world.phase_id
    elif path.startswith("/api/v1/sessions/{id}/"):
        identifier = world.session_id
    bodies: dict[str, dict[str, Any]] = {
        "/api/v1/absences/": {"ends_at": (now() + timedelta(days=3)).isoformat()},
        "/api/v1/absences/{id}/delegate/": {"delegate": ""},
        "/api/v1/exceptions/": {
            "rule": "change.no-key-material",
            "reason": "fixtures",
            "compensating_controls": ["two look"],
            "expires_at": (now() + timedelta(days=3)).isoformat(),
        },
        "/api/v1/exceptions/{id}/revoke/": {"reason": "not needed"},
        "/api/v1/rules/{code}/mode/": {"mode": "enforce", "reason": "no longer tried out"},
        "/api/v1/projects/": {"source": "/srv/another", "name": "Another"},
        "/api/v1/projects/{slug}/settings/": {"base_move": other_base_move()},
        "/api/v1/plans/": {"project": "sample", "text": PLAN.replace("code: PLAN", f"code: NEXT{number}")},
        "/api/v1/plans/preview/": {"project": "sample", "text": PLAN},
        "/api/v1/sessions/": {"project": "sample"},
        "/api/v1/exports/": {},
        "/api/v1/projects/{slug}/queue/reservation/": {"request_id": identifier},
        "/api/v1/quorum-policies/": {"tiers": tiers(2 + number % 18), "reason": "more eyes"},
        "/api/v1/break-glass/": {"project": "sample", "reason": "the login is broken"},
        "/api/v1/break-glass/{id}/review/": {"review": "it had to be"},
    }
    if method == "post":
        body = bodies.get(path, body)
    address = path.replace("{id}", identifier).replace("{slug}", "sample")
    address = address.replace("{code}", "quality.typed")
    address = address.replace("{digest}", f"sha256:{'0' * 64}")
    return (f"{address}?session={world.session_id}" if path == "/api/v1/findings/" else address), body


def other_base_move() -> str:
    from countersign.projects.selectors import project_get

    now = project_get(actor=WORKER, project="sample").settings.get("base_move")
    return "carry_over" if now == "strict" else "strict"


def send(client: APIClient, method: str, address: str, body: dict[str, Any] | None) -> HttpResponse:
    answer: HttpResponse = getattr(client, method)(address, body, format="json" if body is not None else None)
    return answer


def recorded() -> int:
    """Return how much the services have said to the log."""
    from countersign.audit.models import AuditEvent

    return AuditEvent.objects.exclude(type__startswith="database.").count()


def test_matrix_in_the_reference_is_the_code_s() -> None:
    assert matrix.table() in PERMISSIONS.read_text(), f"write this there:\n{matrix.table()}"


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_view_that_writes_declares_what_it_needs(method: str, path: str) -> None:
    view = matrix.view_of(path)
    declared = [base for base in view.__mro__ if "writing" in vars(base) and base.__name__ != "ApiView"]
    assert method in matrix.READS or declared, f"{view.__name__} declares no 'writing'"


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_operation_lets_in_exactly_the_roles_of_the_matrix(
    world: World, ask: Ask, method: str, path: str
) -> None:
    may = matrix.allowed(method, path)
    stranger = send(ask(""), method, *request_of(world, method, path))
    assert (stranger.status_code == 401) is not matrix.is_open(path), stranger.content
    for role in () if matrix.is_open(path) else matrix.ROLES:
        address, body = request_of(world, method, path)
        before = recorded()
        response = send(ask(role), method, address, body)
        refused = response.status_code == 403 and json.loads(response.content)["code"] == "permission_denied"
        assert refused is (role not in may), (role, response.content)
        after = recorded()
        if refused:
            assert after == before, "what is refused changes nothing"
        elif method not in matrix.READS and response.status_code in DONE and path not in CHANGES_NOTHING:
            assert after > before, (role, response.status_code, response.content)
