"""Giving an approved change up before it stands on the branch, so that it does not hold up the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from countersign.audit.services import record
from countersign.jobs.services import lease_check
from countersign.runs.models import Merge, Run, RunState
from countersign.runs.selectors import run_data
from countersign.runs.services.moves import run_move_recorded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from countersign.jobs.contracts import Lease
    from countersign.runs.contracts import RunData
    from countersign.shared.actor import Actor
    from countersign.shared.types import JSON

_BEFORE_MERGED = (RunState.WAITING_APPROVAL, RunState.APPROVED, RunState.MERGING)


@transaction.atomic(durable=True)
def merge_abandon(*, actor: Actor, lease: Lease, run_id: str, why: str) -> None:
    """Take back the intent to merge, when it is certain that its commits never reached the branch.

    A merge that was recorded is never taken back; a repeat changes nothing.

    Raises:
        LeaseLost: another worker carries the merge out.
    """
    lease_check(lease)
    merge = Merge.objects.filter(run_id=run_id, delivered_at=None).first()
    if merge is None:
        return
    data = {"merge_commit": merge.merge_commit, "base_before": merge.base_before, "why": why[:500]}
    merge.delete()
    record(actor=actor, type="merge.abandoned", subject=("run", run_id), data=data)


@transaction.atomic(durable=True)
def merge_fail(
    *, actor: Actor, lease: Lease, run_id: str, request_id: str, failure: Mapping[str, JSON]
) -> RunData:
    """End a run whose decision can't be carried out, and free the merge slot; an intended merge stays.

    Raises:
        LeaseLost: another worker carries the decision out.
    """
    lease_check(lease)
    run = Run.objects.get(pk=run_id)
    bound = run.state in _BEFORE_MERGED and str(run.request_id) == request_id
    if not bound or Merge.objects.filter(run_id=run_id).exists():
        return run_data(run)
    run = run_move_recorded(
        run_id,
        _BEFORE_MERGED,
        RunState.FAILED,
        actor=actor,
        type="run.failed",
        data={"code": str(failure.get("code", "")), "error": str(failure.get("error", ""))[:500]},
        failure=dict(failure),
    )
    return run_data(run)
