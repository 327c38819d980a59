"""Who must decide, as data: more at once, less by two people, nothing that the log does not tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, transaction

from countersign.audit.selectors import event_list
from countersign.governance import quorum_policies
from countersign.governance.errors import (
    QuorumPolicyInvalid,
    QuorumPolicyMoved,
    QuorumPolicyNotFound,
    QuorumPolicyPersons,
    QuorumPolicyUnlogged,
)
from countersign.governance.models import QuorumPolicy
from countersign.governance.policy import policy_decide
from countersign.governance.quorum_policies import (
    quorum_policy_confirm,
    quorum_policy_propose,
    quorum_policy_withdraw,
)
from countersign.governance.quorums import QuorumPolicyData, policy_list, quorum_in_force
from countersign.projects.errors import ProjectNotFound
from countersign.shared.actor import Actor, service_actor
from countersign.shared.errors import PermissionDenied
from countersign_verify.quorum_policy import BUILT_IN
from tests.unit.audit.roles import sequence_all
from tests.unit.runs.samples import person, project_make

SYSTEM = service_actor("test")
STRICTER = {"cab": {"cab_member": 2}, "director": {"director": 2}}
WEAKER = {"cab": {"cab_member": 1}, "director": {"director": 1}}


@pytest.fixture
def project(db: None) -> str:
    return project_make(SYSTEM)


@pytest.fixture
def admin() -> Actor:
    return person("admin")


@pytest.fixture
def decider() -> Actor:
    return person("cab_member")


def propose(
    actor: Actor, tiers: Mapping[str, Any] | None, project: str = "", reason: str = "four eyes"
) -> QuorumPolicyData:
    return quorum_policy_propose(actor=actor, tiers=tiers, reason=reason, project=project)


def events(scope: str = "platform") -> list[str]:
    return [event.type for event in event_list(actor=SYSTEM, subject=("quorum_policy", scope))][::-1]


def test_quorum_in_force_is_what_is_built_in_where_nothing_was_set(project: str) -> None:
    found = quorum_in_force(project_id=project)
    assert (found.tiers, found.version, found.own, found.waiting) == (BUILT_IN, 0, False, False)


def test_quorum_policy_propose_sets_at_once_what_asks_for_more(project: str, admin: Actor) -> None:
    policy = propose(admin, STRICTER, project)
    assert (policy.state, policy.version, policy.proposed_by) == ("set", 1, admin.person_id)
    found = quorum_in_force(project_id=project)
    assert (found.tiers, found.version, found.own) == (STRICTER, 1, True)
    assert events(project) == ["quorum_policy.set"]
    assert quorum_in_force(project_id="").tiers == BUILT_IN


def test_quorum_policy_propose_lets_what_asks_for_less_wait(project: str, admin: Actor) -> None:
    policy = propose(admin, WEAKER, project)
    assert (policy.state, policy.version, policy.checkpointed) == ("proposed", None, False)
    assert quorum_in_force(project_id=project).tiers == BUILT_IN
    assert events(project) == ["quorum_policy.proposed"]


def test_quorum_policy_confirm_waits_for_its_checkpoint(committed_db: None) -> None:
    project, admin, decider = project_make(SYSTEM), person("admin"), person("director")
    policy = quorum_policy_confirm(actor=decider, policy_id=propose(admin, WEAKER, project).id)
    assert (policy.state, policy.version, policy.decided_by) == ("set", 1, decider.person_id)
    before = quorum_in_force(project_id=project)
    assert (before.tiers, before.waiting) == (BUILT_IN, True)
    sequence_all()
    after = quorum_in_force(project_id=project)
    assert (after.tiers, after.waiting, after.version) == (WEAKER, False, 1)
    assert policy_list(actor=admin, project_id=project)[0].checkpointed


def test_quorum_in_force_asks_for_all_of_several_that_no_checkpoint_covers(
    project: str, admin: Actor
) -> None:
    propose(admin, STRICTER, project)
    swapped = {"cab": {"cab_member": 1, "director": 1}, "director": {"security_reviewer": 1}}
    quorum_policy_confirm(actor=person("director"), policy_id=propose(admin, swapped, project).id)
    found = quorum_in_force(project_id=project)
    assert found.tiers == {
        "cab": {"cab_member": 2, "director": 1},
        "director": {"director": 2, "security_reviewer": 1},
    }
    assert found.waiting


def test_quorum_in_force_of_a_project_follows_the_platform(project: str, admin: Actor) -> None:
    propose(admin, STRICTER)
    found = quorum_in_force(project_id=project)
    assert (found.tiers, found.version, found.own) == (STRICTER, 1, False)


def test_quorum_policy_propose_lets_a_project_go_back_to_the_platform(
    project: str, admin: Actor, decider: Actor
) -> None:
    propose(admin, STRICTER, project)
    back = propose(admin, None, project)
    assert back.state == "proposed"
    assert quorum_policy_confirm(actor=decider, policy_id=back.id).tiers is None
    assert not quorum_in_force(project_id=project).own


def test_quorum_policy_propose_goes_back_at_once_where_the_platform_asks_for_more(
    project: str, admin: Actor
) -> None:
    propose(admin, STRICTER, project)
    propose(admin, {"cab": {"cab_member": 3}, "director": {"director": 3}})
    assert propose(admin, None, project).state == "set"
    assert quorum_in_force(project_id=project).tiers["director"] == {"director": 3}


def test_quorum_policy_of_the_project_may_be_that_of_the_platform(project: str, admin: Actor) -> None:
    assert propose(admin, dict(BUILT_IN), project).state == "set"
    assert quorum_in_force(project_id=project).own


@pytest.mark.parametrize("score", [50, 51])
def test_quorum_policy_moves_no_tier(project: str, admin: Actor, score: int) -> None:
    stricter = {"cab": {"cab_member": 2}, "director": {"director": 3, "cab_member": 2}}
    propose(admin, stricter, project)
    decided = policy_decide(score, (), (), tiers=quorum_in_force(project_id=project).tiers)
    assert decided.tier == ("cab" if score == 51 else "director")
    asked = {part.role: part.count for part in decided.quorum}
    assert asked == stricter[decided.tier]


@pytest.mark.parametrize(
    "tiers",
    [
        None,
        {},
        {"cab": {"director": 9}, "director": {"director": 1}},
        {"cab": {"cab_member": 2}, "director": {}},
        {"cab": {"cab_member": 0}, "director": {"director": 1}},
        {"cab": {"cab_member": 2}, "director": {"operator": 1}},
    ],
)
def test_quorum_policy_propose_refuses_what_is_no_policy(db: None, admin: Actor, tiers: Any) -> None:  # noqa: ANN401 - JSON
    with pytest.raises(QuorumPolicyInvalid):
        propose(admin, tiers)
    assert policy_list(actor=admin) == ()


@pytest.mark.parametrize("reason", ["", "  ", "x" * 4_001])
def test_quorum_policy_propose_refuses_without_a_reason(db: None, admin: Actor, reason: str) -> None:
    with pytest.raises(QuorumPolicyInvalid):
        propose(admin, STRICTER, reason=reason)


def test_quorum_policy_propose_refuses_what_changes_nothing(project: str, admin: Actor) -> None:
    with pytest.raises(QuorumPolicyMoved):
        propose(admin, dict(BUILT_IN))
    with pytest.raises(QuorumPolicyMoved):
        propose(admin, None, project)
    propose(admin, STRICTER, project)
    with pytest.raises(QuorumPolicyMoved):
        propose(admin, STRICTER, project)


def test_quorum_policy_propose_refuses_a_second_proposal(db: None, admin: Actor) -> None:
    propose(admin, WEAKER)
    with pytest.raises(QuorumPolicyMoved):
        propose(person("admin"), WEAKER)


def test_quorum_policy_propose_refuses_an_unknown_project(db: None, admin: Actor) -> None:
    with pytest.raises(ProjectNotFound):
        propose(admin, STRICTER, "nowhere")


@pytest.mark.parametrize("role", ["director", "cab_member", "security_reviewer", "operator", "auditor", "ci"])
def test_quorum_policy_propose_refuses_who_is_no_administrator(db: None, role: str) -> None:
    with pytest.raises(PermissionDenied):
        propose(person(role), STRICTER)


@pytest.mark.parametrize(
    "changes", [{"minted_by": "11111111-1111-4111-8111-111111111111"}, {"unattended": True}]
)
def test_quorum_policy_services_refuse_what_no_person_does(
    db: None, admin: Actor, changes: dict[str, Any]
) -> None:
    policy = propose(admin, WEAKER)
    with pytest.raises(QuorumPolicyPersons):
        propose(replace(admin, **changes), STRICTER)
    for service in (quorum_policy_confirm, quorum_policy_withdraw):
        with pytest.raises(QuorumPolicyPersons):
            service(actor=person("director", **changes), policy_id=policy.id)
    with pytest.raises(QuorumPolicyPersons):
        propose(SYSTEM, STRICTER)


def test_quorum_policy_confirm_refuses_its_author(db: None) -> None:
    both = person("admin", "director")
    policy = propose(both, WEAKER)
    with pytest.raises(QuorumPolicyPersons):
        quorum_policy_confirm(actor=both, policy_id=policy.id)


def test_quorum_policy_confirm_refuses_a_second_account_of_its_author(db: None) -> None:
    admin = person("admin", "director")
    policy = propose(admin, WEAKER)
    with pytest.raises(QuorumPolicyPersons):
        quorum_policy_confirm(actor=person("director", person_id=admin.person_id), policy_id=policy.id)


def test_quorum_policy_confirm_refuses_another_administrator(db: None, admin: Actor) -> None:
    policy = propose(admin, WEAKER)
    with pytest.raises(PermissionDenied):
        quorum_policy_confirm(actor=person("admin"), policy_id=policy.id)


def test_quorum_policy_confirm_refuses_twice(db: None, admin: Actor, decider: Actor) -> None:
    policy = propose(admin, WEAKER)
    quorum_policy_confirm(actor=decider, policy_id=policy.id)
    with pytest.raises(QuorumPolicyMoved):
        quorum_policy_confirm(actor=person("director"), policy_id=policy.id)


def test_quorum_policy_confirm_refuses_what_was_written_against_an_older_version(
    db: None, admin: Actor, decider: Actor
) -> None:
    policy = propose(admin, WEAKER)
    propose(person("admin"), STRICTER)
    with pytest.raises(QuorumPolicyMoved):
        quorum_policy_confirm(actor=decider, policy_id=policy.id)
    assert quorum_in_force(project_id="").tiers == STRICTER
    # The way back: it is withdrawn, and another proposal has room.
    quorum_policy_withdraw(actor=admin, policy_id=policy.id)
    assert propose(admin, WEAKER).replaces == 1


@pytest.mark.parametrize("policy_id", ["nothing", "11111111-1111-4111-8111-111111111111"])
def test_quorum_policy_confirm_and_withdraw_refuse_what_is_not_there(
    db: None, decider: Actor, policy_id: str
) -> None:
    for service in (quorum_policy_confirm, quorum_policy_withdraw):
        with pytest.raises(QuorumPolicyNotFound):
            service(actor=decider, policy_id=policy_id)


def test_quorum_policy_withdraw_ends_a_proposal(db: None, admin: Actor, decider: Actor) -> None:
    policy = propose(admin, WEAKER)
    ended = quorum_policy_withdraw(actor=decider, policy_id=policy.id)
    assert (ended.state, ended.decided_by) == ("withdrawn", decider.person_id)
    assert events() == ["quorum_policy.proposed", "quorum_policy.withdrawn"]
    with pytest.raises(QuorumPolicyMoved):
        quorum_policy_withdraw(actor=admin, policy_id=policy.id)
    with pytest.raises(PermissionDenied):
        quorum_policy_withdraw(actor=person("operator"), policy_id=policy.id)


def test_policy_list_tells_of_each_scope(project: str, admin: Actor) -> None:
    platform, own = propose(admin, STRICTER), propose(admin, STRICTER, project)
    assert {item.id for item in policy_list(actor=admin)} == {platform.id, own.id}
    assert [item.id for item in policy_list(actor=admin, platform=True)] == [platform.id]
    assert [item.project_id for item in policy_list(actor=admin, project_id=project)] == [project]
    with pytest.raises(PermissionDenied):
        policy_list(actor=person("agent"))


EDITS = {
    "edited": "UPDATE governance_quorumpolicy SET tiers = jsonb_set(tiers, '{director,director}', '1')",
    "dropped": "DELETE FROM governance_quorumpolicy",
    "another event": "UPDATE governance_quorumpolicy SET event_id = gen_random_uuid()",
    "set without a word": "UPDATE governance_quorumpolicy SET version = 7, replaces = 6",
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_quorum_in_force_refuses_a_table_that_a_superuser_edited(
    committed_db: None, superuser_dsn: str, edit: str
) -> None:
    project = project_make(SYSTEM)
    propose(person("admin"), STRICTER, project)
    with psycopg.connect(superuser_dsn, autocommit=True) as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute(edit)
    with pytest.raises(QuorumPolicyUnlogged):
        quorum_in_force(project_id=project)
    with pytest.raises(QuorumPolicyUnlogged):
        propose(person("admin"), {"cab": {"cab_member": 3}, "director": {"director": 3}}, project)


def test_quorum_policy_that_is_set_is_never_changed(db: None, admin: Actor) -> None:
    policy = propose(admin, STRICTER)
    rows = QuorumPolicy.objects.filter(pk=policy.id)
    for change in (partial(rows.update, tiers=WEAKER), partial(rows.update, state="proposed"), rows.delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


@pytest.mark.parametrize("waiting", [True, False])
def test_quorum_policy_that_another_overtook_is_refused(
    db: None, admin: Actor, decider: Actor, monkeypatch: pytest.MonkeyPatch, waiting: bool
) -> None:
    policy = propose(admin, WEAKER)
    propose(admin, STRICTER)
    # As a transaction reads that began before the other one ended.
    monkeypatch.setattr(quorum_policies, "quorum_latest", lambda _project: (BUILT_IN, 0))
    confirm = partial(quorum_policy_confirm, actor=decider, policy_id=policy.id)
    with pytest.raises(QuorumPolicyMoved, match="at the same moment"):
        confirm() if waiting else propose(admin, STRICTER)


def test_quorum_policy_that_waits_is_not_rewritten(db: None, admin: Actor) -> None:
    policy = propose(admin, WEAKER)
    with pytest.raises(DatabaseError), transaction.atomic():
        QuorumPolicy.objects.filter(pk=policy.id).update(proposed_by="11111111-1111-4111-8111-111111111111")
    with pytest.raises(IntegrityError), transaction.atomic():
        QuorumPolicy.objects.filter(pk=policy.id).update(state="set")
