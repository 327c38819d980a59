"""A small installation to ask: people of every role, a project with a plan, a session and a work item."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.api.world import World, people_build, world_build

if TYPE_CHECKING:
    from rest_framework.test import APIClient

    from countersign.audit.contracts import AuditEventData


@pytest.fixture
def people(db: None) -> World:
    return people_build()


@pytest.fixture
def world(people: World) -> World:
    return world_build(people)


@pytest.fixture
def ask(people: World) -> Callable[[str], APIClient]:
    """Return a client with the bearer token of somebody who holds a role; of a stranger for an empty one."""

    def client(role: str) -> APIClient:
        from rest_framework.test import APIClient

        asking = APIClient()
        if role:
            asking.credentials(HTTP_AUTHORIZATION=f"Bearer {people.tokens[role]}")
        return asking

    return client


@pytest.fixture
def events() -> Callable[[], list[AuditEventData]]:
    """Return what the services said to the log, newest first."""

    def read() -> list[AuditEventData]:
        return [event for event in logged() if not event.type.startswith("database.")]

    return read


@pytest.fixture
def changes() -> Callable[[], list[AuditEventData]]:
    """Return what triggers said of the tables of libraries, newest first."""

    def read() -> list[AuditEventData]:
        return [event for event in logged() if event.type.startswith("database.")]

    return read


def logged() -> list[AuditEventData]:
    from countersign.audit.selectors import event_list
    from countersign.shared.actor import service_actor

    return list(event_list(actor=service_actor("test"), limit=500))
