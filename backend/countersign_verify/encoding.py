"""Strict readers of the small encodings: base64, hexadecimal digests, typed fields of JSON."""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import TypeVar

from countersign_verify.canonical import Json
from countersign_verify.errors import RefusedError

T = TypeVar("T")

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def base64_encode(data: bytes) -> str:
    """Standard base64 with padding."""
    return base64.b64encode(data).decode("ascii")


def base64_decode(text: str) -> bytes:
    """Read standard base64, refusing every second spelling of the same bytes.

    Raises:
        RefusedError: Not base64, or not the one canonical spelling.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise RefusedError("encoding.base64", "a field is not base64") from error
    if base64_encode(data) != text:
        raise RefusedError("encoding.base64", "a field is not canonical base64")
    return data


def digest_check(text: object, what: str) -> str:
    """Require a digest written ``sha256:<64 lower-case hex>``.

    Raises:
        RefusedError: It is something else.
    """
    if not isinstance(text, str) or _DIGEST.fullmatch(text) is None:
        raise RefusedError("encoding.digest", f"{what} is not a sha256 digest")
    return text


def digest_hex(digest: str) -> str:
    """The hexadecimal part of a digest.

    Raises:
        RefusedError: It is not a sha256 digest.
    """
    return digest_check(digest, "the value").removeprefix("sha256:")


def field(data: Mapping[str, Json], name: str, kind: type[T], where: str) -> T:
    """Read a field that must be there and have this type (a bool is no int).

    Raises:
        RefusedError: The field is missing or of another type.
    """
    if name not in data:
        raise RefusedError("field.missing", f"{where} lacks {name!a}")
    value = data[name]
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise RefusedError("field.type", f"{name!a} of {where} is not a {kind.__name__}")
    return value


def keys_exact(data: Mapping[str, Json], names: frozenset[str], where: str) -> None:
    """Require exactly these keys: an unknown field is something nobody checked.

    Raises:
        RefusedError: A key is missing or not known.
    """
    missing = sorted(names - data.keys())
    unknown = sorted(data.keys() - names)
    if missing:
        raise RefusedError("field.missing", f"{where} lacks {', '.join(missing)}")
    if unknown:
        raise RefusedError("field.unknown", f"{where} has unknown fields: {ascii(unknown)[:200]}")
