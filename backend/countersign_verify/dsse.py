"""DSSE envelopes and in-toto v1 statements."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from countersign_verify.canonical import (
    Json,
    JsonInput,
    canonical_bytes,
    canonical_object,
)
from countersign_verify.encoding import base64_decode, base64_encode, field, keys_exact
from countersign_verify.errors import RefusedError
from countersign_verify.signing import PublicKey, Signer, public_bytes, signature_valid

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
MAX_SIGNATURES = 16

APPROVAL_V1 = "https://countersign.dev/approval/v1"
GATES_V1 = "https://countersign.dev/gates/v1"
PROVENANCE_V1 = "https://slsa.dev/provenance/v1"
REVERIFICATION_V1 = "https://countersign.dev/reverification/v1"
RISK_V1 = "https://countersign.dev/risk/v1"
TEST_RESULT_V1 = "https://in-toto.io/attestation/test-result/v0.1"
VULNERABILITIES_V1 = "https://in-toto.io/attestation/vulns/v0.2"

_ENVELOPE_FIELDS = frozenset({"payload", "payloadType", "signatures"})
_SIGNATURE_FIELDS = frozenset({"keyid", "sig"})
_STATEMENT_FIELDS = frozenset({"_type", "subject", "predicateType", "predicate"})
_SUBJECT_FIELDS = frozenset({"name", "digest"})


@dataclass(frozen=True, slots=True)
class Statement:
    """An in-toto v1 statement that was read strictly.

    Attributes:
        subjects: For each named subject its digests (``{"sha256": hex}``).
        predicate_type: What kind of claim is made.
        predicate: The claim.
    """

    subjects: Mapping[str, Mapping[str, str]]
    predicate_type: str
    predicate: dict[str, Json]


def pre_authentication(payload_type: str, payload: bytes) -> bytes:
    """The bytes that a DSSE signature covers (PAE)."""
    kind = payload_type.encode("utf-8")
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def statement(
    subject: Sequence[Mapping[str, JsonInput]], predicate_type: str, predicate: JsonInput
) -> dict[str, JsonInput]:
    """An in-toto v1 statement.

    Args:
        subject: ``[{"name": ..., "digest": {"sha256": hex}}, ...]``; see :func:`subject_entry`.
        predicate_type: Address of the kind of claim.
        predicate: The claim.
    """
    return {
        "_type": STATEMENT_TYPE,
        "subject": list(subject),
        "predicateType": predicate_type,
        "predicate": predicate,
    }


def subject_entry(name: str, digest: str) -> dict[str, JsonInput]:
    """One subject of a statement, from a digest written ``sha256:<hex>``."""
    algorithm, _, value = digest.partition(":")
    return {"name": name, "digest": {algorithm: value}}


def envelope_sign(
    payload_type: str, payload: bytes, signers: Iterable[tuple[str, Signer]]
) -> dict[str, Json]:
    """Sign a payload; the envelope lists its signatures by key id.

    Args:
        payload_type: Media type of the payload.
        payload: The bytes to sign; canonical JSON for statements.
        signers: Pairs of key id and private key.

    Raises:
        RefusedError: No signer was given, or one key id twice.
    """
    message = pre_authentication(payload_type, payload)
    signatures: dict[str, str] = {}
    for keyid, private_key in signers:
        if keyid in signatures:
            raise RefusedError("dsse.twice", f"the key {keyid} would sign twice")
        signatures[keyid] = base64_encode(private_key.sign(message))
    if not signatures:
        raise RefusedError("dsse.unsigned", "an envelope needs a signature")
    listed: list[Json] = [{"keyid": keyid, "sig": signatures[keyid]} for keyid in sorted(signatures)]
    return {**envelope_unsigned(payload_type, payload), "signatures": listed}


def envelope_unsigned(payload_type: str, payload: bytes) -> dict[str, Json]:
    """An envelope that waits for its signatures; nobody accepts it before."""
    return {"payload": base64_encode(payload), "payloadType": payload_type, "signatures": []}


def statement_sign(
    content: Mapping[str, JsonInput], signers: Iterable[tuple[str, Signer]]
) -> dict[str, Json]:
    """Sign the canonical bytes of a statement as an in-toto envelope.

    Raises:
        RefusedError: As :func:`envelope_sign`, or the statement is not canonical JSON.
    """
    return envelope_sign(PAYLOAD_TYPE, canonical_bytes(content), signers)


def envelope_verify(
    envelope: Mapping[str, Json],
    keys: Mapping[str, PublicKey],
    *,
    payload_type: str = PAYLOAD_TYPE,
    threshold: int = 1,
) -> bytes:
    """Check an envelope and return its payload.

    Stricter than DSSE asks for: every signature must be by a known key and must hold, so that no byte
    of an envelope is left unchecked; and what counts is key material, not key ids.

    Args:
        envelope: The envelope.
        keys: Trusted public keys by key id.
        payload_type: The type the payload must have.
        threshold: Number of different keys that must have signed.

    Returns:
        The payload.

    Raises:
        RefusedError: The envelope is malformed, of another type, signed by an unknown key or twice by one,
            a signature does not hold, or too few keys signed.
    """
    payload, signatures = _envelope_read(envelope, payload_type)
    message = pre_authentication(payload_type, payload)
    material: set[bytes] = set()
    for keyid, signature in signatures:
        key = keys.get(keyid)
        if key is None:
            raise RefusedError("dsse.key", f"signed by the key {keyid[:80]!a}, which is not trusted for this")
        if not signature_valid(key, signature, message):
            raise RefusedError("dsse.signature", f"the signature by {keyid} does not hold")
        raw = public_bytes(key)
        if raw in material:
            raise RefusedError("dsse.twice", f"the key {keyid} signed twice")
        material.add(raw)
    if not material or len(material) < threshold:
        raise RefusedError("dsse.threshold", f"{len(material)} keys signed where {threshold} are needed")
    return payload


def envelope_bytes(envelope: Mapping[str, JsonInput]) -> bytes:
    """An envelope as it is stored: canonical JSON.

    Raises:
        RefusedError: It is not canonical JSON.
    """
    return canonical_bytes(envelope)


def statement_read(payload: bytes, predicate_type: str) -> Statement:
    """Read a statement of a given kind from a payload that was verified.

    Raises:
        RefusedError: It is not canonical, not an in-toto v1 statement, or of another kind.
    """
    data = canonical_object(payload)
    keys_exact(data, _STATEMENT_FIELDS, "the statement")
    if data["_type"] != STATEMENT_TYPE:
        raise RefusedError("statement.type", "the payload is not an in-toto v1 statement")
    if data["predicateType"] != predicate_type:
        raise RefusedError("statement.predicate", f"the statement is not of the kind {predicate_type}")
    subjects: dict[str, Mapping[str, str]] = {}
    for item in field(data, "subject", list, "the statement"):
        name, digest = _subject_read(item)
        if name in subjects:
            raise RefusedError("statement.subject", f"the statement names the subject {name[:80]!a} twice")
        subjects[name] = digest
    if not subjects:
        raise RefusedError("statement.subject", "the statement has no subject")
    return Statement(subjects, predicate_type, field(data, "predicate", dict, "the statement"))


def statement_verify(
    data: bytes, keys: Mapping[str, PublicKey], predicate_type: str, *, threshold: int = 1
) -> Statement:
    """Check a stored envelope (canonical JSON bytes) and read its statement.

    Raises:
        RefusedError: As :func:`envelope_verify` and :func:`statement_read`.
    """
    payload = envelope_verify(canonical_object(data), keys, threshold=threshold)
    return statement_read(payload, predicate_type)


def _envelope_read(envelope: Mapping[str, Json], payload_type: str) -> tuple[bytes, list[tuple[str, bytes]]]:
    keys_exact(envelope, _ENVELOPE_FIELDS, "the envelope")
    if envelope["payloadType"] != payload_type:
        raise RefusedError("dsse.type", f"the payload is not of the type {payload_type}")
    entries = field(envelope, "signatures", list, "the envelope")
    if len(entries) > MAX_SIGNATURES:
        raise RefusedError("dsse.signatures", f"an envelope has at most {MAX_SIGNATURES} signatures")
    signatures: list[tuple[str, bytes]] = []
    for entry in entries:
        if not isinstance(entry, dict):
            raise RefusedError("dsse.shape", "a signature of the envelope is not an object")
        keys_exact(entry, _SIGNATURE_FIELDS, "a signature of the envelope")
        keyid = field(entry, "keyid", str, "a signature")
        signatures.append((keyid, base64_decode(field(entry, "sig", str, "a signature"))))
    return base64_decode(field(envelope, "payload", str, "the envelope")), signatures


def _subject_read(item: Json) -> tuple[str, Mapping[str, str]]:
    if not isinstance(item, dict):
        raise RefusedError("statement.subject", "a subject of the statement is not an object")
    keys_exact(item, _SUBJECT_FIELDS, "a subject of the statement")
    digests: dict[str, str] = {}
    for algorithm, value in field(item, "digest", dict, "a subject").items():
        if not isinstance(value, str) or not value:
            raise RefusedError("statement.subject", "a digest of a subject is not text")
        digests[str(algorithm)] = value
    if not digests:
        raise RefusedError("statement.subject", "a subject of the statement has no digest")
    return field(item, "name", str, "a subject"), digests
