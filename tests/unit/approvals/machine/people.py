"""Everybody in the machine: their roles by the log and by the tables, and their passkeys."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from tests.passkeys import Passkey
from tests.unit.accounts.test_enrolment import SYSTEM, member, propose
from tests.unit.audit.roles import sequence_all

if TYPE_CHECKING:
    from collections.abc import Callable

    from countersign.shared.actor import Actor
    from tests.unit.approvals.machine.model import Vote

ROLES: dict[str, tuple[str, ...]] = {
    "director": ("director",),
    "second director": ("director",),
    "member": ("cab_member",),
    "second member": ("cab_member",),
    "both": ("director", "cab_member"),
    "neither": ("operator", "admin"),
    "author": ("director", "cab_member"),
    "demoted": (),
}
KEYED = ("director", "second director", "member", "second member")


def _as_is(actor: Actor) -> Actor:
    return actor


# Who acts in another way: as whom, and what is different.
SHAPES: dict[str, tuple[str, Callable[[Actor], Actor]]] = {
    "agent": ("second director", lambda actor: replace(actor, kind="agent")),
    "token that nobody minted": (
        "second director",
        lambda actor: replace(actor, minted_by=actor.person_id, token_id=str(uuid.uuid4())),
    ),
    "robot": ("director", lambda actor: replace(actor, unattended=True)),
}
# Tokens of the second director's, and who minted each.
MINTED = {"own token": "second director", "lent": "neither"}
NAMES = (*ROLES, "author again", "member again", *SHAPES, *MINTED)


@dataclass
class Key:
    """A passkey that may decide."""

    passkey: Passkey
    credential_id: str


@dataclass
class People:
    """Who there is.

    Attributes:
        users: the account of each name.
        persons: the person behind it.
        held: the roles of each person, as the log tells; ``told``: as the tables do.
        keys: the passkeys that may decide, by person.
        secrets: the tokens that were minted.
    """

    sql: Callable[..., None]
    users: dict[str, str] = field(default_factory=dict)
    persons: dict[str, str] = field(default_factory=dict)
    held: dict[str, set[str]] = field(default_factory=dict)
    told: dict[str, set[str]] = field(default_factory=dict)
    keys: dict[str, Key] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)

    def begin(self) -> None:
        """Make everybody: with accounts, and roles of which the log tells."""
        from countersign.accounts.services import role_grant, role_revoke

        for name, roles in ROLES.items():
            self.join(name, *roles)
        for name in ("author", "member"):
            self.join(f"{name} again", person_id=self.persons[name])
        for move in (role_grant, role_revoke):
            move(actor=SYSTEM, person_id=self.persons["demoted"], role="director")
        for name, minter in MINTED.items():
            self.secrets[name] = self.token("second director", minter)
        sequence_all()

    def join(self, name: str, *roles: str, person_id: str = "") -> None:
        """Make an account."""
        actor = member(*roles, person_id=person_id)
        self.users[name], self.persons[name] = actor.id, str(actor.person_id)
        self.held.setdefault(self.persons[name], set()).update(roles)
        self.told.setdefault(self.persons[name], set()).update(roles)

    def actor(self, name: str) -> Actor:
        """Return somebody as they act at this moment."""
        from countersign.accounts.models import User
        from countersign.accounts.selectors import actor_of_user, token_authenticate

        if name in MINTED:
            return token_authenticate(self.secrets[name])[1]
        base, shape = SHAPES.get(name, (name, _as_is))
        actor = actor_of_user(User.objects.select_related("person").get(pk=self.users[base]))
        assert actor.roles == self.told[str(actor.person_id)]
        return shape(actor)

    def holders(self) -> Counter[str]:
        """How many hold each role, by the tables."""
        return Counter(role for roles in self.told.values() for role in roles)

    def still(self, vote: Vote) -> bool:
        """Say whether who decided still holds the role of it."""
        return vote.role in self.held[vote.person] & self.told[vote.person]

    def grant(self, name: str, role: str) -> None:
        from countersign.accounts.services import role_grant

        person = self.persons[name]
        role_grant(actor=SYSTEM, person_id=person, role=role)
        if role not in self.told[person]:
            self.told[person].add(role)
            self.held[person].add(role)

    def revoke(self, name: str, role: str) -> None:
        from countersign.accounts.errors import RoleUnknown
        from countersign.accounts.services import role_revoke

        person = self.persons[name]
        try:
            role_revoke(actor=SYSTEM, person_id=person, role=role)
        except RoleUnknown:
            assert role not in self.told[person]
            return
        assert role in self.told[person]
        self.told[person].discard(role)
        self.held[person].discard(role)

    def write_role(self, name: str, role: str) -> None:
        """An insider writes a role into the table."""
        person = self.persons[name]
        self.sql(
            "INSERT INTO accounts_roleassignment (person_id, role_id, created_at)"
            " VALUES (%s, %s, now()) ON CONFLICT DO NOTHING",
            person,
            role,
        )
        self.told[person].add(role)

    def enrol(self, name: str) -> None:
        """Give somebody a passkey: it is confirmed by another person, and waits for its checkpoint."""
        from countersign.accounts.enrolment import credential_confirm

        passkey = Passkey()
        found = propose(self.actor(name), passkey)
        confirmer = self.actor("neither")
        credential_confirm(actor=confirmer, credential_id=found.id, fingerprint=found.fingerprint)
        self.keys[self.persons[name]] = Key(passkey, found.id)

    def withdraw(self, name: str) -> Key | None:
        """End somebody's passkey."""
        from countersign.accounts.enrolment import credential_revoke

        key = self.keys.pop(self.persons[name], None)
        if key is not None:
            credential_revoke(actor=self.actor("neither"), credential_id=key.credential_id)
        return key

    def restore(self) -> None:
        """Let everybody have what they began with."""
        for name in [name for name in self.users if name not in NAMES]:
            for role in list(self.told[self.persons[name]]):
                self.revoke(name, role)
            del self.users[name]
        for name, roles in ROLES.items():
            person = self.persons[name]
            written = self.told[person] - self.held[person]
            for role in written | (self.told[person] - set(roles)):
                self.revoke(name, role)
            for role in set(roles) - self.told[person]:
                self.grant(name, role)
        missing = [name for name in KEYED if self.persons[name] not in self.keys]
        for name in missing:
            self.enrol(name)
        if missing:
            sequence_all()

    def token(self, name: str, minter: str) -> str:
        """Mint a token of somebody's."""
        from countersign.accounts.services import token_issue

        made = token_issue(
            actor=self.actor(minter), user_id=self.users[name], label="token", valid=timedelta(days=1)
        )
        return made.secret
