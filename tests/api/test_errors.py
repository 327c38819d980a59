"""Whatever goes wrong is told in one form, and a failure of ours tells nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.api.world import World

if TYPE_CHECKING:
    from rest_framework.test import APIClient

Ask = Callable[[str], "APIClient"]


def test_a_problem_says_what_is_wrong_and_under_which_correlation_id(ask: Ask) -> None:
    response = ask("operator").get("/api/v1/projects/nothing/", HTTP_X_CORRELATION_ID="request-0001")
    assert response["X-Correlation-ID"] == "request-0001"
    assert response.json() == {
        "type": "https://countersign.dev/problems/project_not_found",
        "title": "Not Found",
        "status": 404,
        "detail": "there is no project 'nothing'",
        "code": "project_not_found",
        "error": "there is no project 'nothing'",
        "correlation_id": "request-0001",
        "data": {"project": "nothing"},
    }


@pytest.mark.parametrize("identifier", ["", "short", "x" * 65, "evil\tline", "a b c d e f g"])
def test_a_strange_correlation_id_is_replaced(db: None, client: APIClient, identifier: str) -> None:
    response = client.get("/api/v1/me/", HTTP_X_CORRELATION_ID=identifier)
    assert response["X-Correlation-ID"] != identifier
    assert len(response["X-Correlation-ID"]) == 32


def test_an_unexpected_failure_tells_its_correlation_id_and_nothing_else(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from countersign.api import rules

    def broken(_actor: object) -> None:
        raise RuntimeError("the password is 1234")

    monkeypatch.setattr(rules, "rule_list", broken)
    with caplog.at_level(logging.ERROR):
        response = ask("director").get("/api/v1/rules/", HTTP_X_CORRELATION_ID="request-0001")
    assert response.status_code == 500
    assert response["Content-Type"] == "application/problem+json"
    assert response.json() == {"error": "Internal server error", "correlation_id": "request-0001"}
    assert "the password is 1234" in caplog.text
    assert "Traceback" in caplog.text


def test_a_domain_error_of_our_own_making_is_a_failure_too(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    from countersign.api import rules
    from countersign.shared.errors import NoTransaction

    def broken(_actor: object) -> None:
        raise NoTransaction("internals")

    monkeypatch.setattr(rules, "rule_list", broken)
    response = ask("director").get("/api/v1/rules/")
    assert response.status_code == 500
    assert "internals" not in response.content.decode()


def test_a_part_that_does_not_answer_is_said_so(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    from countersign.api import rules
    from countersign.shared.errors import Unavailable

    def away(_actor: object) -> None:
        raise Unavailable("the object store does not answer")

    monkeypatch.setattr(rules, "rule_list", away)
    response = ask("director").get("/api/v1/rules/")
    assert (response.status_code, response.json()["code"]) == (503, "unavailable")


@pytest.mark.parametrize(
    ("raised", "status", "code"),
    [
        ("django.http.Http404", 404, "not_found"),
        ("django.core.exceptions.PermissionDenied", 403, "permission_denied"),
        ("rest_framework.exceptions.Throttled", 429, "throttled"),
    ],
)
def test_errors_of_the_libraries_are_problems_as_well(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, raised: str, status: int, code: str
) -> None:
    from django.utils.module_loading import import_string

    from countersign.api import rules

    def fail(_actor: object) -> None:
        error = import_string(raised)
        raise error(wait=7) if status == 429 else error

    monkeypatch.setattr(rules, "rule_list", fail)
    response = ask("director").get("/api/v1/rules/")
    assert (response.status_code, response.json()["code"]) == (status, code)
    if status == 429:
        assert response["Retry-After"] == "7"


def test_an_unknown_address_is_a_problem(db: None, client: APIClient) -> None:
    response = client.get("/api/v1/nothing/here/")
    assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")
    assert response.json()["error"] == "there is nothing at /api/v1/nothing/here/"


def test_a_wrong_method_is_a_problem(ask: Ask) -> None:
    response = ask("director").delete("/api/v1/rules/")
    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")


def test_a_body_that_is_no_json_is_refused(ask: Ask) -> None:
    response = ask("operator").post("/api/v1/sessions/", "{", content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (400, "parse_error")


def test_another_media_type_is_refused(ask: Ask) -> None:
    response = ask("operator").post("/api/v1/sessions/", "a=1", content_type="text/plain")
    assert response.status_code == 415


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "project"), ({"project": "sample", "force": True}, "force"), ({"project": ["x"]}, "project")],
)
def test_a_body_with_a_missing_unknown_or_wrong_field_is_refused(
    ask: Ask, body: dict[str, object], field: str
) -> None:
    response = ask("operator").post("/api/v1/sessions/", body, format="json")
    problem = response.json()
    assert (response.status_code, problem["code"]) == (400, "invalid_input")
    assert set(problem["data"]["fields"]) == {field}
    assert field in problem["error"]


def test_a_body_that_is_a_list_is_refused(ask: Ask) -> None:
    response = ask("operator").post("/api/v1/sessions/", [1], format="json")
    assert (response.status_code, response.json()["code"]) == (400, "invalid_input")


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "nonsense=1", "cursor=%21"])
def test_a_query_that_makes_no_sense_is_refused(ask: Ask, query: str) -> None:
    response = ask("director").get(f"/api/v1/rules/?{query}")
    assert response.status_code == 400


def test_a_failure_outside_every_view_is_a_problem_too(world: World) -> None:
    import json

    from django.test import RequestFactory

    from countersign.api.errors import server_error

    response = server_error(RequestFactory().get("/"))
    assert response.status_code == 500
    assert json.loads(response.content)["error"] == "Internal server error"
