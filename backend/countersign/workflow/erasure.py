"""Erasing a person: shown first, confirmed, carried out room by room, and what still says the name told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from countersign.accounts.erasure import person_anonymise, person_held
from countersign.accounts.errors import ErasureRefused
from countersign.audit.services import person_erase
from countersign.jobs.idempotency import answers_forget
from countersign.shared.mentions import mentions_find

if TYPE_CHECKING:
    from collections.abc import Iterator

    from countersign.accounts.contracts import PersonHeld
    from countersign.shared.actor import Actor
    from countersign.shared.mentions import Mention

# What is removed or replaced row by row; it need not be searched for what stays.
_EMPTIED = (
    "accounts_",
    "account_",
    "mfa_",
    "socialaccount_",
    "axes_",
    "django_session",
    "jobs_idempotencykey",
)


@dataclass(frozen=True, slots=True)
class ErasurePreview:
    """What erasing a person does.

    Attributes:
        held: what is taken away.
        mentions: tables in which somebody wrote the name or an address; these texts stay.
    """

    held: PersonHeld
    mentions: tuple[Mention, ...]


def erasure_preview(*, actor: Actor, person_id: str) -> ErasurePreview:
    """Return what erasing a person would take away, and which texts of others would still name them.

    Raises:
        PermissionDenied: the actor may not erase.
        PersonNotFound: there is no such person.
    """
    held = person_held(actor=actor, person_id=person_id)
    words = () if held.erased else (held.name, *held.addresses)
    return ErasurePreview(held, mentions_find(words, leave_out=_EMPTIED))


def erasure_carry_out(*, actor: Actor, person_id: str, confirmation: str) -> ErasurePreview:
    """Erase a person, for good; return what was taken away and where the name still stands.

    Stored answers go; then nobody logs in as this person any more and every table forgets who they are; at
    last the key goes under which the log keeps the name. What was interrupted is simply called again.

    Args:
        actor: who erases.
        person_id: whom.
        confirmation: an address of the person, typed once more; of one who has none, the name.

    Raises:
        PermissionDenied: the actor may not erase.
        PersonNotFound: there is no such person.
        ErasureRefused: the confirmation is another one's, or it is the actor, or the last administrator.
    """
    held = person_held(actor=actor, person_id=person_id)
    if held.erased:
        # Where an earlier call was interrupted before its last step, this ends it.
        if not person_erase(actor=actor, person_id=held.person_id):
            message = "this person was erased before"
            raise ErasureRefused(message, person_id=held.person_id)
        return ErasurePreview(held, ())
    known = {address.lower() for address in held.addresses} or {held.name.lower()}
    if confirmation.strip().lower() not in known:
        message = "the confirmation must be an address of this person, typed once more"
        raise ErasureRefused(message, person_id=held.person_id)
    words = (held.name, *held.addresses)
    answers_forget(user_ids=held.user_ids, words=words)
    person_anonymise(actor=actor, person_id=held.person_id)
    person_erase(actor=actor, person_id=held.person_id)
    return ErasurePreview(held, mentions_find(words))


def preview_lines(found: ErasurePreview) -> Iterator[str]:
    """Yield what erasing does, a line each."""
    held = found.held
    yield f"person {held.person_id}: {held.name}"
    for user_id, address in zip(held.user_ids, held.addresses, strict=True):
        yield f"  user {user_id}: {address}"
    if held.erased:
        yield "  erased already"
        return
    counted = {
        "sessions that end": held.sessions,
        "API tokens that are revoked": held.tokens,
        "login links": held.one_time_logins,
        "passkeys for decisions that are revoked": held.deciding_credentials,
        "second factors": held.second_factors,
        "identities of a single sign-on": held.identities,
        "records of failed logins": held.failed_logins,
    }
    yield "goes for good:"
    yield "  the key under which the log keeps the name; the name and every address"
    yield f"  roles: {', '.join(held.roles) or 'none'}"
    for what, count in counted.items():
        yield f"  {what}: {count}"
    yield "stays:"
    yield "  what the person did, under the ids above; public keys of passkeys that signed decisions"
    if held.tokens_minted:
        yield f"  live tokens that the person minted for others: {held.tokens_minted}; revoke what should end"
    yield from left_lines(found)


def left_lines(found: ErasurePreview) -> Iterator[str]:
    """Yield where the name or an address still stands in what somebody wrote."""
    for mention in found.mentions:
        yield (
            f"  texts that say the name or an address: {mention.rows} in {mention.table}"
            " (somebody wrote them; they are evidence and stay)"
        )
