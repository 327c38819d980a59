"""Reading accounts."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from django.db.models import Count
from django.db.models.functions import Now

from countersign.accounts.contracts import UserData
from countersign.accounts.errors import CredentialRefused, UserNotFound
from countersign.accounts.models import ApiToken, Person, RoleAssignment, User
from countersign.accounts.policies import may, separation_broken
from countersign.shared.actor import Actor

if TYPE_CHECKING:
    from collections.abc import Iterable


def roles_of(person_id: str) -> frozenset[str]:
    """Return the codes of the roles that a person holds now."""
    return frozenset(RoleAssignment.objects.filter(person_id=person_id).values_list("role_id", flat=True))


def user_data(user: User) -> UserData:
    """Return what others see of a user."""
    return UserData(
        id=str(user.id),
        email=user.email,
        person_id=str(user.person_id),
        name=user.person.name,
        roles=roles_of(str(user.person_id)),
    )


def user_by_email(email: str) -> UserData:
    """Return the user with this address.

    Raises:
        UserNotFound: there is none.
    """
    user = User.objects.select_related("person").filter(email__iexact=email).first()
    if user is None:
        message = f"there is no user with the address {email}"
        raise UserNotFound(message)
    return user_data(user)


def user_get(*, actor: Actor, user_id: str) -> UserData:
    """Return a user whom the actor may see: oneself, or anybody for those who keep accounts.

    Raises:
        UserNotFound: there is none, or not for this actor.
    """
    user = User.objects.select_related("person").filter(pk=user_id).first()
    if user is None or not (actor.id == str(user.id) or may(actor, "account.write")):
        message = "there is no such user"
        raise UserNotFound(message, user_id=user_id)
    return user_data(user)


def actor_of_user(user: User) -> Actor:
    """Return the actor that a logged-in user is."""
    return Actor(
        kind="person",
        id=str(user.id),
        label=user.person.name,
        person_id=str(user.person_id),
        roles=roles_of(str(user.person_id)),
        unattended=user.unattended,
    )


def actor_by_email(email: str) -> Actor:
    """Return the person with this address, with the roles of this moment, as whoever acts.

    Raises:
        UserNotFound: there is none, or it may not log in.
    """
    user = User.objects.filter(email__iexact=email, is_active=True).first()
    if user is None:
        message = f"there is no active user {email}"
        raise UserNotFound(message)
    return actor_of_user(user)


def token_authenticate(secret: str) -> tuple[User, Actor]:
    """Return the user and the actor of a live bearer token.

    Raises:
        CredentialRefused: unknown, expired or revoked.
    """
    token = (
        ApiToken.objects.select_related("user__person")
        .filter(
            digest=hashlib.sha256(secret.encode()).hexdigest(),
            revoked_at__isnull=True,
            expires_at__gt=Now(),
            user__is_active=True,
        )
        .first()
    )
    if token is None:
        message = "this token is unknown, expired or revoked"
        raise CredentialRefused(message)
    roles = roles_of(str(token.user.person_id))
    actor = Actor(
        kind="agent" if roles == {"agent"} else "person",
        id=str(token.user_id),
        label=token.user.person.name,
        person_id=str(token.user.person_id),
        roles=roles,
        token_id=str(token.id),
        minted_by=str(token.minted_by_id),
        unattended=token.unattended or token.user.unattended,
    )
    return token.user, actor


def persons_with_role(*, role: str, except_persons: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the persons who hold ``role`` and are not excluded: who could decide."""
    holders = RoleAssignment.objects.filter(role_id=role).exclude(person_id__in=list(except_persons))
    return tuple(str(person) for person in holders.values_list("person_id", flat=True))


def role_holders(roles: Iterable[str]) -> dict[str, int]:
    """Return how many people hold each of these roles."""
    held = RoleAssignment.objects.filter(role_id__in=list(roles)).values("role_id")
    return {item["role_id"]: item["people"] for item in held.annotate(people=Count("person_id"))}


def separation_told() -> list[str]:
    """Return which persons hold roles that exclude one another, from before that was refused."""
    held: dict[str, set[str]] = {}
    for person_id, role in RoleAssignment.objects.order_by("person_id").values_list("person_id", "role_id"):
        held.setdefault(str(person_id), set()).add(role)
    broken = {person_id: separation_broken(roles) for person_id, roles in held.items()}
    return [f"{person_id} is both {found[0]} and {found[1]}" for person_id, found in broken.items() if found]


def person_names(person_ids: Iterable[str]) -> dict[str, str]:
    """Return names by person id."""
    return {str(person.id): person.name for person in Person.objects.filter(pk__in=list(person_ids))}
