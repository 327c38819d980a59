"""An administrator's browser, and somebody else's."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from countersign.shared.actor import service_actor

if TYPE_CHECKING:
    from django.test import Client

    from countersign.accounts.contracts import UserData

SETUP = service_actor("setup")


@pytest.fixture
def user_with(db: None) -> Callable[[str], UserData]:
    def make(role: str) -> UserData:
        from countersign.accounts.services import role_grant, roles_sync, user_create

        roles_sync(actor=SETUP)
        user = user_create(actor=SETUP, email=f"{role}@example.org", name=f"Test {role}")
        role_grant(actor=SETUP, person_id=user.person_id, role=role)
        return user

    return make


@pytest.fixture
def browser_of(user_with: Callable[[str], UserData]) -> Callable[[str], Client]:
    def make(role: str) -> Client:
        from django.contrib.auth import get_user_model
        from django.test import Client

        client = Client()
        client.force_login(get_user_model().objects.get(pk=user_with(role).id))
        return client

    return make


@pytest.fixture
def admin(browser_of: Callable[[str], Client]) -> Client:
    return browser_of("admin")
