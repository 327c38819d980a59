"""Lock-out, second factors and single sign-on."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.api.openid_provider import CLIENT, SECRET, Provider, provider_serve
from tests.api.world import WORKER

if TYPE_CHECKING:
    from django.conf import LazySettings
    from django.http import HttpResponse
    from rest_framework.test import APIClient

    from countersign.audit.contracts import AuditEventData

Events = Callable[[], "list[AuditEventData]"]

EMAIL = "dora@example.org"
PASSWORD = "correct horse battery staple"
SSO = "/account/oidc/sso/login/"


@pytest.fixture
def user_id(db: None) -> str:
    from countersign.accounts.services import role_grant, roles_sync, user_create

    roles_sync(actor=WORKER)
    user = user_create(actor=WORKER, email=EMAIL, name="Dora", password=PASSWORD)
    role_grant(actor=WORKER, person_id=user.person_id, role="director")
    return user.id


@pytest.fixture
def browser(user_id: str) -> APIClient:
    """A browser that loaded the page: it has the CSRF cookie and sends its token."""
    from rest_framework.test import APIClient

    client = APIClient(enforce_csrf_checks=True)
    client.get("/login")
    return client


def send(browser: APIClient, address: str, body: dict[str, str], form: bool = False) -> HttpResponse:
    browser.credentials(HTTP_X_CSRFTOKEN=browser.cookies["csrftoken"].value)
    return browser.post(address, body, format=None if form else "json")


def login(browser: APIClient, password: str = PASSWORD, **more: str) -> tuple[int, dict[str, Any]]:
    response = send(browser, "/api/v1/auth/login/", {"email": EMAIL, "password": password, **more})
    return response.status_code, json.loads(response.content)


def five_minutes_pass() -> None:
    """Forget the short limits, which live in the cache; the lock lives in the database."""
    from django.core.cache import cache

    cache.clear()


def lock(browser: APIClient) -> None:
    statuses = []
    for attempt in range(10):
        if attempt == 5:
            five_minutes_pass()
        statuses.append(login(browser, "wrong")[0])
    assert statuses == [401] * 9 + [429]
    five_minutes_pass()


def confirm(browser: APIClient) -> None:
    """Say once more who one is, as the pages ask before they change anything."""
    response = send(browser, "/account/reauthenticate/", {"password": PASSWORD}, form=True)
    assert response.status_code == 302


def one_time_token(user_id: str) -> str:
    from countersign.accounts.services import one_time_login_issue

    return one_time_login_issue(actor=WORKER, user_id=user_id).secret


def test_login_is_locked_after_ten_failures_even_with_the_right_password(
    browser: APIClient, events: Events
) -> None:
    lock(browser)
    assert login(browser)[0] == 429
    status, problem = login(browser)
    assert (status, problem["code"]) == (429, "account_locked")
    assert "countersign user unlock" in problem["error"]
    assert browser.get("/api/v1/me/").status_code == 401
    refusals = [event.data for event in events() if event.type == "user.login_refused"]
    assert refusals.count({"reason": "account_locked"}) == 2, "of each minute, one"
    assert refusals.count({"reason": "wrong_credentials"}) == 9
    assert EMAIL not in str(events())


def test_login_of_another_address_is_not_locked(browser: APIClient) -> None:
    from countersign.accounts.services import user_create

    user_create(actor=WORKER, email="omar@example.org", name="Omar", password=PASSWORD)
    lock(browser)
    response = send(browser, "/api/v1/auth/login/", {"email": "omar@example.org", "password": PASSWORD})
    assert response.status_code == 200


def test_login_tables_hold_no_address(browser: APIClient) -> None:
    from axes.models import AccessAttempt

    login(browser, "wrong")
    stored = AccessAttempt.objects.values().get()
    assert EMAIL not in str(stored)
    assert "wrong" not in str(stored)


def test_one_time_login_lifts_the_lock(browser: APIClient, user_id: str) -> None:
    lock(browser)
    token = one_time_token(user_id)
    assert send(browser, "/api/v1/auth/one-time-login/", {"token": token}).status_code == 200
    send(browser, "/api/v1/auth/logout/", {})
    assert login(browser)[0] == 200


def test_user_unlock_lifts_the_lock(browser: APIClient, user_id: str) -> None:
    from countersign.accounts.services import user_unlock

    lock(browser)
    user_unlock(actor=WORKER, user_id=user_id)
    assert login(browser)[0] == 200


def test_login_whose_event_fails_starts_no_session(browser: APIClient, superuser_dsn: str) -> None:
    with psycopg.connect(superuser_dsn, autocommit=True) as superuser:
        superuser.execute("REVOKE INSERT ON audit_auditevent FROM countersign_app")
        try:
            assert login(browser)[0] == 500
        finally:
            superuser.execute("GRANT INSERT ON audit_auditevent TO countersign_app")
    assert browser.get("/api/v1/me/").status_code == 401


def code_of(secret: str) -> str:
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time

    return str(format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time())))))


@pytest.fixture
def secret(browser: APIClient) -> str:
    """Activate an authenticator app as a person would, on the pages."""
    login(browser)
    assert browser.get("/account/2fa/totp/activate/")["Location"].startswith("/account/reauthenticate/")
    confirm(browser)
    page = browser.get("/account/2fa/totp/activate/")
    assert page.status_code == 200, page
    secret = str(browser.session["mfa.totp.secret"])
    response = send(browser, "/account/2fa/totp/activate/", {"code": code_of(secret)}, form=True)
    assert (response.status_code, response["Location"]) == (302, "/account/2fa/recovery-codes/")
    send(browser, "/api/v1/auth/logout/", {})
    return secret


def test_login_with_a_second_factor_needs_its_code(browser: APIClient, secret: str, events: Events) -> None:
    five_minutes_pass()
    status, problem = login(browser, next="/runs")
    assert (status, problem["code"]) == (401, "login_incomplete")
    assert browser.get("/api/v1/me/").status_code == 401
    page = browser.get(problem["data"]["next"])
    assert b"authenticator code" in page.content
    wrong = send(browser, "/account/2fa/authenticate/", {"code": "000000"}, form=True)
    assert wrong.status_code == 200
    assert browser.get("/api/v1/me/").status_code == 401
    done = send(browser, "/account/2fa/authenticate/", {"code": code_of(secret)}, form=True)
    assert (done.status_code, done["Location"]) == (302, "/runs")
    assert browser.get("/api/v1/me/").json()["email"] == EMAIL
    assert (events()[0].type, events()[0].data) == ("user.logged_in", {"method": "password+totp"})


def test_second_factor_does_not_lie_open_in_the_database(secret: str) -> None:
    from allauth.mfa.models import Authenticator

    assert secret not in str(list(Authenticator.objects.values_list("data", flat=True)))


@pytest.mark.parametrize(
    "onward", ["https://elsewhere.example/", "//elsewhere.example/", "/\\elsewhere", "x"]
)
def test_login_that_leads_elsewhere_is_refused(browser: APIClient, onward: str) -> None:
    assert login(browser, next=onward)[0] == 400


@pytest.mark.parametrize(
    "address", ["signup/", "email/", "password/reset/", "confirm-email/", "3rdparty/", "2fa/webauthn/signup/"]
)
def test_account_pages_that_nobody_needs_do_not_exist(browser: APIClient, address: str) -> None:
    assert browser.get(f"/account/{address}").status_code == 404


@pytest.mark.parametrize("page", ["2fa/", "2fa/webauthn/", "2fa/webauthn/add/", "password/change/"])
def test_account_pages_are_for_those_who_are_logged_in(browser: APIClient, page: str) -> None:
    assert browser.get(f"/account/{page}").status_code == 302
    login(browser)
    confirm(browser)
    response = browser.get(f"/account/{page}")
    assert response.status_code == 200
    # What the policy forbids, the pages do not have.
    assert not re.search(
        rb"<script(?![^>]*(src|type=.application/json))|<style| style=| on\w+=", response.content
    )


@pytest.mark.parametrize(
    ("host", "offered"), [("localhost", True), ("127.0.0.1", False), ("127.0.0.1:80", False)]
)
def test_methods_offer_passkeys_where_browsers_do(browser: APIClient, host: str, offered: bool) -> None:
    answer = browser.get("/api/v1/auth/methods/", headers={"host": host}).json()
    assert answer == {"passkey": offered, "single_sign_on": None}


@pytest.fixture
def provider(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    with provider_serve() as provider:
        monkeypatch.setenv("COUNTERSIGN_OIDC_ISSUER", provider.url)
        monkeypatch.setenv("COUNTERSIGN_OIDC_CLIENT_ID", CLIENT)
        monkeypatch.setenv("COUNTERSIGN_OIDC_CLIENT_SECRET", SECRET)
        monkeypatch.setenv("COUNTERSIGN_OIDC_NAME", "Example")
        from countersign.config.settings.auth import single_sign_on_providers

        settings.SOCIALACCOUNT_PROVIDERS = single_sign_on_providers()
        provider.claims = {"sub": "d-1", "email": "Dora@example.org", "email_verified": True, "name": "Dora"}
        yield provider


def sign_on(browser: APIClient, provider: Provider) -> HttpResponse:
    begun = browser.get(f"{SSO}?next=/runs")
    assert begun.status_code == 302, begun.content
    return browser.get(provider.authorize(begun["Location"]))


def test_single_sign_on_logs_a_known_person_in(
    browser: APIClient, provider: Provider, events: Events
) -> None:
    assert browser.get("/api/v1/auth/methods/").json()["single_sign_on"] == {"name": "Example", "url": SSO}
    done = sign_on(browser, provider)
    assert (done.status_code, done["Location"]) == (302, "/runs")
    assert browser.get("/api/v1/me/").json()["email"] == EMAIL
    assert events()[0].data == {"method": "single_sign_on"}
    send(browser, "/api/v1/auth/logout/", {})
    assert login(browser)[0] == 200, "the password still works"


def test_single_sign_on_goes_by_the_provider_s_name_afterwards(
    browser: APIClient, provider: Provider
) -> None:
    sign_on(browser, provider)
    send(browser, "/api/v1/auth/logout/", {})
    # The address has changed hands: whoever has it now is not Dora.
    provider.claims = {"sub": "d-1", "email": "dora.new@example.org", "email_verified": True}
    sign_on(browser, provider)
    assert browser.get("/api/v1/me/").json()["email"] == EMAIL


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "x", "email": "nobody@example.org", "email_verified": True},
        {"sub": "x", "email": EMAIL, "email_verified": False},
        {"sub": "x", "email": EMAIL},
        {"sub": "x"},
    ],
    ids=["unknown", "unverified", "unsaid", "no address"],
)
def test_single_sign_on_without_a_verified_known_address_is_refused(
    browser: APIClient, provider: Provider, events: Events, claims: dict[str, object]
) -> None:
    provider.claims = claims
    refused = sign_on(browser, provider)
    assert b"Nobody is known by this address" in refused.content
    assert browser.get("/api/v1/me/").status_code == 401
    assert events()[0].data == {"reason": "single_sign_on_unknown"}


def test_single_sign_on_of_a_deactivated_user_is_refused(
    browser: APIClient, provider: Provider, user_id: str
) -> None:
    from countersign.accounts.services import user_deactivate

    sign_on(browser, provider)
    send(browser, "/api/v1/auth/logout/", {})
    user_deactivate(actor=WORKER, user_id=user_id)
    assert sign_on(browser, provider)["Location"] == "/account/inactive/"
    assert browser.get("/api/v1/me/").status_code == 401


def test_single_sign_on_never_logs_a_pipeline_in(browser: APIClient, provider: Provider) -> None:
    from countersign.accounts.services import user_create

    user_create(actor=WORKER, email="ci@example.org", name="CI", unattended=True)
    provider.claims = {"sub": "c", "email": "ci@example.org", "email_verified": True}
    sign_on(browser, provider)
    assert browser.get("/api/v1/me/").status_code == 401


def test_single_sign_on_with_a_foreign_state_is_refused(
    browser: APIClient, provider: Provider, events: Events
) -> None:
    begun = browser.get(SSO)["Location"]
    answer = provider.authorize(begun)
    browser.cookies.pop("sessionid")
    refused = browser.get(answer)
    assert refused.status_code in {200, 401}
    assert browser.get("/api/v1/me/").status_code == 401
    assert events()[0].data == {"reason": "single_sign_on_failed"}


def test_single_sign_on_still_asks_for_the_second_factor(
    browser: APIClient, provider: Provider, secret: str
) -> None:
    assert sign_on(browser, provider)["Location"] == "/account/2fa/authenticate/"
    assert browser.get("/api/v1/me/").status_code == 401


@pytest.mark.parametrize(
    ("address", "answered"), [(SSO, 302), (f"{SSO}callback/", 401), ("/account/2fa/webauthn/login/", 200)]
)
def test_pages_for_strangers_are_limited_for_each_address(
    browser: APIClient, provider: Provider, settings: LazySettings, address: str, answered: int
) -> None:
    """Each of them leaves something in a log that only grows."""
    assert settings.ACCOUNT_RATE_LIMITS["stranger"]
    settings.ACCOUNT_RATE_LIMITS = {"stranger": "3/m/ip"}
    browser.credentials(HTTP_X_REQUESTED_WITH="XMLHttpRequest")
    answers = [browser.get(address) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [answered] * 3 + [429]
    assert b"Too Many Requests" in answers[3].content
    five_minutes_pass()
    assert browser.get(address).status_code == answered
    assert browser.get("/login").status_code == 200


def test_single_sign_on_that_nobody_answers_says_so(
    browser: APIClient, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from countersign.config.settings.auth import single_sign_on_providers

    monkeypatch.setenv("COUNTERSIGN_OIDC_ISSUER", "http://127.0.0.1:9")
    monkeypatch.setenv("COUNTERSIGN_OIDC_CLIENT_ID", CLIENT)
    settings.SOCIALACCOUNT_PROVIDERS = single_sign_on_providers()
    response = browser.get(SSO)
    assert response.status_code < 500
    assert b"Single sign-on failed" in response.content


def test_single_sign_on_that_is_not_configured_has_no_address(browser: APIClient) -> None:
    assert browser.get(SSO).status_code == 404


def test_settings_need_a_client_id_for_an_issuer(monkeypatch: pytest.MonkeyPatch) -> None:
    from countersign.shared.env import single_sign_on

    monkeypatch.setenv("COUNTERSIGN_OIDC_ISSUER", "https://sso.example.org")
    with pytest.raises(ValueError, match="COUNTERSIGN_OIDC_CLIENT_ID"):
        single_sign_on()
