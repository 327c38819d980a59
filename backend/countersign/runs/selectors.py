"""Reading runs."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from countersign.accounts.policies import require
from countersign.runs.contracts import (
    AttemptData,
    BesideData,
    ChangedEntryData,
    IncidentData,
    MergeData,
    RunData,
)
from countersign.runs.errors import RunNotFound
from countersign.runs.models import Attempt, Incident, Merge, Run

if TYPE_CHECKING:
    from collections.abc import Iterable

    from countersign.shared.actor import Actor


def as_uuid(run_id: str) -> UUID:
    """Read an id; one that is not well-formed names nothing.

    Raises:
        RunNotFound: the id is not a UUID.
    """
    try:
        return UUID(run_id)
    except ValueError as error:
        message = "there is no such run"
        raise RunNotFound(message, run_id=run_id) from error


def run_data(run: Run) -> RunData:
    """Return what others see of a run."""
    return RunData(
        id=str(run.id),
        project_id=str(run.project_id),
        work_item_id=str(run.work_item_id),
        title=run.title,
        slug=run.slug,
        phase_code=run.phase_code,
        persona=run.persona,
        adapter=run.adapter,
        prompt_id=str(run.prompt_id),
        ruleset_digest=run.ruleset_digest,
        state=run.state,
        revision=run.revision,
        attempt=run.attempt,
        base_commit=run.base_commit,
        change_commit=run.change_commit,
        result_tree=run.result_tree,
        branch=run.branch,
        snapshot_tag=run.snapshot_tag,
        entries=tuple(ChangedEntryData(item["path"], item["mode"], item["blob"]) for item in run.entries),
        patch_digest=run.patch_digest,
        patch_lines=run.patch_lines,
        score=run.score,
        pack_digest=run.pack_digest,
        request_id=str(run.request_id) if run.request_id else "",
        participants=tuple(run.participants),
        beside=tuple(BesideData(item["run_id"], item["patch_digest"]) for item in run.beside),
        queued_at=run.queued_at,
        failure=run.failure,
        created_at=run.created_at,
        updated_at=run.updated_at,
    )


def merge_data(merge: Merge) -> MergeData:
    """Return what others see of a merge."""
    return MergeData(
        run_id=str(merge.run_id),
        state="delivered" if merge.delivered_at else "intended",
        base_before=merge.base_before,
        merge_commit=merge.merge_commit,
        state_commit=merge.state_commit,
        tag=merge.tag,
        result_tree=merge.result_tree,
        addendum_digest=merge.addendum_digest,
        event_id=str(merge.event_id),
    )


def run_get(*, actor: Actor, run_id: str) -> RunData:
    """Return a run.

    Raises:
        PermissionDenied: the actor may not read runs.
        RunNotFound: there is none.
    """
    require(actor, "read")
    run = Run.objects.filter(pk=as_uuid(run_id)).first()
    if run is None:
        message = "there is no such run"
        raise RunNotFound(message, run_id=run_id)
    return run_data(run)


def run_list(
    *, actor: Actor, project_id: str = "", state: str = "", work_item_ids: Iterable[str] | None = None
) -> tuple[RunData, ...]:
    """Return runs, newest first, filtered.

    Raises:
        PermissionDenied: the actor may not read runs.
    """
    require(actor, "read")
    runs = Run.objects.order_by("-created_at", "id")
    if project_id:
        runs = runs.filter(project_id=project_id)
    if state:
        runs = runs.filter(state=state)
    if work_item_ids is not None:
        runs = runs.filter(work_item_id__in=list(work_item_ids))
    return tuple(run_data(run) for run in runs)


def run_titles(*, actor: Actor, run_ids: Iterable[str]) -> dict[str, str]:
    """Return what runs are called, by id; one that there is none of is left out.

    Raises:
        PermissionDenied: the actor may not read runs.
    """
    require(actor, "read")
    rows = Run.objects.filter(pk__in=list(run_ids)).values_list("id", "title")
    return {str(run_id): title for run_id, title in rows}


def attempts_of(*, actor: Actor, run_id: str) -> tuple[AttemptData, ...]:
    """Return the attempts of a run in order.

    Raises:
        PermissionDenied: the actor may not read runs.
    """
    require(actor, "read")
    return tuple(
        AttemptData(
            number=row.number,
            seed=row.seed,
            outcome=row.outcome,
            summary=row.summary,
            transcript_digest=row.transcript_digest,
            duration_ms=row.duration_ms,
        )
        for row in Attempt.objects.filter(run_id=run_id).order_by("number")
    )


def merge_of(*, actor: Actor, run_id: str) -> MergeData | None:
    """Return the merge of a run, intended or done, if any.

    Raises:
        PermissionDenied: the actor may not read runs.
    """
    require(actor, "read")
    merge = Merge.objects.filter(run_id=run_id).first()
    return merge_data(merge) if merge else None


def merges_of_project(*, actor: Actor, project_id: str) -> tuple[MergeData, ...]:
    """Return the delivered merges of a project, oldest first.

    Raises:
        PermissionDenied: the actor may not read runs.
    """
    require(actor, "read")
    merges = Merge.objects.filter(run__project_id=project_id, delivered_at__isnull=False)
    return tuple(merge_data(merge) for merge in merges.order_by("created_at"))


def history_counts(*, project_id: str) -> dict[str, int]:
    """Return how earlier runs of the project ended: recorded inputs of the risk factor 'history'."""
    runs = Run.objects.filter(project_id=project_id)
    return {
        "merged": runs.filter(state="merged").count(),
        "rejected": runs.filter(state="rejected").count(),
        "incidents": Incident.objects.filter(run__project_id=project_id).count(),
    }


def incident_list(*, actor: Actor, project_id: str = "", state: str = "open") -> tuple[IncidentData, ...]:
    """Return incidents, newest first.

    Raises:
        PermissionDenied: the actor may not read runs.
    """
    require(actor, "read")
    incidents = Incident.objects.select_related("run").filter(state=state).order_by("-created_at")
    if project_id:
        incidents = incidents.filter(run__project_id=project_id)
    return tuple(
        IncidentData(
            id=str(row.id),
            run_id=str(row.run_id),
            project_id=str(row.run.project_id),
            title=row.title,
            detail=row.detail,
            state=row.state,
            created_at=row.created_at,
        )
        for row in incidents
    )
