"""Writes of gates and their answers."""

from __future__ import annotations

import hashlib
import uuid
from typing import TYPE_CHECKING

from django.db import transaction

from countersign.accounts.policies import require
from countersign.audit.services import record
from countersign.gates.errors import GateResultConflict, GateUnknown
from countersign.gates.models import Gate, GateResult
from countersign.gates.registry import GATES
from countersign.gates.selectors import gate_result_data
from countersign.jobs.services import lease_check
from countersign_verify.canonical import canonical_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from countersign.gates.contracts import GateReport, GateResultData
    from countersign.jobs.contracts import Lease
    from countersign.shared.actor import Actor
    from countersign.shared.types import JSON


def report_digest(report: GateReport) -> str:
    """Return the digest by which a report is named in statements and events."""
    return "sha256:" + hashlib.sha256(canonical_bytes(report.as_json())).hexdigest()


@transaction.atomic(durable=True)
def gates_sync(*, actor: Actor) -> None:
    """Register the gates that the platform ships; a gate that was switched off stays off.

    Raises:
        PermissionDenied: the actor may not change what governs.
    """
    require(actor, "governance.write")
    changed = []
    for gate in GATES.values():
        texts = {"title": gate.title, "description": gate.description}
        row, created = Gate.objects.get_or_create(code=gate.name, defaults=texts)
        if created or (row.title, row.description) != (gate.title, gate.description):
            Gate.objects.filter(pk=row.pk).update(**texts)
            changed.append(gate.name)
    if changed:
        record(
            actor=actor, type="gates.synced", subject=("gates", "shipped"), data={"gates": sorted(changed)}
        )


@transaction.atomic(durable=True)
def gate_enable(*, actor: Actor, code: str, enabled: bool) -> None:
    """Switch a gate on or off for the runs that come.

    Raises:
        PermissionDenied: the actor may not change what governs.
        GateUnknown: there is no such gate.
    """
    require(actor, "governance.write")
    if not Gate.objects.filter(code=code).update(enabled=enabled):
        raise GateUnknown(f"there is no gate '{code}'", code=code)
    record(actor=actor, type="gate.enabled" if enabled else "gate.disabled", subject=("gate", code))


@transaction.atomic(durable=True)
def gate_results_record(
    *,
    actor: Actor,
    lease: Lease,
    run_id: str,
    attempt: int,
    reports: Sequence[GateReport],
    signed: Mapping[str, JSON],
) -> tuple[GateResultData, ...]:
    """Store the gates' answers on an attempt, and tell the log of them.

    Where the gates are asked again about the same tree, the newest answers are those that count. The earlier
    ones stay in table and log.

    Args:
        actor: on whose behalf the gates were asked.
        lease: of the job that asked them.
        run_id: whose change they looked at.
        attempt: at which of its attempts.
        reports: what they answered.
        signed: an envelope of the gates' key over these answers: without it nobody goes by them later.

    Raises:
        LeaseLost: another worker holds the job now.
        GateResultConflict: an answer on another tree was recorded for this attempt already.
    """
    lease_check(lease)
    result_tree = reports[0].result_tree
    recorded = GateResult.objects.filter(run_id=run_id, attempt=attempt)
    earlier = recorded.exclude(result_tree=result_tree).first()
    if earlier is not None:
        message = (
            f"gate '{earlier.name}' has answered about another tree in this attempt; begin a new attempt"
        )
        raise GateResultConflict(message, name=earlier.name, attempt=attempt)
    named = sorted(reports, key=lambda report: report.name)
    event_id = record(
        actor=actor,
        type="gates.recorded",
        subject=("run", run_id),
        data={
            "attempt": attempt,
            "result_tree": result_tree,
            "gates": [
                {"name": report.name, "status": report.status.value, "report": report_digest(report)}
                for report in named
            ],
            "signed": dict(signed),
        },
    )
    rows = [
        GateResult.objects.create(
            run_id=uuid.UUID(run_id),
            attempt=attempt,
            name=report.name,
            status=report.status.value,
            reason=report.reason,
            report=report.as_json(),
            report_digest=report_digest(report),
            result_tree=report.result_tree,
            event_id=event_id,
        )
        for report in named
    ]
    for row in rows:
        row.refresh_from_db()
    return tuple(gate_result_data(row) for row in rows)
