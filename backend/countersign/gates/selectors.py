"""Reads of gates and their answers."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from countersign.accounts.policies import require
from countersign.gates.contracts import GateData, GateResultData, GateStatus
from countersign.gates.models import Gate, GateResult

if TYPE_CHECKING:
    from countersign.shared.actor import Actor


def gate_list(*, actor: Actor, enabled: bool | None = None) -> tuple[GateData, ...]:
    """Return the gates of this installation, by code.

    Raises:
        PermissionDenied: the actor may not read.
    """
    require(actor, "read")
    rows = Gate.objects.order_by("code")
    if enabled is not None:
        rows = rows.filter(enabled=enabled)
    return tuple(GateData(row.code, row.title, row.description, row.enabled) for row in rows)


def gate_results_for_run(
    *, actor: Actor, run_id: str, attempt: int | None = None
) -> tuple[GateResultData, ...]:
    """Return a run's answers, by attempt, time and name; all attempts when none is named.

    Raises:
        PermissionDenied: the actor may not read.
    """
    require(actor, "read")
    rows = GateResult.objects.filter(run_id=uuid.UUID(run_id)).order_by("attempt", "created_at", "name")
    if attempt is not None:
        rows = rows.filter(attempt=attempt)
    return tuple(gate_result_data(row) for row in rows)


def gate_result_data(row: GateResult) -> GateResultData:
    """Return a stored answer as data."""
    return GateResultData(
        id=str(row.id),
        run_id=str(row.run_id),
        attempt=row.attempt,
        name=row.name,
        status=GateStatus(row.status),
        reason=row.reason,
        report=row.report,
        report_digest=row.report_digest,
        result_tree=row.result_tree,
        created_at=row.created_at,
        event_id=str(row.event_id or ""),
    )
