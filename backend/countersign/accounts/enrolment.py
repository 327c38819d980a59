"""Enrolling passkeys that decide: one person proposes a passkey, another confirms it, and both are logged."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.core import signing
from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.db.models.functions import Now
from webauthn import (
    base64url_to_bytes,
    generate_registration_options,
    options_to_json,
    verify_registration_response,
)
from webauthn.helpers import bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from countersign.accounts.deciding import credential_data
from countersign.accounts.errors import (
    DecidingCredentialNotFound,
    DecidingCredentialState,
    PasskeyRefused,
    PasskeysUnavailable,
    SecondPersonNeeded,
)
from countersign.accounts.keys import key_twins, material_digest
from countersign.accounts.models import CredentialState, DecidingCredential
from countersign.accounts.policies import may, require
from countersign.audit.services import record
from countersign.shared.errors import NoTransaction
from countersign.shared.passkey_party import passkey_party
from countersign_verify.encoding import base64_encode
from countersign_verify.errors import RefusedError
from countersign_verify.webauthn import cose_key_read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from webauthn.registration.verify_registration_response import VerifiedRegistration

    from countersign.accounts.contracts import DecidingCredentialData
    from countersign.shared.actor import Actor
    from countersign.shared.types import JSON
    from countersign_verify.webauthn import Party

ENROLMENT_SECONDS = 300
_SALT = "countersign.deciding-credential"
_TRANSPORTS = frozenset({"ble", "cable", "hybrid", "internal", "nfc", "smart-card", "usb"})
# Another handle than any login has: an authenticator that keeps one passkey a user keeps both.
_HANDLE_DOMAIN = b"countersign/deciding/v1\n"


def party_require() -> Party:
    """Return for whom passkeys sign here.

    Raises:
        PasskeysUnavailable: there is no host name that they could belong to.
    """
    party = passkey_party()
    if party is None:
        message = (
            "passkeys belong to a host name: serve the platform under https:// and set COUNTERSIGN_BASE_URL "
            "to that address (and COUNTERSIGN_RP_ID to its host or a domain above it), or use localhost"
        )
        raise PasskeysUnavailable(message)
    return party


def enrolment_options(*, actor: Actor) -> tuple[dict[str, JSON], str]:
    """Return what the browser needs to make a passkey, and a token that brings the answer back here.

    Raises:
        PermissionDenied: the actor's roles never decide.
        SecondPersonNeeded: not a person, or with somebody else's token.
        PasskeysUnavailable: there is no host name that passkeys could belong to.
    """
    person_id = _in_person(actor)
    require(actor, "decision.write")
    party = party_require()
    known = DecidingCredential.objects.filter(person_id=person_id).exclude(state=CredentialState.REVOKED)
    options = generate_registration_options(
        rp_id=party.rp_id,
        rp_name="Countersign decisions",
        user_id=hashlib.sha256(_HANDLE_DOMAIN + person_id.encode()).digest(),
        user_name=f"{actor.label} (decides)",
        user_display_name=actor.label,
        attestation=AttestationConveyancePreference.NONE,
        authenticator_selection=AuthenticatorSelectionCriteria(
            # Not discoverable: no login page can ever be answered with it.
            resident_key=ResidentKeyRequirement.DISCOURAGED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=bytes(row.credential_id)) for row in known],
    )
    content: dict[str, JSON] = json.loads(options_to_json(options))
    token = signing.dumps({"challenge": content["challenge"], "user": actor.id}, salt=_SALT)
    return content, token


@transaction.atomic(durable=True)
def credential_propose(
    *, actor: Actor, token: str, label: str, credential: Mapping[str, JSON]
) -> DecidingCredentialData:
    """Keep a new passkey of the actor's; it decides nothing until another person has confirmed it.

    Raises:
        PermissionDenied: the actor's roles never decide.
        SecondPersonNeeded: not a person, or with somebody else's token.
        PasskeysUnavailable: there is no host name that passkeys could belong to.
        PasskeyRefused: the answer of the authenticator does not hold, or the passkey is enrolled already or
            logs somebody in.
    """
    person_id = _in_person(actor)
    require(actor, "decision.write")
    party = party_require()
    verified = _registration(actor, token, credential, party)
    _no_login(verified.credential_id)
    row = DecidingCredential(
        person_id=person_id,
        user_id=UUID(actor.id),
        label=label.strip()[:100] or "passkey",
        rp_id=party.rp_id,
        credential_id=verified.credential_id,
        public_key=verified.credential_public_key,
        material=material_digest(verified.credential_public_key),
        sign_count=verified.sign_count,
        transports=_transports(credential),
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        message = "this passkey is enrolled already; make another one"
        raise PasskeyRefused(message) from error
    row.refresh_from_db()
    found = credential_data(row)
    record(
        actor=actor,
        type="credential.proposed",
        subject=("credential", found.id),
        data={
            "person_id": person_id,
            "credential": found.credential,
            "public_key": base64_encode(found.public_key),
            "rp_id": party.rp_id,
        },
    )
    return found


def _registration(
    actor: Actor, token: str, credential: Mapping[str, JSON], party: Party
) -> VerifiedRegistration:
    try:
        begun = signing.loads(token, salt=_SALT, max_age=ENROLMENT_SECONDS)
    except signing.BadSignature as error:
        message = "this enrolment took longer than five minutes, or began elsewhere: begin again"
        raise PasskeyRefused(message) from error
    if begun["user"] != actor.id:
        message = "somebody else began this enrolment: begin again"
        raise PasskeyRefused(message)
    try:
        verified = verify_registration_response(
            credential=json.dumps(credential),
            expected_challenge=base64url_to_bytes(begun["challenge"]),
            expected_rp_id=party.rp_id,
            expected_origin=sorted(party.origins),
            require_user_verification=True,
        )
        cose_key_read(verified.credential_public_key)
    except (WebAuthnException, RefusedError, ValueError, KeyError) as error:
        message = f"the passkey was not accepted: {error}"
        raise PasskeyRefused(message) from error
    return verified


def _no_login(credential_id: bytes) -> None:
    """Refuse a passkey that opens a login."""
    name = bytes_to_base64url(credential_id)
    if Authenticator.objects.filter(type=Authenticator.Type.WEBAUTHN, data__credential__id=name).exists():
        message = "this passkey logs somebody in; one that decides is used for nothing else"
        raise PasskeyRefused(message)


def _transports(credential: Mapping[str, JSON]) -> list[str]:
    response = credential.get("response")
    named = response.get("transports") if isinstance(response, dict) else None
    return sorted({str(item) for item in named} & _TRANSPORTS) if isinstance(named, list) else []


@transaction.atomic(durable=True)
def credential_confirm(*, actor: Actor, credential_id: str, fingerprint: str) -> DecidingCredentialData:
    """Let a proposed passkey decide: another person says that it is who it claims to be.

    Raises:
        PermissionDenied: the actor's roles confirm nothing.
        SecondPersonNeeded: it is the actor's own, the actor is no person, or uses somebody else's token.
        DecidingCredentialNotFound: there is no such credential.
        DecidingCredentialState: it is not waiting, or has another fingerprint.
    """
    confirmer = _in_person(actor)
    require(actor, "credential.confirm")
    row = _locked(credential_id)
    if str(row.person_id) == confirmer or str(row.person_id) in key_twins(confirmer):
        message = "a passkey that decides is confirmed by another person than its owner"
        raise SecondPersonNeeded(message)
    found = credential_data(row)
    if fingerprint != found.fingerprint:
        message = "the fingerprint is another: load the page again and compare it with its owner's"
        raise DecidingCredentialState(message)
    if row.state != CredentialState.PROPOSED:
        message = f"this passkey is {row.state}: there is nothing to confirm"
        raise DecidingCredentialState(message)
    event_id = record(
        actor=actor,
        type="credential.confirmed",
        subject=("credential", found.id),
        data={
            "person_id": found.person_id,
            "credential": found.credential,
            "fingerprint": found.fingerprint,
        },
    )
    DecidingCredential.objects.filter(pk=row.pk, state=CredentialState.PROPOSED).update(
        state=CredentialState.ACTIVE,
        confirmed_by=UUID(confirmer),
        confirmed_event=UUID(event_id),
        confirmed_at=Now(),
    )
    row.refresh_from_db()
    return credential_data(row)


@transaction.atomic(durable=True)
def credential_revoke(*, actor: Actor, credential_id: str) -> DecidingCredentialData:
    """End a passkey: one's own, or anybody's for who confirms them.

    Raises:
        PermissionDenied: the actor's roles neither decide nor confirm.
        DecidingCredentialNotFound: there is no such credential, or not for this actor.
        DecidingCredentialState: it is revoked already.
    """
    require(actor, "credential.revoke")
    row = _locked(credential_id)
    if str(row.person_id) != actor.person_id and not may(actor, "credential.confirm"):
        raise _not_found()
    if not DecidingCredential.objects.filter(
        pk=row.pk, state__in=[CredentialState.PROPOSED, CredentialState.ACTIVE]
    ).update(state=CredentialState.REVOKED, revoked_at=Now()):
        message = "this passkey is revoked already"
        raise DecidingCredentialState(message)
    row.refresh_from_db()
    found = credential_data(row)
    record(
        actor=actor,
        type="credential.revoked",
        subject=("credential", found.id),
        data={"person_id": found.person_id, "credential": found.credential},
    )
    return found


def credential_used(*, credential_id: str, sign_count: int) -> bool:
    """Note a credential's counter inside the caller's transaction; say whether it moved as it must.

    Authenticators that keep no counter send 0 for ever. One whose counter does not grow was copied.

    Raises:
        NoTransaction: there is no open transaction to join.
    """
    if not connection.in_atomic_block:
        message = "the use of a passkey belongs to the transaction of its decision"
        raise NoTransaction(message)
    grown = Q(sign_count__lt=sign_count) if sign_count else Q(sign_count=0)
    rows = DecidingCredential.objects.filter(grown, pk=credential_id, state=CredentialState.ACTIVE)
    return bool(rows.update(sign_count=sign_count))


def _locked(credential_id: str) -> DecidingCredential:
    try:
        key = UUID(credential_id)
    except ValueError as error:
        raise _not_found() from error
    rows = DecidingCredential.objects.select_for_update(of=("self",)).select_related("person")
    row = rows.filter(pk=key).first()
    if row is None:
        raise _not_found()
    return row


def _not_found() -> DecidingCredentialNotFound:
    return DecidingCredentialNotFound("there is no such passkey")


def _in_person(actor: Actor) -> str:
    """Return the person who acts in person: not an agent or a service, nor through a token of another's."""
    if actor.kind != "person" or actor.person_id is None or actor.minted_by not in {None, actor.person_id}:
        message = "passkeys that decide are enrolled and confirmed by people, not by agents or others' tokens"
        raise SecondPersonNeeded(message)
    return actor.person_id
