"""Reading passkeys that decide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.accounts.contracts import DecidingCredentialData
from countersign.accounts.models import CredentialState, DecidingCredential
from countersign.accounts.policies import may
from countersign.audit.selectors import event_is_checkpointed
from countersign_verify.canonical import digest_bytes

if TYPE_CHECKING:
    from countersign.shared.actor import Actor


def credential_data(row: DecidingCredential) -> DecidingCredentialData:
    """Return what others see of a credential."""
    active = row.state == CredentialState.ACTIVE
    return DecidingCredentialData(
        id=str(row.id),
        person_id=str(row.person_id),
        person_name=row.person.name,
        label=row.label,
        rp_id=row.rp_id,
        credential_id=bytes(row.credential_id),
        credential=digest_bytes(bytes(row.credential_id)),
        public_key=bytes(row.public_key),
        fingerprint=digest_bytes(bytes(row.public_key)),
        sign_count=row.sign_count,
        transports=tuple(row.transports),
        state=row.state,
        # A key decides nothing before a signed checkpoint covers its enrolment.
        usable=active and event_is_checkpointed(str(row.confirmed_event)),
        confirmed_by=str(row.confirmed_by) if row.confirmed_by else None,
        created_at=row.created_at,
        confirmed_at=row.confirmed_at,
        revoked_at=row.revoked_at,
    )


def credential_list(*, actor: Actor) -> tuple[DecidingCredentialData, ...]:
    """Return the actor's credentials; those of everybody for who confirms them."""
    rows = DecidingCredential.objects.select_related("person").order_by("-created_at", "id")
    if not may(actor, "credential.confirm"):
        rows = rows.filter(person_id=actor.person_id) if actor.person_id else rows.none()
    return tuple(credential_data(row) for row in rows)


def credentials_usable(*, person_id: str, rp_id: str) -> tuple[DecidingCredentialData, ...]:
    """Return the credentials with which a person can decide now."""
    rows = DecidingCredential.objects.select_related("person").filter(
        person_id=person_id, rp_id=rp_id, state=CredentialState.ACTIVE
    )
    return tuple(found for found in map(credential_data, rows) if found.usable)


def credential_key(*, person_id: str, credential: str) -> bytes | None:
    """Return the public key of a person's passkey by the digest of its id, revoked or not."""
    for row in DecidingCredential.objects.filter(person_id=person_id):
        if digest_bytes(bytes(row.credential_id)) == credential:
            return bytes(row.public_key)
    return None
