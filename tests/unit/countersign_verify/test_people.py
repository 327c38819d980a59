"""Roles and passkeys, derived from the events of a log and from nothing else."""

import json
from dataclasses import replace
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from countersign_verify.canonical import canonical_bytes, digest_bytes
from countersign_verify.decision import Decision
from countersign_verify.encoding import base64_encode
from countersign_verify.errors import RefusedError
from countersign_verify.log_events import LogContent, LoggedEvent
from countersign_verify.notes import verifier_key
from countersign_verify.people import People, decider_check, passkey_check, people_read
from countersign_verify.trust import Accounts, Trust, trust_build, trust_read
from countersign_verify.webauthn import Party, base64url_encode, decision_challenge
from tests.passkeys import ORIGIN, RP_ID, Passkey

ROOT, DORA, EVE = "root", "dora", "eve"
PARTY = Party(RP_ID, frozenset({ORIGIN}))
STATEMENT = b'{"verdict":"approve"}'


ROOTED = Accounts(frozenset({ROOT}), operator_grants=False)
LOG_KEY = verifier_key("log", Ed25519PrivateKey.generate().public_key().public_bytes_raw())


def trust(accounts: Accounts | None = ROOTED) -> Trust:
    made = trust_build(
        origin="log",
        log_keys=[LOG_KEY],
        roles={role: [] for role in ("runner", "gates", "scorer", "decisions")},
        accounts=accounts,
        passkeys=PARTY,
    )
    return trust_read(canonical_bytes(made))


class Log:
    """Events, one after the other."""

    def __init__(self) -> None:
        self.content = LogContent(0)

    def add(self, kind: str, by: str | None, subject: str, **data: str) -> LoggedEvent:
        event = LoggedEvent(
            index=len(self.content.events),
            time="2026-01-01T00:00:00.000000Z",
            type=kind,
            subject_type="any",
            subject_id=subject,
            actor_id="user",
            person_id=by,
            unattended=False,
            data=data,
        )
        self.content.events.append(event)
        return event

    def grant(self, by: str | None, person: str, role: str) -> None:
        self.add("role.granted", by, person, role=role)

    def propose(self, owner: str, passkey: Passkey, **changes: str) -> None:
        data = {
            "person_id": owner,
            "credential": digest_bytes(passkey.id),
            "public_key": base64_encode(passkey.cose),
            "rp_id": RP_ID,
        }
        self.add("credential.proposed", owner, "c1", **{**data, **changes})

    def confirm(self, by: str | None, owner: str, passkey: Passkey, **changes: str) -> None:
        data = {
            "person_id": owner,
            "credential": digest_bytes(passkey.id),
            "fingerprint": digest_bytes(passkey.cose),
        }
        self.add("credential.confirmed", by, "c1", **{**data, **changes})

    def revoke(self, passkey: Passkey) -> None:
        self.add("credential.revoked", DORA, "c1", person_id=DORA, credential=digest_bytes(passkey.id))


def refusal(log: Log, by: Trust | None = None) -> str:
    with pytest.raises(RefusedError) as caught:
        people_read(log.content, by or trust())
    return caught.value.code


def enrolled(passkey: Passkey) -> Log:
    log = Log()
    log.grant(ROOT, DORA, "director")
    log.propose(DORA, passkey)
    log.confirm(ROOT, DORA, passkey)
    return log


def decision(person: str = DORA, role: str = "director") -> Decision:
    return Decision(
        statement_digest=digest_bytes(STATEMENT),
        request_id="r",
        subject_kind="change",
        subject_id="s",
        subject_digest="d",
        change=None,
        verdict="approve",
        person_id=person,
        user_id="user",
        key="k",
        role=role,
        nonce="n",
        expires_at="",
        decided_at="",
        unattended=False,
        carry_over_allowed=False,
        excluded=frozenset(),
        passkey=True,
        challenge=decision_challenge(STATEMENT),
    )


def test_role_counts_between_its_grant_and_its_revocation() -> None:
    log = Log()
    log.grant(ROOT, DORA, "director")
    log.add("role.revoked", ROOT, DORA, role="director")
    log.grant(ROOT, DORA, "director")
    people = people_read(log.content, trust())
    assert [people.held(DORA, "director", index) for index in range(5)] == [False, True, False, True, True]
    assert not people.held(EVE, "director", 9)
    event = log.add("decision.recorded", DORA, "r")
    decider_check(decision(), event, people, trust())
    for changed in (decision(person=EVE), decision(role="cab_member")):
        with pytest.raises(RefusedError, match="the log does not say"):
            decider_check(changed, event, people, trust())
        # A trust file without roots leaves roles to the key of the decisions.
        decider_check(changed, event, people, trust(None))


def test_grant_by_who_was_no_administrator_then_is_refused() -> None:
    log = Log()
    log.grant(EVE, EVE, "director")
    assert refusal(log) == "people.grant"
    assert people_read(log.content, trust(None)).by_operator == 0
    chain = Log()
    chain.grant(ROOT, EVE, "admin")
    chain.grant(EVE, DORA, "director")
    assert people_read(chain.content, trust()).held(DORA, "director", 9)
    chain.add("role.revoked", ROOT, EVE, role="admin")
    chain.grant(EVE, DORA, "cab_member")
    assert refusal(chain) == "people.grant"


def test_grant_by_the_operator_counts_only_where_the_trust_file_says_so() -> None:
    log = Log()
    log.grant(None, DORA, "director")
    assert refusal(log) == "people.operator"
    people = people_read(log.content, trust(Accounts(frozenset(), operator_grants=True)))
    assert (people.by_operator, people.held(DORA, "director", 1)) == (1, True)


def forged() -> dict[str, Log]:
    """Enrolments that are none, by the code of their refusal."""
    one, other = Passkey(), Passkey()
    logs = {code: Log() for code in ("people.confirmed", "people.second", "people.confirmer")}
    logs["people.confirmed"].confirm(ROOT, DORA, one)
    for code, by in (("people.second", DORA), ("people.confirmer", EVE)):
        logs[code].propose(DORA, one)
        logs[code].confirm(by, DORA, one)
    logs["people.proposed"] = Log()
    logs["people.proposed"].propose(EVE, one, person_id=DORA)
    logs["people.twice"] = enrolled(one)
    logs["people.twice"].propose(EVE, Passkey(one.private))
    logs["people.fingerprint"] = Log()
    logs["people.fingerprint"].propose(DORA, one)
    logs["people.fingerprint"].confirm(ROOT, DORA, one, fingerprint=digest_bytes(other.cose))
    logs["webauthn.cbor"] = Log()
    logs["webauthn.cbor"].propose(DORA, one, public_key=base64_encode(b"\x00"))
    return logs


@pytest.mark.parametrize("code", forged())
def test_forged_enrolment_is_refused(code: str) -> None:
    assert refusal(forged()[code]) == code


def test_second_spelling_of_an_enrolled_key_is_refused() -> None:
    one = Passkey()
    log = enrolled(one)
    numbers = cbor2.loads(one.cose)
    respelled = cbor2.dumps(dict(reversed(numbers.items())))
    assert respelled != one.cose
    log.propose(EVE, Passkey(one.private), public_key=base64_encode(respelled))
    assert refusal(log) == "people.twice"


def assertion(passkey: Passkey, **changes: Any) -> bytes:  # noqa: ANN401 - parts of any type
    answer = passkey.answer(base64url_encode(decision_challenge(STATEMENT)), **changes)
    parts = {name: value for name, value in answer.items() if name != "credential_id"}
    return canonical_bytes({"v": 1, "credential": digest_bytes(passkey.id), **parts})


def check(log: Log, data: bytes, *, people: People | None = None, **changes: Any) -> str:  # noqa: ANN401 - as above
    """Check an assertion as if the log went on with its decision; returns the code of the refusal."""
    known = people or people_read(log.content, trust())
    event = replace(log.add("decision.recorded", DORA, "r"), data={"assertion_digest": digest_bytes(data)})
    try:
        passkey_check(
            changes.get("decision", decision()),
            data,
            changes.get("event", event),
            known,
            changes.get("trust", trust()),
        )
    except RefusedError as error:
        return error.code
    return ""


def test_assertion_holds_for_its_person_at_its_place_of_the_log() -> None:
    passkey = Passkey()
    data = assertion(passkey)
    assert check(enrolled(passkey), data) == ""
    assert check(enrolled(passkey), data, decision=decision(person=EVE)) == "passkey.person"
    assert check(Log(), data) == "passkey.person"
    revoked = enrolled(passkey)
    revoked.revoke(passkey)
    revoked.revoke(passkey)
    assert check(revoked, data) == "passkey.person"
    unconfirmed = Log()
    unconfirmed.propose(DORA, passkey)
    assert check(unconfirmed, data) == "passkey.person"
    early = replace(enrolled(passkey).content.events[2], data={"assertion_digest": digest_bytes(data)})
    assert check(enrolled(passkey), data, event=early) == "passkey.person"


def test_assertion_of_another_place_party_or_form_is_refused() -> None:
    passkey = Passkey()
    log = enrolled(passkey)
    data = assertion(passkey)
    event = replace(log.content.events[0], index=9, data={"assertion_digest": digest_bytes(b"other")})
    assert check(log, data, event=event) == "passkey.event"
    assert check(log, data, trust=replace(trust(), passkeys=None)) == "passkey.party"
    elsewhere = replace(trust(), passkeys=Party("example.org", frozenset({ORIGIN})))
    assert check(log, data, trust=elsewhere) == "passkey.rp"
    content = json.loads(data)
    assert check(log, canonical_bytes({**content, "v": 2})) == "passkey.version"
    assert check(log, canonical_bytes({**content, "more": 1})) == "field.unknown"
    assert check(log, assertion(passkey, origin="https://evil.example")) == "webauthn.origin"
    swapped = replace(decision(), challenge=decision_challenge(b"{}"))
    assert check(log, data, decision=swapped) == "webauthn.challenge"


def test_counter_that_does_not_grow_is_refused() -> None:
    passkey = Passkey()
    log = enrolled(passkey)
    people = people_read(log.content, trust())
    found = [check(log, assertion(passkey, count=count), people=people) for count in (0, 0, 4, 4, 0, 5)]
    assert found == ["", "", "", "passkey.count", "passkey.count", ""]


@pytest.mark.parametrize(
    "changes",
    [
        {"accounts": None},
        {"accounts": {"admins": []}},
        {"accounts": {"admins": [1], "operator_grants": True}},
        {"accounts": {"admins": ["a", "a"], "operator_grants": True}},
        {"passkeys": {"rp_id": "a", "origins": "a"}},
        {"passkeys": {"rp_id": "a", "origins": [], "more": 1}},
        {"else": 1},
    ],
)
def test_trust_file_with_malformed_roots_is_refused(changes: dict[str, Any]) -> None:
    good = trust().data
    assert isinstance(good, dict)
    with pytest.raises(RefusedError):
        trust_read(canonical_bytes({**good, **changes}))
