"""Erasing a person: what says who they are goes, what they did stays under an id that names nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from countersign.accounts.contracts import PersonHeld
from countersign.accounts.errors import ErasureRefused, PersonNotFound
from countersign.accounts.models import (
    Absence,
    ApiToken,
    CredentialState,
    DecidingCredential,
    OneTimeLogin,
    Person,
    RoleAssignment,
    User,
)
from countersign.accounts.policies import require
from countersign.accounts.services import address_sealed
from countersign.audit.attribution import changes_attribute
from countersign.audit.services import record
from countersign_verify.canonical import digest_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import Model, QuerySet

    from countersign.shared.actor import Actor

ERASED_NAME = "Erased person"
ERASED_LABEL = "erased"
_LIVE = (CredentialState.PROPOSED, CredentialState.ACTIVE)


def person_held(*, actor: Actor, person_id: str) -> PersonHeld:
    """Return what erasing a person would take away.

    Raises:
        PermissionDenied: the actor may not erase.
        PersonNotFound: there is no such person.
    """
    require(actor, "person.erase")
    person = Person.objects.filter(pk=_uuid(person_id)).first()
    if person is None:
        raise _not_found()
    users = list(person.users.order_by("date_joined", "id"))
    live = ApiToken.objects.filter(revoked_at__isnull=True, expires_at__gt=Now())
    return PersonHeld(
        person_id=str(person.id),
        name=person.name,
        addresses=tuple(user.email for user in users),
        user_ids=tuple(str(user.id) for user in users),
        roles=tuple(person.assignments.order_by("role").values_list("role_id", flat=True)),
        tokens=live.filter(user__in=users).count(),
        tokens_minted=live.filter(minted_by=person).exclude(user__in=users).count(),
        sessions=len(_sessions(users)),
        one_time_logins=OneTimeLogin.objects.filter(user__in=users).count(),
        deciding_credentials=person.deciding.filter(state__in=_LIVE).count(),
        second_factors=Authenticator.objects.filter(user__in=users).count(),
        identities=SocialAccount.objects.filter(user__in=users).count(),
        failed_logins=sum(rows.count() for rows in _failures(users)),
        erased=person.erased_at is not None,
    )


def person_by_email(*, actor: Actor, email: str) -> str:
    """Return the id of the person whose user has this address.

    Raises:
        PermissionDenied: the actor may not erase.
        PersonNotFound: nobody has it.
    """
    require(actor, "person.erase")
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        message = f"nobody has the address {email}"
        raise PersonNotFound(message)
    return str(user.person_id)


@transaction.atomic(durable=True)
def person_anonymise(*, actor: Actor, person_id: str) -> None:
    """Let nobody in as this person any more, and take away everything that says who they are.

    A repeat changes nothing. The ids of the person and of their users stay, for the log and the evidence name
    them; so do the public halves of passkeys that signed decisions.

    Raises:
        PermissionDenied: the actor may not erase.
        PersonNotFound: there is no such person.
        ErasureRefused: it is the actor, or the last administrator.
    """
    require(actor, "person.erase")
    changes_attribute(actor=actor)
    person = Person.objects.select_for_update().filter(pk=_uuid(person_id)).first()
    if person is None:
        raise _not_found()
    if person.erased_at is not None:
        return
    _refuse_the_last(actor, person)
    users = list(User.objects.select_for_update().filter(person=person))
    _access_end(actor, person, users)
    _absences_end(actor, person)
    counted = _belongings_remove(users)
    for user in users:
        user.email = f"erased-{user.id}@erased.invalid"
        user.username = str(user.id)
        user.first_name = user.last_name = ""
        user.last_login = None
        user.set_unusable_password()
        user.save()
    Person.objects.filter(pk=person.pk, erased_at__isnull=True).update(name=ERASED_NAME, erased_at=Now())
    record(
        actor=actor,
        type="person.anonymised",
        subject=("person", str(person.id)),
        data={"users": sorted(str(user.id) for user in users), "removed": dict(counted)},
    )


def _refuse_the_last(actor: Actor, person: Person) -> None:
    if actor.person_id == str(person.id):
        message = "nobody erases themselves: ask another administrator"
        raise ErasureRefused(message)
    admins = RoleAssignment.objects.filter(role="admin", person__users__is_active=True)
    # Whoever erases at the same time must not take the other one away.
    holders = set(admins.select_for_update(of=("self",)).values_list("person_id", flat=True))
    if holders == {person.id}:
        message = "this is the last administrator: make another one first ('countersign user add')"
        raise ErasureRefused(message)


def _access_end(actor: Actor, person: Person, users: list[User]) -> None:
    """Take roles, tokens and passkeys for decisions away, each with the event that the verifier goes by."""
    for assignment in list(RoleAssignment.objects.filter(person=person)):
        assignment.delete()
        record(
            actor=actor,
            type="role.revoked",
            subject=("person", str(person.id)),
            data={"role": assignment.role_id},
        )
    for token in ApiToken.objects.filter(user__in=users, revoked_at__isnull=True):
        record(actor=actor, type="token.revoked", subject=("token", str(token.id)))
    ApiToken.objects.filter(user__in=users, revoked_at__isnull=True).update(revoked_at=Now())
    ApiToken.objects.filter(user__in=users).update(label=ERASED_LABEL)
    for credential in DecidingCredential.objects.filter(person=person, state__in=_LIVE):
        record(
            actor=actor,
            type="credential.revoked",
            subject=("credential", str(credential.id)),
            data={
                "person_id": str(person.id),
                "credential": digest_bytes(bytes(credential.credential_id)),
            },
        )
    DecidingCredential.objects.filter(person=person, state__in=_LIVE).update(
        state=CredentialState.REVOKED, revoked_at=Now()
    )
    DecidingCredential.objects.filter(person=person).update(label=ERASED_LABEL)
    for user in users:
        if user.is_active:
            user.is_active = False
            record(actor=actor, type="user.deactivated", subject=("user", str(user.id)))


def _absences_end(actor: Actor, person: Person) -> None:
    """End the person's absences, and let them stand in for nobody."""
    left = Absence.objects.filter(ended_at__isnull=True, ends_at__gt=Now())
    for absence in left.filter(Q(person=person) | Q(delegate=person)):
        own = absence.person_id == person.id
        record(
            actor=actor,
            type="absence.ended" if own else "absence.delegated",
            subject=("person", str(absence.person_id)),
            data={
                "absence_id": str(absence.id),
                "delegate": str(absence.delegate_id) if own and absence.delegate_id else None,
            },
        )
    left.filter(delegate=person).update(delegate=None)
    left.filter(person=person).update(ended_at=Now())


def _belongings_remove(users: list[User]) -> dict[str, int]:
    """Remove what the libraries for logging in keep of these users; return how many rows of what."""
    of_users: dict[str, QuerySet[Model]] = {
        "one_time_logins": OneTimeLogin.objects.filter(user__in=users),
        "addresses": EmailAddress.objects.filter(user__in=users),
        "second_factors": Authenticator.objects.filter(user__in=users),
        "identities": SocialAccount.objects.filter(user__in=users),
    }
    counted = {"sessions": len(sessions := _sessions(users))}
    Session.objects.filter(pk__in=sessions).delete()
    for name, rows in of_users.items():
        counted[name] = rows.count()
        rows.delete()
    failures = _failures(users)
    counted["failed_logins"] = sum(rows.count() for rows in failures)
    for rows in failures:
        rows.delete()
    return counted


def _sessions(users: Iterable[User]) -> list[str]:
    """Return the keys of the users' sessions; whose a session is stands inside it alone."""
    ids = {str(user.id) for user in users}
    return [
        session.session_key
        for session in Session.objects.iterator(chunk_size=1000)
        if session.get_decoded().get("_auth_user_id") in ids
    ]


def _failures(users: Iterable[User]) -> tuple[QuerySet[Model], ...]:
    """Return what was kept of failed logins: network addresses and browsers, under the sealed address."""
    names = [address_sealed(user.email) for user in users]
    return tuple(
        model.objects.filter(username__in=names) for model in (AccessAttempt, AccessFailureLog, AccessLog)
    )


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise _not_found() from error


def _not_found() -> PersonNotFound:
    return PersonNotFound("there is no such person")
