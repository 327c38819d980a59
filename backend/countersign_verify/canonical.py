"""Canonical JSON (RFC 8785) over a safe subset, and a strict reader of JSON.

The subset is what two independent verifiers are sure to agree on: objects with string keys, arrays,
strings of Unicode scalar values, booleans, null, and integers within +-(2^53 - 1). No floats.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import NoReturn, TypeAlias

import rfc8785

from countersign_verify.errors import RefusedError

Json: TypeAlias = "bool | int | str | list[Json] | dict[str, Json] | None"
JsonInput: TypeAlias = "bool | int | str | Sequence[JsonInput] | Mapping[str, JsonInput] | None"

MAX_INTEGER = 2**53 - 1
MAX_DEPTH = 64
MAX_BYTES = 16 * 1024 * 1024
MAX_VALUES = 500_000  # a few bytes of JSON can cost a reader hundreds in memory
_MAX_INTEGER_DIGITS = 17  # a sign and the 16 digits of 2^53


def canonical_bytes(value: JsonInput, *, max_depth: int = MAX_DEPTH) -> bytes:
    """Encode a value as RFC 8785 canonical JSON.

    Args:
        value: Mappings, sequences, strings, booleans, integers and None.
        max_depth: Deepest nesting accepted.

    Returns:
        The canonical UTF-8 bytes.

    Raises:
        RefusedError: The value holds a float, a large integer, a lone surrogate, a key that is not a
            string, another type, or is nested too deeply.
    """
    plain = _plain(value, max_depth)
    text = _ENCODER.encode(plain)
    return text.encode("utf-8") if _sorts_alike(text) else rfc8785.dumps(plain)


def strict_loads(
    data: bytes, *, max_depth: int = MAX_DEPTH, max_bytes: int = MAX_BYTES, max_values: int = MAX_VALUES
) -> Json:
    """Read JSON, refusing everything that two readers could understand differently.

    Args:
        data: UTF-8 bytes of one JSON text.
        max_depth: Deepest nesting accepted.
        max_bytes: Largest input accepted.
        max_values: Most bytes ``,``, ``[`` and ``{`` accepted, wherever they stand.

    Returns:
        The value.

    Raises:
        RefusedError: Not UTF-8, not JSON, too large, too deep, of too many values, or with a duplicate key,
            a float, NaN, an integer outside +-(2^53 - 1) or a lone surrogate.
    """
    text = _text(data, max_bytes, max_values)
    value = _decode(_STRICT, text)
    _depth_check(value, max_depth)
    if "\\u" in text:  # only an escape can bring a lone surrogate into UTF-8
        _check_text(_ENCODER.encode(value))
    return value


def canonical_loads(
    data: bytes, *, max_depth: int = MAX_DEPTH, max_bytes: int = MAX_BYTES, max_values: int = MAX_VALUES
) -> Json:
    """Read JSON that must already be in its canonical form, to the byte.

    Raises:
        RefusedError: As :func:`strict_loads`, or the bytes are not the canonical form of their value.
    """
    text = _text(data, max_bytes, max_values)
    if _sorts_alike(text):
        # The common case, in C: a text that its own value encodes to again holds no duplicate key, no
        # escaped surrogate and nothing unsorted; numbers and constants are checked by the hooks.
        quick = _decode(_QUICK, text)
        _depth_check(quick, max_depth)
        if _ENCODER.encode(quick) == text:
            return quick
    value = strict_loads(data, max_depth=max_depth, max_bytes=max_bytes, max_values=max_values)
    if _sorts_alike(text) or rfc8785.dumps(value) != data:
        raise RefusedError("json.canonical", "the JSON is not in canonical form (RFC 8785)")
    return value


def canonical_object(
    data: bytes, *, max_depth: int = MAX_DEPTH, max_bytes: int = MAX_BYTES, max_values: int = MAX_VALUES
) -> dict[str, Json]:
    """Read canonical JSON whose top level is an object.

    Raises:
        RefusedError: As :func:`canonical_loads`, or the top level is not an object.
    """
    value = canonical_loads(data, max_depth=max_depth, max_bytes=max_bytes, max_values=max_values)
    if not isinstance(value, dict):
        raise RefusedError("json.object", "the JSON is not an object")
    return value


def objects_canonical(texts: Sequence[bytes]) -> bool:
    """Whether each of these ASCII texts is one JSON object in canonical form: many at a time, in C.

    ``False`` says only that one of them may not be; :func:`canonical_object` says which and why. Nesting is
    not looked at.
    """
    values = []
    plain = [str(text, "ascii") for text in texts]
    for text in plain:
        try:
            value, end = _QUICK.raw_decode(text)
        except (RefusedError, RecursionError, json.JSONDecodeError):
            return False
        if end != len(text) or not isinstance(value, dict):
            return False
        values.append(value)
    # Objects end where their brace closes, so a list of them encodes alike only when each of them does.
    return _ENCODER.encode(values) == f"[{','.join(plain)}]"


def digest_bytes(data: bytes) -> str:
    """Name bytes by content: ``sha256:<hex>``."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def digest_of(value: JsonInput) -> str:
    """Name a JSON value by the digest of its canonical bytes.

    Raises:
        RefusedError: As :func:`canonical_bytes`.
    """
    return digest_bytes(canonical_bytes(value))


def _plain(value: object, depth: int) -> Json:
    """Copy a value into plain lists and dicts, refusing what canonical JSON cannot say."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        _check_text(value)
        return str(value)
    if isinstance(value, int):
        if not -MAX_INTEGER <= value <= MAX_INTEGER:
            raise RefusedError("json.integer", "an integer lies outside +-(2^53 - 1)")
        return int(value)
    if depth <= 0:
        raise RefusedError("json.depth", "the value is nested too deeply")
    if isinstance(value, Mapping):
        return {_key(key): _plain(item, depth - 1) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray, memoryview)):
        return [_plain(item, depth - 1) for item in value]
    raise RefusedError("json.type", f"canonical JSON cannot hold a {type(value).__name__}")


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise RefusedError("json.key", f"an object key is a {type(key).__name__}, not a string")
    _check_text(key)
    return str(key)


def _check_text(text: str) -> None:
    if text.isascii():
        return
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise RefusedError("json.surrogate", "a string holds a lone surrogate") from error


def _text(data: bytes, max_bytes: int, max_values: int) -> str:
    if len(data) > max_bytes:
        raise RefusedError("json.size", f"JSON of {len(data)} bytes is larger than {max_bytes}")
    if len(data) > max_values and sum(data.count(mark) for mark in b",[{") > max_values:
        raise RefusedError("json.values", f"JSON of more than {max_values} values")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RefusedError("json.utf8", "the text is not UTF-8") from error


def _decode(decoder: json.JSONDecoder, text: str) -> Json:
    try:
        value: Json = decoder.decode(text)
    except RecursionError as error:
        raise RefusedError("json.depth", "JSON is nested too deeply") from error
    except json.JSONDecodeError as error:
        raise RefusedError("json.syntax", f"not JSON: {error.msg} at character {error.pos}") from error
    return value


def _sorts_alike(text: str) -> bool:
    """Whether sorting by code point, as json does, is sorting by UTF-16 code unit, as RFC 8785 does."""
    return text.isascii() or max(text) < "\ud800"


def _depth_check(value: Json, max_depth: int) -> None:
    level: list[Json] = [value] if isinstance(value, (dict, list)) else []
    depth = 0
    while level:
        depth += 1
        if depth > max_depth:
            raise RefusedError("json.depth", f"JSON is nested deeper than {max_depth}")
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent)  # type: ignore[union-attr]  # no scalar gets here
            if isinstance(child, (dict, list))
        ]


def _pairs(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise RefusedError("json.duplicate", f"the key {key[:80]!a} occurs twice in one object")
            seen.add(key)
    return result


def _integer(text: str) -> int:
    if len(text) > _MAX_INTEGER_DIGITS or not -MAX_INTEGER <= (number := int(text)) <= MAX_INTEGER:
        raise RefusedError("json.integer", f"the integer {text[:20]} lies outside +-(2^53 - 1)")
    return number


def _float(text: str) -> NoReturn:
    raise RefusedError("json.float", f"the number {text[:20]} is not an integer")


def _constant(text: str) -> NoReturn:
    raise RefusedError("json.constant", f"{text} is not JSON")


_STRICT = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_int=_integer, parse_float=_float, parse_constant=_constant
)
_QUICK = json.JSONDecoder(parse_int=_integer, parse_float=_float, parse_constant=_constant)
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True)
