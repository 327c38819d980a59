"""What only a person can resolve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models.functions import Now

from countersign.audit.services import record
from countersign.jobs.services import lease_check
from countersign.runs.errors import (
    RunNotFound,
)
from countersign.runs.models import Incident, RunState
from countersign.runs.selectors import as_uuid
from countersign.runs.services.moves import run_move

if TYPE_CHECKING:
    from countersign.jobs.contracts import Lease
    from countersign.shared.actor import Actor


@transaction.atomic(durable=True)
def incident_open(*, actor: Actor, lease: Lease, run_id: str, title: str, detail: str) -> str:
    """Stop a run that failed its gates in every attempt, for a person to resolve; return the incident's id.

    Raises:
        LeaseLost: another worker carries the run out.
        RunStateConflict: the run is not being checked.
    """
    lease_check(lease)
    run_move(run_id, [RunState.CHECKING, RunState.PROPOSING], RunState.INCIDENT, failure={"error": title})
    incident = Incident.objects.create(run_id=run_id, title=title[:200], detail=detail)
    record(
        actor=actor,
        type="incident.opened",
        subject=("incident", str(incident.id)),
        data={"run_id": run_id, "title": title[:200]},
    )
    return str(incident.id)


@transaction.atomic(durable=True)
def incident_resolve(*, actor: Actor, incident_id: str, reason: str) -> None:
    """Close an incident with the reason.

    Raises:
        RunNotFound: there is no such open incident.
    """
    moved = Incident.objects.filter(pk=as_uuid(incident_id), state="open").update(
        state="resolved", resolved_at=Now()
    )
    if not moved:
        message = "there is no such open incident"
        raise RunNotFound(message, incident_id=incident_id)
    record(
        actor=actor,
        type="incident.resolved",
        subject=("incident", incident_id),
        data={"reason": reason[:1000]},
    )
