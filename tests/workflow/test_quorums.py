"""Before a run spends anything: whether enough people are left who could decide on what comes of it."""

from __future__ import annotations

import pytest

from tests.workflow.world import PLATFORM, World

CAB_OF_ONE = {"cab": {"cab_member": 1}, "director": {"director": 1}}


def lacking(world: World, *excluded: str) -> dict[str, dict[str, int]]:
    from countersign.workflow.quorums import tiers_standing

    return {
        standing.tier: {seat.role: seat.missing for seat in standing.seats if seat.missing}
        for standing in tiers_standing(world.project, excluded)
    }


def test_quorum_require_warns_of_the_cab_and_refuses_without_the_standard_tier(waiting: World) -> None:
    from countersign.workflow.quorums import QuorumImpossible, quorum_require

    director = str(waiting.director.person_id)
    [warning] = quorum_require(waiting.project, ())
    assert "the tier of the CAB" in warning
    assert "Give the role cab_member to 2 more first" in warning
    with pytest.raises(QuorumImpossible) as refused:
        quorum_require(waiting.project, {director})
    assert refused.value.data["missing"] == [{"role": "director", "required": 1, "eligible": 0, "missing": 1}]
    assert "Give the role director to 1 more first" in refused.value.message


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
