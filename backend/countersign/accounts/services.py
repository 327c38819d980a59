"""Creating users, granting roles, issuing and redeeming credentials."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

from axes.utils import reset
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from countersign.accounts.contracts import IssuedSecret, UserData
from countersign.accounts.errors import CredentialRefused, EmailTaken, RolesExclude, RoleUnknown, UserNotFound
from countersign.accounts.models import ApiToken, OneTimeLogin, Person, Role, RoleAssignment, User
from countersign.accounts.policies import ROLES, separation_broken
from countersign.accounts.selectors import user_data
from countersign.audit.attribution import changes_attribute
from countersign.audit.labels import text_seal
from countersign.audit.services import record
from countersign.shared.clock import now
from countersign.shared.env import environment

if TYPE_CHECKING:
    from countersign.shared.actor import Actor

TOKEN_PREFIX = "cst_"  # noqa: S105 - a prefix that secret scanners can look for, not a secret
ONE_TIME_LOGIN_VALID = timedelta(minutes=10)


def secret_digest(secret: str) -> str:
    """Return the digest under which a high-entropy secret is stored (SHA-256, hex)."""
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic(durable=True)
def roles_sync(*, actor: Actor) -> int:
    """Create or correct the roles that the platform knows; return how many changed."""
    changed = 0
    for code, (title, description) in ROLES.items():
        row = Role.objects.filter(code=code).first()
        if row and (row.title, row.description) == (title, description):
            continue
        Role.objects.update_or_create(code=code, defaults={"title": title, "description": description})
        record(actor=actor, type="role.defined", subject=("role", code), data={"title": title})
        changed += 1
    return changed


@transaction.atomic(durable=True)
def user_create(
    *,
    actor: Actor,
    email: str,
    name: str,
    password: str | None = None,
    person_id: str = "",
    unattended: bool = False,
) -> UserData:
    """Create a user, and the person behind it unless ``person_id`` names one.

    Raises:
        EmailTaken: the address is in use.
        UserNotFound: ``person_id`` names nobody.
    """
    changes_attribute(actor=actor)
    if User.objects.filter(email__iexact=email).exists():
        message = f"there is a user with the address {email} already"
        raise EmailTaken(message)
    if person_id:
        person = Person.objects.filter(pk=person_id, erased_at__isnull=True).first()
        if person is None:
            message = "there is no such person"
            raise UserNotFound(message, person_id=person_id)
    else:
        person = Person.objects.create(name=name)
    user = User(username=str(uuid.uuid4()), email=email, person=person, unattended=unattended)
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as error:
        message = f"there is a user with the address {email} already"
        raise EmailTaken(message) from error
    record(
        actor=actor,
        type="user.created",
        subject=("user", str(user.id)),
        data={"person_id": str(person.id), "unattended": unattended},
    )
    return user_data(user)


@transaction.atomic(durable=True)
def user_deactivate(*, actor: Actor, user_id: str) -> None:
    """Let a user in no longer: sessions and tokens end with the next request.

    Raises:
        UserNotFound: there is no such active user.
    """
    changes_attribute(actor=actor)
    if not User.objects.filter(pk=user_id, is_active=True).update(is_active=False):
        message = "there is no such active user"
        raise UserNotFound(message, user_id=user_id)
    record(actor=actor, type="user.deactivated", subject=("user", user_id))


@transaction.atomic(durable=True)
def role_grant(*, actor: Actor, person_id: str, role: str) -> None:
    """Give a person a role; a repeat changes nothing.

    Raises:
        RoleUnknown: there is no such role.
        UserNotFound: there is no such person.
        RolesExclude: the person holds a role that nobody may hold beside this one.
    """
    if not Role.objects.filter(code=role).exists():
        message = f"there is no role '{role}'; known are {', '.join(ROLES)}"
        raise RoleUnknown(message, role=role)
    # Locked: of two grants at once the second one sees the first.
    if not Person.objects.select_for_update().filter(pk=person_id, erased_at__isnull=True):
        message = "there is no such person"
        raise UserNotFound(message, person_id=person_id)
    held = set(RoleAssignment.objects.filter(person_id=person_id).values_list("role_id", flat=True))
    if role not in held and (broken := separation_broken({*held, role})):
        one, other, why = broken
        message = f"nobody is both '{one}' and '{other}': {why}; revoke the role that is there first"
        raise RolesExclude(message, roles=[one, other])
    _, created = RoleAssignment.objects.get_or_create(person_id=person_id, role_id=role)
    if created:
        record(actor=actor, type="role.granted", subject=("person", person_id), data={"role": role})


@transaction.atomic(durable=True)
def role_revoke(*, actor: Actor, person_id: str, role: str) -> None:
    """Take a role from a person.

    Raises:
        RoleUnknown: the person does not hold it.
    """
    removed, _ = RoleAssignment.objects.filter(person_id=person_id, role_id=role).delete()
    if not removed:
        message = f"this person does not hold the role '{role}'"
        raise RoleUnknown(message, role=role)
    record(actor=actor, type="role.revoked", subject=("person", person_id), data={"role": role})


@transaction.atomic(durable=True)
def token_issue(
    *, actor: Actor, user_id: str, label: str, valid: timedelta, unattended: bool = False
) -> IssuedSecret:
    """Mint a bearer token for a user; its secret is returned once.

    Raises:
        UserNotFound: there is no such user.
    """
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        message = "there is no such user"
        raise UserNotFound(message, user_id=user_id)
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user,
        minted_by_id=actor.person_id or user.person_id,
        label=label,
        digest=secret_digest(secret),
        unattended=unattended,
        expires_at=now() + valid,
    )
    record(
        actor=actor,
        type="token.issued",
        subject=("token", str(token.id)),
        data={"user_id": user_id, "unattended": unattended},
    )
    return IssuedSecret(str(token.id), secret, token.expires_at)


@transaction.atomic(durable=True)
def token_revoke(*, actor: Actor, token_id: str) -> None:
    """End a token.

    Raises:
        CredentialRefused: there is no such live token.
    """
    if not ApiToken.objects.filter(pk=token_id, revoked_at__isnull=True).update(revoked_at=Now()):
        message = "there is no such live token"
        raise CredentialRefused(message)
    record(actor=actor, type="token.revoked", subject=("token", token_id))


@transaction.atomic(durable=True)
def one_time_login_issue(*, actor: Actor, user_id: str) -> IssuedSecret:
    """Make a login that works once, within ten minutes.

    Raises:
        UserNotFound: there is no such user.
    """
    if not User.objects.filter(pk=user_id, is_active=True).exists():
        message = "there is no such user"
        raise UserNotFound(message, user_id=user_id)
    secret = secrets.token_urlsafe(32)
    login = OneTimeLogin.objects.create(
        user_id=user_id, digest=secret_digest(secret), expires_at=now() + ONE_TIME_LOGIN_VALID
    )
    record(actor=actor, type="one_time_login.issued", subject=("user", user_id))
    return IssuedSecret(str(login.id), secret, login.expires_at)


@transaction.atomic(durable=True)
def one_time_login_redeem(*, actor: Actor, secret: str) -> UserData:
    """Use a one-time login up and return its user.

    Raises:
        CredentialRefused: unknown, used or expired.
    """
    taken = OneTimeLogin.objects.filter(
        digest=secret_digest(secret), used_at__isnull=True, expires_at__gt=Now(), user__is_active=True
    )
    login = taken.select_for_update(of=("self",)).select_related("user").first()
    if login is None:
        message = "this login link was used or has expired; ask for a new one"
        raise CredentialRefused(message)
    taken.filter(pk=login.pk).update(used_at=Now())
    record(actor=actor, type="one_time_login.redeemed", subject=("user", str(login.user_id)))
    return user_data(login.user)


@transaction.atomic(durable=True)
def login_record(*, actor: Actor, user_id: str, method: str) -> None:
    """Record that a user logged in, and how (``password``, ``password+totp``)."""
    record(actor=actor, type="user.logged_in", subject=("user", user_id), data={"method": method})


@transaction.atomic(durable=True)
def login_refusal_record(*, actor: Actor, email: str, reason: str) -> None:
    """Record a refused login; the address goes in sealed, for it names a person or is a slip."""
    record(
        actor=actor,
        type="user.login_refused",
        subject=("login", address_sealed(email)),
        data={"reason": reason},
    )


def address_sealed(email: str) -> str:
    """Return what an address is called where it must not stand: the same for the same one, in any writing.

    A person's is made under that person's key, and is nobody's once they are erased; a stranger's under a key
    of the installation, for it may be a slip.
    """
    address = email.strip().lower()
    if not address:
        return ""
    user = User.objects.filter(email__iexact=address).first()
    if user is not None:
        return text_seal(str(user.person_id), address)
    key = hashlib.sha256(b"countersign/login-address/v1" + environment().secret_key.encode()).digest()
    return f"hmac-sha256:{hmac.digest(key, address.encode(), 'sha256').hex()}"


@transaction.atomic(durable=True)
def user_unlock(*, actor: Actor, user_id: str) -> None:
    """Forget the failed logins of a user, so that a locked address works again.

    Raises:
        UserNotFound: there is no such user.
    """
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        message = "there is no such user"
        raise UserNotFound(message, user_id=user_id)
    changes_attribute(actor=actor)
    reset(username=address_sealed(user.email))
    record(actor=actor, type="user.unlocked", subject=("user", user_id))


@transaction.atomic(durable=True)
def logout_record(*, actor: Actor, user_id: str) -> None:
    """Record that a user logged out."""
    record(actor=actor, type="user.logged_out", subject=("user", user_id))
