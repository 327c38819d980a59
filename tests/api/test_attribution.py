"""Events of what libraries write while a request is answered: they name who asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.api.test_login import EMAIL, PASSWORD, Events, confirm, login, send
from tests.api.world import WORKER

if TYPE_CHECKING:
    from rest_framework.test import APIClient

    from countersign.audit.contracts import AuditEventData

Changes = Callable[[], "list[AuditEventData]"]
NEW_PASSWORD = "staple battery horse correct"


@pytest.fixture
def dora(committed_db: None) -> str:
    from countersign.accounts.services import role_grant, roles_sync, user_create

    roles_sync(actor=WORKER)
    user = user_create(actor=WORKER, email=EMAIL, name="Dora", password=PASSWORD)
    role_grant(actor=WORKER, person_id=user.person_id, role="director")
    return user.id


@pytest.fixture
def browser(dora: str) -> APIClient:
    from rest_framework.test import APIClient

    client = APIClient(enforce_csrf_checks=True)
    client.get("/login")
    return client


def told(changes: Changes, kind: str) -> list[AuditEventData]:
    return [event for event in changes() if event.type == kind]


def test_user_that_a_service_makes_is_the_service_s_actor_s(dora: str, changes: Changes) -> None:
    (event,) = told(changes, "database.user.created")
    assert (event.subject_id, event.actor_id) == (dora, "worker")
    assert EMAIL not in str(event.data)


def test_login_leaves_a_session_and_a_time_that_are_the_person_s(
    browser: APIClient, dora: str, changes: Changes
) -> None:
    assert login(browser)[0] == 200
    # Nobody is logged in yet when the session begins; from then on it is the person's.
    (begun,) = told(changes, "database.session.created")
    (filled,) = told(changes, "database.session.changed")
    (time,) = told(changes, "database.user.changed")
    assert (begun.actor_id, filled.actor_id, time.actor_id) == ("web", dora, dora)
    assert begun.subject_id == filled.subject_id
    assert filled.actor_label == "Dora"
    assert time.data["changed"] == ["last_login"]
    assert begun.correlation_id == filled.correlation_id == time.correlation_id != ""
    assert str(browser.cookies["sessionid"].value) not in str(changes())


def test_logout_ends_the_session_as_the_person(browser: APIClient, dora: str, changes: Changes) -> None:
    login(browser)
    send(browser, "/api/v1/auth/logout/", {})
    (event,) = told(changes, "database.session.deleted")
    assert event.actor_id == dora


def test_login_that_fails_is_the_web_s_and_counted(browser: APIClient, changes: Changes) -> None:
    login(browser, "wrong")
    (event,) = told(changes, "database.login_failures.created")
    assert event.actor_id == "web"
    assert EMAIL not in str(event.data)


def test_lock_that_is_lifted_names_who_lifted_it(browser: APIClient, dora: str, changes: Changes) -> None:
    from countersign.accounts.services import user_unlock

    login(browser, "wrong")
    user_unlock(actor=WORKER, user_id=dora)
    (event,) = told(changes, "database.login_failures.deleted")
    assert event.actor_id == "worker"


def test_password_that_a_person_changes_is_told(browser: APIClient, dora: str, changes: Changes) -> None:
    login(browser)
    confirm(browser)
    response = send(
        browser,
        "/account/password/change/",
        {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
        form=True,
    )
    assert response.status_code == 302, response.content
    (event,) = [event for event in told(changes, "database.user.changed") if "password" in str(event.data)]
    assert event.actor_id == dora
    assert (event.data["now"], event.data["was"]) == ({}, {})


def test_second_factor_that_a_person_adds_is_told(browser: APIClient, dora: str, changes: Changes) -> None:
    from tests.api.test_login import code_of

    login(browser)
    confirm(browser)
    browser.get("/account/2fa/totp/activate/")
    secret = str(browser.session["mfa.totp.secret"])
    send(browser, "/account/2fa/totp/activate/", {"code": code_of(secret)}, form=True)
    made = told(changes, "database.second_factor.created")
    assert {str(event.data["now"]["type"]) for event in made} == {"totp", "recovery_codes"}  # type: ignore[index]
    assert {event.actor_id for event in made} == {dora}
    assert secret not in str(changes())


def test_what_is_said_in_one_request_is_not_said_in_the_next(
    browser: APIClient, dora: str, changes: Changes
) -> None:
    """The connection is kept and shared: a person's name must not stick to it."""
    from rest_framework.test import APIClient

    login(browser)
    stranger = APIClient(enforce_csrf_checks=True)
    stranger.get("/login")
    login(stranger, "wrong")
    (event,) = told(changes, "database.login_failures.created")
    assert event.actor_id == "web"


def test_login_of_which_no_event_can_be_written_changes_nothing(
    browser: APIClient, superuser_dsn: str, events: Events, changes: Changes
) -> None:
    import psycopg

    before = len(events()) + len(changes())
    with psycopg.connect(superuser_dsn, autocommit=True) as superuser:
        superuser.execute("REVOKE INSERT ON audit_auditevent FROM countersign_app")
        try:
            browser.raise_request_exception = False
            assert login(browser)[0] == 500
        finally:
            superuser.execute("GRANT INSERT ON audit_auditevent TO countersign_app")
        assert superuser.execute("SELECT count(*) FROM django_session").fetchone() == (0,)
        assert superuser.execute("SELECT last_login FROM accounts_user").fetchone() == (None,)
    assert len(events()) + len(changes()) == before
