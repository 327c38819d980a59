"""Reminders and escalations go to who is there; a delegate is asked, and can do no more than before."""

from __future__ import annotations

from datetime import timedelta

import pytest

from countersign.accounts.absences import absence_declare
from countersign.accounts.away import away_at
from countersign.approvals.deadlines import DecisionTime, reminders_send, reminders_sent
from countersign.approvals.errors import ApproverExcluded, RoleMissing
from countersign.approvals.models import Decision, Reminder
from countersign.approvals.standing_in import AskedPerson, people_asked
from countersign.audit.selectors import event_list
from countersign.shared.actor import Actor
from countersign.shared.clock import now
from tests.passkeys import Passkey
from tests.unit.accounts.test_enrolment import member
from tests.unit.accounts.test_keys import logs_in_with
from tests.unit.approvals.samples import CAB, Requests
from tests.unit.approvals.test_deadlines import ALWAYS, later

TIME = DecisionTime(hours=20, calendar=ALWAYS)


def away(actor: Actor, delegate: Actor | None = None) -> None:
    absence_declare(
        actor=actor,
        ends_at=now() + timedelta(days=30),
        delegate=str(delegate.person_id) if delegate else "",
    )


def told(request_id: str, kind: str) -> list[tuple[AskedPerson, ...]]:
    sent = reminders_sent(request_ids=[request_id]).get(request_id, ())
    return [item.told for item in sent if item.kind == kind]


def asked(person: Actor, *instead_of: Actor) -> AskedPerson:
    return AskedPerson(str(person.person_id), tuple(str(item.person_id) for item in instead_of))


def test_reminder_goes_to_who_is_there_and_to_the_delegate(requests: Requests, worker: Actor) -> None:
    dana, dora = member("director"), member("director")
    member("cab_member")
    request = requests.open(time=TIME)
    away(dana, dora)
    later(0.6)
    assert reminders_send(actor=worker) == 1
    assert told(request.id, "half") == [(asked(dora, dana),)]
    [event] = event_list(actor=worker, type="approval.reminded")
    assert event.data["told"] == [asked(dora, dana).as_json()]


def test_reminder_is_logged_where_nobody_is_there(requests: Requests, worker: Actor) -> None:
    away(member("director"))
    request = requests.open(time=TIME)
    later(0.6)
    assert reminders_send(actor=worker) == 1
    assert told(request.id, "half") == [()]


def test_delegate_who_started_it_is_not_asked_and_cannot_decide(requests: Requests, worker: Actor) -> None:
    dana, initiator = member("director"), member("director")
    request = requests.open(time=TIME, excluded=[initiator])
    away(dana, initiator)
    people = people_asked(request, away_at(now()))
    assert people.asked == ()
    [absent] = people.away
    assert (absent.person_id, absent.stand_in) == (dana.person_id, None)
    assert "took part in this" in absent.nobody
    later(0.6)
    reminders_send(actor=worker)
    assert told(request.id, "half") == [()]
    with pytest.raises(ApproverExcluded):
        requests.decide(request, initiator)
    # Whoever is away has lost nothing.
    assert requests.decide(request, dana)[1].state == "approved"


def test_delegate_who_shares_a_key_with_a_participant_is_not_asked(requests: Requests) -> None:
    dana, delegate, initiator = member("director"), member("director"), member("operator")
    passkey = Passkey()
    logs_in_with(delegate, passkey)
    logs_in_with(initiator, Passkey(passkey.private))
    request = requests.open(time=TIME, excluded=[initiator])
    away(dana, delegate)
    assert people_asked(request, away_at(now())).asked == ()


def test_delegate_gets_no_role_of_the_one_who_is_away(requests: Requests) -> None:
    both, director = member("director", "cab_member"), member("director")
    request = requests.open(CAB, time=TIME)
    away(both, director)
    [absent] = people_asked(request, away_at(now())).away
    assert (absent.roles, absent.stand_in) == (("cab_member",), None)
    with pytest.raises(RoleMissing):
        requests.decide(request, director)


def test_delegate_counts_once_for_two_who_are_away(requests: Requests) -> None:
    members = [member("cab_member") for _ in range(3)]
    request = requests.open(CAB, time=TIME)
    away(members[0], members[2])
    away(members[1], members[2])
    [only] = people_asked(request, away_at(now())).asked
    assert only.person_id == members[2].person_id
    assert set(only.instead_of) == {members[0].person_id, members[1].person_id}
    assert requests.decide(request, members[2])[1].state == "pending"
    with pytest.raises(ApproverExcluded):
        requests.decide(request, members[2])
    assert Decision.objects.count() == 1


def test_escalation_goes_to_the_delegate_of_the_owner(requests: Requests, worker: Actor) -> None:
    lead, deputy = member("operator"), member("operator")
    away(lead, deputy)
    request = requests.open(time=DecisionTime(hours=20, calendar=ALWAYS, owners=(str(lead.person_id),)))
    later(0.85)
    reminders_send(actor=worker)
    assert told(request.id, "escalation") == [(asked(deputy, lead),)]
    [event] = event_list(actor=worker, type="approval.escalated")
    assert (event.data["person_id"], event.data["told"]) == (lead.person_id, [asked(deputy, lead).as_json()])


@pytest.mark.parametrize("excluded", [False, True])
def test_escalation_past_owners_who_are_away_reaches_the_next_at_once(
    requests: Requests, worker: Actor, excluded: bool
) -> None:
    owners = [member("operator") for _ in range(4)]
    deputy = member("operator")
    for owner in owners[:2]:
        away(owner, deputy if excluded else None)
    request = requests.open(
        time=DecisionTime(hours=20, calendar=ALWAYS, owners=tuple(str(each.person_id) for each in owners)),
        excluded=[deputy],
    )
    later(0.81)
    assert reminders_send(actor=worker) == 5
    assert told(request.id, "escalation") == [(), (), (asked(owners[2]),)]
    # The one after that waits for their own time, and nothing was approved by it.
    assert Reminder.objects.filter(request__id=request.id, sent_at__isnull=True).count() == 1
    assert requests.get(request).state == "pending"


def test_escalation_when_every_owner_is_away_tells_nobody_and_approves_nothing(
    requests: Requests, worker: Actor
) -> None:
    owner = member("operator")
    away(owner)
    request = requests.open(time=DecisionTime(hours=20, calendar=ALWAYS, owners=(str(owner.person_id),)))
    later(0.9)
    reminders_send(actor=worker)
    assert told(request.id, "escalation") == [()]
    assert requests.get(request).state == "pending"


def test_reminder_from_before_it_was_kept_who_was_told_is_read(requests: Requests) -> None:
    owner = member("operator")
    request = requests.open(time=DecisionTime(hours=20, calendar=ALWAYS, owners=(str(owner.person_id),)))
    Reminder.objects.filter(request__id=request.id).update(sent_at=now())
    assert told(request.id, "escalation") == [(asked(owner),)]
    assert told(request.id, "half") == [()]


def test_people_asked_are_those_whose_word_is_still_waited_for(requests: Requests) -> None:
    first, second = member("cab_member"), member("cab_member")
    request = requests.open(CAB, time=TIME)
    away(second, first)
    _, after = requests.decide(request, first)
    people = people_asked(after, away_at(now()))
    assert people.asked == ()
    assert "has decided" in people.away[0].nobody
