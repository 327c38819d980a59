"""Passkey assertions (WebAuthn): what a person's own authenticator signed, checked without a browser.

An assertion is accepted only for exactly one challenge, one relying party and the named origins, by a person
whom the authenticator recognised (user verification), in the page itself and not in a frame of another one.
"""

import base64
import binascii
import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from countersign_verify.canonical import Json, JsonInput, canonical_bytes, strict_loads
from countersign_verify.encoding import field
from countersign_verify.errors import RefusedError
from countersign_verify.signing import signature_valid

ASSERTION_VERSION = 1
DECISION_DOMAIN = b"countersign/decision/v1\n"
ES256, EDDSA, RS256 = -7, -8, -257
ALGORITHMS = (ES256, EDDSA, RS256)
MAX_CLIENT_DATA_BYTES = 4096
MAX_KEY_BYTES = 1024
MIN_RSA_BITS = 2048
MAX_EXPONENT_BITS = 32  # what every library takes
_AUTHENTICATOR_DATA = 37  # digest of the relying party, flags, counter: no extension is ever asked for
_FLAG_PRESENT, _FLAG_VERIFIED, _FLAGS_MORE = 0x01, 0x04, 0xC0
_KTY, _ALG, _CURVE, _X, _Y = 1, 3, -1, -2, -3
_OKP, _EC2, _RSA = 1, 2, 3
_P256, _ED25519 = 1, 6
_COORDINATE = 32
_ENDS_IN = {24: 1, 25: 2, 26: 4}  # how many bytes a CBOR length has that is no small number

Key = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey


@dataclass(frozen=True, slots=True)
class Party:
    """Whom an authenticator has to have signed for: the relying party, and the addresses of its pages."""

    rp_id: str
    origins: frozenset[str]


@dataclass(frozen=True, slots=True)
class Assertion:
    """What an authenticator answered."""

    authenticator_data: bytes
    client_data: bytes
    signature: bytes


def decision_challenge(statement: Mapping[str, JsonInput] | bytes) -> bytes:
    """The challenge of a decision: the digest of the whole statement, in a domain of its own."""
    data = statement if isinstance(statement, bytes) else canonical_bytes(statement)
    return hashlib.sha256(DECISION_DOMAIN + data).digest()


def assertion_verify(assertion: Assertion, *, public_key: bytes, challenge: bytes, party: Party) -> int:
    """Check an assertion.

    Args:
        assertion: What the authenticator answered.
        public_key: Of the credential, in COSE.
        challenge: What it had to sign.
        party: For whom.

    Returns:
        The counter of the authenticator; 0 where it keeps none.

    Raises:
        RefusedError: It is malformed, for something or somebody else, without the person, or not signed by
            this key.
    """
    _client_data_check(assertion.client_data, challenge, party.origins)
    data = assertion.authenticator_data
    if len(data) != _AUTHENTICATOR_DATA or data[32] & _FLAGS_MORE:
        raise RefusedError("webauthn.data", "the authenticator's data is not of the form of an assertion")
    if data[:32] != hashlib.sha256(party.rp_id.encode()).digest():
        raise RefusedError("webauthn.rp", "the passkey signed for another relying party")
    if not data[32] & _FLAG_PRESENT or not data[32] & _FLAG_VERIFIED:
        raise RefusedError("webauthn.person", "the authenticator did not verify the person")
    message = data + hashlib.sha256(assertion.client_data).digest()
    if not _signed(cose_key_read(public_key), assertion.signature, message):
        raise RefusedError("webauthn.signature", "the signature is not that of this passkey")
    return int.from_bytes(data[33:37], "big")


def _client_data_check(data: bytes, challenge: bytes, origins: Collection[str]) -> None:
    content = strict_loads(data, max_bytes=MAX_CLIENT_DATA_BYTES)
    if not isinstance(content, dict):
        raise RefusedError("webauthn.client", "the client data is not an object")
    if content.get("type") != "webauthn.get":
        raise RefusedError("webauthn.type", "the passkey signed something that is no assertion")
    expected = base64.urlsafe_b64encode(challenge).rstrip(b"=").decode()
    if field(content, "challenge", str, "the client data") != expected:
        raise RefusedError("webauthn.challenge", "the passkey signed another statement")
    if field(content, "origin", str, "the client data") not in origins:
        raise RefusedError("webauthn.origin", "the passkey was used on a page of another origin")
    if content.get("crossOrigin", False) is not False or "topOrigin" in content:
        raise RefusedError("webauthn.frame", "the passkey was used inside a page of another origin")


def _signed(key: Key, signature: bytes, message: bytes) -> bool:
    if isinstance(key, ed25519.Ed25519PublicKey):
        return signature_valid(key, signature, message)
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, message, ec.ECDSA(SHA256()))
        else:
            key.verify(signature, message, padding.PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def cose_key_read(data: bytes) -> Key:
    """Read a public key in COSE: ES256, EdDSA or RS256.

    Raises:
        RefusedError: It is malformed, of another kind, or too weak.
    """
    items = _cbor_map(data)
    parts = (items.get(_KTY), items.get(_ALG), items.get(_CURVE))
    try:
        if parts == (_EC2, ES256, _P256) and len(items) == 5:  # noqa: PLR2004 - those three, x and y
            point = b"\x04" + _bytes(items, _X, _COORDINATE) + _bytes(items, _Y, _COORDINATE)
            return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        if parts == (_OKP, EDDSA, _ED25519) and len(items) == 4:  # noqa: PLR2004 - those three, and x
            return ed25519.Ed25519PublicKey.from_public_bytes(_bytes(items, _X, _COORDINATE))
        if parts[:2] == (_RSA, RS256) and len(items) == 4:  # noqa: PLR2004 - those two, modulus, exponent
            exponent = int.from_bytes(_bytes(items, _X), "big")
            modulus = int.from_bytes(_bytes(items, _CURVE), "big")
            key = rsa.RSAPublicNumbers(exponent, modulus).public_key()
            if key.key_size >= MIN_RSA_BITS and exponent.bit_length() <= MAX_EXPONENT_BITS and modulus & 1:
                return key
    except ValueError as error:
        raise RefusedError("webauthn.key", "the public key of the passkey is not one") from error
    raise RefusedError("webauthn.key", "the public key of the passkey is of no kind that is accepted")


def key_material(public_key: bytes) -> bytes:
    """What two spellings of one public key in COSE have in common: its numbers, in DER.

    Raises:
        RefusedError: It is malformed, of another kind, or too weak.
    """
    return cose_key_read(public_key).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _bytes(items: Mapping[int, int | bytes], name: int, size: int | None = None) -> bytes:
    value = items.get(name)
    if not isinstance(value, bytes) or (size is not None and len(value) != size):
        raise RefusedError("webauthn.key", "a part of the passkey's public key has another form")
    return value


def _cbor_map(data: bytes) -> dict[int, int | bytes]:
    """Read the one form of CBOR that keys come in: a map of numbers to numbers and byte strings."""
    if not 1 <= len(data) <= MAX_KEY_BYTES:
        raise RefusedError("webauthn.cbor", "the public key of the passkey is too large")
    major, count, at = _cbor_head(data, 0)
    if major != 5:  # noqa: PLR2004 - a map
        raise RefusedError("webauthn.cbor", "the public key of the passkey is not a map")
    items: dict[int, int | bytes] = {}
    for _ in range(count):
        name, at = _cbor_item(data, at)
        if not isinstance(name, int) or name in items:
            raise RefusedError("webauthn.cbor", "a name in the passkey's public key is no number, or twice")
        items[name], at = _cbor_item(data, at)
    if at != len(data):
        raise RefusedError("webauthn.cbor", "something follows the passkey's public key")
    return items


def _cbor_item(data: bytes, at: int) -> tuple[int | bytes, int]:
    major, value, at = _cbor_head(data, at)
    if major == 0:
        return value, at
    if major == 1:
        return -1 - value, at
    if major == 2 and at + value <= len(data):  # noqa: PLR2004 - a byte string
        return data[at : at + value], at + value
    raise RefusedError("webauthn.cbor", "the public key of the passkey holds what no key holds")


def _cbor_head(data: bytes, at: int) -> tuple[int, int, int]:
    """Read a head: its kind, its value, and where what follows begins."""
    if at >= len(data):
        raise RefusedError("webauthn.cbor", "the public key of the passkey is cut off")
    major, small = data[at] >> 5, data[at] & 0x1F
    at += 1
    if small < 24:  # noqa: PLR2004 - the value itself
        return major, small, at
    size = _ENDS_IN.get(small, 0)
    value = int.from_bytes(data[at : at + size], "big")
    # Only the shortest form: every other would be a second spelling of the same key.
    if not size or at + size > len(data) or value < (24 if size == 1 else 1 << (4 * size)):
        raise RefusedError("webauthn.cbor", "a length in the passkey's public key is malformed")
    return major, value, at + size


def assertion_read(data: Mapping[str, Json]) -> Assertion:
    """Read an assertion as browsers send it: three texts in unpadded base64url.

    Raises:
        RefusedError: A part is missing or malformed.
    """
    where = "the assertion"
    return Assertion(
        authenticator_data=base64url_decode(field(data, "authenticator_data", str, where)),
        client_data=base64url_decode(field(data, "client_data", str, where)),
        signature=base64url_decode(field(data, "signature", str, where)),
    )


def base64url_decode(text: str) -> bytes:
    """Read base64url without padding, refusing every second spelling of the same bytes.

    Raises:
        RefusedError: It is something else.
    """
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise RefusedError("encoding.base64url", "a field is not base64url") from error
    if base64url_encode(data) != text:
        raise RefusedError("encoding.base64url", "a field is not canonical base64url")
    return data


def base64url_encode(data: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
