"""Who must decide, offline: what the log says of it, and packs that ask for less."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countersign_verify.quorum_policy import (
    BUILT_IN,
    DECIDERS,
    MOST,
    quorum_lacks,
    tiers_read,
    tiers_weaker,
)
from countersign_verify.trust import Accounts
from tests.unit.countersign_verify.samples import Edit, nothing, pack_plan, refused, trust, trust_bytes
from tests.unit.countersign_verify.worlds import Case, World, failed, person_actor, verify

ADMIN, OTHER, DECIDER = "person-admin", "person-other-admin", "person-director"
STRICTER = {"cab": {"cab_member": 2}, "director": {"director": 2}}
WEAKER = {"cab": {"cab_member": 1}, "director": {"director": 1}}
CAB = {"tier": "cab", "quorum": [{"role": "cab_member", "count": 2}], "reasons": [], "blocked": False}
ONE_OF_CAB = {**CAB, "quorum": [{"role": "cab_member", "count": 1}]}
TWO = {"tier": "director", "quorum": [{"role": "director", "count": 2}], "reasons": [], "blocked": False}


def at(minute: int) -> dict[str, Any]:
    return {"time": f"2026-02-01T{minute // 60:02d}:{minute % 60:02d}:00.000000Z"}


class Policies:
    """A log with people, policies and one pack."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.world = case.world = World()
        self.settings: dict[str, Any] = {
            "accounts": Accounts(frozenset({ADMIN, OTHER}), operator_grants=False)
        }
        self.grant(DECIDER, "director")

    def grant(self, person: str, role: str) -> None:
        self.world.log("role.granted", ("person", person), {"role": role}, actor=person_actor(ADMIN))

    def say(
        self,
        kind: str,
        tiers: Mapping[str, Any] | None,
        by: str | None,
        *,
        policy: str = "p1",
        project: str = "sample",
        minute: int = 0,
        unattended: bool = False,
    ) -> None:
        actor = {"actor": person_actor(by, unattended=unattended)} if by else {}
        data = {"policy_id": policy, "project": project, "tiers": tiers}
        self.world.log(f"quorum_policy.{kind}", ("quorum_policy", "x"), data, **actor, **at(minute))

    def set(self, tiers: Mapping[str, Any] | None, by: str | None = ADMIN, **where: Any) -> None:  # noqa: ANN401
        self.say("set", tiers, by, **where)

    def weaken(self, tiers: Mapping[str, Any] | None = WEAKER, *, by: str = DECIDER, **where: Any) -> None:  # noqa: ANN401
        self.say("proposed", tiers, ADMIN, **where)
        self.set(tiers, by, **where)

    def pack(self, policy: Mapping[str, Any], *, minute: int = 60, edit: Edit = nothing) -> None:
        plan = pack_plan(
            policy=dict(policy), effect=1000 if policy["tier"] == "cab" else 300, edit_subject=edit
        )
        self.world.pack(plan, self.case.directory)
        for place in (-2, -1):  # the run's beginning and its pack
            self.world.entries[place] = self.world.entries[place].replace(
                b'"time":"2026-02-01T00:00',
                f'"time":"2026-02-01T{minute // 60:02d}:{minute % 60:02d}'.encode(),
            )

    def refusal(self) -> str:
        self.world.trust_copy = trust_bytes(**self.settings)
        found = failed(verify(self.world.write(self.case.directory / "export"), trust(**self.settings)))
        assert found.keys() <= {"quorums"}
        return found.get("quorums", "")


@pytest.fixture
def log(case: Case) -> Policies:
    return Policies(case)


@pytest.mark.parametrize("policy", [CAB, TWO, {**TWO, "quorum": [{"role": "director", "count": 1}]}])
def test_pack_that_asks_for_what_is_built_in_or_more_holds(log: Policies, policy: Mapping[str, Any]) -> None:
    log.pack(policy)
    assert log.refusal() == ""


def test_pack_that_asks_for_less_than_is_built_in_is_named(log: Policies) -> None:
    log.pack(ONE_OF_CAB)
    assert "lacks 1 x cab_member" in log.refusal()


def test_pack_of_the_table_that_a_superuser_edited_is_named(log: Policies) -> None:
    log.set(STRICTER)
    log.pack({**TWO, "quorum": [{"role": "director", "count": 1}]})
    assert "lacks 1 x director" in log.refusal()


def test_pack_of_an_unknown_tier_is_named(log: Policies) -> None:
    log.pack({**TWO, "tier": "nobody"})
    assert "no tier" in log.refusal()


def test_weaker_policy_of_two_people_holds(log: Policies) -> None:
    log.weaken()
    log.pack(ONE_OF_CAB)
    assert log.refusal() == ""


def test_weaker_policy_of_another_project_does_not_help(log: Policies) -> None:
    log.weaken(project="elsewhere")
    log.pack(ONE_OF_CAB)
    assert "lacks" in log.refusal()


def test_policy_of_the_platform_holds_where_a_project_has_none(log: Policies) -> None:
    log.set(STRICTER, project="")
    log.pack({**TWO, "quorum": [{"role": "director", "count": 1}]})
    assert "lacks" in log.refusal()


def test_policy_of_the_project_holds_before_that_of_the_platform(log: Policies) -> None:
    log.set(STRICTER, project="", policy="p0")
    log.weaken(project="sample")
    log.pack(ONE_OF_CAB)
    assert log.refusal() == ""


def test_project_that_goes_back_to_a_weaker_platform_takes_two(log: Policies) -> None:
    log.set(STRICTER)
    log.set(None, policy="p2")
    assert "takes two people" in log.refusal()


def test_project_that_goes_back_to_the_platform_follows_it(log: Policies) -> None:
    log.set(STRICTER)
    log.weaken(None, policy="p2", minute=1)
    log.pack({**TWO, "quorum": [{"role": "director", "count": 1}]})
    assert log.refusal() == ""


def test_pack_may_follow_for_ten_minutes_what_held_before(log: Policies) -> None:
    log.set(STRICTER, minute=51)
    log.pack({**TWO, "quorum": [{"role": "director", "count": 1}]}, minute=60)
    assert log.refusal() == ""


def test_pack_may_not_follow_for_longer_what_held_before(log: Policies) -> None:
    log.set(STRICTER, minute=49)
    log.pack({**TWO, "quorum": [{"role": "director", "count": 1}]}, minute=60)
    assert "lacks" in log.refusal()


def test_trial_is_exempt(log: Policies) -> None:
    log.world.log("trial.begun", ("project", "x"), {"project": "sample"})
    log.pack(
        {**ONE_OF_CAB, "quorum": [{"role": "director", "count": 1}]},
        edit=lambda subject: subject.update(trial={"approval": "self-approved", "branch": "trial/main"}),
    )
    assert log.refusal() == ""


def test_weaker_policy_of_one_person_is_refused(log: Policies) -> None:
    log.grant(ADMIN, "director")
    log.weaken(by=ADMIN)
    assert "takes two people" in log.refusal()


def test_weaker_policy_that_nobody_proposed_is_refused(log: Policies) -> None:
    log.set(WEAKER)
    assert "takes two people" in log.refusal()


def test_weaker_policy_that_another_administrator_confirmed_is_refused(log: Policies) -> None:
    log.weaken(by=OTHER)
    assert "without the role" in log.refusal()


def test_stricter_policy_of_somebody_without_the_role_is_refused(log: Policies) -> None:
    log.set(STRICTER, DECIDER)
    assert "without the role" in log.refusal()


def test_proposal_of_somebody_without_the_role_is_refused(log: Policies) -> None:
    log.say("proposed", WEAKER, "nobody")
    log.set(WEAKER, DECIDER)
    assert "without the role" in log.refusal()


@pytest.mark.parametrize("by", [None, "unattended"])
def test_policy_that_no_person_set_is_refused(log: Policies, by: str | None) -> None:
    log.set(STRICTER, ADMIN if by else None, unattended=by is not None)
    assert "not set by people" in log.refusal()


def test_policy_other_than_was_proposed_is_refused(log: Policies) -> None:
    log.say("proposed", {**WEAKER, "director": {"cab_member": 1}}, ADMIN)
    log.set(WEAKER, DECIDER)
    assert "another than was proposed" in log.refusal()


def test_policy_that_was_confirmed_for_another_project_is_refused(log: Policies) -> None:
    log.say("proposed", WEAKER, ADMIN, project="elsewhere")
    log.set(WEAKER, DECIDER)
    assert "another than was proposed" in log.refusal()


def test_old_policy_set_again_is_refused(log: Policies) -> None:
    log.weaken()
    log.set(STRICTER, policy="p2")
    log.set(WEAKER, DECIDER)
    assert "set twice" in log.refusal()


def test_proposal_that_weakens_no_more_may_be_confirmed_by_anybody_of_the_two_kinds(log: Policies) -> None:
    log.say("proposed", STRICTER, ADMIN)
    log.set(STRICTER, OTHER)
    assert log.refusal() == ""


def test_platform_follows_nobody(log: Policies) -> None:
    log.set(None, project="")
    assert "says for each tier" in log.refusal()


def test_roles_rest_on_the_key_where_the_trust_file_leaves_them_there(log: Policies) -> None:
    log.settings = {}
    log.weaken(by="anybody")
    log.pack(ONE_OF_CAB)
    assert log.refusal() == ""


@pytest.mark.parametrize(
    ("tiers", "code"),
    [
        (None, "quorum.shape"),
        ({"cab": {"cab_member": 2}}, "field.missing"),
        ({**BUILT_IN, "more": {"director": 1}}, "field.unknown"),
        ({**BUILT_IN, "director": {}}, "quorum.empty"),
        ({**BUILT_IN, "cab": {"director": 5}}, "quorum.cab"),
        ({**BUILT_IN, "director": {"operator": 1}}, "quorum.role"),
        ({**BUILT_IN, "director": {"director": 0}}, "quorum.count"),
        ({**BUILT_IN, "director": {"director": MOST + 1}}, "quorum.count"),
        ({**BUILT_IN, "director": {"director": True}}, "quorum.count"),
        ({**BUILT_IN, "director": {"director": "1"}}, "quorum.count"),
    ],
)
def test_tiers_read_refuses(tiers: Any, code: str) -> None:  # noqa: ANN401 - JSON
    with refused(code):
        tiers_read(tiers)


def test_quorum_lacks_adds_parts_of_one_role_up() -> None:
    assert quorum_lacks([("director", 1), ("director", 1)], {"director": 2, "cab_member": 1}) == {
        "cab_member": 1
    }


_parts = st.dictionaries(st.sampled_from(sorted(DECIDERS)), st.integers(1, MOST), min_size=1)
_tiers = st.builds(
    lambda cab, members, director: {"cab": {**cab, "cab_member": members}, "director": director},
    _parts,
    st.integers(1, MOST),
    _parts,
)


@given(_tiers, _tiers)
def test_tiers_weaker_is_an_order(first: Any, second: Any) -> None:  # noqa: ANN401 - JSON
    assert tiers_read(first) == first
    assert tiers_weaker(first, first) == ()
    if not tiers_weaker(first, second) and not tiers_weaker(second, first):
        assert first == second
