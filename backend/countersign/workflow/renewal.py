"""What becomes of a change whose request is void or asked for again: a new pack, on what holds now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.governance.services import ruleset_freeze
from countersign.jobs.errors import LeaseLost
from countersign.runs.errors import MergeIntentConflict, RunStateConflict
from countersign.runs.services import merge_fail, run_rebased, run_restarted
from countersign.shared.errors import DomainError, Unavailable
from countersign.workflow.change import change_freeze, change_message, repository_of
from countersign.workflow.ending import run_end
from countersign.workflow.executor import EXECUTOR
from countersign.workflow.reverification import entries_untouched

if TYPE_CHECKING:
    from countersign.jobs.contracts import Lease
    from countersign.projects.contracts import ProjectData
    from countersign.runs.contracts import RunData


def change_renew(*, lease: Lease, project: ProjectData, run: RunData, request_id: str, why: str) -> None:
    """Put the change on the base as it is now, or give it back to the agent when its own files moved there.

    Raises:
        RunStateConflict: it is renewed already, or has ended.
        MergeIntentConflict: its merge is intended.
    """
    repository = repository_of(project)
    ruleset = ruleset_freeze(actor=EXECUTOR)
    if not entries_untouched(repository, run, project.head_commit):
        # Another merge changed these very files: the old contents would undo it, so the agent is asked again.
        run_restarted(
            actor=EXECUTOR,
            lease=lease,
            run_id=run.id,
            base_commit=project.head_commit,
            ruleset_digest=ruleset.digest,
            request_id=request_id,
            why=why,
        )
        return
    moved = change_freeze(
        repository,
        base_commit=project.head_commit,
        entries=run.entries,
        message=change_message(run),
        moment=run.created_at,
    )
    run_rebased(
        actor=EXECUTOR,
        lease=lease,
        run_id=run.id,
        base_commit=moved.base_commit,
        change_commit=moved.change_commit,
        result_tree=moved.result_tree,
        patch_digest=moved.patch_digest,
        patch_lines=moved.patch_lines,
        ruleset_digest=ruleset.digest,
        request_id=request_id,
        why=why,
    )


def change_renew_or_end(
    *, lease: Lease, project: ProjectData, run: RunData, request_id: str, why: str
) -> bool:
    """Do the same, or end the run whose change can't be put on the branch any more; say if it was renewed.

    Where somebody else has renewed or ended it meanwhile, nothing happens.

    Raises:
        Unavailable: something that it needs does not answer at the moment.
        LeaseLost: another worker carries the job out.
    """
    try:
        change_renew(lease=lease, project=project, run=run, request_id=request_id, why=why)
    except (RunStateConflict, MergeIntentConflict):
        return False
    except (Unavailable, LeaseLost):
        raise
    except DomainError as error:
        # It would be tried for ever.
        failed = merge_fail(
            actor=EXECUTOR,
            lease=lease,
            run_id=run.id,
            request_id=request_id,
            failure={"code": error.code, "error": error.message},
        )
        run_end(failed, error.message)
        return False
    return True
