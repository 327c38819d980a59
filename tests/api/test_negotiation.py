"""Each address has one form: a caller's preference turns nobody away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from django.test import Client


@pytest.mark.parametrize("accept", ["text/x-diff", "text/html", "application/xml;q=0.5", "nonsense"])
def test_api_answers_json_whatever_is_accepted(client: Client, db: None, accept: str) -> None:
    answer = client.get("/api/v1/me/", headers={"Accept": accept})
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml"])
def test_api_refuses_what_it_cannot_read(client: Client, db: None, content_type: str) -> None:
    answer = client.post("/api/v1/auth/one-time-login/", "token", content_type=content_type)
    assert answer.status_code == 415
