"""Every address: 401 for a stranger, 403 without the role, 404 for what is not there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.api import matrix
from tests.api.test_quorum_policies import tiers
from tests.api.world import World, phase_request, unknown_id

if TYPE_CHECKING:
    from rest_framework.test import APIClient

Ask = Callable[[str], "APIClient"]

DOCUMENT = Path(__file__).parents[2] / "docs" / "reference" / "openapi.yaml"
OPERATIONS = [
    (method, path)
    for path, operations in yaml.safe_load(DOCUMENT.read_text())["paths"].items()
    for method in operations
]
OPEN = {
    "/api/v1/health/",
    "/api/v1/openapi.yaml",
    "/api/v1/auth/login/",
    "/api/v1/auth/methods/",
    "/api/v1/auth/one-time-login/",
}
OF_EVERYBODY = {"/api/v1/me/", "/api/v1/tasks/{id}/status/", "/api/v1/auth/logout/"}
CLOSED = [(method, path) for method, path in OPERATIONS if path not in OPEN]
READS = [path for method, path in CLOSED if method == "get" and path not in OF_EVERYBODY]
# Whoever may read may ask what an import would change.
READING = {"/api/v1/plans/preview/"}
WRITES = [path for method, path in CLOSED if method == "post" and path not in OF_EVERYBODY | READING]
BODIES = {
    "/api/v1/absences/": {"ends_at": "2100-01-01T00:00:00Z"},
    "/api/v1/absences/{id}/delegate/": {"delegate": ""},
    "/api/v1/projects/": {"source": "/srv/x", "name": "X"},
    "/api/v1/plans/": {"project": "sample", "text": "code: X"},
    "/api/v1/plans/preview/": {"project": "sample", "text": "code: X"},
    "/api/v1/sessions/": {"project": "sample"},
    "/api/v1/approval-requests/{id}/decisions/": {"verdict": "approve", "reason": "r", "digest": "d"},
    "/api/v1/approval-requests/{id}/decisions/prepare/": {
        "verdict": "approve",
        "reason": "r",
        "digest": "d",
    },
    "/api/v1/approval-requests/{id}/comments/": {"text": "t"},
    "/api/v1/approval-requests/{id}/sign-again/": {"digest": "d"},
    "/api/v1/projects/{slug}/queue/reservation/": {"request_id": unknown_id()},
    "/api/v1/exports/": {},
    "/api/v1/quorum-policies/": {"tiers": tiers(), "reason": "r"},
    "/api/v1/break-glass/": {"project": "sample", "reason": "logins fail"},
    "/api/v1/break-glass/{id}/review/": {"review": "it had to be"},
    "/api/v1/packs/{digest}/shred/": {"confirmation": "c", "reason": "a token leaked"},
    "/api/v1/deciding-credentials/": {"token": "t", "credential": {}},
    "/api/v1/deciding-credentials/{id}/confirm/": {"fingerprint": "f"},
    "/api/v1/persons/{id}/erasure/": {"confirmation": "c"},
    "/api/v1/projects/{slug}/settings/": {"base_move": "strict"},
    "/api/v1/plans/{id}/inputs/": {"name": "Style", "value": "the plain one"},
    "/api/v1/exceptions/{id}/revoke/": {"reason": "not needed"},
    "/api/v1/rules/{code}/mode/": {"mode": "enforce", "reason": "no longer tried out"},
}


def address(path: str, identifier: str = "", digest: str = "0" * 64) -> str:
    found = path.replace("{id}", identifier or unknown_id()).replace("{slug}", "nothing")
    found = found.replace("{code}", "no.such-rule")
    found = found.replace("{digest}", f"sha256:{digest}")
    return f"{found}?session={unknown_id()}" if path == "/api/v1/findings/" else found


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_without_login_is_refused(db: None, method: str, path: str) -> None:
    from rest_framework.test import APIClient

    response = getattr(APIClient(), method)(address(path), BODIES.get(path), format="json")
    assert response.status_code == 401
    assert response["Content-Type"] == "application/problem+json"
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert response.json()["code"] == "not_authenticated"


@pytest.mark.parametrize("path", READS)
def test_read_without_a_role_that_reads_is_refused(ask: Ask, path: str) -> None:
    response = ask("agent").get(address(path))
    assert response.status_code == 403
    assert response.json()["code"] == "permission_denied"


@pytest.mark.parametrize("path", WRITES)
def test_write_without_the_role_is_refused(world: World, ask: Ask, path: str) -> None:
    if "approval-requests" in path:
        identifier, _ = phase_request(world)
    else:
        identifier = world.work_item_id
    # An auditor may export, and review what was done under break-glass.
    role = "ci" if path == "/api/v1/exports/" or path.endswith("/review/") else "auditor"
    # Whoever reads may look at what an import would change.
    role = "agent" if path.endswith("/preview/") else role
    response = ask(role).post(address(path, identifier), BODIES.get(path), format="json")
    assert response.status_code == 403
    assert response.json()["code"] == "permission_denied"


@pytest.mark.parametrize(("method", "path"), [each for each in CLOSED if "{" in each[1]])
def test_what_is_not_there_is_not_found(ask: Ask, method: str, path: str) -> None:
    may = matrix.allowed(method, path)
    role = next(role for role in ("director", "operator", "security_reviewer", "admin") if role in may)
    body = None if method == "get" else BODIES.get(path)
    response = getattr(ask(role), method)(address(path), body, format="json")
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == 404
    assert problem["code"].endswith("not_found")


def test_findings_of_an_unknown_session_are_not_found(ask: Ask) -> None:
    response = ask("director").get(f"/api/v1/findings/?session={unknown_id()}")
    assert response.status_code == 404


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer a b", "Bearer cst_unknown", "Bearer \N{SNOWMAN}".encode().decode("latin-1")],
)
def test_a_bad_token_is_refused(db: None, header: str) -> None:
    from rest_framework.test import APIClient

    response = APIClient().get("/api/v1/me/", HTTP_AUTHORIZATION=header)
    assert response.status_code == 401
    assert response.json()["code"] == "credential_refused"


def test_another_scheme_is_nobody(db: None) -> None:
    from rest_framework.test import APIClient

    response = APIClient().get("/api/v1/me/", HTTP_AUTHORIZATION="Basic YTpi")
    assert response.json()["code"] == "not_authenticated"


def test_another_ones_task_is_not_found(world: World, ask: Ask) -> None:
    started = ask("operator").post("/api/v1/sessions/", {"project": "sample"}, format="json")
    assert started.status_code == 202
    assert ask("operator").get(started["Location"]).status_code == 200
    assert ask("ci").get(started["Location"]).status_code == 404


def test_person_is_erased_over_the_api_and_the_stored_answer_says_no_name(world: World, ask: Ask) -> None:
    from countersign.jobs.models import IdempotencyKey

    auditor = world.users["auditor"]
    address = f"/api/v1/persons/{auditor.person_id}/erasure/"
    held = ask("admin").get(address).json()["held"]
    assert (held["addresses"], held["roles"], held["tokens"]) == ([auditor.email], ["auditor"], 1)
    refused = ask("admin").post(address, {"confirmation": "no"}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "erasure_refused")
    body = {"confirmation": auditor.email}
    done = ask("admin").post(address, body, format="json", HTTP_IDEMPOTENCY_KEY="erase-once")
    assert (done.status_code, done.json()) == (200, {"person_id": auditor.person_id, "mentions": []})
    assert ask("auditor").get("/api/v1/me/").status_code == 401
    assert auditor.email not in str(list(IdempotencyKey.objects.values()))
    assert ask("admin").get(address).json()["held"]["erased"] is True
