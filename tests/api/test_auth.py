"""Logging in and out: by password, by a link that works once; who am I."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from countersign.accounts.policies import PERMISSIONS
from tests.api.world import WORKER, World

if TYPE_CHECKING:
    from rest_framework.test import APIClient

    from countersign.audit.contracts import AuditEventData

Ask = Callable[[str], "APIClient"]
Events = Callable[[], "list[AuditEventData]"]

PASSWORD = "correct horse battery staple"


@pytest.fixture
def browser(db: None) -> APIClient:
    """A browser that loaded the page: it has the CSRF cookie and sends its token."""
    from rest_framework.test import APIClient

    client = APIClient(enforce_csrf_checks=True)
    client.get("/login")
    client.credentials(HTTP_X_CSRFTOKEN=client.cookies["csrftoken"].value)
    return client


@pytest.fixture
def user_id(browser: APIClient) -> str:
    from countersign.accounts.services import role_grant, roles_sync, user_create

    roles_sync(actor=WORKER)
    user = user_create(actor=WORKER, email="dora@example.org", name="Dora", password=PASSWORD)
    role_grant(actor=WORKER, person_id=user.person_id, role="director")
    return user.id


def login(
    browser: APIClient, password: str = PASSWORD, email: str = "dora@example.org"
) -> tuple[int, dict[str, object]]:
    # Each login changes the CSRF token, as the web app knows.
    browser.credentials(HTTP_X_CSRFTOKEN=browser.cookies["csrftoken"].value)
    response = browser.post("/api/v1/auth/login/", {"email": email, "password": password}, format="json")
    return response.status_code, response.json()


def link(user_id: str) -> str:
    from countersign.accounts.services import one_time_login_issue

    return one_time_login_issue(actor=WORKER, user_id=user_id).secret


def test_login_starts_a_session_and_says_who_it_is(browser: APIClient, user_id: str, events: Events) -> None:
    status, me = login(browser)
    assert status == 200
    assert me == browser.get("/api/v1/me/").json()
    assert (me["id"], me["email"], me["display_name"], me["roles"]) == (
        user_id,
        "dora@example.org",
        "Dora",
        ["director"],
    )
    assert me["permissions"] == [name for name, roles in PERMISSIONS.items() if "director" in roles]
    assert "account.write" not in me["permissions"]
    assert me["unattended"] is False
    assert me["installation"] == {"origin": "countersign.local/log", "mode": "self-attested", "demo": False}
    logged = events()[0]
    assert (logged.type, logged.subject_id, logged.actor_label) == ("user.logged_in", user_id, "Dora")
    assert logged.data == {"method": "password"}


def test_login_ignores_the_case_of_the_address(browser: APIClient, user_id: str) -> None:
    assert login(browser, email="DORA@example.org")[0] == 200


@pytest.mark.parametrize("email", ["dora@example.org", "nobody@example.org"])
def test_login_with_a_wrong_password_or_address_says_the_same(
    browser: APIClient, user_id: str, events: Events, email: str
) -> None:
    status, problem = login(browser, "wrong", email)
    assert (status, problem["code"]) == (401, "credential_refused")
    assert problem["error"] == "the address or the password is wrong"
    refused = events()[0]
    assert (refused.type, refused.data) == ("user.login_refused", {"reason": "wrong_credentials"})
    assert email not in str(refused)


def test_login_of_a_deactivated_user_is_refused(browser: APIClient, user_id: str) -> None:
    from countersign.accounts.services import user_deactivate

    assert login(browser)[0] == 200
    user_deactivate(actor=WORKER, user_id=user_id)
    assert browser.get("/api/v1/me/").status_code == 401
    assert login(browser)[0] == 401


def test_login_is_throttled_after_five_failures(browser: APIClient, user_id: str, events: Events) -> None:
    for _ in range(5):
        assert login(browser, "wrong")[0] == 401
    before = len(events())
    for _ in range(3):
        status, problem = login(browser)
        assert (status, problem["code"]) == (429, "too_many_attempts")
    assert events()[0].data == {"reason": "too_many_attempts"}
    assert len(events()) == before + 1, "a flood of attempts does not fill the log"


def test_one_time_login_is_throttled(browser: APIClient, events: Events) -> None:
    statuses = []
    for _ in range(32):
        response = browser.post("/api/v1/auth/one-time-login/", {"token": "guess"}, format="json")
        statuses.append(response.status_code)
    assert statuses == [401] * 30 + [429] * 2
    assert len([event for event in events() if event.data == {"reason": "too_many_attempts"}]) == 1


@pytest.mark.parametrize("body", [{}, {"email": "no address", "password": "x"}, {"email": "a@b.org"}])
def test_login_with_half_a_body_is_refused(browser: APIClient, body: dict[str, str]) -> None:
    assert browser.post("/api/v1/auth/login/", body, format="json").status_code == 400


@pytest.mark.parametrize("address", ["login", "one-time-login"])
def test_login_from_another_site_is_refused(browser: APIClient, user_id: str, address: str) -> None:
    browser.credentials()
    response = browser.post(f"/api/v1/auth/{address}/", {"token": "x"}, format="json")
    assert (response.status_code, response.json()["code"]) == (403, "csrf_failed")


def test_one_time_login_works_once(browser: APIClient, user_id: str, events: Events) -> None:
    token = link(user_id)
    response = browser.post("/api/v1/auth/one-time-login/", {"token": token}, format="json")
    assert response.status_code == 200
    assert response.json()["email"] == "dora@example.org"
    assert [event.type for event in events()[:2]] == ["user.logged_in", "one_time_login.redeemed"]
    browser.credentials(HTTP_X_CSRFTOKEN=browser.cookies["csrftoken"].value)
    again = browser.post("/api/v1/auth/one-time-login/", {"token": token}, format="json")
    assert (again.status_code, again.json()["code"]) == (401, "credential_refused")
    assert events()[0].data == {"reason": "one_time_login_refused"}


def test_one_time_login_of_a_deactivated_user_is_refused(browser: APIClient, user_id: str) -> None:
    from countersign.accounts.services import user_deactivate

    token = link(user_id)
    user_deactivate(actor=WORKER, user_id=user_id)
    response = browser.post("/api/v1/auth/one-time-login/", {"token": token}, format="json")
    assert response.status_code == 401


def test_logout_ends_the_session(browser: APIClient, user_id: str, events: Events) -> None:
    login(browser)
    browser.credentials(HTTP_X_CSRFTOKEN=browser.cookies["csrftoken"].value)
    assert browser.post("/api/v1/auth/logout/").status_code == 204
    assert events()[0].type == "user.logged_out"
    assert browser.get("/api/v1/me/").status_code == 401


def test_a_session_needs_its_csrf_token_for_everything_that_changes(browser: APIClient, user_id: str) -> None:
    login(browser)
    browser.credentials()
    response = browser.post("/api/v1/auth/logout/")
    assert (response.status_code, response.json()["code"]) == (403, "csrf_failed")
    assert browser.get("/api/v1/me/").status_code == 200


def test_logout_with_a_token_leaves_the_token(world: World, ask: Ask) -> None:
    assert ask("director").post("/api/v1/auth/logout/").status_code == 204
    assert ask("director").get("/api/v1/me/").status_code == 200


def test_me_of_an_agent_says_that_it_may_do_nothing(ask: Ask) -> None:
    me = ask("agent").get("/api/v1/me/").json()
    assert (me["roles"], me["permissions"]) == (["agent"], [])
