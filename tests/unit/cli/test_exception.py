"""`countersign exception` and `countersign rule` over HTTP, each with their own token."""

from __future__ import annotations

import re

import pytest

from countersign.cli.errors import CommandFailed
from countersign.shared.errors import DomainError
from tests.unit.audit.roles import sequence_all
from tests.unit.cli.office import SERVICE, Office

RULE = "change.no-key-material"
GRANT = ("grant", RULE, "--until", "2999-12-30", "--reason", "fixtures", "--control", "two look")


@pytest.fixture(autouse=True)
def rules(office: Office) -> None:
    from countersign.governance.services import rules_sync

    assert office.url
    rules_sync(actor=SERVICE)


def test_exception_is_granted_listed_and_revoked(office: Office) -> None:
    office.hire("rita", "security_reviewer")
    told = office.run("exception", "rita", *GRANT, "--path", "tests/")
    found = re.search(rf"{RULE} for every change, until 2999-12-31 00:00: .+ \((.+)\)\n", told)
    assert found, told
    assert "  granted by Rita: fixtures\n  only tests/\n  instead: two look" in told
    assert f"waits for its checkpoint ({found[1]})" in office.run("exception", "ada", "list")
    sequence_all()
    assert f"in force ({found[1]})" in office.run("exception", "ada", "list")
    with pytest.raises(DomainError, match="security_reviewer"):
        office.run("exception", "dana", *GRANT)
    ended = office.run("exception", "rita", "revoke", found[1], "--reason", "not needed")
    assert ended.endswith("revoked by Rita: not needed")
    assert office.run("exception", "ada", "list") == ""
    assert found[1] in office.run("exception", "ada", "list", "--past")


def test_exception_for_a_day_that_is_none_is_refused(office: Office) -> None:
    with pytest.raises(CommandFailed, match="is no day"):
        office.run("exception", "dana", "grant", RULE, "--until", "soon", "--reason", "r", "--control", "c")


def test_rule_gets_another_mode(office: Office) -> None:
    told = office.run("rule", "alex", "mode", "quality.typed", "observe", "--reason", "tried out")
    assert told == "quality.typed is in its version 2: observe"
    with pytest.raises(CommandFailed, match="is no mode"):
        office.run("rule", "alex", "mode", "quality.typed", "off", "--reason", "r")
