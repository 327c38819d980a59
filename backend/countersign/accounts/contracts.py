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


@dataclass(frozen=True, slots=True)
class PersonHeld:
    """What the platform holds of a person, as far as it goes when the person is erased.

    Attributes:
        person_id: stays, wherever the person did something.
        name: the person's name.
        addresses: the addresses of the person's users.
        user_ids: the users; they stay, without anything that says whose they are.
        roles: the roles that are taken away.
        tokens: live API tokens that are revoked.
        tokens_minted: live tokens of others that the person minted; they stay.
        sessions: sessions that end.
        one_time_logins: login links that are removed.
        deciding_credentials: passkeys for decisions that are revoked.
        second_factors: authenticators and login passkeys that are removed.
        identities: connections to a single sign-on that are removed.
        failed_logins: records of failed logins that are removed.
        erased: the person was erased before.
    """

    person_id: str
    name: str
    addresses: tuple[str, ...]
    user_ids: tuple[str, ...]
    roles: tuple[str, ...]
    tokens: int
    tokens_minted: int
    sessions: int
    one_time_logins: int
    deciding_credentials: int
    second_factors: int
    identities: int
    failed_logins: int
    erased: bool


@dataclass(frozen=True, slots=True)
class Gap:
    """A part of an absence in which the delegate is away as well, and nobody stands in."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class AbsenceData:
    """A time in which somebody is away.

    Attributes:
        state: ``coming``, ``now`` or ``over``.
        delegate_id: who was named to stand in.
        roles: those in which the delegate stands in: the ones that both hold by themselves.
        nobody: why nobody stands in at any time of it, with the mend; empty where somebody does.
        gaps: parts of what is left of it in which the delegate is away as well; the whole is no gap.
        declared_by: the name of who said so.
    """

    id: str
    person_id: str
    person_name: str
    delegate_id: str | None
    delegate_name: str | None
    roles: tuple[str, ...]
    nobody: str
    gaps: tuple[Gap, ...]
    starts_at: datetime
    ends_at: datetime
    ended_at: datetime | None
    state: str
    declared_by: str


@dataclass(frozen=True, slots=True)
class Away:
    """Somebody who is away at a moment, or through a time.

    Attributes:
        until: when they are back, absences that follow on one another taken together.
        delegate_id: who was named to stand in.
        roles: those in which the delegate stands in; none where nobody does.
        nobody: why nobody stands in, with the mend; empty where somebody does.
    """

    person_id: str
    until: datetime
    delegate_id: str | None
    roles: frozenset[str]
    nobody: str

    @property
    def stand_in(self) -> str | None:
        """Who is asked instead."""
        return None if self.nobody else self.delegate_id
