"""What the accounts room hands to others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class UserData:
    """A user and the person behind it."""

    id: str
    email: str
    person_id: str
    name: str
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class DecidingCredentialData:
    """A passkey that signs decisions.

    Attributes:
        credential: digest of its id, by which the log names it.
        fingerprint: digest of its public key, which two people compare.
        usable: it is confirmed, and a signed checkpoint covers that.
    """

    id: str
    person_id: str
    person_name: str
    label: str
    rp_id: str
    credential_id: bytes
    credential: str
    public_key: bytes
    fingerprint: str
    sign_count: int
    transports: tuple[str, ...]
    state: str
    usable: bool
    confirmed_by: str | None
    created_at: datetime
    confirmed_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class IssuedSecret:
    """A secret that is shown once: the platform keeps its digest only."""

    id: str
    secret: str
    expires_at: datetime
