"""The console: for administrators only, every model, nothing changed past a service."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from django.test import Client

    from countersign.accounts.contracts import UserData

BrowserOf = Callable[[str], "Client"]


def test_a_stranger_is_sent_to_the_login_of_the_platform(client: Client, db: None) -> None:
    response = client.get("/console/jobs/job/")
    assert response.status_code == 302
    login = client.get(response["Location"])
    assert login["Location"] == "/login?next=%2Fconsole%2Fjobs%2Fjob%2F"


@pytest.mark.parametrize("role", ["director", "operator", "auditor", "agent"])
def test_who_is_no_administrator_is_refused(browser_of: BrowserOf, role: str) -> None:
    response = browser_of(role).get("/console/", follow=True)
    assert response.status_code == 403


def test_a_superuser_without_the_role_is_refused(browser_of: BrowserOf) -> None:
    from django.contrib.auth import get_user_model

    browser = browser_of("operator")
    get_user_model().objects.update(is_superuser=True, is_staff=True)
    assert browser.get("/console/", follow=True).status_code == 403


def test_an_administrator_needs_no_second_login(admin: Client) -> None:
    assert admin.get("/console/login/")["Location"] == "/console/"


def test_logout_ends_the_session_and_is_recorded(admin: Client) -> None:
    from countersign.audit.models import AuditEvent

    assert admin.get("/console/logout/").status_code == 405
    assert admin.post("/console/logout/")["Location"] == "/login"
    assert AuditEvent.objects.filter(type="user.logged_out").exists()
    assert admin.get("/console/").status_code == 302


def test_passwords_are_not_changed_here(admin: Client) -> None:
    assert admin.get("/console/password_change/").status_code == 403


def test_nobody_has_no_actor() -> None:
    from django.contrib.auth.models import AnonymousUser
    from django.core.exceptions import PermissionDenied
    from django.test import RequestFactory

    from countersign.console.site import console_actor

    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    with pytest.raises(PermissionDenied):
        console_actor(request)


def test_every_model_of_every_room_has_its_page(admin: Client) -> None:
    from django.apps import apps
    from django.contrib.admin import site

    rooms = [config for config in apps.get_app_configs() if config.name.startswith("countersign.")]
    models = {model for config in rooms for model in config.get_models()}
    assert models
    assert set(site._registry) == models
    assert admin.get("/console/").status_code == 200
    for model in models:
        address = f"/console/{model._meta.app_label}/{model._meta.model_name}/"
        assert admin.get(address).status_code == 200, address


def test_what_has_no_service_can_neither_be_added_nor_changed_nor_deleted(
    admin: Client, user_with: Callable[[str], UserData]
) -> None:
    from django.apps import apps

    user_with("auditor")
    changing = {"user", "roleassignment", "apitoken"}
    for config in apps.get_app_configs():
        if not config.name.startswith("countersign."):
            continue
        for model in config.get_models():
            name = f"/console/{model._meta.app_label}/{model._meta.model_name}/"
            if model._meta.model_name not in changing:
                assert admin.get(f"{name}add/").status_code == 403, name
            row = model._default_manager.first()
            if row is None:
                continue
            assert admin.get(f"{name}{row.pk}/change/").status_code == 200, name
            assert admin.post(f"{name}{row.pk}/change/", {}).status_code == 403, name
            if model._meta.model_name != "roleassignment":
                assert admin.post(f"{name}{row.pk}/delete/", {"post": "yes"}).status_code == 403, name
