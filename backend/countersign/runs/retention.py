"""What the cleaning of old transcripts has to know of runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef

from countersign.accounts.policies import require
from countersign.runs.contracts import ENDED_RUN_STATES, TranscriptUse
from countersign.runs.models import Attempt, Incident, Run

if TYPE_CHECKING:
    from collections.abc import Iterable

    from countersign.shared.actor import Actor


def transcript_uses(*, actor: Actor, digests: Iterable[str]) -> tuple[TranscriptUse, ...]:
    """Return every attempt that left one of these transcripts.

    Raises:
        PermissionDenied: the actor may not read runs.
    """
    require(actor, "read")
    incident = Exists(Incident.objects.filter(run_id=OuterRef("run_id"), state="open"))
    rows = (
        Attempt.objects.filter(transcript_digest__in=list(digests))
        .annotate(incident=incident)
        .values_list("transcript_digest", "run_id", "run__project_id", "created_at", "run__state", "incident")
    )
    return tuple(
        TranscriptUse(
            digest, str(run_id), str(project_id), created_at, open=state not in ENDED_RUN_STATES or unresolved
        )
        for digest, run_id, project_id, created_at, state, unresolved in rows
    )


def run_projects(*, actor: Actor, run_ids: Iterable[str]) -> dict[str, str]:
    """Return the ids of the projects of runs, by the run's id.

    Raises:
        PermissionDenied: the actor may not read runs.
    """
    require(actor, "read")
    rows = Run.objects.filter(pk__in=list(run_ids)).values_list("id", "project_id")
    return {str(run_id): str(project_id) for run_id, project_id in rows}
