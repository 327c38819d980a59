"""The commits that mean "merged": made from records alone, so that making them again gives the same ids."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from countersign.plans.project_state import (
    PATH,
    DecisionNote,
    EntryData,
    EntryStatus,
    Verification,
    document_append,
    entry_render,
)
from countersign.providers.selectors import agent_call_list
from countersign.sandbox.contracts import Replacement
from countersign.workflow.break_glass import window_used
from countersign.workflow.change import IDENTITY, merge_message, repository_of
from countersign.workflow.executor import EXECUTOR
from countersign.workflow.gate_results import gate_results_proved
from countersign.workflow.naming import merge_tag

if TYPE_CHECKING:
    from countersign.approvals.contracts import DecisionData, RequestData
    from countersign.projects.contracts import ProjectData
    from countersign.runs.contracts import RunData

_FILE = "100644"


@dataclass(frozen=True, slots=True)
class PlannedMerge:
    """What is intended before any ref moves."""

    base_before: str
    merge_commit: str
    state_commit: str
    tag: str
    result_tree: str


def approvals_of(request: RequestData) -> tuple[DecisionData, ...]:
    """Return the approvals that made the quorum."""
    return tuple(decision for decision in request.decisions if decision.verdict == "approve")


def merge_plan(
    *,
    project: ProjectData,
    run: RunData,
    request: RequestData,
    base: str,
    result_tree: str,
    addendum: str | None,
) -> PlannedMerge:
    """Make the merge commit (as ``--no-ff`` would) and the state commit on top of it.

    Their bytes follow from the run, the request and the decisions; no clock and no configuration is read.
    """
    repository = repository_of(project)
    moment = request.decided_at or request.created_at
    message = merge_message(
        run,
        decision_ids=(decision.id for decision in approvals_of(request)),
        addendum=addendum,
        trial=project.trial,
        break_glass=window_used(request),
    )
    merge_commit = repository.commit_create(result_tree, (base, run.change_commit), message, IDENTITY, moment)
    entry = state_entry(run, request, merge_commit)
    existing = {item.path: item for item in repository.tree_entries(merge_commit)}.get(PATH)
    before = repository.blob_read(existing.blob).decode("utf-8", "replace") if existing else None
    blob = repository.blob_write(document_append(before, entry).encode())
    state_tree = repository.tree_build(result_tree, (Replacement(PATH, _FILE, blob),))
    state_commit = repository.commit_create(
        state_tree,
        (merge_commit,),
        f"docs: update project_state for {run.slug}\n\nCountersign-Run: {run.id}\n",
        IDENTITY,
        moment,
    )
    return PlannedMerge(
        base,
        merge_commit,
        state_commit,
        merge_tag(run.phase_code, run.slug, run.work_item_id),
        result_tree,
    )


def _under(decision: DecisionData) -> str:
    return f" UNDER BREAK-GLASS {decision.break_glass}" if decision.break_glass else ""


def state_entry(run: RunData, request: RequestData, merge_commit: str) -> str:
    """Return the project state entry of a merge, in the form of seed 002 section 5."""
    results = gate_results_proved(run)
    call = agent_call_list(actor=EXECUTOR, run_id=run.id)[-1]
    return entry_render(
        EntryData(
            time=request.decided_at or request.created_at,
            task=run.phase_code or run.slug,
            title=run.title,
            status=EntryStatus.COMPLETED,
            branch=run.branch,
            commit=merge_commit,
            artifacts=tuple(entry.path for entry in run.entries),
            commands=(shlex.join(call.argv),),
            verification=tuple(
                Verification(result.name, result.status.value == "pass", result.reason) for result in results
            ),
            logs=f"evidence pack {run.pack_digest}",
            next_steps=("Decide on the other changes of this phase.",),
            decisions=tuple(
                DecisionNote(
                    decision=f"{decision.role} approved{_under(decision)} (decision {decision.id})",
                    rationale="the reason is kept with the decision; its digest is signed",
                )
                for decision in approvals_of(request)
            ),
        )
    )
