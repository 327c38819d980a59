"""A repeated POST with its key does nothing a second time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.api.world import World

if TYPE_CHECKING:
    from rest_framework.response import _MonkeyPatchedResponse
    from rest_framework.test import APIClient

    from countersign.audit.contracts import AuditEventData

Ask = Callable[[str], "APIClient"]
Events = Callable[[], "list[AuditEventData]"]
SESSIONS = "/api/v1/sessions/"
BODY = {"project": "sample"}


def keyed(client: APIClient, address: str, body: dict[str, str]) -> _MonkeyPatchedResponse:
    return client.post(address, body, format="json", HTTP_IDEMPOTENCY_KEY="key-1")


def test_a_repeat_gets_the_first_answer_and_starts_nothing(ask: Ask, events: Events) -> None:
    first = keyed(ask("operator"), SESSIONS, BODY)
    count = len(events())
    second = keyed(ask("operator"), SESSIONS, BODY)
    assert (second.status_code, second.json(), second["Location"]) == (202, first.json(), first["Location"])
    assert second["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    assert len(events()) == count


def test_without_a_key_each_request_counts(ask: Ask) -> None:
    tasks = {ask("operator").post(SESSIONS, BODY, format="json").json()["task_id"] for _ in range(2)}
    assert len(tasks) == 2


def test_a_key_never_serves_another_request(ask: Ask) -> None:
    keyed(ask("operator"), SESSIONS, BODY)
    response = keyed(ask("operator"), "/api/v1/exports/", {})
    assert (response.status_code, response.json()["code"]) == (409, "idempotency_conflict")


def test_a_key_belongs_to_its_user(ask: Ask) -> None:
    first = keyed(ask("operator"), SESSIONS, BODY)
    other = keyed(ask("ci"), SESSIONS, BODY)
    assert other.status_code == 202
    assert other.json() != first.json()


def test_a_request_that_failed_may_be_tried_again(ask: Ask) -> None:
    for _ in range(2):
        response = keyed(ask("operator"), SESSIONS, {"project": "nothing"})
        assert response.status_code == 404
    assert keyed(ask("operator"), SESSIONS, BODY).status_code == 202


def test_an_endless_key_is_refused(ask: Ask) -> None:
    response = ask("operator").post(SESSIONS, BODY, format="json", HTTP_IDEMPOTENCY_KEY="k" * 201)
    assert (response.status_code, response.json()["code"]) == (400, "idempotency_key_invalid")


def test_every_post_takes_a_key() -> None:
    from countersign.api.auth import LoginView, LogoutView
    from countersign.api.urls import urlpatterns

    views = [getattr(pattern.callback, "cls", None) for pattern in urlpatterns]
    posts = [view for view in views if view is not None and hasattr(view, "post")]
    without = [view.__name__ for view in posts if not getattr(view.post, "idempotent", False)]
    # A session can't be handed out twice, and ending one twice ends it once.
    known = {view.__name__ for view in posts if issubclass(view, LoginView | LogoutView)}
    assert set(without) == known
    assert len(posts) > len(known)


@pytest.fixture(autouse=True)
def _world_is_there(world: World) -> None:
    """Every test here asks about the sample project."""
