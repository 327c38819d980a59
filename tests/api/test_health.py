"""Health: every part is really asked, and what is wrong is named without telling strangers more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.audit.rows import event_insert

if TYPE_CHECKING:
    from rest_framework.test import APIClient


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The workers that answer; no worker runs beside these tests."""
    from countersign.api import health
    from countersign.workflow import queries

    names = ["celery@one"]

    def alive(*, timeout: float) -> tuple[str, ...]:
        assert timeout == health.TIMEOUT_SECONDS
        return tuple(names)

    monkeypatch.setattr(queries, "workers_alive", alive)
    return names


def parts(client: APIClient, status: int) -> dict[str, tuple[bool, str]]:
    response = client.get("/api/v1/health/")
    body = response.json()
    assert response.status_code == status
    assert body["status"] == ("ok" if status == 200 else "failing")
    assert body["version"]
    return {part["name"]: (part["ok"], part["detail"]) for part in body["parts"]}


def test_health_is_well_when_every_part_answers(db: None, client: APIClient, workers: list[str]) -> None:
    found = parts(client, 200)
    assert found == {
        "database": (True, "answers"),
        "redis": (True, "answers"),
        "workers": (True, "1 answering"),
        "object_store": (True, "answers"),
        "sequencer": (True, "0 events wait"),
        "signer": (True, "0 decisions wait"),
    }


def test_health_asks_the_workers_for_real(db: None, client: APIClient) -> None:
    assert parts(client, 503)["workers"] == (False, "no worker answers")


def test_health_names_a_redis_that_is_away(
    db: None, client: APIClient, workers: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from countersign.api import health
    from countersign.shared.env import environment

    away = replace(environment(), redis_url="redis://:secret@127.0.0.1:1/0")
    monkeypatch.setattr(health, "environment", lambda: away)
    found = parts(client, 503)
    assert found["redis"] == (False, "does not answer")
    assert found["database"][0]


def test_health_names_an_object_store_that_is_away(
    db: None, client: APIClient, workers: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from countersign.api import health
    from countersign.shared.storage import open_store

    monkeypatch.setattr(health, "object_store", lambda: open_store("s3://b?endpoint=http://127.0.0.1:9"))
    assert parts(client, 503)["object_store"] == (False, "does not answer")


def test_health_names_a_sequencer_that_stands_still(db: None, client: APIClient, workers: list[str]) -> None:
    from datetime import timedelta

    from countersign.shared.clock import now

    event_insert(
        recorded_at=now() - timedelta(hours=1),
        type="run.claimed",
        actor_kind="service",
        actor_id="x",
        subject_type="run",
        subject_id="r",
        body=b"{}",
    )
    ok, detail = parts(client, 503)["sequencer"]
    assert not ok
    assert detail.startswith("1 events wait, the oldest for 36")


def test_health_names_a_database_that_is_away(workers: list[str], client: APIClient) -> None:
    """Without the fixture that lets tests use the database there is none."""
    from django.db import OperationalError

    from countersign.api import health

    def away() -> str:
        raise OperationalError("password authentication failed for user countersign_app")

    part = health.part_check("database", away)
    assert (part.ok, part.detail) == (False, "does not answer")
