"""DSSE envelopes, in-toto statements, and the small strict readers below them."""

import base64
from typing import Any

import pytest

from countersign_verify.canonical import canonical_bytes
from countersign_verify.dsse import (
    APPROVAL_V1,
    PAYLOAD_TYPE,
    RISK_V1,
    envelope_bytes,
    envelope_sign,
    envelope_verify,
    pre_authentication,
    statement,
    statement_read,
    statement_sign,
    statement_verify,
    subject_entry,
)
from countersign_verify.encoding import base64_decode, digest_hex, field, keys_exact
from countersign_verify.signing import key_id, public_bytes, signature_valid
from tests.unit.countersign_verify.samples import KEYS, refused

IDS = {name: key_id(key.public_key()) for name, key in KEYS.items()}
PUBLIC = {IDS[name]: key.public_key().public_bytes_raw() for name, key in KEYS.items() if name != "stranger"}
CONTENT = statement([subject_entry("thing", "sha256:" + "a" * 64)], RISK_V1, {"score": 1})


def signed(*names: str) -> dict[str, Any]:
    return statement_sign(CONTENT, [(IDS[name], KEYS[name]) for name in names])


def test_pre_authentication_is_that_of_the_specification() -> None:
    # The example of the DSSE protocol description.
    encoded = pre_authentication("http://example.com/HelloWorld", b"hello world")
    assert encoded == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"


def test_envelope_verify_returns_what_was_signed() -> None:
    envelope = signed("gates", "scorer")
    assert envelope_verify(envelope, PUBLIC, threshold=2) == canonical_bytes(CONTENT)
    read = statement_verify(envelope_bytes(envelope), PUBLIC, RISK_V1)
    assert read.predicate == {"score": 1}
    assert read.subjects == {"thing": {"sha256": "a" * 64}}


def test_envelope_verify_accepts_keys_as_objects() -> None:
    assert envelope_verify(signed("gates"), {IDS["gates"]: KEYS["gates"].public_key()})


def test_envelope_verify_counts_key_material_not_key_ids() -> None:
    envelope = envelope_sign(PAYLOAD_TYPE, b"{}", [("one", KEYS["gates"]), ("two", KEYS["gates"])])
    same = {"one": PUBLIC[IDS["gates"]], "two": PUBLIC[IDS["gates"]]}
    with refused("dsse.twice"):
        envelope_verify(envelope, same, threshold=2)


def test_envelope_verify_refuses_too_few_keys() -> None:
    with refused("dsse.threshold"):
        envelope_verify(signed("gates"), PUBLIC, threshold=2)
    with refused("dsse.threshold"):
        envelope_verify({**signed("gates"), "signatures": []}, PUBLIC, threshold=0)


def test_envelope_verify_refuses_a_key_that_is_not_trusted() -> None:
    with refused("dsse.key"):
        envelope_verify(signed("gates", "stranger"), PUBLIC)


def test_envelope_verify_refuses_a_repeated_signature() -> None:
    envelope = signed("gates")
    envelope["signatures"] *= 2
    with refused("dsse.twice"):
        envelope_verify(envelope, PUBLIC)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"payload": base64.b64encode(b"{}").decode()}, "dsse.signature"),
        ({"payload": "e30"}, "encoding.base64"),
        ({"payload": 1}, "field.type"),
        ({"payloadType": "text/plain"}, "dsse.type"),
        ({"more": 1}, "field.unknown"),
        ({"signatures": {}}, "field.type"),
        ({"signatures": ["x"]}, "dsse.shape"),
        ({"signatures": [{"keyid": "a"}]}, "field.missing"),
        ({"signatures": [{"keyid": "a", "sig": "AAAA", "cert": ""}]}, "field.unknown"),
        ({"signatures": [{"keyid": "a", "sig": "AAAA"}] * 17}, "dsse.signatures"),
    ],
)
def test_envelope_verify_refuses_with_the_reason(change: dict[str, Any], code: str) -> None:
    with refused(code):
        envelope_verify({**signed("gates"), **change}, PUBLIC)


def test_envelope_sign_refuses_no_signer_and_one_twice() -> None:
    with refused("dsse.unsigned"):
        envelope_sign(PAYLOAD_TYPE, b"", [])
    with refused("dsse.twice"):
        envelope_sign(PAYLOAD_TYPE, b"", [("a", KEYS["gates"]), ("a", KEYS["scorer"])])
    with refused("json.type"):
        statement_sign({"a": 1.5}, [("a", KEYS["gates"])])  # type: ignore[dict-item]  # that is the test
    with refused("json.type"):
        envelope_bytes({"a": 1.5})  # type: ignore[dict-item]  # that is the test


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"_type": "https://in-toto.io/Statement/v0.1"}, "statement.type"),
        ({"predicateType": APPROVAL_V1}, "statement.predicate"),
        ({"predicate": []}, "field.type"),
        ({"subject": []}, "statement.subject"),
        ({"subject": ["x"]}, "statement.subject"),
        ({"subject": [{"name": "a", "digest": {}}]}, "statement.subject"),
        ({"subject": [{"name": "a", "digest": {"sha256": ""}}]}, "statement.subject"),
        ({"subject": [{"name": "a", "digest": {"sha256": "b"}}] * 2}, "statement.subject"),
        ({"subject": [{"name": "a"}]}, "field.missing"),
        ({"more": 1}, "field.unknown"),
    ],
)
def test_statement_read_refuses_with_the_reason(change: dict[str, Any], code: str) -> None:
    with refused(code):
        statement_read(canonical_bytes({**CONTENT, **change}), RISK_V1)


def test_statement_read_refuses_json_that_is_not_canonical() -> None:
    with refused("json.canonical"):
        statement_read(b" " + canonical_bytes(CONTENT), RISK_V1)


def test_keys_are_named_by_content_and_checked() -> None:
    raw = KEYS["gates"].public_key().public_bytes_raw()
    assert key_id(raw) == key_id(KEYS["gates"].public_key())
    with refused("key.size"):
        public_bytes(b"short")
    with refused("key.size"):
        key_id(b"")
    with refused("key.size"):
        signature_valid(b"", b"", b"")


def test_small_readers_refuse_what_is_malformed() -> None:
    with refused("encoding.digest"):
        digest_hex("sha256:ABC")
    with refused("encoding.base64"):
        base64_decode("ä")
    with refused("encoding.base64"):
        base64_decode("AB==")
    with refused("field.missing"):
        field({}, "a", int, "it")
    with refused("field.type"):
        field({"a": True}, "a", int, "it")
    with refused("field.missing"):
        keys_exact({}, frozenset({"a"}), "it")
