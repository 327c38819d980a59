"""The decision statement: what is signed, byte for byte (DESIGN section 9)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from countersign.shared.clock import isoformat
from countersign.shared.keys import signing_key
from countersign_verify import dsse
from countersign_verify.canonical import canonical_bytes, digest_bytes
from countersign_verify.decision import decision_statement

if TYPE_CHECKING:
    from datetime import datetime

    from countersign.approvals.contracts import RequestData
    from countersign.shared.actor import Actor
    from countersign.shared.types import JSON


@dataclass(frozen=True, slots=True)
class SignedStatement:
    """A decision statement and the server's signature over it."""

    nonce: str
    digest: str
    envelope: dict[str, JSON]


def decision_sign(
    *, request: RequestData, actor: Actor, role: str, verdict: str, reason: str, decided_at: datetime
) -> SignedStatement:
    """Sign a decision over exactly what the request is bound to.

    Raises:
        SigningKeyMissing: the decision key can't be read.
    """
    key = signing_key("decisions")
    nonce = secrets.token_hex(16)
    predicate: dict[str, JSON] = {
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
        "approver": {
            "person_id": actor.person_id,
            "user_id": actor.id,
            "key": key.key_id,
            "role": role,
        },
        "nonce": nonce,
        "expires_at": isoformat(request.expires_at),
        "decided_at": isoformat(decided_at),
        "unattended": actor.unattended,
        "carry_over_allowed": request.carry_over_allowed,
        "excluded": sorted(request.excluded),
    }
    content = decision_statement(predicate)
    envelope = dsse.statement_sign(content, [(key.key_id, key.private)])
    return SignedStatement(
        nonce=nonce, digest=digest_bytes(canonical_bytes(content)), envelope=dict(envelope)
    )
