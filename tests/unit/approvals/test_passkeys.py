"""Decisions that need the approver's own passkey, and everything that must not pass for one."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pytest

from countersign.approvals.contracts import AssertionInput, PreparedData, RequestData
from countersign.approvals.errors import (
    ApproverExcluded,
    AssertionRefused,
    DecisionMoved,
    PasskeyMissing,
    PasskeyRequired,
    PreparationGone,
    RequestNotFound,
    RequestNotPending,
    RoleMissing,
)
from countersign.approvals.models import ApprovalRequest, Decision, PreparedDecision
from countersign.approvals.services import decision_prepare, decision_record
from countersign.audit.selectors import event_count, event_list
from countersign.shared.actor import Actor, service_actor
from countersign_verify.canonical import canonical_bytes, digest_bytes, digest_of
from countersign_verify.webauthn import base64url_encode, decision_challenge
from tests.passkeys import PRESENT, Passkey
from tests.unit.accounts.test_enrolment import member, propose
from tests.unit.approvals.samples import DIGEST, Requests, verified
from tests.unit.runs.samples import rows_of

SYSTEM = service_actor("test")


@dataclass
class Signing:
    """A director with a passkey that may decide, and a request that asks for it."""

    requests: Requests
    director: Actor
    passkey: Passkey
    credential_id: str
    request: RequestData

    def prepare(self, **changes: Any) -> PreparedData:  # noqa: ANN401 - arguments of any type
        return decision_prepare(**{**self.arguments(), **changes})

    def arguments(self) -> dict[str, Any]:
        return {
            "actor": self.director,
            "request_id": self.request.id,
            "verdict": "approve",
            "reason": "reads well",
            "digest": DIGEST,
        }

    def decide(self, assertion: AssertionInput | None, **changes: Any) -> Any:  # noqa: ANN401 - as above
        given = {**self.arguments(), **changes}
        return decision_record(**given, unattended_allowed=False, assertion=assertion)

    def answer(
        self,
        prepared: PreparedData,
        passkey: Passkey | None = None,
        **changes: Any,  # noqa: ANN401 - as above
    ) -> AssertionInput:
        signer = passkey or self.passkey
        return AssertionInput(prepared_id=prepared.id, **signer.answer(prepared.challenge, **changes))


def checkpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the log's checkpoint cover everything: that enrolments wait for it is shown where they are made."""
    monkeypatch.setattr("countersign.accounts.deciding.event_is_checkpointed", bool)


def enrolled(owner: Actor, passkey: Passkey) -> str:
    from countersign.accounts.enrolment import credential_confirm

    found = propose(owner, passkey)
    credential_confirm(actor=member("admin"), credential_id=found.id, fingerprint=found.fingerprint)
    return found.id


def opened(requests: Requests, **changes: Any) -> RequestData:  # noqa: ANN401 - arguments of any type
    return requests.open(passkey=True, **changes)


@pytest.fixture
def signing(requests: Requests, monkeypatch: pytest.MonkeyPatch) -> Signing:
    checkpoint(monkeypatch)
    director, passkey = member("director"), Passkey()
    return Signing(requests, director, passkey, enrolled(director, passkey), opened(requests))


def refused(error: type[Exception], call: Callable[[], object]) -> str:
    """Expect a refusal that leaves nothing behind."""
    before = (rows_of(ApprovalRequest, Decision, PreparedDecision), event_count())
    with pytest.raises(error) as caught:
        call()
    assert (rows_of(ApprovalRequest, Decision, PreparedDecision), event_count()) == before
    return str(caught.value)


def test_decision_carries_the_signature_of_the_passkey_over_its_very_statement(signing: Signing) -> None:
    prepared = signing.prepare()
    assert prepared.challenge == base64url_encode(decision_challenge(dict(prepared.statement)))
    assert [item.id for item in prepared.allow_credentials] == [base64url_encode(signing.passkey.id)]
    assert (prepared.rp_id, prepared.origin) == ("localhost", "http://localhost:8000")
    taken, after = signing.decide(signing.answer(prepared))
    assert after.state == "approved"
    assert taken.statement_digest == prepared.statement_digest
    read = verified(taken)
    assert read.passkey
    assert base64url_encode(read.challenge) == prepared.challenge
    events = {event.type: event for event in event_list(actor=SYSTEM, subject=("approval_request", after.id))}
    assert events["decision.prepared"].data["statement_digest"] == prepared.statement_digest
    assert events["decision.recorded"].data["assertion_digest"] == digest_of(taken.assertion)
    assert taken.assertion["credential"] == digest_bytes(signing.passkey.id)


def test_without_the_passkey_nothing_is_decided(signing: Signing) -> None:
    refused(PasskeyRequired, lambda: signing.decide(None))
    refused(PasskeyRequired, lambda: signing.decide(None, verdict="reject"))


def test_who_may_not_decide_prepares_nothing(signing: Signing) -> None:
    refused(RequestNotFound, lambda: signing.prepare(request_id=str(uuid.uuid4())))
    refused(RoleMissing, partial(signing.prepare, actor=member("auditor")))
    refused(PasskeyMissing, partial(signing.prepare, actor=member("director")))
    agent = replace(signing.director, kind="agent")
    refused(ApproverExcluded, lambda: signing.prepare(actor=agent))


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": "https://evil.example.org"},
        {"rp_id": "example.org"},
        {"flags": PRESENT},
        {"flags": 0},
        {"type": "webauthn.create"},
        {"crossOrigin": True},
        {"topOrigin": "https://evil.example.org"},
        {"count": 0, "more": b"\x00"},
    ],
)
def test_answer_for_something_else_is_refused(signing: Signing, changes: dict[str, Any]) -> None:
    prepared = signing.prepare()
    refused(AssertionRefused, lambda: signing.decide(signing.answer(prepared, **changes)))


def test_answer_over_another_statement_is_refused(signing: Signing) -> None:
    first, second = signing.prepare(), signing.prepare()
    crossed = replace(signing.answer(first), prepared_id=second.id)
    refused(AssertionRefused, lambda: signing.decide(crossed))
    # The very answer that was meant holds, once.
    good = signing.answer(second)
    signing.decide(good)
    refused(RequestNotPending, lambda: signing.decide(good))


def test_answer_is_not_replayed_on_another_request(signing: Signing) -> None:
    prepared = signing.prepare()
    good = signing.answer(prepared)
    other = opened(signing.requests)
    refused(PreparationGone, lambda: signing.decide(good, request_id=other.id))
    signing.decide(good)
    refused(PreparationGone, lambda: signing.decide(good, request_id=other.id))


def test_what_moved_between_the_two_steps_is_not_signed(signing: Signing) -> None:
    prepared = signing.prepare()
    good = signing.answer(prepared)
    refused(DecisionMoved, lambda: signing.decide(good, verdict="reject"))
    refused(DecisionMoved, lambda: signing.decide(good, reason="another reason"))
    ApprovalRequest.objects.update(excluded=[str(uuid.uuid4())])
    refused(DecisionMoved, lambda: signing.decide(good))


def test_preparation_is_its_persons_and_ends(signing: Signing) -> None:
    prepared = signing.prepare()
    good = signing.answer(prepared)
    second = member("director")
    passkey = Passkey()
    enrolled(second, passkey)
    refused(PreparationGone, lambda: signing.decide(good, actor=second))
    refused(PreparationGone, lambda: signing.decide(replace(good, prepared_id="nothing")))
    refused(AssertionRefused, lambda: signing.decide(signing.answer(prepared, passkey)))
    from django.db.models.functions import Now

    PreparedDecision.objects.update(expires_at=Now())
    refused(PreparationGone, lambda: signing.decide(good))


def test_tampered_parts_are_refused(signing: Signing) -> None:
    good = signing.answer(signing.prepare())
    raw = canonical_bytes({"type": "webauthn.get"})
    for changes in (
        {"client_data": base64url_encode(raw)},
        {"client_data": "+"},
        {"signature": base64url_encode(b"x")},
        {"authenticator_data": ""},
        {"credential_id": base64url_encode(b"another")},
    ):
        refused(AssertionRefused, partial(signing.decide, replace(good, **changes)))


def test_revoked_passkey_signs_nothing(signing: Signing) -> None:
    from countersign.accounts.enrolment import credential_revoke

    good = signing.answer(signing.prepare())
    credential_revoke(actor=signing.director, credential_id=signing.credential_id)
    refused(AssertionRefused, lambda: signing.decide(good))
    refused(PasskeyMissing, signing.prepare)


def test_copied_passkey_is_noticed_by_its_counter(signing: Signing) -> None:
    signing.decide(signing.answer(signing.prepare(), count=5))
    signing.request = opened(signing.requests)
    prepared = signing.prepare()
    assert "copied" in refused(AssertionRefused, lambda: signing.decide(signing.answer(prepared, count=5)))


def test_passkey_of_a_login_never_decides(signing: Signing) -> None:
    from allauth.mfa.models import Authenticator

    from countersign.accounts.errors import PasskeyRefused

    passkey = Passkey()
    Authenticator.objects.create(
        user_id=signing.director.id,
        type=Authenticator.Type.WEBAUTHN,
        data={"name": "login", "credential": {"id": base64url_encode(passkey.id)}},
    )
    with pytest.raises(PasskeyRefused, match="logs somebody in"):
        propose(signing.director, passkey)
    prepared = signing.prepare()
    refused(AssertionRefused, lambda: signing.decide(signing.answer(prepared, passkey)))
