"""A passkey that decides takes two people, and both stand in the log."""

from __future__ import annotations

import uuid
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from django.db import IntegrityError, transaction

from countersign.shared.actor import Actor, service_actor
from countersign_verify.canonical import digest_bytes
from countersign_verify.encoding import base64_encode
from tests.passkeys import Passkey
from tests.unit.audit.roles import sequence_all

if TYPE_CHECKING:
    from collections.abc import Callable

    from countersign.accounts.contracts import DecidingCredentialData

SYSTEM = service_actor("test")


def member(*roles: str, email: str = "", person_id: str = "") -> Actor:
    """A user with roles, as it acts when logged in."""
    from countersign.accounts.models import User
    from countersign.accounts.selectors import actor_of_user
    from countersign.accounts.services import role_grant, roles_sync, user_create

    roles_sync(actor=SYSTEM)
    address = email or f"{uuid.uuid4().hex[:12]}@localhost"
    user = user_create(actor=SYSTEM, email=address, name="Pat", person_id=person_id)
    for role in roles:
        role_grant(actor=SYSTEM, person_id=user.person_id, role=role)
    return actor_of_user(User.objects.select_related("person").get(pk=user.id))


def propose(actor: Actor, passkey: Passkey | None = None, **changes: Any) -> DecidingCredentialData:  # noqa: ANN401 - parts of any type
    from countersign.accounts.enrolment import credential_propose, enrolment_options

    options, token = enrolment_options(actor=actor)
    answer = (passkey or Passkey()).register(str(options["challenge"]), **changes)
    return credential_propose(actor=actor, token=token, label="blue key", credential=answer)


@pytest.fixture
def owner(db: None) -> Actor:
    return member("director")


@pytest.fixture
def other(db: None) -> Actor:
    return member("director", "admin")


def test_enrolment_takes_two_people_and_waits_for_its_checkpoint(committed_db: None) -> None:
    from countersign.accounts.deciding import credential_list, credentials_usable
    from countersign.accounts.enrolment import credential_confirm
    from countersign.audit.selectors import event_list

    owner, other = member("director"), member("director", "admin")
    passkey = Passkey()
    proposed = propose(owner, passkey)
    assert (proposed.state, proposed.usable, proposed.label) == ("proposed", False, "blue key")
    assert (proposed.credential, proposed.fingerprint) == (
        digest_bytes(passkey.id),
        digest_bytes(passkey.cose),
    )
    assert proposed.transports == ("internal",)
    confirmed = credential_confirm(actor=other, credential_id=proposed.id, fingerprint=proposed.fingerprint)
    assert (confirmed.state, confirmed.usable, confirmed.confirmed_by) == ("active", False, other.person_id)
    person = str(owner.person_id)
    assert credentials_usable(person_id=person, rp_id="localhost") == ()
    sequence_all()
    assert [item.id for item in credentials_usable(person_id=person, rp_id="localhost")] == [proposed.id]
    assert credentials_usable(person_id=person, rp_id="example.org") == ()
    assert [item.id for item in credential_list(actor=other)] == [proposed.id]
    second, first = event_list(actor=SYSTEM, subject=("credential", proposed.id))
    assert (first.type, first.actor_id, first.data) == (
        "credential.proposed",
        owner.id,
        {
            "person_id": owner.person_id,
            "credential": proposed.credential,
            "public_key": base64_encode(passkey.cose),
            "rp_id": "localhost",
        },
    )
    assert (second.type, second.actor_id, second.data) == (
        "credential.confirmed",
        other.id,
        {
            "person_id": owner.person_id,
            "credential": proposed.credential,
            "fingerprint": proposed.fingerprint,
        },
    )


def test_options_ask_for_a_key_that_logs_nobody_in(owner: Actor) -> None:
    from countersign.accounts.enrolment import enrolment_options

    mine = propose(owner)
    options: dict[str, Any] = enrolment_options(actor=owner)[0]
    assert options["rp"]["id"] == "localhost"
    assert options["attestation"] == "none"
    chosen = options["authenticatorSelection"]
    assert (chosen["residentKey"], chosen["userVerification"]) == ("discouraged", "required")
    assert len(options["excludeCredentials"]) == 1
    assert mine.credential_id


def refused(error: str, call: Callable[[], object]) -> str:
    """Expect a refusal by its name, and that it leaves no event behind."""
    from countersign.audit.selectors import event_count
    from countersign.shared.errors import DomainError

    before = event_count()
    with pytest.raises(DomainError) as caught:
        call()
    assert type(caught.value).__name__ == error
    assert event_count() == before
    return str(caught.value)


def test_nobody_confirms_their_own_nor_through_a_second_account(owner: Actor, other: Actor) -> None:
    from countersign.accounts.enrolment import credential_confirm
    from countersign.accounts.models import DecidingCredential

    found = propose(owner)
    again = member(person_id=str(owner.person_id))
    operator = member("operator")
    borrowed = replace(other, token_id=str(uuid.uuid4()), minted_by=owner.person_id)
    for actor in (
        owner,
        again,
        borrowed,
        replace(other, kind="agent"),
        replace(other, person_id=None),
        SYSTEM,
    ):
        refused(
            "SecondPersonNeeded",
            partial(credential_confirm, actor=actor, credential_id=found.id, fingerprint=found.fingerprint),
        )
    refused(
        "PermissionDenied",
        lambda: credential_confirm(actor=operator, credential_id=found.id, fingerprint=found.fingerprint),
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        DecidingCredential.objects.update(
            state="active", confirmed_by=owner.person_id, confirmed_event=uuid.uuid4()
        )


def test_confirmation_is_of_the_key_that_was_compared_and_once(owner: Actor, other: Actor) -> None:
    from countersign.accounts.enrolment import credential_confirm

    found = propose(owner)
    swapped = digest_bytes(b"another key")

    def confirm(fingerprint: str, credential_id: str = found.id) -> DecidingCredentialData:
        return credential_confirm(actor=other, credential_id=credential_id, fingerprint=fingerprint)

    refused("DecidingCredentialState", lambda: confirm(swapped))
    for nothing in (str(uuid.uuid4()), "nothing"):
        refused("DecidingCredentialNotFound", partial(confirm, found.fingerprint, nothing))
    confirm(found.fingerprint)
    assert "active" in refused("DecidingCredentialState", lambda: confirm(found.fingerprint))


def test_revoked_passkey_decides_nothing_and_stays_revoked(committed_db: None) -> None:
    from countersign.accounts.deciding import credentials_usable
    from countersign.accounts.enrolment import credential_confirm, credential_revoke

    owner, other = member("director"), member("director", "admin")
    found = propose(owner)
    credential_confirm(actor=other, credential_id=found.id, fingerprint=found.fingerprint)
    stranger, auditor = member("cab_member"), member("auditor")
    refused("DecidingCredentialNotFound", lambda: credential_revoke(actor=stranger, credential_id=found.id))
    refused("PermissionDenied", lambda: credential_revoke(actor=auditor, credential_id=found.id))
    assert credential_revoke(actor=owner, credential_id=found.id).state == "revoked"
    sequence_all()
    assert credentials_usable(person_id=str(owner.person_id), rp_id="localhost") == ()
    refused("DecidingCredentialState", lambda: credential_revoke(actor=other, credential_id=found.id))
    refused(
        "DecidingCredentialState",
        lambda: credential_confirm(actor=other, credential_id=found.id, fingerprint=found.fingerprint),
    )


@pytest.mark.parametrize(
    "changes", [{"origin": "http://evil.localhost:8000"}, {"rp_id": "example.org"}, {"flags": 1}]
)
def test_registration_for_something_else_is_refused(owner: Actor, changes: dict[str, Any]) -> None:
    refused("PasskeyRefused", lambda: propose(owner, **changes))


def test_registration_begun_by_somebody_else_or_forged_is_refused(owner: Actor, other: Actor) -> None:
    from countersign.accounts.enrolment import credential_propose, enrolment_options

    options, token = enrolment_options(actor=other)
    answer = Passkey().register(str(options["challenge"]))
    refused(
        "PasskeyRefused",
        lambda: credential_propose(actor=owner, token=token, label="", credential=answer),
    )
    refused(
        "PasskeyRefused",
        lambda: credential_propose(actor=other, token=token + "x", label="", credential=answer),
    )
    refused("PasskeyRefused", lambda: credential_propose(actor=other, token=token, label="", credential={}))


def test_one_passkey_is_one_persons(owner: Actor, other: Actor) -> None:
    passkey = Passkey()
    propose(owner, passkey)
    refused("PasskeyRefused", lambda: propose(other, passkey))
    refused("PasskeyRefused", lambda: propose(other, Passkey(passkey.private)))


def test_only_people_whose_roles_decide_enrol(db: None) -> None:
    operator = member("operator")
    refused("PermissionDenied", lambda: propose(operator))
    refused("SecondPersonNeeded", lambda: propose(SYSTEM))


def test_counter_must_grow_and_needs_the_transaction(committed_db: None) -> None:
    from countersign.accounts.enrolment import credential_confirm, credential_used

    owner, other = member("director"), member("director", "admin")
    found = propose(owner)
    credential_confirm(actor=other, credential_id=found.id, fingerprint=found.fingerprint)

    def used(count: int) -> bool:
        with transaction.atomic():
            return credential_used(credential_id=found.id, sign_count=count)

    assert [used(count) for count in (0, 0, 3, 3, 2, 0, 4)] == [True, True, True, False, False, False, True]
    refused("NoTransaction", lambda: credential_used(credential_id=found.id, sign_count=9))


@pytest.mark.parametrize(
    ("base", "rp_id", "expected"),
    [
        ("http://127.0.0.1:8123", "", ("localhost", "http://localhost:8123")),
        ("http://localhost:8123", "", ("localhost", "http://localhost:8123")),
        ("https://sign.example.org", "", ("sign.example.org", "https://sign.example.org")),
        ("https://sign.example.org:8443", "example.org", ("example.org", "https://sign.example.org:8443")),
        ("https://sign.example.org", "other.example.org", None),
        ("https://192.0.2.7", "", None),
        ("http://sign.example.org", "", None),
    ],
)
def test_party_follows_the_address_of_the_platform(
    monkeypatch: pytest.MonkeyPatch, base: str, rp_id: str, expected: tuple[str, str] | None
) -> None:
    from countersign.cli import doctor
    from countersign.shared import passkey_party as module
    from countersign.shared.env import environment

    chosen = replace(environment(), base_url=base, rp_id=rp_id)
    monkeypatch.setattr(module, "environment", lambda: chosen)
    party = module.passkey_party()
    check = doctor._passkeys()
    assert (check.status == "ok") == (party is not None) == (not check.mend)
    assert (party and (party.rp_id, min(party.origins))) == expected


def test_without_a_host_name_enrolment_says_how_to_mend_it(
    owner: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from countersign.accounts import enrolment

    monkeypatch.setattr(enrolment, "passkey_party", lambda: None)
    assert "COUNTERSIGN_BASE_URL" in refused(
        "PasskeysUnavailable", lambda: enrolment.enrolment_options(actor=owner)
    )
