"""Whose keys are the same: two people who sign or log in with one key count as one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.mfa.models import Authenticator
from webauthn import base64url_to_bytes
from webauthn.helpers import parse_attestation_object
from webauthn.helpers.exceptions import WebAuthnException

from countersign.accounts.models import DecidingCredential
from countersign_verify.canonical import digest_bytes
from countersign_verify.errors import RefusedError
from countersign_verify.webauthn import key_material

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def material_digest(public_key: bytes) -> str:
    """Return the name of a key, however it is spelled; of a kind that never decides, that of its bytes."""
    try:
        return digest_bytes(key_material(public_key))
    except RefusedError:
        return digest_bytes(public_key)


def _materials() -> Iterable[tuple[str, str]]:
    """Yield person and key for every passkey: those that decide, in any state, and those that log in."""
    for person, material in DecidingCredential.objects.values_list("person_id", "material"):
        yield str(person), material
    logins = Authenticator.objects.filter(type=Authenticator.Type.WEBAUTHN)
    for person, data in logins.values_list("user__person_id", "data"):
        public_key = _login_key(data)
        if public_key:
            yield str(person), material_digest(public_key)


def _login_key(data: Mapping[str, object]) -> bytes | None:
    """Return the public key of a passkey that logs in, as it was registered."""
    credential = data.get("credential")
    response = credential.get("response") if isinstance(credential, dict) else None
    attestation = response.get("attestationObject") if isinstance(response, dict) else None
    if not isinstance(attestation, str):
        return None
    try:
        parsed = parse_attestation_object(base64url_to_bytes(attestation))
    except (WebAuthnException, ValueError):
        # It logs nobody in either.
        return None
    attested = parsed.auth_data.attested_credential_data
    return attested.credential_public_key if attested else None


def key_groups() -> dict[str, frozenset[str]]:
    """Return, for each person who shares a key with others, all who count as one, themselves too."""
    holders: dict[str, set[str]] = {}
    for person, material in _materials():
        holders.setdefault(material, set()).add(person)
    groups: dict[str, set[str]] = {}
    for sharing in holders.values():
        if len(sharing) > 1:
            joined = set().union(*(groups.get(person, {person}) for person in sharing))
            groups.update(dict.fromkeys(joined, joined))
    return {person: frozenset(group) for person, group in groups.items()}


def key_twins(person_id: str) -> frozenset[str]:
    """Return the other people who hold a key of this person's."""
    return key_groups().get(person_id, frozenset()) - {person_id}
