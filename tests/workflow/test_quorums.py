"""Before a run spends anything: whether enough people are left who could decide on what comes of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from countersign.shared.clock import now
from countersign.shared.env import environment
from tests.workflow.world import PLATFORM, World

if TYPE_CHECKING:
    from countersign.shared.actor import Actor, ActorKind

CAB_OF_ONE = {"cab": {"cab_member": 1}, "director": {"director": 1}}


def lacking(world: World, *participants: str) -> dict[str, dict[str, int]]:
    from countersign.workflow.quorums import tiers_standing

    return {
        standing.tier: {seat.role: seat.missing for seat in standing.seats if seat.missing}
        for standing in tiers_standing(world.project, dict.fromkeys(participants, "starts it"))
    }


def test_quorum_require_warns_of_the_cab_and_refuses_without_the_standard_tier(waiting: World) -> None:
    from countersign.workflow.quorums import QuorumImpossible, quorum_require

    director = str(waiting.director.person_id)
    [warning] = quorum_require(waiting.project, {})
    assert "the tier of the CAB" in warning
    assert "Give the role cab_member to 2 more first" in warning
    with pytest.raises(QuorumImpossible) as refused:
        quorum_require(waiting.project, {director: "starts it"})
    assert refused.value.data["missing"] == [{"role": "director", "required": 1, "eligible": 0, "missing": 1}]
    assert "Give the role director to 1 more first" in refused.value.message
    assert "Dana (director) starts it" in refused.value.message
    assert refused.value.data["hindered"] == [
        {"person_id": director, "roles": ["director"], "code": "takes_part"}
    ]


def test_tiers_standing_counts_people_and_not_roles(waiting: World) -> None:
    from countersign.accounts.services import role_grant

    assert lacking(waiting) == {"cab": {"cab_member": 2}, "director": {}}
    role_grant(actor=PLATFORM, person_id=str(waiting.director.person_id), role="cab_member")
    waiting.person("carl", "cab_member")
    assert lacking(waiting) == {"cab": {}, "director": {}}
    assert lacking(waiting, str(waiting.director.person_id)) == {
        "cab": {"cab_member": 1},
        "director": {"director": 1},
    }


def test_tiers_standing_follows_the_policy_of_the_project(waiting: World) -> None:
    from countersign.governance.quorum_policies import quorum_policy_propose

    tiers = {"cab": {"cab_member": 2}, "director": {"director": 1, "security_reviewer": 1}}
    admin = waiting.person("alex", "admin")
    quorum_policy_propose(actor=admin, tiers=tiers, reason="security looks", project=waiting.project.slug)
    assert lacking(waiting)["director"] == {"security_reviewer": 1}
    waiting.person("sam", "security_reviewer")
    assert lacking(waiting)["director"] == {}


def test_tiers_standing_counts_who_holds_one_key_once(waiting: World) -> None:
    from tests.passkeys import Passkey
    from tests.unit.accounts.test_keys import logs_in_with

    passkey = Passkey()
    for name in ("carl", "cora"):
        logs_in_with(waiting.person(name, "cab_member"), Passkey(passkey.private))
    assert lacking(waiting)["cab"] == {"cab_member": 1}
    # Whoever shares a key with somebody who takes part is left out with them.
    assert lacking(waiting, str(waiting.people["carl"].person_id))["cab"] == {"cab_member": 2}


def test_tiers_standing_leaves_out_who_cannot_log_in(waiting: World) -> None:
    from countersign.accounts.models import User
    from countersign.accounts.services import user_create, user_deactivate

    director = waiting.director
    user_deactivate(actor=PLATFORM, user_id=director.id)
    assert lacking(waiting)["director"] == {"director": 1}
    # A second account of the same person is a way in, and still one person.
    user_create(actor=PLATFORM, email="second@example.org", name="Dana", person_id=str(director.person_id))
    assert lacking(waiting)["director"] == {}
    User.objects.filter(email="second@example.org").update(unattended=True)
    assert lacking(waiting)["director"] == {"director": 1}


def test_run_begin_says_what_may_hinder_the_decision(waiting: World) -> None:
    from countersign.workflow.commands import run_begin
    from tests.workflow.world import drive

    waiting.decide(waiting.request("F401"), "request_changes")
    drive()
    begun = run_begin(actor=waiting.operator, work_item_id=waiting.item("F401").id)
    [warning] = begun.warnings
    assert warning.startswith("should it need the CAB")


def hindered(world: World, tier: str, *participants: str) -> dict[str, str]:
    from countersign.workflow.quorums import tiers_standing

    [standing] = [
        item
        for item in tiers_standing(world.project, dict.fromkeys(participants, "starts it"))
        if item.tier == tier
    ]
    return {one.name: one.code for one in standing.hindered}


def be_away(person: Actor, days: float, delegate: Actor | None = None) -> None:
    from countersign.accounts.absences import absence_declare

    absence_declare(
        actor=person,
        ends_at=now() + timedelta(days=days),
        delegate=str(delegate.person_id) if delegate else "",
    )


def test_tiers_standing_leaves_out_who_is_away_until_it_would_have_expired(waiting: World) -> None:
    # 56 working hours: seven days of work, so nine days at least.
    be_away(waiting.director, 60)
    assert lacking(waiting)["director"] == {"director": 1}
    assert hindered(waiting, "director") == {"Dana": "away"}
    dora = waiting.person("dora", "director")
    be_away(dora, 3)
    # Back in time, somebody is there; who is not hindering anything is not named.
    assert lacking(waiting)["director"] == {}
    assert hindered(waiting, "director") == {}


def test_tiers_standing_counts_a_delegate_once_and_as_themselves(waiting: World) -> None:
    members = [waiting.person(name, "cab_member") for name in ("carl", "cora", "chris")]
    assert lacking(waiting)["cab"] == {}
    be_away(members[0], 60, members[2])
    assert lacking(waiting)["cab"] == {}
    be_away(members[1], 60, members[2])
    assert lacking(waiting)["cab"] == {"cab_member": 1}
    # A delegate who takes part is no more there than anybody else who does.
    assert lacking(waiting, str(members[2].person_id))["cab"] == {"cab_member": 2}
    assert hindered(waiting, "cab", str(members[2].person_id)) == {
        "Carl": "away",
        "Cora": "away",
        "Chris": "takes_part",
    }


def test_tiers_standing_leaves_out_who_has_no_passkey_where_one_is_asked_for(waiting: World) -> None:
    from countersign.workflow.commands import project_configure
    from tests.workflow.test_passkeys import enrolled

    project_configure(actor=waiting.operator, project="sample", settings={"passkey": "cab"})
    for name in ("carl", "cora"):
        waiting.person(name, "cab_member")
    assert lacking(waiting) == {"cab": {"cab_member": 2}, "director": {}}
    with CaptureQueriesContext(connection) as queries:
        lacking(waiting)
    # However many tiers there are, who holds which role is read once.
    assert sum('FROM "accounts_roleassignment"' in query["sql"] for query in queries) == 1
    assert hindered(waiting, "cab") == {"Carl": "no_passkey", "Cora": "no_passkey"}
    project_configure(actor=waiting.operator, project="sample", settings={"passkey": "all"})
    assert hindered(waiting, "director") == {"Dana": "no_passkey"}
    enrolled(waiting)
    assert lacking(waiting)["director"] == {}


def test_tiers_standing_where_no_passkey_can_belong_says_so(
    waiting: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from countersign.workflow.commands import project_configure
    from countersign.workflow.quorums import QuorumImpossible, quorum_require

    project_configure(actor=waiting.operator, project="sample", settings={"passkey": "all"})
    elsewhere = replace(environment(), base_url="http://192.0.2.1", rp_id="")
    monkeypatch.setattr("countersign.shared.passkey_party.environment", lambda: elsewhere)
    with pytest.raises(QuorumImpossible, match="served at an address that none can belong to"):
        quorum_require(waiting.project, {})


def test_tiers_standing_names_who_shares_a_key_with_a_participant(waiting: World) -> None:
    from tests.passkeys import Passkey
    from tests.unit.accounts.test_keys import logs_in_with

    passkey = Passkey()
    logs_in_with(waiting.operator, passkey)
    logs_in_with(waiting.director, Passkey(passkey.private))
    assert hindered(waiting, "director", str(waiting.operator.person_id)) == {"Dana": "same_key"}
    assert lacking(waiting, str(waiting.operator.person_id))["director"] == {"director": 1}


def test_tiers_standing_leaves_out_who_shares_a_key_with_somebody_who_is_away(waiting: World) -> None:
    from tests.passkeys import Passkey
    from tests.unit.accounts.test_keys import logs_in_with

    passkey, dora = Passkey(), waiting.person("dora", "director")
    logs_in_with(waiting.director, passkey)
    logs_in_with(dora, Passkey(passkey.private))
    assert lacking(waiting)["director"] == {}
    be_away(dora, 60)
    assert lacking(waiting)["director"] == {"director": 1}
    assert hindered(waiting, "director") == {"Dana": "same_key", "Dora": "away"}


@pytest.mark.parametrize(("kind", "how"), [("person", "starts it"), ("agent", "acts for")])
def test_run_begin_names_who_would_take_part(waiting: World, kind: ActorKind, how: str) -> None:
    from countersign.workflow.commands import run_begin
    from countersign.workflow.quorums import QuorumImpossible
    from tests.workflow.world import drive

    waiting.ask_changes(waiting.request("F401"))
    drive()
    dora = waiting.person("dora", "director")
    actor = replace(waiting.operator, kind=kind, minted_by=dora.person_id)
    with pytest.raises(QuorumImpossible) as refused:
        run_begin(actor=actor, work_item_id=waiting.item("F401").id)
    assert "Dana (director) asked for changes that it makes" in refused.value.message
    assert "Dora (director) made the token that starts it" in refused.value.message
    both = replace(dora, kind=kind, roles=frozenset({"operator"}))
    with pytest.raises(QuorumImpossible, match=rf"Dora \(director\) .*{how}"):
        run_begin(actor=both, work_item_id=waiting.item("F401").id)
