"""Why somebody can't decide on a request: the service's own check, asked beforehand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.approvals.services import decision_check
from countersign.shared.errors import DomainError
from countersign.workflow.contracts import BlockedReason

if TYPE_CHECKING:
    from countersign.approvals.contracts import RequestData
    from countersign.shared.actor import Actor


def decision_hindrance(actor: Actor, request: RequestData) -> BlockedReason | None:
    """Return what hinders the actor from deciding (not from approving alone), or ``None``."""
    try:
        decision_check(
            request=request,
            actor=actor,
            verdict="reject",
            reason="asked beforehand",
            digest=request.subject_digest,
        )
    except DomainError as error:
        return BlockedReason(error.code, error.message)
    return None
