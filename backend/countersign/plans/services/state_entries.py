"""Keeping the project state entries that were committed."""

from django.db import transaction

from countersign.accounts.policies import require
from countersign.audit.services import record
from countersign.jobs.contracts import Lease
from countersign.jobs.services import lease_check
from countersign.plans.contracts import ProjectStateEntryData
from countersign.plans.conversions import project_state_entry_data
from countersign.plans.errors import ProjectStateConflict
from countersign.plans.models import ProjectStateEntry
from countersign.plans.selectors import as_uuid
from countersign.projects.selectors import project_get
from countersign.shared.actor import Actor
from countersign_verify.canonical import digest_bytes


@transaction.atomic(durable=True)
def project_state_record(
    *,
    actor: Actor,
    project_id: str,
    run_id: str,
    text: str,
    commit: str,
    lease: Lease | None = None,
) -> ProjectStateEntryData:
    """Keep the project state entry that was committed for a run; a repeat gives the same entry.

    Raises:
        PermissionDenied: The actor may not carry out runs.
        LeaseLost: Another worker has taken the step over.
        NotFound: There is no such project.
        ProjectStateConflict: The run has another entry already.
    """
    if lease is not None:
        lease_check(lease)
    require(actor, "run.write")
    project = project_get(actor=actor, project_id=project_id)
    row, created = ProjectStateEntry.objects.get_or_create(
        run_id=as_uuid(run_id, "run"),
        defaults={"project_id": project.id, "text": text, "commit": commit},
    )
    if (str(row.project_id), row.text, row.commit) != (project.id, text, commit):
        raise ProjectStateConflict(
            "This run has another project state entry already.", run=run_id, commit=row.commit
        )
    if created:
        record(
            actor=actor,
            type="project_state.recorded",
            subject=("run", run_id),
            data={
                "project_id": project.id,
                "commit": commit,
                "text_digest": digest_bytes(text.encode()),
            },
        )
    return project_state_entry_data(row)
