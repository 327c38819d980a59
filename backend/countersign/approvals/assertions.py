"""Decisions that the approver's own passkey signs: prepared first, then signed, exactly as prepared."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models.functions import Now
from webauthn import verify_authentication_response
from webauthn.helpers.exceptions import WebAuthnException

from countersign.accounts.deciding import credentials_usable
from countersign.accounts.enrolment import credential_used, party_require
from countersign.approvals.contracts import AllowedCredential, PreparedData
from countersign.approvals.errors import (
    AssertionRefused,
    DecisionMoved,
    PasskeyMissing,
    PasskeyRequired,
    PreparationGone,
)
from countersign.approvals.prepared_models import PreparedDecision
from countersign.approvals.statements import content_sign, decision_content, nonce_new
from countersign.audit.services import record
from countersign_verify.canonical import digest_of
from countersign_verify.errors import RefusedError
from countersign_verify.webauthn import (
    ASSERTION_VERSION,
    Assertion,
    assertion_verify,
    base64url_decode,
    base64url_encode,
    decision_challenge,
)

if TYPE_CHECKING:
    from datetime import datetime

    from countersign.accounts.contracts import DecidingCredentialData
    from countersign.approvals.contracts import AssertionInput, BreakGlassData, RequestData, Verdict
    from countersign.approvals.statements import SignedStatement
    from countersign.shared.actor import Actor
    from countersign.shared.types import JSON
    from countersign_verify.canonical import JsonInput
    from countersign_verify.webauthn import Party

PREPARED_VALID = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Intention:
    """What somebody is about to decide, after every check that does not need the passkey."""

    request: RequestData
    actor: Actor
    role: str
    verdict: Verdict
    reason: str
    moment: datetime
    window: BreakGlassData | None = None

    def content(self, *, nonce: str, decided_at: datetime, passkey: bool) -> dict[str, JsonInput]:
        """Return the statement as it would be signed now."""
        return decision_content(
            request=self.request,
            actor=self.actor,
            role=self.role,
            verdict=self.verdict,
            reason=self.reason,
            decided_at=decided_at,
            nonce=nonce,
            passkey=passkey,
            window=self.window,
        )


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed decision: by the server, and by the passkey where there is one."""

    statement: SignedStatement
    decided_at: datetime
    assertion: dict[str, JSON] | None


def prepare(intention: Intention) -> PreparedData:
    """Keep the statement for its one signature, inside the caller's transaction.

    Raises:
        PasskeysUnavailable: there is no host name that passkeys could belong to.
        PasskeyMissing: the person has no passkey that may decide here.
    """
    party = party_require()
    credentials = _credentials(intention.actor, party)
    if not credentials:
        message = (
            "you have no passkey that may decide here: enrol one, have another person confirm it, and wait "
            "until a signed checkpoint covers that"
        )
        raise PasskeyMissing(message)
    nonce, moment = nonce_new(), intention.moment
    content = intention.content(nonce=nonce, decided_at=moment, passkey=True)
    row = PreparedDecision.objects.create(
        request_id=intention.request.id,
        person_id=UUID(str(intention.actor.person_id)),
        nonce=nonce,
        statement_digest=digest_of(content),
        decided_at=moment,
        expires_at=min(moment + PREPARED_VALID, intention.request.expires_at),
    )
    record(
        actor=intention.actor,
        type="decision.prepared",
        subject=("approval_request", intention.request.id),
        data={"statement_digest": row.statement_digest, "verdict": intention.verdict},
    )
    return PreparedData(
        id=str(row.id),
        statement=content,
        statement_digest=row.statement_digest,
        challenge=base64url_encode(decision_challenge(content)),
        rp_id=party.rp_id,
        origin=min(party.origins),
        allow_credentials=tuple(
            AllowedCredential(base64url_encode(item.credential_id), item.transports) for item in credentials
        ),
        expires_at=row.expires_at,
    )


def sign(intention: Intention, given: AssertionInput | None) -> Signed:
    """Sign a decision, with the passkey's signature where one is given or asked for.

    Raises:
        PasskeyRequired: the policy asks for a passkey, and none signed.
        PasskeysUnavailable: there is no host name that passkeys could belong to.
        PreparationGone: nothing of this person was prepared, or it was used or took too long.
        DecisionMoved: what was prepared is not what would be signed now.
        AssertionRefused: the passkey's answer does not hold.
    """
    if given is None:
        if intention.request.policy.passkey:
            message = "this decision needs your own passkey: prepare it first, then sign it"
            raise PasskeyRequired(message)
        nonce, moment = nonce_new(), intention.moment
        content = intention.content(nonce=nonce, decided_at=moment, passkey=False)
        return Signed(content_sign(content, nonce), moment, None)
    row = _preparation(intention, given)
    content = intention.content(nonce=row.nonce, decided_at=row.decided_at, passkey=True)
    if digest_of(content) != row.statement_digest:
        message = "something has moved since you began to sign: look at the request again, and sign anew"
        raise DecisionMoved(message)
    assertion = _assertion(intention.actor, given, content)
    return Signed(content_sign(content, row.nonce), row.decided_at, assertion)


def _preparation(intention: Intention, given: AssertionInput) -> PreparedDecision:
    """Use the preparation up: of this person, on this request, once, in time."""
    rows = PreparedDecision.objects.filter(
        pk=_uuid(given.prepared_id),
        person_id=UUID(str(intention.actor.person_id)),
        request_id=UUID(intention.request.id),
    )
    if not rows.filter(used_at__isnull=True, expires_at__gt=Now()).update(used_at=Now()):
        raise _gone()
    return rows.get()


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise _gone() from error


def _gone() -> PreparationGone:
    return PreparationGone("this signature was used, or took longer than five minutes: sign anew")


def _assertion(actor: Actor, given: AssertionInput, content: dict[str, JsonInput]) -> dict[str, JSON]:
    party = party_require()
    challenge = decision_challenge(content)
    try:
        wanted = base64url_decode(given.credential_id)
        answer = Assertion(
            base64url_decode(given.authenticator_data),
            base64url_decode(given.client_data),
            base64url_decode(given.signature),
        )
        known = [item for item in _credentials(actor, party) if item.credential_id == wanted]
        if not known:
            message = "this passkey is not one of yours that may decide"
            raise AssertionRefused(message)
        count = assertion_verify(answer, public_key=known[0].public_key, challenge=challenge, party=party)
        _second_opinion(known[0], given, challenge, party)
    except (RefusedError, WebAuthnException) as error:
        message = f"the passkey's answer does not hold: {error}"
        raise AssertionRefused(message) from error
    if not credential_used(credential_id=known[0].id, sign_count=count):
        message = "the counter of this passkey did not grow: it may have been copied, have it revoked"
        raise AssertionRefused(message)
    return {
        "v": ASSERTION_VERSION,
        "credential": known[0].credential,
        "authenticator_data": given.authenticator_data,
        "client_data": given.client_data,
        "signature": given.signature,
    }


def _second_opinion(
    credential: DecidingCredentialData, given: AssertionInput, challenge: bytes, party: Party
) -> None:
    """Ask the library as well: what it and the offline verifier both accept is accepted."""
    verify_authentication_response(
        credential={
            "id": given.credential_id,
            "rawId": given.credential_id,
            "type": "public-key",
            "response": {
                "authenticatorData": given.authenticator_data,
                "clientDataJSON": given.client_data,
                "signature": given.signature,
            },
        },
        expected_challenge=challenge,
        expected_rp_id=party.rp_id,
        expected_origin=sorted(party.origins),
        credential_public_key=credential.public_key,
        # The counter is compared where it is kept, in one statement with noting it.
        credential_current_sign_count=0,
        require_user_verification=True,
    )


def _credentials(actor: Actor, party: Party) -> tuple[DecidingCredentialData, ...]:
    return credentials_usable(person_id=str(actor.person_id), rp_id=party.rp_id)
