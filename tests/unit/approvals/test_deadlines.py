"""How long a request waits, who is told meanwhile, and clocks that nobody can trust."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db.models import F

from countersign.accounts.away import away_at
from countersign.accounts.contracts import Away
from countersign.approvals.deadlines import DecisionTime, reminders_send, reminders_sent
from countersign.approvals.models import ApprovalRequest, Decision, Reminder
from countersign.approvals.services import requests_expire
from countersign.audit.selectors import event_list
from countersign.shared import clock
from countersign.shared.actor import Actor
from countersign.shared.clocks import ClocksDisagree, moment_agreed
from countersign.shared.working_time import WorkingCalendar, working_add
from tests.unit.approvals.samples import CAB, Requests
from tests.unit.runs.samples import person

# Every hour of the week is worked: what is due does not depend on the day of the test.
ALWAYS = WorkingCalendar(days=(0, 1, 2, 3, 4, 5, 6), start="00:00", end="23:59")
LEAD, MANAGER = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"


@pytest.fixture
def clock_off(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Let the clock of this process be off by so many seconds; the database keeps its own."""
    real = clock.now

    def off(seconds: float) -> None:
        monkeypatch.setattr(clock, "now", lambda: real() + timedelta(seconds=seconds))

    return off


def later(share: float) -> None:
    """Let so much of every request's time be over: all that is planned moves back."""
    for request in ApprovalRequest.objects.all():
        gone = (request.expires_at - request.created_at) * share
        ApprovalRequest.objects.filter(pk=request.pk).update(expires_at=F("expires_at") - gone)
        Reminder.objects.filter(request=request).update(due_at=F("due_at") - gone)


def told(actor: Actor, request_id: str) -> list[tuple[str, str | None]]:
    del actor
    return [
        (item.kind, item.person_id) for item in reminders_sent(request_ids=[request_id]).get(request_id, ())
    ]


def test_request_open_expires_after_so_many_working_hours_by_the_clock_of_the_database(
    requests: Requests,
) -> None:
    calendar = WorkingCalendar(country="DE", timezone="Europe/Berlin")
    request = requests.open(time=DecisionTime(hours=16, calendar=calendar))
    before = working_add(calendar, request.created_at - timedelta(seconds=5), timedelta(hours=16))
    after = working_add(calendar, request.created_at + timedelta(seconds=5), timedelta(hours=16))
    assert before <= request.expires_at <= after


def test_reminders_are_told_at_half_and_four_fifths_and_then_along_the_owners_each_once(
    requests: Requests, worker: Actor, caplog: pytest.LogCaptureFixture
) -> None:
    request = requests.open(time=DecisionTime(hours=20, calendar=ALWAYS, owners=(LEAD, MANAGER)))
    assert reminders_send(actor=worker) == 0
    later(0.51)
    with caplog.at_level(logging.WARNING):
        assert (reminders_send(actor=worker), reminders_send(actor=worker)) == (1, 0)
    assert "still waits" in caplog.text
    assert told(worker, request.id) == [("half", None)]
    later(0.62)  # of what is left: four fifths are over, nine tenths are not
    assert (reminders_send(actor=worker), reminders_send(actor=worker)) == (2, 0)
    later(0.6)
    assert (reminders_send(actor=worker), reminders_send(actor=worker)) == (1, 0)
    assert told(worker, request.id) == [
        ("half", None),
        ("four_fifths", None),
        ("escalation", LEAD),
        ("escalation", MANAGER),
    ]
    assert len(event_list(actor=worker, type="approval.reminded")) == 2
    steps = [event.data for event in event_list(actor=worker, type="approval.escalated")]
    assert sorted((data["step"], data["person_id"]) for data in steps) == [(1, LEAD), (2, MANAGER)]
    # Whatever was told: nobody has approved, and the end is not an approval.
    assert requests.get(request).state == "pending"
    later(1.1)
    assert requests_expire(actor=worker) == 1
    assert requests.get(request).state == "expired"
    assert Decision.objects.count() == 0


def test_reminders_are_not_told_of_what_is_decided_void_or_over(
    requests: Requests, worker: Actor, director: Actor
) -> None:
    decided, expired, waiting = requests.open(), requests.open(), requests.open(CAB)
    requests.decide(decided, director)
    later(0.9)
    requests.let_expire(expired)
    assert reminders_send(actor=worker) == 2
    assert told(worker, decided.id) == told(worker, expired.id) == []
    assert len(told(worker, waiting.id)) == 2


def test_reminders_send_asks_once_who_is_away(
    requests: Requests, worker: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from countersign.approvals import deadlines

    asked: list[datetime] = []

    def away_counted(moment: datetime) -> dict[str, Away]:
        asked.append(moment)
        return away_at(moment)

    monkeypatch.setattr(deadlines, "away_at", away_counted)
    assert (reminders_send(actor=worker), asked) == (0, [])
    for _ in range(2):
        requests.open(time=DecisionTime(hours=20, calendar=ALWAYS))
    later(0.9)
    assert (reminders_send(actor=worker), len(asked)) == (4, 1)


def test_reminder_without_its_event_is_not_told(
    requests: Requests, worker: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from countersign.approvals import deadlines

    def broken(**_: object) -> None:
        message = "the log is away"
        raise OSError(message)

    request = requests.open(time=DecisionTime(hours=20, calendar=ALWAYS))
    later(0.6)
    with monkeypatch.context() as patch:
        patch.setattr(deadlines, "record", broken)
        with pytest.raises(OSError, match="log"):
            reminders_send(actor=worker)
    assert told(worker, request.id) == []
    assert reminders_send(actor=worker) == 1


@pytest.mark.parametrize("seconds", [-3600, -6, 6, 3600])
def test_decision_record_is_refused_while_the_clocks_disagree(
    requests: Requests, director: Actor, clock_off: Callable[[float], None], seconds: float
) -> None:
    request = requests.open()
    clock_off(seconds)
    with pytest.raises(ClocksDisagree) as refused:
        requests.decide(request, director)
    assert abs(float(str(refused.value.data["seconds"])) - abs(seconds)) < 3
    assert Decision.objects.count() == 0
    with pytest.raises(ClocksDisagree):
        requests.open()
    clock_off(2)
    requests.decide(request, director)


def test_decision_record_goes_by_the_clock_of_the_database(
    requests: Requests, director: Actor, clock_off: Callable[[float], None]
) -> None:
    request = requests.open()
    clock_off(4)
    decision, _ = requests.decide(request, director)
    row = Decision.objects.get(pk=decision.id)
    assert row.decided_at < clock.now() - timedelta(seconds=3)


def test_moment_agreed_is_the_time_of_the_database(db: None) -> None:
    before: datetime = clock.now()
    assert abs(moment_agreed() - before) < timedelta(seconds=5)


def test_moment_agreed_follows_the_tolerance_that_is_configured(
    db: None, clock_off: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COUNTERSIGN_CLOCK_TOLERANCE", "60")
    clock_off(30)
    moment_agreed()
    monkeypatch.setenv("COUNTERSIGN_CLOCK_TOLERANCE", "1")
    with pytest.raises(ClocksDisagree):
        moment_agreed()


def test_two_cab_members_are_still_needed_after_every_escalation(requests: Requests, worker: Actor) -> None:
    member = person("cab_member")
    request = requests.open(CAB, time=DecisionTime(calendar=ALWAYS, owners=(str(member.person_id),)))
    later(0.95)
    reminders_send(actor=worker)
    _, after = requests.decide(request, member)
    assert after.state == "pending"
