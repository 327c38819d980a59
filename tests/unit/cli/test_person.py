"""`countersign person`: shows what is held, and asks twice before it erases."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from countersign.accounts.errors import ErasureRefused, PersonNotFound
from countersign.accounts.selectors import user_by_email
from countersign.accounts.services import roles_sync
from countersign.audit.selectors import event_list
from countersign.cli.errors import CommandFailed
from countersign.cli.main import app
from countersign.shared.actor import service_actor
from countersign.shared.errors import PermissionDenied

SETUP = service_actor("test")


@pytest.fixture(autouse=True)
def people(db: None) -> None:
    roles_sync(actor=SETUP)
    for name, role in (("ada", "admin"), ("bob", "director"), ("oz", "operator")):
        command = ["user", "add", f"{name}@example.org", "--name", f"{name} surname", "--role", role]
        assert CliRunner().invoke(app, command).exit_code == 0


def run(*arguments: str, answers: str = "") -> tuple[str, str]:
    result = CliRunner().invoke(app, ["person", *arguments], input=answers)
    if isinstance(result.exception, Exception) and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout, result.stderr


BOB = ("bob@example.org", "--by", "ada@example.org")


def test_person_show_says_what_is_held_and_changes_nothing() -> None:
    before = len(event_list(actor=SETUP))
    out, _ = run("show", *BOB)
    assert "bob surname" in out
    assert "roles: director" in out
    assert "login links: 1" in out
    assert len(event_list(actor=SETUP)) == before


def test_person_erase_shows_asks_twice_and_erases() -> None:
    bob = user_by_email("bob@example.org")
    out, err = run("erase", *BOB, answers="bob@example.org\nerase\n")
    assert out.endswith(f"erased: {bob.person_id}\n")
    assert err.index("goes for good") < err.index("once more") < err.index("Type erase")
    assert [event.type for event in event_list(actor=SETUP, subject=("person", bob.person_id), limit=2)] == [
        "person.erased",
        "person.anonymised",
    ]
    with pytest.raises(PersonNotFound):
        run("show", *BOB)


@pytest.mark.parametrize(
    ("answers", "error"),
    [("bob@example.org\nno\n", CommandFailed), ("oz@example.org\nerase\n", ErasureRefused)],
)
def test_person_erase_erases_nothing_without_both_answers(answers: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        run("erase", *BOB, answers=answers)
    assert user_by_email("bob@example.org").name == "bob surname"


def test_person_commands_are_for_administrators() -> None:
    with pytest.raises(PermissionDenied):
        run("show", "bob@example.org", "--by", "oz@example.org")
    with pytest.raises(PersonNotFound, match="nobody has the address"):
        run("erase", "nobody@example.org", "--by", "ada@example.org")
