"""Canonical JSON and the strict reader."""

import json
import time
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from countersign_verify.canonical import (
    MAX_INTEGER,
    Json,
    canonical_bytes,
    canonical_loads,
    canonical_object,
    digest_of,
    strict_loads,
)
from countersign_verify.errors import RefusedError
from tests.unit.countersign_verify.samples import refused

SCALARS = st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | st.text()
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)

REFUSED = {
    b"[1.5]": "json.float",
    b"[1e3]": "json.float",
    b"[NaN]": "json.constant",
    b"[-Infinity]": "json.constant",
    b"[9007199254740992]": "json.integer",
    b"[-9007199254740993]": "json.integer",
    b"[" + b"1" * 5000 + b"]": "json.integer",
    b'{"a":1,"a":2}': "json.duplicate",
    b'{"b":{"a":1,"\\u0061":2}}': "json.duplicate",
    rb'["\ud800"]': "json.surrogate",
    rb'{"\udfff":1}': "json.surrogate",
    b"[" * 10_000 + b"]" * 10_000: "json.depth",
    b"[" * 200 + b"]" * 200: "json.depth",
    b'{"a":' * 300 + b"1" + b"}" * 300: "json.depth",
    b"\xff": "json.utf8",
    b'"\xed\xa0\x80"': "json.utf8",
    b"\xef\xbb\xbf[]": "json.syntax",
    b"[1] [2]": "json.syntax",
    b"": "json.syntax",
    b'["\x01"]': "json.syntax",
    b"[1,]": "json.syntax",
}


@pytest.mark.parametrize("data", REFUSED, ids=lambda data: ascii(data[:20]))
def test_strict_loads_refuses_with_the_reason(data: bytes) -> None:
    started = time.monotonic()
    with pytest.raises(RefusedError) as refusal:
        strict_loads(data)
    assert refusal.value.code == REFUSED[data]
    with pytest.raises(RefusedError):
        canonical_loads(data)
    assert time.monotonic() - started < 1


def test_strict_loads_refuses_what_is_too_large() -> None:
    with refused("json.size"):
        strict_loads(b"[" + b" " * 100 + b"]", max_bytes=50)
    with refused("json.size"):
        canonical_loads(b"[1,2]", max_bytes=4)


def test_strict_loads_accepts_plain_json_with_white_space() -> None:
    assert strict_loads(b' {"a" : [1, -2, true, null, "\\u00e4"] } ') == {"a": [1, -2, True, None, "ä"]}
    assert strict_loads(rb'["\ud83d\ude00"]') == ["\U0001f600"]


@pytest.mark.parametrize(
    "data",
    [b'{ "a":1}', b'{"b":1,"a":2}', b'["\\u0061"]', b'["\\/"]', b"[-0]", b"[1]\n", '{"é":1,"b":2}'.encode()],
)
def test_canonical_loads_refuses_another_spelling(data: bytes) -> None:
    strict_loads(data)
    with refused("json.canonical"):
        canonical_loads(data)


def test_canonical_object_refuses_another_top_level() -> None:
    assert canonical_object(b'{"a":1}') == {"a": 1}
    with refused("json.object"):
        canonical_object(b"[1]")


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (1.0, "json.type"),
        (b"bytes", "json.type"),
        ({1: 2}, "json.key"),
        (2**53, "json.integer"),
        ("\ud800", "json.surrogate"),
        ({"\udc00": 1}, "json.surrogate"),
        ({1, 2}, "json.type"),
    ],
)
def test_canonical_bytes_refuses_what_json_cannot_say(value: object, code: str) -> None:
    with pytest.raises(RefusedError) as refusal:
        canonical_bytes(value)  # type: ignore[arg-type]  # that is the test
    assert refusal.value.code == code
    assert code not in refusal.value.message


def test_canonical_bytes_refuses_deep_nesting() -> None:
    value: list[Any] = []
    for _ in range(100):
        value = [value]
    with refused("json.depth"):
        canonical_bytes(value)


def test_canonical_bytes_sorts_keys_by_utf16_code_unit() -> None:
    # RFC 8785, section 3.2.3: the surrogate pair of the emoji sorts before U+FB33.
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    encoded = canonical_bytes({key: number for number, key in enumerate(keys)})
    assert list(json.loads(encoded)) == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


@given(VALUES)
def test_canonical_bytes_is_what_the_reference_encoder_says(value: Json) -> None:
    encoded = canonical_bytes(value)
    assert encoded == rfc8785.dumps(value)
    assert canonical_loads(encoded) == strict_loads(encoded) == value


@given(VALUES, st.data())
def test_canonical_loads_refuses_every_spelling_but_one(value: Json, data: st.DataObject) -> None:
    other = json.dumps(value, ensure_ascii=data.draw(st.booleans()), indent=data.draw(st.none() | st.just(1)))
    try:
        read = canonical_loads(other.encode())
    except RefusedError:
        assert other.encode() != canonical_bytes(value)
    else:
        assert read == value
        assert other.encode() == canonical_bytes(value)


def test_digest_of_names_a_value_by_its_canonical_bytes() -> None:
    assert digest_of({"b": 1, "a": [True]}) == digest_of(strict_loads(b'{"a":[true], "b":1}'))
    assert digest_of({}) == "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


def test_loads_refuse_more_values_than_a_reader_should_make() -> None:
    text = b"[" + b",".join([b"0"] * 500_000) + b"]"
    assert len(canonical_loads(text)) == 500_000  # type: ignore[arg-type]  # a list
    with pytest.raises(RefusedError, match="values"):
        canonical_loads(b"[" + text + b"]")
    assert canonical_loads(b"[" + text + b"]", max_values=500_001)
