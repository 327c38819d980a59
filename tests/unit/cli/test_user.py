"""`countersign user add`: people from the command line."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from countersign.accounts.errors import EmailTaken, UserNotFound
from countersign.accounts.selectors import user_by_email
from countersign.accounts.services import address_sealed, one_time_login_redeem, roles_sync
from countersign.audit.selectors import event_list
from countersign.cli.errors import CommandFailed, PlatformNotRunning
from countersign.cli.main import app
from countersign.shared.actor import service_actor

ADD = ["user", "add", "ada@example.org", "--name", "Ada Admin", "--role", "admin", "--role", "operator"]


@pytest.fixture(autouse=True)
def roles(db: None) -> None:
    roles_sync(actor=service_actor("test"))


def test_user_add_creates_a_person_who_can_log_in_once() -> None:
    result = CliRunner().invoke(app, ADD, catch_exceptions=False)
    assert result.exit_code == 0
    user = user_by_email("ada@example.org")
    assert user.roles == {"admin", "operator"}
    secret = result.stdout.strip().partition("#token=")[2]
    assert one_time_login_redeem(actor=service_actor("test"), secret=secret).id == user.id
    events = event_list(actor=service_actor("test"), subject=("user", user.id))
    assert {"user.created", "one_time_login.issued"} <= {event.type for event in events}


def test_user_add_refuses_an_address_that_is_taken_and_a_role_that_is_not() -> None:
    CliRunner().invoke(app, ADD, catch_exceptions=False)
    assert isinstance(CliRunner().invoke(app, ADD).exception, EmailTaken)
    unknown = CliRunner().invoke(app, [*ADD[:-1], "emperor"])
    assert isinstance(unknown.exception, CommandFailed)
    assert "emperor" in str(unknown.exception)


def test_user_add_needs_a_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COUNTERSIGN_DATABASE_HOST")
    assert isinstance(CliRunner().invoke(app, ADD).exception, PlatformNotRunning)


def test_user_unlock_forgets_failed_logins() -> None:
    from axes.models import AccessAttempt

    CliRunner().invoke(app, ADD, catch_exceptions=False)
    AccessAttempt.objects.create(
        username=address_sealed("ada@example.org"), failures_since_start=10, ip_address="192.0.2.1"
    )
    result = CliRunner().invoke(app, ["user", "unlock", "ADA@example.org"], catch_exceptions=False)
    assert (result.exit_code, result.stdout) == (
        0,
        "ADA@example.org can log in again: earlier failures are forgotten\n",
    )
    assert not AccessAttempt.objects.exists()
    user = user_by_email("ada@example.org")
    events = event_list(actor=service_actor("test"), subject=("user", user.id))
    assert "user.unlocked" in {event.type for event in events}


def test_user_unlock_of_nobody_is_refused() -> None:
    result = CliRunner().invoke(app, ["user", "unlock", "nobody@example.org"])
    assert isinstance(result.exception, UserNotFound)
