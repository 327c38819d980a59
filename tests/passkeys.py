"""An authenticator made of software: it makes real keys and signs what a browser would hand to it."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from countersign_verify.webauthn import base64url_encode

RP_ID = "localhost"
ORIGIN = "http://localhost:8000"
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40
Private = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey


def number_bytes(number: int, size: int = 0) -> bytes:
    return number.to_bytes(size or (number.bit_length() + 7) // 8, "big")


@dataclass
class Passkey:
    """One passkey of one person."""

    private: Private = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    count: int = 0

    @property
    def cose(self) -> bytes:
        public: Any = self.private.public_key()
        if isinstance(self.private, ed25519.Ed25519PrivateKey):
            return cbor2.dumps({1: 1, 3: -8, -1: 6, -2: public.public_bytes_raw()})
        numbers = public.public_numbers()
        if isinstance(self.private, rsa.RSAPrivateKey):
            return cbor2.dumps({1: 3, 3: -257, -1: number_bytes(numbers.n), -2: number_bytes(numbers.e)})
        point = {-2: number_bytes(numbers.x, 32), -3: number_bytes(numbers.y, 32)}
        return cbor2.dumps({1: 2, 3: -7, -1: 1, **point})

    def sign(self, message: bytes) -> bytes:
        if isinstance(self.private, ed25519.Ed25519PrivateKey):
            return self.private.sign(message)
        if isinstance(self.private, rsa.RSAPrivateKey):
            return self.private.sign(message, padding.PKCS1v15(), SHA256())
        return self.private.sign(message, ec.ECDSA(SHA256()))

    def register(self, challenge: str, *, origin: str = ORIGIN, rp_id: str = RP_ID, flags: int = 5) -> Any:  # noqa: ANN401 - JSON
        """Answer ``navigator.credentials.create``, as ``toJSON`` would give it."""
        data = hashlib.sha256(rp_id.encode()).digest() + bytes([flags | ATTESTED]) + bytes(4)
        data += bytes(16) + len(self.id).to_bytes(2, "big") + self.id + self.cose
        client = json.dumps({"type": "webauthn.create", "challenge": challenge, "origin": origin})
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return {
            "id": base64url_encode(self.id),
            "rawId": base64url_encode(self.id),
            "type": "public-key",
            "response": {
                "clientDataJSON": base64url_encode(client.encode()),
                "attestationObject": base64url_encode(attestation),
                "transports": ["internal", "made-up"],
            },
        }

    def answer(
        self,
        challenge: str,
        *,
        origin: str = ORIGIN,
        rp_id: str = RP_ID,
        flags: int = PRESENT | VERIFIED,
        count: int | None = None,
        more: bytes = b"",
        **client: object,
    ) -> dict[str, str]:
        """Answer ``navigator.credentials.get``: the parts of an assertion in base64url."""
        self.count = self.count + 1 if count is None else count
        content = {"type": "webauthn.get", "challenge": challenge, "origin": origin, "crossOrigin": False}
        raw = json.dumps({**content, **client}).encode()
        data = hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big") + more
        return {
            "credential_id": base64url_encode(self.id),
            "authenticator_data": base64url_encode(data),
            "client_data": base64url_encode(raw),
            "signature": base64url_encode(self.sign(data + hashlib.sha256(raw).digest())),
        }


def keys_of_every_kind() -> list[Passkey]:
    """One passkey of each kind of key that is accepted."""
    return [
        Passkey(),
        Passkey(ed25519.Ed25519PrivateKey.generate()),
        Passkey(rsa.generate_private_key(public_exponent=65537, key_size=2048)),
    ]
