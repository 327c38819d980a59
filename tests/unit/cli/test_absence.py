"""`countersign absence` over HTTP, each with their own token."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from countersign.cli.errors import CommandFailed
from countersign.shared.clock import now
from countersign.shared.errors import DomainError
from tests.unit.cli.office import Office


def absence(office: Office, who: str, *arguments: str) -> str:
    return office.run("absence", who, *arguments)


def day(later: int) -> str:
    return (now().astimezone() + timedelta(days=later)).date().isoformat()


def test_absence_is_declared_changed_and_ended(office: Office) -> None:
    office.hire("dora", "director")
    office.hire("dean", "director")
    told = absence(office, "dana", "declare", "--until", day(3), "--delegate", "dora@example.org")
    first, second = told.splitlines()
    found = re.fullmatch(r"Dana is away, [\d-]+ [\d:]+ to ([\d-]+) 00:00 \((.+)\)", first)
    assert found
    assert found[1] == day(4)
    assert second == "  Dora stands in as director"
    # The delegate goes away as well, and is told who counted on them.
    told = absence(office, "dora", "declare", "--from", day(0), "--until", day(1))
    assert "NOBODY stands in: nobody was named" in told
    [gap] = re.findall(
        r"NOBODY stands in from .+ to (.+): Dora is away as well", absence(office, "olu", "list")
    )
    assert gap == f"{day(2)} 00:00"
    changed = absence(office, "dana", "delegate", found[2], "--to", "dean@example.org")
    assert changed.endswith("Dean stands in as director")
    assert absence(office, "dana", "end", found[2]) == "Dana is asked again, as before"
    assert "Dana" not in absence(office, "olu", "list")


def test_absence_is_declared_by_an_administrator_for_later(office: Office) -> None:
    assert absence(office, "ada", "list") == ""
    told = absence(
        office, "alex", "declare", "--person", "dana@example.org", "--from", day(5), "--until", day(6)
    )
    assert f"Dana will be away, {day(5)} 00:00 to {day(7)} 00:00" in told
    with pytest.raises(DomainError, match="administrator"):
        absence(office, "olu", "declare", "--person", "dana@example.org", "--until", day(6))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--until", "tomorrow"), "is no day"),
        (("--until", "2026-13-01"), "is no day"),
        (("--from", "2020-01-01", "--until", "2020-02-01"), "never in the past"),
    ],
)
def test_absence_that_cannot_be_is_refused(office: Office, arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises((CommandFailed, DomainError), match=message):
        absence(office, "dana", "declare", *arguments)
