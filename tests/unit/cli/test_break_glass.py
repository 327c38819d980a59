"""`countersign break-glass` over HTTP: each with a token of their own; and what status says."""

from __future__ import annotations

from pathlib import Path

import pytest

from countersign.cli.errors import CommandFailed
from countersign.cli.home import Home
from countersign.cli.status import break_glass_told
from countersign.shared.errors import DomainError
from tests.unit.cli.office import Office


def glass(office: Office, who: str, *arguments: str) -> str:
    return office.run("break-glass", who, *arguments)


def told(home: Home) -> str:
    return "\n".join(break_glass_told(home))


def test_break_glass_takes_two_people_and_a_third(office: Office, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    assert told(home) == ""
    window = glass(office, "dana", "open", "sample", "--reason", "logins fail", "--minutes", "30")
    with pytest.raises(DomainError, match="two people"):
        glass(office, "dana", "confirm", window)
    with pytest.raises(DomainError, match="needs one of the roles"):
        glass(office, "olu", "confirm", window)
    assert "OPEN until" in glass(office, "sam", "confirm", window)
    assert f"BREAK-GLASS OPEN: {window}, for logins fail" in told(home)
    assert "by Dana and Sam: logins fail" in glass(office, "ada", "list")
    assert "REVIEW DUE" in glass(office, "dana", "close", window)
    with pytest.raises(DomainError, match="neither of the two"):
        glass(office, "sam", "review", window, "--text", "fine")
    assert "REVIEW DUE" in told(home)
    assert "REVIEWED" in glass(office, "ada", "review", window, "--text", "it had to be")
    assert told(home) == ""


def test_break_glass_says_what_went_wrong(office: Office, tmp_path: Path) -> None:
    office.tokens["nobody"] = tmp_path / "missing"
    with pytest.raises(CommandFailed, match="token can't be read"):
        glass(office, "nobody", "list")
    with pytest.raises(DomainError, match="no project"):
        glass(office, "dana", "open", "nowhere", "--reason", "x")
