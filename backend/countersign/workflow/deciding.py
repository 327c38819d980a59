"""Why somebody can't decide on a request: the service's own check, asked beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from countersign.approvals.errors import RoleMissing
from countersign.approvals.services import decision_check
from countersign.shared.errors import DomainError
from countersign.workflow.contracts import BlockedReason
from countersign.workflow.standing import RENEWED, RequestMoved, standing_why

if TYPE_CHECKING:
    from countersign.approvals.contracts import RequestData, Verdict
    from countersign.shared.actor import Actor


def decision_hindrance(
    actor: Actor, request: RequestData, verdict: Verdict, twins: frozenset[str]
) -> BlockedReason | None:
    """Return what hinders the actor from this verdict, or ``None``."""
    try:
        decision_check(
            request=request,
            actor=actor,
            verdict=verdict,
            reason="asked beforehand",
            digest=request.subject_digest,
            twins=twins,
        )
    except DomainError as error:
        return BlockedReason(error.code, error.message)
    if why := standing_why(request):
        return BlockedReason(RequestMoved.code, f"{why[0].upper()}{why[1:]}; {RENEWED}.")
    return None


@dataclass(frozen=True, slots=True)
class Standing:
    """What somebody may do with a request.

    Attributes:
        approving: what hinders them from approving.
        stopping: what hinders them from rejecting it and from asking for changes.
    """

    approving: BlockedReason | None
    stopping: BlockedReason | None

    @property
    def mine(self) -> bool:
        """Whether it waits for them: not where their role has its number already."""
        missing = self.approving is not None and self.approving.code == RoleMissing.code
        return self.stopping is None and not missing


def standing_of(actor: Actor, request: RequestData, twins: frozenset[str]) -> Standing:
    """Return what the actor may do with a request; ``twins`` are the people who hold a key of theirs."""
    return Standing(
        approving=decision_hindrance(actor, request, "approve", twins),
        stopping=decision_hindrance(actor, request, "reject", twins),
    )
