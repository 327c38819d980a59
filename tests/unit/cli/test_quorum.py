"""`countersign quorum` over HTTP: an administrator and somebody who decides, each with their own token."""

from __future__ import annotations

import pytest

from countersign.cli.errors import CommandFailed
from countersign.shared.errors import DomainError
from tests.unit.audit.roles import sequence_all
from tests.unit.cli.office import Office


def quorum(office: Office, who: str, *arguments: str) -> str:
    return office.run("quorum", who, *arguments)


def ask(office: Office, standard: str, cab: str = "cab_member=2", *more: str, who: str = "alex") -> str:
    return quorum(office, who, "set", "--standard", standard, "--cab", cab, "--reason", "four eyes", *more)


def test_quorum_show_says_what_is_built_in_and_what_lacks(office: Office) -> None:
    told = quorum(office, "ada", "show", "--project", "sample")
    lines = told.splitlines()
    assert lines[:3] == [
        "sample: what is built in",
        "  standard: 1 x director (1 could)",
        "  cab: 2 x cab_member (0 could)",
    ]
    [lacks] = lines[3:]
    assert lacks.startswith("    LACKS: the tier of the CAB of sample needs 2 x cab_member; ")
    assert lacks.endswith("Give the role cab_member to 2 more first (countersign user add, or the console)")
    assert "the platform: what is built in" in quorum(office, "ada", "show")


def test_quorum_set_asks_for_more_at_once(office: Office) -> None:
    assert ask(office, "director=1,security_reviewer=1") == "version 1 is set, and holds from now on"
    told = quorum(office, "ada", "show", "--project", "sample")
    assert "sample: the platform's policy, version 1" in told
    assert "standard: 1 x director (1 could), 1 x security_reviewer (1 could)" in told


def test_quorum_set_asks_for_less_with_a_second_person(office: Office) -> None:
    answer = ask(office, "director=1", "cab_member=1", "--project", "sample")
    policy = answer.split()[3]
    assert answer == f"countersign quorum confirm {policy} --token-file FILE"
    assert f"PROPOSED by Alex ({policy}): standard: 1 x director; cab: 1 x cab_member" in quorum(
        office, "ada", "show"
    )
    with pytest.raises(DomainError, match="needs one of the roles"):
        quorum(office, "alex", "confirm", policy)
    assert "version 1 is set" in quorum(office, "sam", "confirm", policy)
    told = quorum(office, "ada", "show", "--project", "sample")
    assert "its own policy, version 1; asks for less once its checkpoint is there" in told
    sequence_all()
    assert "cab: 1 x cab_member" in quorum(office, "ada", "show", "--project", "sample")


def test_quorum_follow_and_withdraw_lead_back(office: Office) -> None:
    ask(office, "director=2", "cab_member=2", "--project", "sample")
    policy = quorum(office, "alex", "follow", "sample", "--reason", "as everybody").split()[3]
    assert "PROPOSED by Alex" in quorum(office, "ada", "show")
    assert quorum(office, "dana", "withdraw", policy) == "withdrawn: what held goes on holding"
    assert "its own policy, version 1" in quorum(office, "ada", "show")
    again = quorum(office, "alex", "follow", "sample", "--reason", "as everybody").split()[3]
    assert "version 2 is set" in quorum(office, "dana", "confirm", again)
    assert f"({again}): the platform's policy" not in quorum(office, "ada", "show")


@pytest.mark.parametrize("parts", ["director", "director=", "=1", "director=two", "director=-1"])
def test_quorum_set_says_how_numbers_are_written(office: Office, parts: str) -> None:
    with pytest.raises(CommandFailed, match="write it like director=1"):
        ask(office, parts)


def test_quorum_set_says_what_the_platform_refuses(office: Office) -> None:
    with pytest.raises(DomainError, match="needs at least one cab_member"):
        ask(office, "director=1", "director=2")
    with pytest.raises(DomainError, match="nothing would change"):
        ask(office, "director=1")
    with pytest.raises(CommandFailed, match="there is no project 'nowhere'"):
        quorum(office, "ada", "show", "--project", "nowhere")
