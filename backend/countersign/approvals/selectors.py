"""Reading requests and decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from countersign.accounts.policies import require
from countersign.approvals.contracts import (
    AskedItem,
    ChangeBinding,
    DecisionData,
    PolicySnapshot,
    QuorumRule,
    RequestData,
)
from countersign.approvals.errors import RequestNotFound
from countersign.approvals.models import ApprovalRequest, Decision, DecisionSignature
from countersign_verify.canonical import canonical_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from countersign.shared.actor import Actor


def as_uuid(request_id: str) -> UUID:
    """Read an id; one that is not well-formed names nothing.

    Raises:
        RequestNotFound: the id is not a UUID.
    """
    try:
        return UUID(request_id)
    except ValueError as error:
        message = "there is no such request"
        raise RequestNotFound(message, request_id=request_id) from error


def asked_items(row: Decision) -> tuple[AskedItem, ...]:
    """Return what a decision asks for one by one."""
    return tuple(AskedItem(text=item["text"], path=item["path"], line=item["line"]) for item in row.items)


def decision_data(row: Decision) -> DecisionData:
    """Return what others see of a decision."""
    answer: DecisionSignature | None = getattr(row, "signature", None)
    return DecisionData(
        id=str(row.id),
        request_id=str(row.request_id),
        person_id=str(row.person_id),
        user_id=str(row.user_id),
        role=row.role,
        verdict=row.verdict,
        reason=row.reason,
        items=asked_items(row),
        unattended=row.unattended,
        statement_digest=row.statement_digest,
        envelope=answer.envelope if answer is not None and answer.envelope is not None else row.envelope,
        event_id=str(row.event_id),
        decided_at=row.decided_at,
        assertion=row.assertion,
        break_glass=str(row.break_glass) if row.break_glass else "",
        refused=answer.refused if answer is not None else "",
    )


def request_data(row: ApprovalRequest) -> RequestData:
    """Return what others see of a request."""
    successor = row.successors.order_by("-created_at").values_list("id", flat=True).first()
    decisions = sorted(row.decisions.all(), key=lambda decision: decision.decided_at)
    return RequestData(
        id=str(row.id),
        project_id=str(row.project_id),
        subject_kind=row.subject_kind,
        subject_id=row.subject_id,
        subject_digest=row.subject_digest,
        title=row.title,
        phase_code=row.phase_code,
        state=row.state,
        policy=PolicySnapshot(
            tier=row.policy["tier"],
            quorum=tuple(QuorumRule(item["role"], item["count"]) for item in row.policy["quorum"]),
            reasons=tuple(row.policy["reasons"]),
            blocked=row.policy["blocked"],
            passkey=row.policy.get("passkey", False),
            trial=row.policy.get("trial", ""),
            stopped=tuple((item["rule"], tuple(item["paths"])) for item in row.policy.get("stopped", ())),
            exceptions=tuple(row.policy.get("exceptions", ())),
        ),
        binding=ChangeBinding(**row.binding) if row.binding else None,
        excluded=tuple(row.excluded),
        carry_over_allowed=row.carry_over_allowed,
        expires_at=row.expires_at,
        created_at=row.created_at,
        decided_at=row.decided_at,
        void_reason=row.void_reason,
        supersedes=str(row.supersedes_id) if row.supersedes_id else None,
        superseded_by=str(successor) if successor else None,
        decisions=tuple(decision_data(decision) for decision in decisions),
    )


def request_envelopes(request: RequestData) -> tuple[bytes, ...]:
    """Return the signed approvals of a request as they lie beside its pack."""
    return tuple(
        canonical_bytes(dict(decision.envelope))
        for decision in request.decisions
        if decision.verdict == "approve"
    )


def _rows() -> QuerySet[ApprovalRequest]:
    return ApprovalRequest.objects.prefetch_related("decisions__signature")


def request_get(*, actor: Actor, request_id: str) -> RequestData:
    """Return a request.

    Raises:
        PermissionDenied: the actor may not read requests.
        RequestNotFound: there is none.
    """
    require(actor, "read")
    row = _rows().filter(pk=as_uuid(request_id)).first()
    if row is None:
        message = "there is no such request"
        raise RequestNotFound(message, request_id=request_id)
    return request_data(row)


def request_list(
    *, actor: Actor, states: Iterable[str] = (), project_id: str = "", subject: tuple[str, str] | None = None
) -> tuple[RequestData, ...]:
    """Return requests, the ones that expire first at the top.

    Raises:
        PermissionDenied: the actor may not read requests.
    """
    require(actor, "read")
    rows = _rows().order_by("expires_at", "id")
    if states:
        rows = rows.filter(state__in=list(states))
    if project_id:
        rows = rows.filter(project_id=project_id)
    if subject:
        rows = rows.filter(subject_kind=subject[0], subject_id=subject[1])
    return tuple(request_data(row) for row in rows)
