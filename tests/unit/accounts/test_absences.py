"""Who is away and who stands in: nobody escapes by it, and nobody gets a right."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from django.db import IntegrityError, connections, transaction

from countersign.accounts.absences import absence_declare, absence_delegate, absence_end
from countersign.accounts.away import absence_get, absence_list, away_at, away_through, stand_ins_possible
from countersign.accounts.erasure import person_anonymise
from countersign.accounts.errors import (
    AbsenceInvalid,
    AbsenceNotFound,
    AbsenceNotYours,
    AbsenceOver,
    DelegateRefused,
    PersonNotFound,
)
from countersign.accounts.models import Absence
from countersign.accounts.selectors import roles_of
from countersign.accounts.services import role_revoke, user_deactivate
from countersign.audit.selectors import event_list
from countersign.shared.clock import now
from countersign.shared.errors import DomainError, PermissionDenied
from tests.passkeys import Passkey
from tests.unit.accounts.test_enrolment import SYSTEM, member
from tests.unit.accounts.test_keys import logs_in_with

if TYPE_CHECKING:
    from collections.abc import Callable

    from countersign.accounts.contracts import AbsenceData
    from countersign.shared.actor import Actor

DAY = timedelta(days=1)


@pytest.fixture
def dana(db: None) -> Actor:
    return member("director", "operator", email="dana@example.org")


@pytest.fixture
def dora(db: None) -> Actor:
    return member("director", email="dora@example.org")


def away(actor: Actor, delegate: Actor | str = "", *, start: float = 0, days: float = 2) -> AbsenceData:
    """Let somebody say that they are away from so many days from now on, for so many days."""
    begin = now() + start * DAY
    return absence_declare(
        actor=actor,
        starts_at=begin if start else None,
        ends_at=begin + days * DAY,
        delegate=delegate if isinstance(delegate, str) else str(delegate.person_id),
    )


def kinds() -> list[str]:
    told = event_list(actor=SYSTEM)
    return [event.type for event in told if event.type.startswith("absence.")]


def test_absence_declare_names_a_delegate_in_the_roles_that_both_hold(dana: Actor, dora: Actor) -> None:
    declared = away(dana, "DORA@example.org")
    assert (declared.state, declared.delegate_id, declared.roles) == ("now", dora.person_id, ("director",))
    assert (declared.nobody, declared.declared_by) == ("", "Pat")
    [absent] = away_at(now()).values()
    assert (absent.person_id, absent.stand_in, absent.roles) == (
        dana.person_id,
        dora.person_id,
        frozenset({"director"}),
    )
    # Nobody has lost or got a role by it.
    assert roles_of(str(dana.person_id)) == {"director", "operator"}
    assert roles_of(str(dora.person_id)) == {"director"}
    [event] = event_list(actor=SYSTEM, type="absence.declared")
    assert (event.subject_id, event.actor_id) == (dana.person_id, dana.id)
    assert (event.data["delegate"], event.data["absence_id"]) == (dora.person_id, declared.id)


def test_absence_declare_by_an_administrator_says_so(dana: Actor, dora: Actor) -> None:
    admin = replace(member("admin"), label="Alex")
    declared = absence_declare(
        actor=admin, person="dana@example.org", ends_at=now() + DAY, delegate="dora@example.org"
    )
    assert declared.person_id == dana.person_id
    [event] = event_list(actor=SYSTEM, type="absence.declared")
    assert event.actor_id == admin.id
    # The person has the last word on it.
    assert absence_end(actor=dana, absence_id=declared.id).state == "over"


def test_absence_declare_for_another_is_refused(dana: Actor, dora: Actor) -> None:
    attempts = (
        dora,
        member("operator"),
        replace(member("admin"), minted_by=dora.person_id),
        replace(dana, minted_by=dora.person_id),
        replace(dana, kind="agent"),
        SYSTEM,
    )
    for actor in attempts:
        with pytest.raises(AbsenceNotYours):
            absence_declare(actor=actor, person=str(dana.person_id), ends_at=now() + DAY)
    assert not Absence.objects.exists()
    assert kinds() == []


@pytest.mark.parametrize("roles", [(), ("auditor",), ("ci",), ("agent",)])
def test_absence_of_a_role_that_is_never_asked_is_refused(dana: Actor, roles: tuple[str, ...]) -> None:
    declared, actor = away(dana), member(*roles)
    calls: tuple[Callable[[], object], ...] = (
        lambda: away(actor),
        lambda: absence_delegate(actor=actor, absence_id=declared.id, delegate=""),
        lambda: absence_end(actor=actor, absence_id=declared.id),
    )
    for call in calls:
        with pytest.raises(PermissionDenied):
            call()


def test_absence_declare_in_the_past_is_refused(dana: Actor) -> None:
    for start in (now() - timedelta(seconds=1), now() - 3 * DAY):
        with pytest.raises(AbsenceInvalid, match="never in the past"):
            absence_declare(actor=dana, starts_at=start, ends_at=now() + DAY)
    for start_, end in ((None, now() - DAY), (now() + 2 * DAY, now() + DAY), (None, now() + 400 * DAY)):
        with pytest.raises(AbsenceInvalid):
            absence_declare(actor=dana, starts_at=start_, ends_at=end)


def test_absence_declare_over_another_absence_is_refused_and_after_it_is_not(dana: Actor) -> None:
    first = away(dana, days=2)
    for start, days in ((0, 1), (1, 9), (0.5, 0.5)):
        with pytest.raises(AbsenceInvalid) as refused:
            away(dana, start=start, days=days)
        assert refused.value.data["absence_id"] == first.id
    absence_declare(actor=dana, starts_at=first.ends_at, ends_at=first.ends_at + DAY)
    [absent] = away_at(now()).values()
    assert absent.until == first.ends_at + DAY
    # Ended, it is in nobody's way.
    absence_end(actor=dana, absence_id=first.id)
    away(dana, days=1)


@pytest.mark.parametrize("roles", [("cab_member",), ("security_reviewer", "admin"), ()])
def test_delegate_of_another_role_is_refused(dana: Actor, roles: tuple[str, ...]) -> None:
    with pytest.raises(DelegateRefused, match="director, operator"):
        away(dana, member(*roles))


def test_delegate_who_is_the_same_person_or_holds_the_same_key_is_refused(dana: Actor, dora: Actor) -> None:
    member(email="second@example.org", person_id=str(dana.person_id))
    passkey = Passkey()
    logs_in_with(dana, passkey)
    logs_in_with(dora, Passkey(passkey.private))
    for delegate in ("dana@example.org", "second@example.org", "dora@example.org"):
        with pytest.raises(DelegateRefused, match="for themselves"):
            away(dana, delegate)


def test_delegate_who_cannot_log_in_is_refused_and_nobody_is_not_found(dana: Actor, dora: Actor) -> None:
    user_deactivate(actor=SYSTEM, user_id=dora.id)
    with pytest.raises(DelegateRefused, match="log in"):
        away(dana, dora)
    for name in ("nobody@example.org", "00000000-0000-4000-8000-000000000000"):
        with pytest.raises(PersonNotFound):
            away(dana, name)


def test_delegate_never_passes_it_on(dana: Actor, dora: Actor) -> None:
    third = member("director")
    away(dana, dora)
    later = away(dora, third)
    absent = away_at(now())
    assert absent[str(dana.person_id)].stand_in is None
    assert "is away as well" in absent[str(dana.person_id)].nobody
    assert absent[str(dora.person_id)].stand_in == third.person_id
    by_person = {item.person_id: item for item in absence_list(actor=dana)}
    assert "is away as well" in by_person[str(dana.person_id)].nobody
    # Back again, the delegate stands in as before.
    absence_end(actor=dora, absence_id=later.id)
    assert away_at(now())[str(dana.person_id)].stand_in == dora.person_id


def test_delegate_who_is_away_for_a_part_stands_in_for_the_rest(dana: Actor, dora: Actor) -> None:
    declared = away(dana, dora, days=9)
    first = away(dora, start=1, days=2)
    absence_declare(actor=dora, starts_at=first.ends_at, ends_at=first.ends_at + DAY)
    away(dora, start=8, days=5)
    [listed] = (item for item in absence_list(actor=dana) if item.id == declared.id)
    assert (listed.nobody, listed.roles) == ("", ("director",))
    begin = listed.starts_at
    parts = [((gap.starts_at - begin) / DAY, (gap.ends_at - begin) / DAY) for gap in listed.gaps]
    assert [(round(start), round(end)) for start, end in parts] == [(1, 4), (8, 9)]
    assert listed.gaps[-1].ends_at == declared.ends_at


def test_delegate_who_comes_to_share_a_key_stands_in_no_more(dana: Actor, dora: Actor) -> None:
    """Two accounts with one key are one person: away with one of them, away with both."""
    third = member("director")
    declared = away(dana, dora)
    away(third, start=1)
    passkey = Passkey()
    logs_in_with(dora, passkey)
    logs_in_with(third, Passkey(passkey.private))
    [gap] = absence_get(absence_id=declared.id).gaps
    assert gap.ends_at == declared.ends_at
    with pytest.raises(DelegateRefused, match="away in that time"):
        absence_delegate(actor=dana, absence_id=declared.id, delegate=str(dora.person_id))
    logs_in_with(dana, Passkey(passkey.private))
    absent = away_at(now())[str(dana.person_id)]
    assert (absent.stand_in, absent.roles) == (None, frozenset())
    assert "the same key" in absent.nobody
    assert absence_get(absence_id=declared.id).nobody == absent.nobody


def test_delegates_make_no_circle(dana: Actor, dora: Actor) -> None:
    away(dana, dora)
    with pytest.raises(DelegateRefused, match="away in that time"):
        away(dora, dana)
    # One after the other they do.
    assert away(dora, dana, start=3).delegate_id == dana.person_id


def test_delegates_who_name_each_other_at_once_make_no_circle(committed_db: None) -> None:
    dana, dora = member("director"), member("director")
    barrier = Barrier(2)

    def name(pair: tuple[Actor, Actor]) -> bool:
        try:
            barrier.wait()
            away(*pair)
        except DelegateRefused:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(name, ((dana, dora), (dora, dana)))) == [False, True]


def test_delegate_who_loses_the_role_or_the_login_stands_in_no_more(dana: Actor, dora: Actor) -> None:
    away(dana, dora)
    role_revoke(actor=SYSTEM, person_id=str(dora.person_id), role="director")
    absent = away_at(now())[str(dana.person_id)]
    assert (absent.stand_in, absent.roles) == (None, frozenset())
    assert "none of the same roles" in absent.nobody
    user_deactivate(actor=SYSTEM, user_id=dora.id)
    assert "can't log in" in away_at(now())[str(dana.person_id)].nobody
    assert absence_list(actor=dana)[0].roles == ()


def test_absence_delegate_names_another_or_nobody(dana: Actor, dora: Actor) -> None:
    third = member("director", email="third@example.org")
    declared = away(dana, dora)
    with pytest.raises(AbsenceNotYours):
        absence_delegate(actor=third, absence_id=declared.id, delegate="third@example.org")
    with pytest.raises(DelegateRefused):
        absence_delegate(actor=dana, absence_id=declared.id, delegate="dana@example.org")
    with pytest.raises(PersonNotFound):
        absence_delegate(actor=dana, absence_id=declared.id, delegate="nobody@example.org")
    changed = absence_delegate(actor=dana, absence_id=declared.id, delegate="third@example.org")
    assert changed.delegate_id == third.person_id
    assert absence_delegate(actor=dana, absence_id=declared.id, delegate="").delegate_id is None
    assert away_at(now())[str(dana.person_id)].nobody == "nobody was named: name a delegate"
    assert kinds() == ["absence.delegated", "absence.delegated", "absence.declared"]


def test_absence_delegate_is_laid_down_by_the_delegate_and_handed_on_by_nobody_else(
    dana: Actor, dora: Actor
) -> None:
    third = member("director")
    declared = away(dana, dora)
    with pytest.raises(AbsenceNotYours):
        absence_delegate(actor=dora, absence_id=declared.id, delegate=str(third.person_id))
    with pytest.raises(AbsenceNotYours):
        absence_end(actor=dora, absence_id=declared.id)
    with pytest.raises(AbsenceNotYours):
        absence_delegate(actor=third, absence_id=declared.id, delegate="")
    assert absence_delegate(actor=dora, absence_id=declared.id, delegate="").delegate_id is None


def test_absence_end_is_the_way_back_once(dana: Actor) -> None:
    declared = away(dana)
    assert absence_end(actor=dana, absence_id=declared.id).state == "over"
    assert away_at(now()) == {}
    with pytest.raises(AbsenceOver):
        absence_end(actor=dana, absence_id=declared.id)
    with pytest.raises(AbsenceOver):
        absence_delegate(actor=dana, absence_id=declared.id, delegate="")
    assert kinds() == ["absence.ended", "absence.declared"]
    coming = away(dana, start=1)
    assert coming.state == "coming"
    absence_end(actor=dana, absence_id=coming.id)
    assert away_through(now() + 2 * DAY, now() + 2 * DAY) == {}


@pytest.mark.parametrize("name", ["00000000-0000-4000-8000-000000000000", "nothing"])
def test_absence_that_is_not_there_is_not_found(dana: Actor, name: str) -> None:
    calls: tuple[Callable[[], object], ...] = (
        lambda: absence_end(actor=dana, absence_id=name),
        lambda: absence_delegate(actor=dana, absence_id=name, delegate=""),
        lambda: absence_get(absence_id=name),
    )
    for call in calls:
        with pytest.raises(AbsenceNotFound):
            call()


def test_absence_list_needs_the_right_to_read(db: None) -> None:
    with pytest.raises(PermissionDenied):
        absence_list(actor=member("agent"))


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        (0, 0, True),
        (0, 2, True),
        (0, 3, True),
        (0, 4.5, False),
        (2.5, 3, True),
        (4.2, 4.3, False),
        (5.5, 6, True),
    ],
)
def test_away_through_takes_what_follows_together_and_a_gap_apart(
    dana: Actor, start: float, end: float, found: bool
) -> None:
    first = away(dana, days=2)
    absence_declare(actor=dana, starts_at=first.ends_at, ends_at=first.ends_at + 2 * DAY)
    away(dana, start=5, days=2)
    begin: datetime = now()
    assert bool(away_through(begin + start * DAY, begin + end * DAY)) is found


def test_stand_ins_possible_are_who_share_a_role_and_can_log_in(dana: Actor, dora: Actor) -> None:
    member("cab_member")
    gone = member("director")
    user_deactivate(actor=SYSTEM, user_id=gone.id)
    # Who holds the same key is the same person.
    passkey, twin = Passkey(), member("director")
    logs_in_with(dana, passkey)
    logs_in_with(twin, Passkey(passkey.private))
    assert stand_ins_possible(person_id=str(dana.person_id)) == {
        str(dora.person_id): ("Pat", ("director",)),
    }


def test_person_anonymise_ends_absences_and_delegations(dana: Actor, dora: Actor) -> None:
    admin, third = member("admin"), member("director")
    away(dana, dora)
    away(dora, third, start=5)
    person_anonymise(actor=admin, person_id=str(dora.person_id))
    assert away_at(now())[str(dana.person_id)].delegate_id is None
    assert not Absence.objects.filter(person_id=str(dora.person_id), ended_at__isnull=True).exists()
    assert sorted(kinds()[:2]) == ["absence.delegated", "absence.ended"]
    named = {
        event.type: event.data["delegate"]
        for event in event_list(actor=SYSTEM)[:9]
        if "delegate" in event.data
    }
    assert (named["absence.ended"], named["absence.delegated"]) == (third.person_id, None)


@pytest.mark.parametrize("service", ["declare", "delegate", "end"])
def test_absence_without_its_event_is_not_changed(
    committed_db: None, monkeypatch: pytest.MonkeyPatch, service: str
) -> None:
    from countersign.accounts import absences

    dana, dora = member("director"), member("director")
    declared = away(dana, dora, start=9)

    def broken(**_: object) -> None:
        message = "the log is away"
        raise OSError(message)

    monkeypatch.setattr(absences, "record", broken)
    before = list(Absence.objects.values())
    calls = {
        "declare": lambda: away(dana),
        "delegate": lambda: absence_delegate(actor=dana, absence_id=declared.id, delegate=""),
        "end": lambda: absence_end(actor=dana, absence_id=declared.id),
    }
    with pytest.raises(OSError, match="log"):
        calls[service]()
    assert list(Absence.objects.values()) == before


def test_database_refuses_an_absence_that_cannot_be(dana: Actor) -> None:
    declared = away(dana)
    rows = Absence.objects.filter(pk=declared.id)
    assert "is away until" in str(rows.get())
    for wrong in ({"ends_at": now() - DAY}, {"delegate_id": dana.person_id}):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**wrong)


def test_absence_declare_is_refused_while_the_clocks_disagree(
    dana: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from countersign.shared import clock

    real = clock.now
    declared = away(dana, start=9)
    monkeypatch.setattr(clock, "now", lambda: real() + timedelta(hours=1))
    calls: tuple[Callable[[], object], ...] = (
        lambda: away(dana),
        lambda: absence_end(actor=dana, absence_id=declared.id),
        lambda: absence_delegate(actor=dana, absence_id=declared.id, delegate=""),
    )
    for call in calls:
        with pytest.raises(DomainError) as refused:
            call()
        assert refused.value.code == "clocks_disagree"
