"""One slot a project: who is next, for whom it is kept and until when, and what is known ahead of time."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F

from countersign.audit.models import AuditEvent
from countersign.audit.selectors import event_list
from countersign.jobs.contracts import Lease
from countersign.jobs.errors import LeaseLost
from countersign.runs.contracts import ReservationData, RunData, StandingFound
from countersign.runs.errors import (
    MergeSlotTaken,
    ReservationNotFound,
    ReservationRefused,
    RunNotFound,
    RunStateConflict,
    SlotReserved,
)
from countersign.runs.models import Run, SlotReservation
from countersign.runs.queue import (
    merge_seconds,
    queue_list,
    reservation_of,
    standings_of,
)
from countersign.runs.services import (
    slot_release,
    slot_reserve,
    slots_expire,
    standing_record,
)
from countersign.runs.services.queue import slot_lock
from countersign.shared.actor import Actor
from countersign.shared.clock import now
from countersign.shared.errors import PermissionDenied
from tests.unit.runs.samples import (
    BASE,
    GONE,
    OTHER_BASE,
    REQUEST,
    RULESET,
    Runs,
    lease_take,
    person,
    project_make,
)
from tests.unit.runs.samples import together as at_once

HOUR = 60


def reserve(runs: Runs, run: RunData, actor: Actor | None = None, **changes: object) -> ReservationData:
    settings: dict[str, Any] = {"minutes": HOUR, **changes}
    return slot_reserve(actor=actor or person("cab_member"), run_id=run.id, **settings)


def elapse(**by: float) -> None:
    """Let reservations be older than they are: their end comes nearer."""
    SlotReservation.objects.update(
        reserved_at=F("reserved_at") - timedelta(**by), expires_at=F("expires_at") - timedelta(**by)
    )


def end_now() -> None:
    SlotReservation.objects.filter(ended_at=None).update(ended_at=now(), ended_as="given_back")


def slot_events(runs: Runs) -> list[tuple[str, object]]:
    events = event_list(actor=runs.actor, subject=("project", runs.project_id))
    told = [(event.type, event.data.get("as")) for event in events if event.type.startswith("slot.")]
    return told[::-1]


# --- the line -------------------------------------------------------------------------------------


def test_line_is_in_the_order_of_the_approvals_and_then_of_the_requests(runs: Runs) -> None:
    waiting = runs.bring("waiting_approval")
    second, first = runs.bring("waiting_approval"), runs.bring("waiting_approval")
    for run in (first, second):
        runs.call("run_decided", run.id)
    last = runs.bring("waiting_approval")
    found = queue_list(actor=runs.actor, project_id=runs.project_id)
    assert [run.id for run in found] == [first.id, second.id, waiting.id, last.id]
    assert found[0].queued_at is not None
    assert waiting.queued_at is None


def test_slot_is_given_in_that_order(runs: Runs) -> None:
    second, first = runs.bring("waiting_approval"), runs.bring("waiting_approval")
    for run in (first, second):
        runs.call("run_decided", run.id)
    with pytest.raises(MergeSlotTaken, match="1 change was approved before"):
        runs.call("merge_slot_take", second.id)
    runs.call("merge_slot_take", first.id)
    with pytest.raises(MergeSlotTaken, match="being merged"):
        runs.call("merge_slot_take", second.id)


def test_line_and_what_is_known_of_it_need_the_right_to_read(runs: Runs, stranger: Actor) -> None:
    for ask in (
        lambda: queue_list(actor=stranger, project_id=runs.project_id),
        lambda: reservation_of(actor=stranger, project_id=runs.project_id),
        lambda: standings_of(actor=stranger, run_ids=[]),
    ):
        with pytest.raises(PermissionDenied):
            ask()


def test_merge_seconds_is_the_median_of_the_last_merges(runs: Runs) -> None:
    from countersign.runs.models import Merge

    assert merge_seconds(project_id=runs.project_id) == 0
    for seconds in (1, 5, 90):
        run = runs.bring("merged")
        Merge.objects.filter(run_id=run.id).update(delivered_at=F("created_at") + timedelta(seconds=seconds))
    assert merge_seconds(project_id=runs.project_id) == 5


# --- the kept slot --------------------------------------------------------------------------------


def test_slot_reserve_keeps_the_slot_until_a_moment_that_everybody_sees(runs: Runs) -> None:
    run, other = runs.bring("waiting_approval"), runs.bring("approved")
    actor = person("cab_member")
    kept = reserve(runs, run, actor, minutes=30)
    assert kept.person_id == actor.person_id
    assert kept.expires_at - kept.reserved_at == timedelta(minutes=30)
    assert reservation_of(actor=runs.actor, project_id=runs.project_id) == kept
    with pytest.raises(SlotReserved) as refusal:
        runs.call("merge_slot_take", other.id)
    assert refusal.value.data["reserved_for"] == run.id
    assert reserve(runs, run) == kept
    assert slot_events(runs) == [("slot.reserved", None)]


def test_slot_that_is_kept_for_a_change_is_taken_by_it_before_others(runs: Runs) -> None:
    first, kept = runs.bring("approved"), runs.bring("waiting_approval")
    reserve(runs, kept)
    runs.call("run_decided", kept.id)
    assert [run.id for run in queue_list(actor=runs.actor, project_id=runs.project_id)] == [kept.id, first.id]
    runs.call("merge_slot_take", kept.id)
    runs.call("merge_intend", kept.id)
    runs.call("run_merged", kept.id)
    assert reservation_of(actor=runs.actor, project_id=runs.project_id) is None
    assert slot_events(runs) == [("slot.reserved", None), ("slot.released", "merged")]
    runs.call("merge_slot_take", first.id)


def test_slot_is_free_by_the_clock_of_the_database_and_told_so_once(runs: Runs) -> None:
    kept, other = runs.bring("waiting_approval"), runs.bring("approved")
    reserve(runs, kept)
    assert slots_expire(actor=runs.actor) == 0
    elapse(minutes=HOUR)
    assert reservation_of(actor=runs.actor, project_id=runs.project_id) is None
    runs.call("merge_slot_take", other.id)
    assert slots_expire(actor=runs.actor) == 1
    assert slots_expire(actor=runs.actor) == 0
    assert slot_events(runs)[-1] == ("slot.released", "expired")


def test_slot_that_is_kept_for_a_change_that_has_ended_is_free(runs: Runs) -> None:
    kept, other = runs.bring("waiting_approval"), runs.bring("approved")
    reserve(runs, kept)
    runs.call("run_decided", kept.id, verdict="reject")
    runs.call("merge_slot_take", other.id)
    assert slots_expire(actor=runs.actor) == 1
    assert slot_events(runs)[-1] == ("slot.released", "ended")


def test_slot_release_gives_it_back(runs: Runs) -> None:
    reserve(runs, runs.bring("waiting_approval"))
    other = runs.bring("approved")
    slot_release(actor=person("cab_member"), project_id=runs.project_id)
    runs.call("merge_slot_take", other.id)
    assert slot_events(runs)[-1] == ("slot.released", "given_back")
    with pytest.raises(ReservationNotFound):
        slot_release(actor=person("cab_member"), project_id=runs.project_id)


def test_slot_is_kept_for_one_at_a_time(runs: Runs) -> None:
    first, second = runs.bring("waiting_approval"), runs.bring("waiting_approval")
    reserve(runs, first)
    with pytest.raises(ReservationRefused, match="kept for another change until"):
        reserve(runs, second)
    elapse(minutes=HOUR)
    # Nobody had told its end yet.
    reserve(runs, second)
    assert slot_events(runs) == [
        ("slot.reserved", None),
        ("slot.released", "expired"),
        ("slot.reserved", None),
    ]


def test_slot_of_another_project_is_another_one(runs: Runs, worker: Actor, lease: Lease) -> None:
    reserve(runs, runs.bring("waiting_approval"))
    elsewhere = Runs(worker, lease, project_make(worker))
    reserve(elsewhere, elsewhere.bring("waiting_approval"))


def test_slot_reserve_refuses_where_no_slots_are_kept(runs: Runs) -> None:
    with pytest.raises(ReservationRefused, match="slot_minutes is 0"):
        reserve(runs, runs.bring("waiting_approval"), minutes=0)


@pytest.mark.parametrize("state", ["merging", "merged", "rejected", "failed"])
def test_slot_reserve_refuses_what_waits_no_more(runs: Runs, state: str) -> None:
    with pytest.raises(ReservationRefused, match=f"the change is '{state}'"):
        reserve(runs, runs.bring(state))


def test_slot_reserve_refuses_a_run_that_is_not_there(runs: Runs) -> None:
    with pytest.raises(RunNotFound):
        slot_reserve(actor=person("cab_member"), run_id=str(uuid.uuid4()), minutes=HOUR)


def test_slot_is_not_kept_twice_in_a_row_while_others_wait(runs: Runs) -> None:
    run, other = runs.bring("waiting_approval"), runs.bring("waiting_approval")
    rivals = frozenset({run.id, other.id})
    reserve(runs, run, rivals=rivals)
    end_now()
    with pytest.raises(ReservationRefused, match="had the slot last, and 1 other waits"):
        reserve(runs, run, rivals=rivals)
    reserve(runs, other, rivals=rivals)
    end_now()
    reserve(runs, run, rivals=rivals)


def test_slot_is_not_kept_twice_in_a_row_while_an_approved_change_waits(runs: Runs) -> None:
    run, other = runs.bring("waiting_approval"), runs.bring("approved")
    reserve(runs, run)
    end_now()
    with pytest.raises(ReservationRefused, match="1 other waits"):
        reserve(runs, run)
    runs.call("merge_slot_take", other.id)
    runs.call("merge_intend", other.id)
    runs.call("run_merged", other.id)
    # Somebody else had a turn.
    reserve(runs, run)


def test_slot_is_not_kept_by_turns_past_an_approved_change(runs: Runs) -> None:
    first, second = runs.bring("waiting_approval"), runs.bring("waiting_approval")
    starving = runs.bring("approved")
    rivals = frozenset({first.id, second.id})
    # What waits already lets one keep the slot; nobody else gets it right after that.
    reserve(runs, first, rivals=rivals)
    end_now()
    with pytest.raises(ReservationRefused, match="1 approved change has waited through it"):
        reserve(runs, second, rivals=rivals)
    runs.call("merge_slot_take", starving.id)
    runs.call("merge_intend", starving.id)
    runs.call("run_merged", starving.id)
    late = runs.bring("approved")
    reserve(runs, second, rivals=rivals)
    assert queue_list(actor=runs.actor, project_id=runs.project_id)[0].id == late.id


def test_slot_is_kept_by_turns_where_an_approved_change_leaves_it_alone(runs: Runs) -> None:
    first, second = runs.bring("waiting_approval"), runs.bring("waiting_approval")
    runs.bring("approved")
    reserve(runs, first)
    end_now()
    elapse(minutes=2 * HOUR)
    SlotReservation.objects.update(ended_at=F("expires_at"))
    Run.objects.filter(state="approved").update(queued_at=F("queued_at") - timedelta(minutes=2 * HOUR))
    reserve(runs, second)


def test_slot_is_kept_again_when_the_others_leave_it_alone_for_as_long(runs: Runs) -> None:
    run, other = runs.bring("waiting_approval"), runs.bring("waiting_approval")
    reserve(runs, run)
    end_now()
    elapse(minutes=2 * HOUR)
    SlotReservation.objects.update(ended_at=F("expires_at"))
    reserve(runs, run, rivals=frozenset({other.id}))


def test_slot_is_kept_again_when_nobody_else_waits(runs: Runs) -> None:
    run = runs.bring("waiting_approval")
    reserve(runs, run)
    end_now()
    reserve(runs, run)


# --- what is known ahead of time ------------------------------------------------------------------


def standing(run: RunData, **changes: object) -> StandingFound:
    settings: dict[str, Any] = {
        "run_id": run.id,
        "request_id": REQUEST,
        "base_commit": OTHER_BASE,
        "key": "sha256:" + "4" * 64,
        "verdict": "holds",
        "why": "",
        "reports": ({"name": "tests", "status": "pass"},),
        "behind": ("r1",),
        "next_base": BASE,
        **changes,
    }
    return StandingFound(**settings)


def test_standing_record_replaces_what_was_known(runs: Runs) -> None:
    run = runs.bring("waiting_approval")
    for verdict, why in (("holds", ""), ("void", "a file moved")):
        kept = standing_record(
            actor=runs.actor,
            lease=runs.lease,
            standing=standing(run, verdict=verdict, why=why),
            answers={"result_tree": BASE},
        )
        assert standings_of(actor=runs.actor, run_ids=[run.id]) == {run.id: kept}
        assert (kept.verdict, kept.why, kept.behind, kept.next_base) == (verdict, why, ("r1",), BASE)
    events = event_list(actor=runs.actor, subject=("run", run.id), type="run.reverified")
    assert [event.data["verdict"] for event in events] == ["void", "holds"]
    assert events[0].data["result_tree"] == BASE
    assert events[0].id == standings_of(actor=runs.actor, run_ids=[run.id])[run.id].event_id


def test_standing_record_refuses_a_worker_without_its_lease(runs: Runs) -> None:
    with pytest.raises(LeaseLost):
        standing_record(actor=runs.actor, lease=GONE, standing=standing(runs.bring("waiting_approval")))


@pytest.mark.parametrize("name", ["run_rebased", "run_restarted"])
def test_change_with_another_request_by_now_is_not_renewed(runs: Runs, name: str) -> None:
    run = runs.bring("waiting_approval")
    with pytest.raises(RunStateConflict, match="another request by now"):
        runs.call(name, run.id, request_id=str(uuid.uuid4()))
    newer = "sha256:" + "9" * 64
    runs.call(name, run.id, ruleset_digest=newer)
    assert Run.objects.get(pk=run.id).ruleset_digest == newer != RULESET


def test_slot_is_kept_or_taken_never_both(committed_db: None, worker: Actor) -> None:
    """Both look at who is next one after the other: neither goes on what the other is about to change."""
    runs = Runs(worker, lease_take(worker), project_make(worker))
    merging, kept, lease = runs.bring("approved"), runs.bring("waiting_approval"), lease_take(worker)
    with ThreadPoolExecutor(1) as aside:
        with transaction.atomic():
            slot_lock(runs.project_id)
            both = aside.submit(
                at_once,
                partial(runs.call, "merge_slot_take", merging.id, lease=lease),
                partial(reserve, runs, kept),
            )
            while (waiting := lock_waiters()) < 2 and not both.done():
                pass
            assert waiting == 2, "one of them did not wait for whoever looks already"
        taken, reserved = both.result()
    assert isinstance(reserved, ReservationData)
    happened = AuditEvent.objects.filter(type__in=["run.merging", "slot.reserved"]).order_by("id")
    # One that had begun before goes on: what is kept is the slot after it.
    first = "slot.reserved" if isinstance(taken, SlotReserved) else "run.merging"
    assert happened.values_list("type", flat=True)[0] == first
    assert Run.objects.get(pk=merging.id).state == ("approved" if first == "slot.reserved" else "merging")


def lock_waiters() -> int:
    """How many connections wait for an advisory lock in this database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database"
            " WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()"
        )
        return int(cursor.fetchone()[0])
