"""What becomes of a change whose request is void: a new pack by itself, on the base and rules of now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.governance.services import ruleset_freeze
from countersign.runs.services import run_rebased, run_restarted
from countersign.workflow.change import change_freeze, change_message, repository_of
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
