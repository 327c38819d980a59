"""Break-glass: two people, an hour at most, a third one reviews; and all that tries to get around it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from django.db import IntegrityError

from countersign.approvals.break_glass import (
    break_glass_close,
    break_glass_confirm,
    break_glass_request,
    break_glass_review,
)
from countersign.approvals.contracts import BreakGlassData
from countersign.approvals.errors import (
    BreakGlassInvalid,
    BreakGlassNotFound,
    BreakGlassOver,
    BreakGlassPersons,
    BreakGlassUnreviewed,
    RoleMissing,
)
from countersign.approvals.models import BreakGlass
from countersign.approvals.under_glass import role_under, window_of
from countersign.approvals.windows import window_get, window_list, windows_told
from countersign.audit.selectors import event_list
from countersign.projects.errors import ProjectNotFound
from countersign.shared.actor import Actor, service_actor
from countersign.shared.clock import now
from tests.unit.approvals.samples import Requests
from tests.unit.runs.samples import lease_take, person, project_make

pytestmark = pytest.mark.usefixtures("committed_db")
WHY = "the login is broken for everybody"


@pytest.fixture
def project(committed_db: None) -> str:
    return project_make(service_actor("worker"))


def ask(project: str, actor: Actor, minutes: int = 60, reason: str = WHY) -> BreakGlassData:
    return break_glass_request(actor=actor, project_id=project, reason=reason, minutes=minutes)


@pytest.fixture
def first(committed_db: None) -> Actor:
    return person("director")


@pytest.fixture
def second(committed_db: None) -> Actor:
    return person("security_reviewer")


@pytest.fixture
def opened(project: str, first: Actor, second: Actor) -> BreakGlassData:
    return break_glass_confirm(actor=second, window_id=ask(project, first, 30).id)


@pytest.fixture
def past(superuser_dsn: str) -> Callable[..., None]:
    """Let it have happened so long ago: as if a clock had run, which no trigger lets anybody pretend."""

    def move(window: BreakGlassData, **ago: float) -> None:
        with psycopg.connect(superuser_dsn, autocommit=True) as superuser:
            superuser.execute("SET session_replication_role = replica")
            superuser.execute(
                "UPDATE approvals_breakglass SET requested_at = requested_at - %(ago)s,"
                " opened_at = opened_at - %(ago)s, expires_at = expires_at - %(ago)s WHERE id = %(id)s",
                {"ago": timedelta(**ago), "id": window.id},
            )

    return move


def events(window: BreakGlassData) -> list[str]:
    found = event_list(actor=service_actor("test"), subject=("break_glass", window.id))
    return sorted(event.type for event in found)


def test_break_glass_confirm_opens_for_the_minutes_asked_and_is_loud(
    project: str, first: Actor, second: Actor, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        window = ask(project, first, 30)
        assert (window.state, window.requested_by) == ("requested", first.person_id)
        opened = break_glass_confirm(actor=second, window_id=window.id)
    assert (opened.state, opened.opened_by) == ("open", second.person_id)
    assert opened.opened_at is not None
    assert opened.expires_at == opened.opened_at + timedelta(minutes=30)
    assert events(opened) == ["break_glass.opened", "break_glass.requested"]
    assert "BREAK-GLASS IS OPEN" in caplog.text
    assert [item.id for item in windows_told(actor=first)] == [window.id]
    assert window_get(actor=first, window_id=window.id).permits == ("quorum",)


@pytest.mark.parametrize("minutes", [0, -1, 61, 600])
def test_break_glass_request_refuses_more_than_an_hour(project: str, first: Actor, minutes: int) -> None:
    with pytest.raises(BreakGlassInvalid):
        ask(project, first, minutes)
    assert window_list(actor=first) == ()


def test_break_glass_request_refuses_what_says_nothing(project: str, first: Actor) -> None:
    for reason in ("", "  ", "x" * 4_001):
        with pytest.raises(BreakGlassInvalid):
            ask(project, first, reason=reason)
    with pytest.raises(ProjectNotFound):
        ask(str(uuid4()), first)


def test_break_glass_confirm_refuses_the_one_who_asked(project: str, first: Actor) -> None:
    window = ask(project, first)
    for actor in (first, replace(first, id=str(uuid4())), replace(first, token_id="t")):
        with pytest.raises(BreakGlassPersons):
            break_glass_confirm(actor=actor, window_id=window.id)
    assert window_get(actor=first, window_id=window.id).state == "requested"


def test_break_glass_is_for_people_who_act_by_themselves(project: str, first: Actor, second: Actor) -> None:
    window = ask(project, first)
    for actor in (
        service_actor("executor"),
        replace(second, kind="agent"),
        replace(second, minted_by=first.person_id),
        replace(second, unattended=True),
        replace(second, person_id=None),
    ):
        with pytest.raises(BreakGlassPersons):
            ask(project, actor)
        with pytest.raises(BreakGlassPersons):
            break_glass_confirm(actor=actor, window_id=window.id)
        with pytest.raises(BreakGlassPersons):
            break_glass_close(actor=actor, window_id=window.id)
        with pytest.raises(BreakGlassPersons):
            break_glass_review(actor=actor, window_id=window.id, review="fine")


def test_break_glass_confirm_opens_once_and_not_what_has_lapsed(
    project: str, first: Actor, second: Actor, opened: BreakGlassData, past: Callable[..., None]
) -> None:
    with pytest.raises(BreakGlassOver):
        break_glass_confirm(actor=person("director"), window_id=opened.id)
    late = ask(project, first)
    past(late, minutes=15)
    assert window_get(actor=first, window_id=late.id).state == "lapsed"
    with pytest.raises(BreakGlassOver):
        break_glass_confirm(actor=second, window_id=late.id)
    assert events(late) == ["break_glass.requested"]


def test_break_glass_close_ends_it_once(first: Actor, opened: BreakGlassData) -> None:
    closed = break_glass_close(actor=first, window_id=opened.id)
    assert closed.state == "review_due"
    with pytest.raises(BreakGlassOver):
        break_glass_close(actor=first, window_id=opened.id)
    assert events(opened).count("break_glass.closed") == 1


def test_break_glass_is_over_by_itself(
    first: Actor, opened: BreakGlassData, past: Callable[..., None]
) -> None:
    past(opened, minutes=30)
    assert window_get(actor=first, window_id=opened.id).state == "review_due"
    with pytest.raises(BreakGlassOver):
        break_glass_close(actor=first, window_id=opened.id)


def test_break_glass_review_is_a_third_person_s_and_only_once(
    first: Actor, second: Actor, opened: BreakGlassData
) -> None:
    third = person("auditor")
    with pytest.raises(BreakGlassOver):
        break_glass_review(actor=third, window_id=opened.id, review="too early")
    break_glass_close(actor=first, window_id=opened.id)
    for one in (first, second):
        with pytest.raises(BreakGlassPersons):
            break_glass_review(actor=one, window_id=opened.id, review="we did well")
    with pytest.raises(BreakGlassInvalid):
        break_glass_review(actor=third, window_id=opened.id, review=" ")
    reviewed = break_glass_review(actor=third, window_id=opened.id, review="it had to be")
    assert (reviewed.state, reviewed.reviewed_by) == ("reviewed", third.person_id)
    with pytest.raises(BreakGlassOver):
        break_glass_review(actor=person("admin"), window_id=opened.id, review="again")
    assert windows_told(actor=first) == ()


def test_break_glass_review_overdue_blocks_the_next(
    project: str, first: Actor, second: Actor, opened: BreakGlassData, past: Callable[..., None]
) -> None:
    waiting = ask(project, first)
    past(opened, hours=24)
    [told] = [item for item in windows_told(actor=first) if item.id == opened.id]
    assert told.state == "review_overdue"
    with pytest.raises(BreakGlassUnreviewed):
        ask(project, first)
    with pytest.raises(BreakGlassUnreviewed):
        break_glass_confirm(actor=second, window_id=waiting.id)
    break_glass_review(actor=person("director"), window_id=opened.id, review="late, but fine")
    assert break_glass_confirm(actor=second, window_id=waiting.id).state == "open"


def test_break_glass_of_nowhere_is_not_found(first: Actor) -> None:
    nowhere = str(uuid4())
    with pytest.raises(BreakGlassNotFound):
        break_glass_confirm(actor=first, window_id=nowhere)
    with pytest.raises(BreakGlassNotFound):
        break_glass_close(actor=first, window_id=nowhere)
    with pytest.raises(BreakGlassNotFound):
        break_glass_review(actor=first, window_id=nowhere, review="x")
    with pytest.raises(BreakGlassNotFound):
        window_get(actor=first, window_id=nowhere)


@pytest.mark.parametrize(
    "change",
    [
        {"expires_at": "longer"},
        {"opened_by": "requested_by"},
        {"minutes": 61},
        {"reason": "another"},
        {"requested_by": "somebody"},
    ],
)
def test_break_glass_is_held_by_the_database_as_well(opened: BreakGlassData, change: dict[str, str]) -> None:
    row = BreakGlass.objects.get(pk=opened.id)
    assert row.expires_at is not None
    values: dict[str, object] = {
        "longer": row.expires_at + timedelta(minutes=10),
        "requested_by": row.requested_by,
        "somebody": uuid4(),
    }
    rows = BreakGlass.objects.filter(pk=opened.id)
    with pytest.raises(IntegrityError):
        rows.update(**{name: values.get(value, value) for name, value in change.items()})


def test_break_glass_row_of_one_person_or_two_hours_can_not_be_inserted(opened: BreakGlassData) -> None:
    row = BreakGlass.objects.get(pk=opened.id)
    assert row.opened_at is not None
    sound = {
        "project_id": row.project_id,
        "reason": WHY,
        "minutes": 60,
        "requested_by": row.requested_by,
        "opened_by": row.opened_by,
        "opened_at": row.opened_at,
        "expires_at": row.opened_at + timedelta(minutes=60),
    }
    for bent in (
        {"opened_by": row.requested_by},
        {"expires_at": row.opened_at + timedelta(minutes=61)},
        {"minutes": 61},
        {"reviewed_by": row.requested_by},
        {"reviewed_by": row.opened_by},
    ):
        with pytest.raises(IntegrityError):
            BreakGlass.objects.create(**{**sound, **bent})


def test_window_of_a_phase_is_refused(project: str, opened: BreakGlassData) -> None:
    worker = service_actor("worker")
    requests = Requests(worker, lease_take(worker), project)
    phase = requests.open(subject=("phase", str(uuid4())))
    assert window_of("", phase, now()) is None
    with pytest.raises(BreakGlassInvalid):
        window_of(opened.id, phase, now())


def test_role_under_needs_a_role_that_break_glass_is_for(first: Actor, opened: BreakGlassData) -> None:
    assert role_under(opened, first, "approve") == "director"
    with pytest.raises(RoleMissing):
        role_under(opened, replace(first, roles=frozenset({"operator"})), "approve")
