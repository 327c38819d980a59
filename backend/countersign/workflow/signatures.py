"""Whether the signer has signed what is acted on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.shared.errors import Conflict

if TYPE_CHECKING:
    from countersign.approvals.contracts import RequestData


class SignatureRefused(Conflict):
    """The signer does not sign a decision: what was recorded is not what the log and the request say."""

    code = "signature_refused"


def signatures_ready(request: RequestData) -> bool:
    """Say whether every decision on a request carries the platform's signature.

    Raises:
        SignatureRefused: one never will.
    """
    for decision in request.decisions:
        if decision.refused:
            message = f"the signer refuses a decision on this request: {decision.refused}"
            raise SignatureRefused(message, decision_id=decision.id)
    return all(decision.signed for decision in request.decisions)
