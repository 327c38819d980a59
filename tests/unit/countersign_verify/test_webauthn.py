import base64
import hashlib
import json
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from countersign_verify.errors import RefusedError
from countersign_verify.webauthn import (
    Assertion,
    Party,
    assertion_read,
    assertion_verify,
    base64url_decode,
    base64url_encode,
    cose_key_read,
    decision_challenge,
)
from tests.passkeys import ORIGIN, PRESENT, RP_ID, VERIFIED, Passkey, keys_of_every_kind

PARTY = Party(RP_ID, frozenset({ORIGIN}))
CHALLENGE = decision_challenge({"verdict": "approve"})
TEXT = base64url_encode(CHALLENGE)


def answered(passkey: Passkey, challenge: str = TEXT, **changes: Any) -> Assertion:  # noqa: ANN401 - parts of any type
    return assertion_read(dict(passkey.answer(challenge, **changes)))


def refusal(passkey: Passkey, assertion: Assertion, *, key: bytes | None = None) -> str:
    with pytest.raises(RefusedError) as caught:
        assertion_verify(assertion, public_key=key or passkey.cose, challenge=CHALLENGE, party=PARTY)
    return caught.value.code


def test_challenge_is_the_digest_of_the_statement_in_its_own_domain() -> None:
    plain = b'countersign/decision/v1\n{"a":1,"b":2}'
    assert decision_challenge({"b": 2, "a": 1}) == hashlib.sha256(plain).digest()


@pytest.mark.parametrize("passkey", keys_of_every_kind(), ids=("ES256", "EdDSA", "RS256"))
def test_assertion_of_every_kind_of_key_holds_and_tells_its_counter(passkey: Passkey) -> None:
    assertion = answered(passkey, count=7)
    count = assertion_verify(assertion, public_key=passkey.cose, challenge=CHALLENGE, party=PARTY)
    assert count == 7
    # One changed bit, in any part, and it holds no more.
    for name in ("authenticator_data", "client_data", "signature"):
        parts = {
            part: getattr(assertion, part) for part in ("authenticator_data", "client_data", "signature")
        }
        parts[name] = parts[name][:-1] + bytes([parts[name][-1] ^ 1])
        assert refusal(passkey, Assertion(**parts))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"origin": "http://localhost:8001"}, "webauthn.origin"),
        ({"origin": "http://localhost:8000/"}, "webauthn.origin"),
        ({"rp_id": "example.org"}, "webauthn.rp"),
        ({"flags": PRESENT}, "webauthn.person"),
        ({"flags": VERIFIED}, "webauthn.person"),
        ({"flags": PRESENT | VERIFIED | 0x40}, "webauthn.data"),
        ({"flags": PRESENT | VERIFIED | 0x80, "more": b"\xa0"}, "webauthn.data"),
        ({"more": b"\x00"}, "webauthn.data"),
        ({"type": "webauthn.create"}, "webauthn.type"),
        ({"crossOrigin": True}, "webauthn.frame"),
        ({"topOrigin": ORIGIN}, "webauthn.frame"),
        ({"challenge": base64url_encode(bytes(32))}, "webauthn.challenge"),
        ({"challenge": 1}, "field.type"),
    ],
)
def test_assertion_for_something_else_is_refused_although_it_is_signed(
    changes: dict[str, Any], code: str
) -> None:
    passkey = Passkey()
    parts = dict(changes)
    challenge = parts.pop("challenge", TEXT)
    assert refusal(passkey, answered(passkey, challenge, **parts)) == code


def test_assertion_of_another_passkey_is_refused() -> None:
    assert refusal(Passkey(), answered(Passkey())) == "webauthn.signature"


@pytest.mark.parametrize("raw", [b"[]", b"{", b'{"type":"webauthn.get","type":"webauthn.get"}', b" " * 5000])
def test_client_data_that_is_no_object_is_refused(raw: bytes) -> None:
    passkey = Passkey()
    data = hashlib.sha256(RP_ID.encode()).digest() + bytes([5]) + bytes(4)
    signature = passkey.sign(data + hashlib.sha256(raw).digest())
    assert refusal(passkey, Assertion(data, raw, signature))


def malformed_keys() -> dict[str, bytes]:
    good = cbor2.loads(Passkey().cose)
    weak = Passkey(rsa.generate_private_key(public_exponent=65537, key_size=1024))  # noqa: S505 - what must be refused
    twice = bytes([0xA2]) + b"\x01\x02\x01\x02"
    return {
        "empty": b"",
        "large": bytes(2000),
        "no map": cbor2.dumps([1, 2]),
        "cut": Passkey().cose[:-1],
        "cut at a head": bytes([0xA1, 0x01]),
        "more": Passkey().cose + b"\x00",
        "a name twice": twice,
        "a name that is text": cbor2.dumps({"a": 1}),
        "a text in it": cbor2.dumps({1: "a"}),
        "a long spelling": bytes([0xA1, 0x18, 0x01, 0x02]),
        "a length that is none": bytes([0xBF, 0x01, 0x02, 0xFF]),
        "another curve": cbor2.dumps({**good, -1: 2}),
        "another algorithm": cbor2.dumps({**good, 3: -35}),
        "another field": cbor2.dumps({**good, 4: 1}),
        "no point": cbor2.dumps({**good, -2: bytes(32), -3: bytes(32)}),
        "a short coordinate": cbor2.dumps({**good, -2: bytes(31)}),
        "a coordinate that is a number": cbor2.dumps({**good, -2: 1}),
        "a weak key": weak.cose,
        "an even exponent": cbor2.dumps({1: 3, 3: -257, -1: bytes([255]) * 256, -2: b"\x02"}),
    }


@pytest.mark.parametrize("what", malformed_keys())
def test_key_that_is_malformed_or_weak_is_refused(what: str) -> None:
    with pytest.raises(RefusedError) as caught:
        cose_key_read(malformed_keys()[what])
    assert caught.value.code in {"webauthn.key", "webauthn.cbor"}


@pytest.mark.parametrize("text", ["YQ==", "YR", "Y", "a+b_", "é"])
def test_base64url_in_a_second_spelling_is_refused(text: str) -> None:
    with pytest.raises(RefusedError) as caught:
        base64url_decode(text)
    assert caught.value.code == "encoding.base64url"


def test_base64url_goes_there_and_back() -> None:
    for size in range(5):
        assert base64url_decode(base64url_encode(bytes(range(250, 250 + size)))) == bytes(
            range(250, 250 + size)
        )
    assert base64.urlsafe_b64decode(base64url_encode(b"abc")) == b"abc"


def test_assertion_that_lacks_a_part_is_refused() -> None:
    with pytest.raises(RefusedError):
        assertion_read(json.loads('{"authenticator_data": "", "client_data": ""}'))
