"""The merge queue over REST: the order, what is known ahead of time, and the slot that is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.api.line import CHANGE, change_approved, change_waits, standing_known
from tests.api.world import WORKER, World, phase_request, unknown_id

if TYPE_CHECKING:
    from rest_framework.test import APIClient

    from countersign.audit.contracts import AuditEventData

URL = "/api/v1/projects/sample/queue/"
SLOT = f"{URL}reservation/"
Ask = Callable[[str], "APIClient"]
Events = Callable[[], "list[AuditEventData]"]


def line(ask: Ask, role: str = "auditor") -> dict[str, Any]:
    answer = ask(role).get(URL)
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def keep(ask: Ask, request_id: str | None, role: str = "cab_member", **more: object) -> Any:  # noqa: ANN401 - a response
    return ask(role).post(SLOT, {"request_id": request_id, **more}, format="json")


def settings_change(world: World, **settings: Any) -> None:  # noqa: ANN401 - settings of any type
    from countersign.projects.services import project_settings_change

    project_settings_change(actor=WORKER, project_id=world.project_id, settings=settings)


def head_move(world: World) -> None:
    from countersign.projects.selectors import project_get
    from countersign.projects.services import project_head_move

    old = project_get(actor=WORKER, project_id=world.project_id).head_commit
    project_head_move(actor=WORKER, project_id=world.project_id, old=old, new="f" * 40)


def test_queue_is_told_in_order_with_what_is_known_ahead(world: World, ask: Ask) -> None:
    waiting = change_waits(world.project_id, "Waits", tier="director", count=1)
    second, first = change_waits(world.project_id, "Second"), change_waits(world.project_id, "First")
    for run in (first, second):
        change_approved(run)
    standing_known(first)
    standing_known(second, base_commit=CHANGE, behind=(first.id,), verdict="void", why="a file moved")
    seen = line(ask)
    assert (seen["project"]["slug"], seen["branch"], seen["base_move"]) == ("sample", "main", "carry_over")
    assert (seen["slot_minutes"], seen["merge_seconds"], seen["reservation"]) == (60, 0.0, None)
    assert (seen["may_reserve"], seen["may_configure"]) == (False, False)
    places = [(place["position"], place["title"], place["state"]) for place in seen["places"]]
    assert places == [(1, "First", "approved"), (2, "Second", "approved"), (3, "Waits", "waiting_approval")]
    known = [(place["verdict"], place["why"], place["behind"]) for place in seen["places"]]
    assert known == [("holds", "", []), ("void", "a file moved", ["First"]), ("holds", "", [])]
    last = seen["places"][2]
    assert (last["votes"], last["votes_required"], last["reservable"]) == (0, 1, False)
    assert last["request_id"] == waiting.request_id
    assert [place["reservable"] for place in seen["places"][:2]] == [True, True]


def test_queue_says_what_nobody_has_found_out_yet(world: World, ask: Ask) -> None:
    first, second = change_waits(world.project_id, "First"), change_waits(world.project_id, "Second")
    for run in (first, second):
        change_approved(run)
    standing_known(second)
    # What stands behind something unknown stands nowhere yet, whatever was known of it before.
    assert [place["verdict"] for place in line(ask)["places"]] == ["unverified", "unverified"]
    standing_known(first, verdict="unknown", why="the sandbox was gone", next_base="")
    assert [place["verdict"] for place in line(ask)["places"]] == ["unknown", "holds"]


def test_queue_says_how_what_waits_stands_on_a_branch_that_moved(world: World, ask: Ask) -> None:
    run = change_waits(world.project_id, "Waits")
    head_move(world)
    assert line(ask)["places"][0]["verdict"] == "unverified"
    for verdict in ("holds", "void", "unknown"):
        standing_known(run, base_commit="f" * 40, verdict=verdict, why="" if verdict == "holds" else "so")
        [place] = line(ask)["places"]
        assert place["verdict"] == verdict
        assert place["checked_at"] is not None
    settings_change(world, base_move="strict")
    [place] = line(ask)["places"]
    assert place["verdict"] == "void"
    assert "the project is strict" in place["why"]


def test_queue_says_that_a_request_is_void_or_that_its_time_is_over(world: World, ask: Ask) -> None:
    from countersign.approvals.models import ApprovalRequest
    from countersign.runs.models import Run
    from countersign.shared.clock import now

    run = change_waits(world.project_id, "Waits")
    ApprovalRequest.objects.update(expires_at=now())
    assert "its time is over" in line(ask)["places"][0]["why"]
    Run.objects.filter(pk=run.id).update(score=1)
    ApprovalRequest.objects.update(expires_at=run.created_at.replace(year=2999))
    assert "not what the request is bound to" in line(ask)["places"][0]["why"]


def test_queue_says_how_what_was_just_decided_on_stands(world: World, ask: Ask) -> None:
    """Until the decision is carried out, which takes a moment, it stands in its old place."""
    from countersign.approvals.models import ApprovalRequest

    run = change_waits(world.project_id, "Waits")
    ApprovalRequest.objects.update(state="approved")
    assert [(place["verdict"], place["why"]) for place in line(ask)["places"]] == [("holds", "")]
    head_move(world)
    assert line(ask)["places"][0]["verdict"] == "unverified"
    standing_known(run, base_commit="f" * 40, verdict="void", why="a file moved")
    assert line(ask)["places"][0]["why"] == "a file moved"
    for state in ("rejected", "changes_requested"):
        ApprovalRequest.objects.update(state=state)
        [place] = line(ask)["places"]
        assert (place["verdict"], place["why"]) == ("void", "it was not approved, and leaves the line")


def test_queue_shows_the_change_that_is_being_merged_first(world: World, ask: Ask) -> None:
    from tests.api.world import lease_take
    from tests.unit.runs.samples import Runs

    first, second = change_waits(world.project_id, "First"), change_waits(world.project_id, "Second")
    change_approved(first)
    change_approved(second)
    runs = Runs(WORKER, lease_take(), world.project_id)
    runs.call("merge_slot_take", first.id)
    assert [place["verdict"] for place in line(ask)["places"]] == ["unverified", "unverified"]
    merge = runs.call("merge_intend", first.id)
    assert merge is not None
    from countersign.runs.selectors import merge_of

    intended = merge_of(actor=WORKER, run_id=first.id)
    assert intended is not None
    standing_known(second, base_commit=intended.state_commit)
    seen = line(ask)
    assert [(place["state"], place["verdict"]) for place in seen["places"]] == [
        ("merging", "holds"),
        ("approved", "holds"),
    ]
    assert seen["places"][0]["reservable"] is False


def test_queue_of_no_project_is_not_found(world: World, ask: Ask) -> None:
    assert world.project_id
    assert ask("auditor").get("/api/v1/projects/nothing/queue/").status_code == 404


def test_slot_is_kept_for_a_change_of_the_board_and_given_back(
    world: World, ask: Ask, events: Events
) -> None:
    run = change_waits(world.project_id, "For the board")
    other = change_waits(world.project_id, "Another", tier="director", count=1)
    change_approved(other)
    answer = keep(ask, run.request_id, minutes=15)
    assert answer.status_code == 201, answer.content
    seen = answer.json()
    kept = seen["reservation"]
    assert (kept["run_id"], kept["request_id"], kept["by_label"]) == (
        run.id,
        run.request_id,
        "Test cab_member",
    )
    assert [(place["title"], place["reserved"]) for place in seen["places"]] == [
        ("Another", False),
        ("For the board", True),
    ]
    assert seen["may_reserve"] is True
    assert "slot.reserved" in [event.type for event in events()]
    released = ask("admin").post(f"{SLOT}release/", format="json")
    assert (released.status_code, released.json()["reservation"]) == (200, None)
    again = ask("admin").post(f"{SLOT}release/", format="json")
    assert (again.status_code, again.json()["code"]) == (404, "reservation_not_found")


def test_slot_is_kept_as_long_as_the_project_allows(world: World, ask: Ask) -> None:
    from datetime import datetime

    settings_change(world, slot_minutes=20)
    run = change_waits(world.project_id, "For the board")
    assert keep(ask, run.request_id, minutes=21).json()["error"] == (
        "a slot of this project is kept for at most 20 minutes"
    )
    kept = keep(ask, run.request_id).json()["reservation"]
    taken = datetime.fromisoformat(kept["expires_at"]) - datetime.fromisoformat(kept["reserved_at"])
    assert taken.total_seconds() == 20 * 60


def test_slot_is_not_kept_where_the_project_keeps_none(world: World, ask: Ask) -> None:
    settings_change(world, slot_minutes=0)
    refused = keep(ask, change_waits(world.project_id, "For the board").request_id, minutes=5)
    assert (refused.status_code, refused.json()["code"]) == (409, "reservation_refused")
    assert "slot_minutes is 0" in refused.json()["error"]


def test_slot_is_not_kept_for_what_the_board_does_not_decide_on(world: World, ask: Ask) -> None:
    run = change_waits(world.project_id, "Waits", tier="director", count=1)
    refused = keep(ask, run.request_id)
    assert (refused.status_code, refused.json()["code"]) == (409, "reservation_refused")
    assert "the Change Advisory Board does not decide on it" in refused.json()["error"]
    phase, _ = phase_request(world)
    assert keep(ask, phase).json()["code"] == "reservation_refused"


def test_slot_is_not_kept_for_what_has_ended(world: World, ask: Ask) -> None:
    from countersign.approvals.services import request_void
    from tests.api.world import lease_take

    run = change_waits(world.project_id, "Waits")
    request_void(actor=WORKER, lease=lease_take(), request_id=run.request_id, why="it moved")
    assert "it is 'void'" in keep(ask, run.request_id).json()["error"]
    assert line(ask)["places"][0]["why"] == "it moved"


def test_slot_of_one_project_is_not_kept_by_a_request_of_another(world: World, ask: Ask) -> None:
    from tests.unit.runs.samples import project_make

    elsewhere = change_waits(project_make(WORKER), "Elsewhere")
    refused = keep(ask, elsewhere.request_id)
    assert "belongs to another project" in refused.json()["error"]


@pytest.mark.parametrize("role", ["operator", "auditor", "ci", "agent"])
def test_slot_is_not_kept_by_who_neither_decides_nor_keeps_order(world: World, ask: Ask, role: str) -> None:
    run = change_waits(world.project_id, "For the board")
    assert keep(ask, run.request_id, role).status_code == 403


def test_slot_is_kept_by_persons_only(world: World) -> None:
    from countersign.shared.errors import PermissionDenied
    from countersign.workflow.reserving import slot_keep

    run = change_waits(world.project_id, "For the board")
    with pytest.raises(PermissionDenied, match="only a person"):
        slot_keep(actor=WORKER, project="sample", request_id=run.request_id)


def test_slot_is_not_kept_for_a_request_that_is_not_there(world: World, ask: Ask) -> None:
    assert world.project_id
    assert keep(ask, unknown_id()).status_code == 404
    assert keep(ask, unknown_id(), minutes=0).status_code == 400
