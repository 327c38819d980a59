"""`countersign queue` over HTTP: who waits, in which order, and the slot, each with their own token."""

from __future__ import annotations

import pytest

from countersign.cli.errors import CommandFailed
from countersign.shared.errors import DomainError
from tests.unit.cli.office import SERVICE, Office


def queue(office: Office, who: str, *arguments: str) -> str:
    return office.run("queue", who, *arguments)


@pytest.fixture
def waits(office: Office) -> str:
    """A change that the board decides on; the id of its request."""
    from countersign.projects.selectors import project_get
    from countersign.projects.services import project_imported
    from countersign.workflow.installation import installation_sync
    from tests.api.line import change_waits
    from tests.api.world import COMMIT, lease_take

    installation_sync()
    project = project_get(actor=SERVICE, project="sample")
    project_imported(actor=SERVICE, lease=lease_take(), project_id=project.id, branch="main", commit=COMMIT)
    return str(change_waits(project.id, "Tighten the login").request_id)


def test_queue_show_says_that_nothing_waits(office: Office) -> None:
    assert queue(office, "ada", "show", "sample").splitlines()[1:] == [
        "  a decision holds where the branch moved, if everything that it stands on is as it was",
        "  next slot: free (kept for at most 60 minutes)",
        "  nothing waits",
    ]


def test_queue_show_says_what_waits_and_how_it_stands(office: Office, waits: str) -> None:
    from tests.api.line import change_approved, standing_known
    from tests.api.world import WORKER

    assert queue(office, "ada", "show", "sample").splitlines()[3:] == [
        "  1. Tighten the login",
        "     waits for a decision, 0 of 2 signed, for the CAB; verified ahead",
        f"     request {waits}",
    ]
    from countersign.approvals.selectors import request_get
    from countersign.runs.selectors import run_get

    run = run_get(actor=WORKER, run_id=request_get(actor=WORKER, request_id=waits).subject_id)
    change_approved(run)
    standing_known(run, verdict="void", why="a file moved")
    told = queue(office, "ada", "show", "sample")
    assert "     approved, for the CAB; WILL NOT HOLD: a file moved" in told


def test_queue_reserve_keeps_the_slot_and_release_gives_it_back(office: Office, waits: str) -> None:
    told = queue(office, "dana", "reserve", "sample", waits, "--minutes", "5")
    assert "next slot: kept for 'Tighten the login' until" in told
    assert "    by Dana" in told
    assert "     the next slot is kept for it" in told
    assert "next slot: free" in queue(office, "alex", "release", "sample")
    with pytest.raises(DomainError, match="not kept for any change"):
        queue(office, "alex", "release", "sample")


def test_queue_reserve_is_not_for_everybody(office: Office, waits: str) -> None:
    with pytest.raises(DomainError, match=r"slot\.keep"):
        queue(office, "olu", "reserve", "sample", waits)


def test_queue_configure_makes_a_project_strict_and_lets_it_keep_no_slots(office: Office) -> None:
    told = queue(office, "olu", "configure", "sample", "--base-move", "strict", "--slot-minutes", "0")
    assert told.splitlines()[1:3] == [
        "  strict: any move of the branch voids a decision",
        "  next slot: free, and never kept for one change",
    ]
    assert "a decision holds" in queue(office, "olu", "configure", "sample", "--base-move", "carry-over")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [((), "say what to change"), (("--base-move", "loose"), "neither of carry-over and strict")],
)
def test_queue_configure_says_what_it_does_not_understand(
    office: Office, arguments: tuple[str, ...], told: str
) -> None:
    with pytest.raises(CommandFailed, match=told):
        queue(office, "olu", "configure", "sample", *arguments)


def test_queue_of_no_project_is_told(office: Office) -> None:
    with pytest.raises(DomainError):
        queue(office, "ada", "show", "nothing")
