"""The decision statement: what is signed, byte for byte (DESIGN section 9)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from countersign.shared.clock import isoformat
from countersign.shared.env import environment
from countersign.shared.keys import public_key, signing_key
from countersign_verify import dsse, vocabulary
from countersign_verify.canonical import canonical_bytes, digest_bytes
from countersign_verify.decision import decision_statement

if TYPE_CHECKING:
    from datetime import datetime

    from countersign.approvals.contracts import BreakGlassData, RequestData
    from countersign.shared.actor import Actor
    from countersign.shared.types import JSON
    from countersign_verify.canonical import JsonInput


@dataclass(frozen=True, slots=True)
class SignedStatement:
    """A decision statement, and the server's signature over it where this process signs."""

    nonce: str
    digest: str
    envelope: dict[str, JSON]


def nonce_new() -> str:
    """Return a nonce; it is used once."""
    return secrets.token_hex(16)


def decision_content(
    *,
    request: RequestData,
    actor: Actor,
    role: str,
    verdict: str,
    reason: str,
    decided_at: datetime,
    nonce: str,
    passkey: bool,
    window: BreakGlassData | None = None,
) -> dict[str, JsonInput]:
    """Return the statement of a decision over exactly what the request is bound to.

    Raises:
        SigningKeyMissing: the decision key can't be read.
    """
    approver: dict[str, JsonInput] = {
        "person_id": actor.person_id,
        "user_id": actor.id,
        "key": public_key("decisions").key_id,
        "role": role,
    }
    if passkey:
        # Said inside what the server signs: nobody can leave the passkey's own signature out afterwards.
        approver["passkey"] = True
    predicate: dict[str, JsonInput] = {
        "v": 1,
        "request_id": request.id,
        "subject": {
            "kind": request.subject_kind,
            "id": request.subject_id,
            "digest": request.subject_digest,
        },
        "change": request.binding.as_json() if request.binding else None,
        "verdict": verdict,
        "reason_digest": digest_bytes(reason.encode()),
        "approver": approver,
        "nonce": nonce,
        "expires_at": isoformat(request.expires_at),
        "decided_at": isoformat(decided_at),
        "unattended": actor.unattended,
        "carry_over_allowed": request.carry_over_allowed,
        "excluded": sorted(request.excluded),
    }
    if window is not None:
        ends = window.expires_at or request.expires_at
        predicate["expires_at"] = isoformat(min(request.expires_at, ends))
        predicate[vocabulary.BREAK_GLASS] = window.id
    if request.policy.trial:
        predicate[vocabulary.TRIAL] = {
            "approval": vocabulary.SELF_APPROVED,
            "branch": request.policy.trial,
        }
    return decision_statement(predicate)


def content_sign(content: dict[str, JsonInput], nonce: str) -> SignedStatement:
    """Sign a statement with the platform's key for decisions, or leave that to the signer's own process.

    Raises:
        SigningKeyMissing: this process signs, and the decision key can't be read.
    """
    statement = canonical_bytes(content)
    if environment().signer_apart:
        envelope = dsse.envelope_unsigned(dsse.PAYLOAD_TYPE, statement)
    else:
        key = signing_key("decisions")
        envelope = dsse.envelope_sign(dsse.PAYLOAD_TYPE, statement, [(key.key_id, key.private)])
    return SignedStatement(nonce=nonce, digest=digest_bytes(statement), envelope=dict(envelope))
