"""Signing decisions in a process that holds the key, takes nobody's word, and does nothing else.

Web processes record what a person decided and sign nothing. The signer looks at each decision as a stranger
with the log would: what was recorded, who the person was then, which passkey signed. Only then it signs.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from django.db import transaction

from countersign.approvals.asking import words_signed
from countersign.approvals.contracts import SignerLag
from countersign.approvals.models import Decision, DecisionSignature
from countersign.approvals.selectors import asked_items, decision_data, request_data
from countersign.audit.entries import entries_of_types, entry_of_event
from countersign.audit.services import record
from countersign.shared.clock import now
from countersign.shared.keys import signing_key
from countersign_verify.canonical import canonical_bytes, digest_bytes
from countersign_verify.decision import decision_valid, decision_verify
from countersign_verify.dsse import APPROVAL_V1, PAYLOAD_TYPE, envelope_sign, statement_read
from countersign_verify.errors import RefusedError
from countersign_verify.log_events import LogContent, LoggedEvent, event_read
from countersign_verify.people import decider_check, passkey_check, people_read
from countersign_verify.vocabulary import (
    EVENT_CREDENTIAL_CONFIRMED,
    EVENT_CREDENTIAL_PROPOSED,
    EVENT_CREDENTIAL_REVOKED,
    EVENT_DECISION,
    EVENT_REQUEST_EXPIRED,
    EVENT_REQUEST_VOIDED,
    EVENT_ROLE_GRANTED,
    EVENT_ROLE_REVOKED,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from countersign.approvals.contracts import DecisionData, RequestData
    from countersign.shared.actor import Actor
    from countersign.shared.types import JSON
    from countersign_verify.canonical import Json
    from countersign_verify.decision import Decision as Verified
    from countersign_verify.trust import Trust

_PEOPLE = (
    EVENT_ROLE_GRANTED,
    EVENT_ROLE_REVOKED,
    EVENT_CREDENTIAL_PROPOSED,
    EVENT_CREDENTIAL_CONFIRMED,
    EVENT_CREDENTIAL_REVOKED,
)
_ENDED = (EVENT_REQUEST_VOIDED, EVENT_REQUEST_EXPIRED)
_BATCH = 100


def _unanswered() -> QuerySet[Decision]:
    return Decision.objects.filter(signature__isnull=True, envelope__signatures=[]).order_by("decided_at")


def decisions_unanswered() -> tuple[str, ...]:
    """Return the ids of decisions that the signer has not answered, oldest first."""
    return tuple(str(pk) for pk in _unanswered().values_list("id", flat=True)[:_BATCH])


def signer_lag() -> SignerLag:
    """Return how many decisions the signer has not answered, and for how long the oldest one waits."""
    moments = list(_unanswered().values_list("decided_at", flat=True)[:_BATCH])
    if not moments:
        return SignerLag(0, 0.0)
    return SignerLag(len(moments), max(0.0, (now() - moments[0]).total_seconds()))


@transaction.atomic(durable=True)
def decision_answer(*, actor: Actor, decision_id: str, trust: Trust) -> bool:
    """Sign a decision, or say for good why not; say whether there was something to answer.

    A decision that no checkpoint covers yet is left for later.

    Raises:
        SigningKeyMissing: the key for decisions can't be read.
        WitnessPolicyInvalid: the witness policy can't be read.
    """
    row = Decision.objects.select_related("request").get(pk=decision_id)
    logged = entry_of_event(str(row.event_id))
    if logged is None or DecisionSignature.objects.filter(decision=row).exists():
        return False
    place, body = logged
    envelope: dict[str, Json] | None = None
    refused = ""
    try:
        envelope = _signed(decision_data(row), request_data(row.request), _words(row), place, body, trust)
    except RefusedError as error:
        refused = error.message
    DecisionSignature.objects.create(decision=row, envelope=envelope, refused=refused)
    told: dict[str, JSON] = {"decision_id": decision_id, "statement_digest": row.statement_digest}
    record(
        actor=actor,
        type="decision.signature_refused" if refused else "decision.signed",
        subject=("approval_request", str(row.request_id)),
        data={**told, **({"why": refused[:500]} if refused else {})},
    )
    return True


def _words(row: Decision) -> str:
    return words_signed(row.reason, asked_items(row))


def _signed(  # noqa: PLR0917 - a decision, and each thing that it is held against
    decision: DecisionData, request: RequestData, words: str, place: int, body: bytes, trust: Trust
) -> dict[str, Json]:
    """Return the signed envelope of a decision that holds.

    Raises:
        RefusedError: something does not hold; the message names it.
    """
    key = signing_key("decisions")
    payload = base64.b64decode(str(decision.envelope["payload"]), validate=True)
    envelope = envelope_sign(PAYLOAD_TYPE, payload, [(key.key_id, key.private)])
    verified = decision_verify(canonical_bytes(envelope), trust.roles["decisions"])
    _, event = event_read(body, place)
    if event is None or event.type != EVENT_DECISION:
        raise RefusedError("signer.event", "the log has no such decision")
    _as_logged(verified, event, decision)
    _as_asked(verified, request)
    if statement_read(payload, APPROVAL_V1).predicate["reason_digest"] != digest_bytes(words.encode()):
        raise RefusedError("signer.reason", "another reason would be signed than was given")
    decision_valid(verified, logged_at=event.time, allow_unattended=trust.allow_unattended)
    ended = entries_of_types(_ENDED, before=place)
    if any(found.subject_id == request.id for found in _events(ended)):
        raise RefusedError("signer.ended", "the request had ended before the decision was recorded")
    _as_entitled(verified, decision, event, trust)
    return envelope


def _events(entries: Iterable[tuple[int, bytes]]) -> list[LoggedEvent]:
    found = (event_read(body, place)[1] for place, body in entries)
    return [event for event in found if event is not None]


def _as_logged(verified: Verified, event: LoggedEvent, decision: DecisionData) -> None:
    """Hold the statement against the event that tells of it."""
    told = tuple(event.text(name) for name in ("decision_id", "request_id", "statement_digest", "verdict"))
    signed = (decision.id, verified.request_id, verified.statement_digest, verified.verdict)
    if told != signed or event.person_id != verified.person_id or event.unattended != verified.unattended:
        raise RefusedError("signer.event", "the log tells of another decision, or of another person's")


def _as_asked(verified: Verified, request: RequestData) -> None:
    """Hold the statement against the request that it is on."""
    binding = request.binding.as_json() if request.binding else None
    change = verified.change
    bound = None if change is None else {name: getattr(change, name) for name in change.__slots__}
    subject = (verified.subject_kind, verified.subject_id, verified.subject_digest)
    if subject != (request.subject_kind, request.subject_id, request.subject_digest) or bound != binding:
        raise RefusedError("signer.subject", "the decision is on something else than was asked")
    if verified.request_id != request.id or verified.excluded != frozenset(request.excluded):
        raise RefusedError("signer.request", "the decision is on another request, or excludes other people")
    if verified.trial != request.policy.trial:
        raise RefusedError("signer.trial", "decision and request disagree on whether this is self-approved")
    if request.policy.passkey and not verified.passkey:
        raise RefusedError("signer.passkey", "the policy asks for the approver's own passkey")


def _as_entitled(verified: Verified, decision: DecisionData, event: LoggedEvent, trust: Trust) -> None:
    """Hold the person against what the log tells of people: never against a table."""
    content = LogContent(event.index, _events(entries_of_types(_PEOPLE, before=event.index)))
    people = people_read(content, trust)
    decider_check(verified, event, people, trust)
    if verified.passkey:
        if decision.assertion is None:
            raise RefusedError("signer.passkey", "the signature of the approver's passkey is missing")
        passkey_check(verified, canonical_bytes(dict(decision.assertion)), event, people, trust)
