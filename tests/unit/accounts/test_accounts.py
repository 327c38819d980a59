"""Persons, users, roles, tokens and one-time logins; each change with its event."""

from __future__ import annotations

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections

from countersign.accounts.contracts import UserData
from countersign.accounts.errors import (
    CredentialRefused,
    EmailTaken,
    RolesExclude,
    RoleUnknown,
    UserNotFound,
)
from countersign.accounts.models import ApiToken, OneTimeLogin, Person, Role, RoleAssignment, User
from countersign.accounts.policies import PERMISSIONS, ROLES, SEPARATION, may, require
from countersign.accounts.selectors import (
    actor_of_user,
    person_names,
    persons_with_role,
    roles_of,
    separation_told,
    token_authenticate,
    user_by_email,
    user_get,
)
from countersign.accounts.services import (
    login_record,
    login_refusal_record,
    logout_record,
    one_time_login_issue,
    one_time_login_redeem,
    role_grant,
    role_revoke,
    roles_sync,
    secret_digest,
    token_issue,
    token_revoke,
    user_create,
    user_deactivate,
)
from countersign.audit.models import AuditEvent
from countersign.audit.selectors import event_list
from countersign.shared.actor import Actor, service_actor
from countersign.shared.clock import now
from countersign.shared.errors import PermissionDenied

SETUP = service_actor("setup")
DAY = timedelta(days=1)


def newest_event() -> str:
    return event_list(actor=SETUP)[0].type


@pytest.fixture
def alice(db: None) -> UserData:
    roles_sync(actor=SETUP)
    user = user_create(actor=SETUP, email="alice@example.org", name="Alice")
    role_grant(actor=SETUP, person_id=user.person_id, role="director")
    return user_get(actor=SETUP, user_id=user.id)


def test_roles_sync_defines_every_role_once(db: None) -> None:
    assert roles_sync(actor=SETUP) == len(ROLES)
    assert roles_sync(actor=SETUP) == 0
    Role.objects.filter(code="admin").update(title="Boss")
    assert roles_sync(actor=SETUP) == 1
    assert newest_event() == "role.defined"
    assert set(Role.objects.values_list("code", flat=True)) == set(ROLES)


def test_user_create_makes_user_and_person(alice: UserData) -> None:
    assert (alice.email, alice.name, alice.roles) == ("alice@example.org", "Alice", frozenset({"director"}))
    user = User.objects.get()
    assert str(user) == "alice@example.org"
    assert str(user.person) == "Alice"


def test_user_create_keeps_a_password_by_hash_only(db: None) -> None:
    user_create(actor=SETUP, email="pw@example.org", name="P", password="a long password")
    user = User.objects.get()
    assert user.check_password("a long password")
    assert "a long password" not in user.password


def test_user_create_for_a_known_person_counts_as_the_same_person(alice: UserData) -> None:
    second = user_create(actor=SETUP, email="a2@example.org", name="ignored", person_id=alice.person_id)
    assert second.person_id == alice.person_id
    assert second.roles == alice.roles
    assert Person.objects.count() == 1
    assert not User.objects.get(pk=second.id).has_usable_password()


def test_user_create_refuses_an_address_that_is_taken(alice: UserData) -> None:
    with pytest.raises(EmailTaken):
        user_create(actor=SETUP, email="ALICE@example.org", name="Other")
    assert Person.objects.count() == 1


def test_user_create_from_two_sides_makes_one(committed_db: None) -> None:
    def side(_number: int) -> bool:
        try:
            user_create(actor=SETUP, email="one@example.org", name="One")
        except EmailTaken:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(side, range(4))) == [False, False, False, True]
    assert (User.objects.count(), Person.objects.count()) == (1, 1)


def test_user_create_for_nobody_is_refused(db: None) -> None:
    with pytest.raises(UserNotFound):
        user_create(actor=SETUP, email="a@example.org", name="A", person_id=str(uuid.uuid4()))


def test_user_deactivate_ends_tokens_and_logins(alice: UserData) -> None:
    token = token_issue(actor=SETUP, user_id=alice.id, label="t", valid=DAY)
    login = one_time_login_issue(actor=SETUP, user_id=alice.id)
    user_deactivate(actor=SETUP, user_id=alice.id)
    assert newest_event() == "user.deactivated"
    with pytest.raises(CredentialRefused):
        token_authenticate(token.secret)
    with pytest.raises(CredentialRefused):
        one_time_login_redeem(actor=SETUP, secret=login.secret)
    with pytest.raises(UserNotFound):
        user_deactivate(actor=SETUP, user_id=alice.id)
    with pytest.raises(UserNotFound):
        one_time_login_issue(actor=SETUP, user_id=alice.id)
    with pytest.raises(UserNotFound):
        token_issue(actor=SETUP, user_id=alice.id, label="t", valid=DAY)


def test_role_grant_twice_is_one_grant_and_one_event(alice: UserData) -> None:
    before = AuditEvent.objects.count()
    role_grant(actor=SETUP, person_id=alice.person_id, role="director")
    assert AuditEvent.objects.count() == before
    role_grant(actor=SETUP, person_id=alice.person_id, role="admin")
    assert newest_event() == "role.granted"
    assert roles_of(alice.person_id) == {"director", "admin"}
    assert str(RoleAssignment.objects.get(role_id="admin")) == f"{alice.person_id} is admin"
    assert str(Role.objects.get(code="admin")) == "admin"


def test_role_grant_of_nothing_or_to_nobody_is_refused(alice: UserData) -> None:
    with pytest.raises(RoleUnknown, match="known are"):
        role_grant(actor=SETUP, person_id=alice.person_id, role="king")
    with pytest.raises(UserNotFound):
        role_grant(actor=SETUP, person_id=str(uuid.uuid4()), role="admin")


@pytest.mark.parametrize(
    ("role", "other"), [(role, other) for role in SEPARATION for other in sorted(SEPARATION[role][0])]
)
def test_role_grant_of_what_excludes_a_held_role_is_refused_both_ways(
    alice: UserData, role: str, other: str
) -> None:
    role_revoke(actor=SETUP, person_id=alice.person_id, role="director")
    for held, asked in ((role, other), (other, role)):
        role_grant(actor=SETUP, person_id=alice.person_id, role=held)
        with pytest.raises(RolesExclude, match="nobody is both"):
            role_grant(actor=SETUP, person_id=alice.person_id, role=asked)
        assert roles_of(alice.person_id) == {held}
        role_revoke(actor=SETUP, person_id=alice.person_id, role=held)


def test_two_grants_at_once_give_one_of_two_roles_that_exclude_one_another(committed_db: None) -> None:
    roles_sync(actor=SETUP)
    user = user_create(actor=SETUP, email="alice@example.org", name="Alice")
    ready = threading.Barrier(2)

    def grant(role: str) -> str:
        try:
            ready.wait(30)
            role_grant(actor=SETUP, person_id=user.person_id, role=role)
        except RolesExclude:
            return ""
        finally:
            connections.close_all()
        return role

    with ThreadPoolExecutor(2) as pool:
        for _ in range(5):
            granted = set(pool.map(grant, ["auditor", "director"]))
            assert "" in granted
            assert roles_of(user.person_id) == granted - {""}
            role_revoke(actor=SETUP, person_id=user.person_id, role=max(granted))


def test_roles_that_exclude_one_another_from_before_are_told(alice: UserData) -> None:
    assert separation_told() == []
    RoleAssignment.objects.create(person_id=alice.person_id, role_id="auditor")
    assert separation_told() == [f"{alice.person_id} is both auditor and director"]


def test_role_revoke_takes_effect_at_once(alice: UserData) -> None:
    token = token_issue(actor=SETUP, user_id=alice.id, label="t", valid=DAY)
    role_revoke(actor=SETUP, person_id=alice.person_id, role="director")
    assert newest_event() == "role.revoked"
    assert token_authenticate(token.secret)[1].roles == frozenset()
    with pytest.raises(RoleUnknown):
        role_revoke(actor=SETUP, person_id=alice.person_id, role="director")


def test_token_is_stored_by_digest_and_names_who_minted_it(alice: UserData) -> None:
    minter = Actor(
        kind="person", id="x", label="Admin", person_id=str(Person.objects.create(name="Admin").pk)
    )
    issued = token_issue(actor=minter, user_id=alice.id, label="ci", valid=DAY, unattended=True)
    stored = ApiToken.objects.get()
    assert issued.secret.startswith("cst_")
    assert issued.secret not in (stored.digest, stored.label)
    assert str(stored) == "ci"
    user, actor = token_authenticate(issued.secret)
    assert str(user.pk) == alice.id
    assert (actor.kind, actor.token_id, actor.minted_by) == ("person", issued.id, minter.person_id)
    assert actor.unattended
    assert actor.participants == {alice.person_id, minter.person_id}
    assert newest_event() == "token.issued"


def test_token_of_someone_who_is_only_an_agent_makes_an_agent(alice: UserData) -> None:
    role_revoke(actor=SETUP, person_id=alice.person_id, role="director")
    role_grant(actor=SETUP, person_id=alice.person_id, role="agent")
    issued = token_issue(actor=SETUP, user_id=alice.id, label="agent", valid=DAY)
    assert token_authenticate(issued.secret)[1].kind == "agent"


def test_token_unknown_expired_or_revoked_is_refused_alike(alice: UserData) -> None:
    expired = token_issue(actor=SETUP, user_id=alice.id, label="old", valid=-DAY)
    revoked = token_issue(actor=SETUP, user_id=alice.id, label="gone", valid=DAY)
    token_revoke(actor=SETUP, token_id=revoked.id)
    assert newest_event() == "token.revoked"
    said = set()
    for secret in ("cst_unknown", expired.secret, revoked.secret):
        with pytest.raises(CredentialRefused) as caught:
            token_authenticate(secret)
        said.add(caught.value.message)
    assert len(said) == 1
    with pytest.raises(CredentialRefused):
        token_revoke(actor=SETUP, token_id=revoked.id)


def test_one_time_login_works_once(alice: UserData) -> None:
    issued = one_time_login_issue(actor=SETUP, user_id=alice.id)
    assert timedelta(minutes=9) < issued.expires_at - now() <= timedelta(minutes=10)
    assert one_time_login_redeem(actor=SETUP, secret=issued.secret).id == alice.id
    assert newest_event() == "one_time_login.redeemed"
    with pytest.raises(CredentialRefused, match="ask for a new one"):
        one_time_login_redeem(actor=SETUP, secret=issued.secret)
    assert issued.secret not in str(OneTimeLogin.objects.get())


def test_one_time_login_expires(alice: UserData) -> None:
    issued = one_time_login_issue(actor=SETUP, user_id=alice.id)
    OneTimeLogin.objects.update(expires_at=now() - timedelta(seconds=1))
    with pytest.raises(CredentialRefused):
        one_time_login_redeem(actor=SETUP, secret=issued.secret)


def test_one_time_login_from_many_sides_works_once(committed_db: None) -> None:
    user = user_create(actor=SETUP, email="one@example.org", name="One")
    issued = one_time_login_issue(actor=SETUP, user_id=user.id)

    def side(_number: int) -> bool:
        try:
            one_time_login_redeem(actor=SETUP, secret=issued.secret)
        except CredentialRefused:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(side, range(8))).count(True) == 1


def test_user_get_shows_oneself_and_all_to_who_keeps_accounts(alice: UserData) -> None:
    other = user_create(actor=SETUP, email="bob@example.org", name="Bob")
    herself = actor_of_user(User.objects.get(pk=alice.id))
    assert user_get(actor=herself, user_id=alice.id) == alice
    with pytest.raises(UserNotFound):
        user_get(actor=herself, user_id=other.id)
    with pytest.raises(UserNotFound):
        user_get(actor=SETUP, user_id=str(uuid.uuid4()))
    role_grant(actor=SETUP, person_id=alice.person_id, role="admin")
    admin = actor_of_user(User.objects.get(pk=alice.id))
    assert user_get(actor=admin, user_id=other.id) == other


def test_user_by_email_ignores_case(alice: UserData) -> None:
    assert user_by_email("Alice@Example.org") == alice
    with pytest.raises(UserNotFound):
        user_by_email("nobody@example.org")


def test_actor_of_user_carries_person_roles_and_whether_it_is_unattended(alice: UserData) -> None:
    User.objects.update(unattended=True)
    actor = actor_of_user(User.objects.get())
    assert (actor.kind, actor.person_id, actor.roles) == ("person", alice.person_id, alice.roles)
    assert actor.unattended
    assert actor.token_id is None


def test_persons_with_role_leaves_the_excluded_out(alice: UserData) -> None:
    assert persons_with_role(role="director") == (alice.person_id,)
    assert persons_with_role(role="director", except_persons=[alice.person_id]) == ()
    assert person_names([alice.person_id]) == {alice.person_id: "Alice"}


def test_logins_are_recorded_without_the_address(alice: UserData) -> None:
    herself = actor_of_user(User.objects.get())
    login_record(actor=herself, user_id=alice.id, method="password")
    logout_record(actor=herself, user_id=alice.id)
    login_refusal_record(actor=SETUP, email="Alice@example.org ", reason="wrong_credentials")
    login_refusal_record(actor=SETUP, email="", reason="one_time_login_refused")
    listed = event_list(actor=SETUP, limit=4)
    assert [event.type for event in listed] == [
        "user.login_refused",
        "user.login_refused",
        "user.logged_out",
        "user.logged_in",
    ]
    assert listed[0].subject_id == ""
    assert listed[1].subject_id.startswith("hmac-sha256:")


def test_refused_logins_of_one_address_have_one_name_that_nobody_can_try_out(alice: UserData) -> None:
    for email in ("alice@example.org", "ALICE@example.org", "nobody@example.org", "nobody@example.org"):
        login_refusal_record(actor=SETUP, email=email, reason="wrong_credentials")
    names = [event.subject_id for event in event_list(actor=SETUP, type="user.login_refused")]
    assert names[0] == names[1] != names[2] == names[3]
    assert secret_digest("alice@example.org") not in str(names)
    assert secret_digest("nobody@example.org") not in str(names)


@pytest.mark.parametrize("action", sorted(PERMISSIONS))
def test_policies_let_exactly_the_named_roles_pass(action: str) -> None:
    chosen = next(each for each in PERMISSIONS if each == action)
    for role in ROLES:
        actor = Actor(kind="person", id="u", label="u", roles=frozenset({role}))
        assert may(actor, chosen) is (role in PERMISSIONS[chosen])
    require(service_actor("worker"), chosen)
    with pytest.raises(PermissionDenied, match="needs one of the roles"):
        require(Actor(kind="agent", id="a", label="a"), chosen)


def test_an_agent_may_never_decide() -> None:
    assert "agent" not in PERMISSIONS["decision.write"]
    assert "ci" not in PERMISSIONS["decision.write"]
