"""Who is next in a project, on which base, and what has to be found out or done about it first.

Approved changes are verified on the branch as it will be after those in front of them: the very commits are
made beforehand, so that nothing is left for the merge but to compare. What waits for a decision is verified
on the branch as it is; it makes its new pack as soon as a decision on the old one could not be merged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from countersign.approvals.selectors import request_get
from countersign.runs.queue import queue_list, reservation_of, standings_of
from countersign.runs.selectors import merge_of
from countersign.shared.clock import now
from countersign.workflow.change import repository_of
from countersign.workflow.executor import EXECUTOR
from countersign.workflow.reverification import Step
from countersign.workflow.standing import standing_is_of, stands
from countersign_verify.tree import commit_parse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from countersign.approvals.contracts import RequestData
    from countersign.projects.contracts import ProjectData
    from countersign.runs.contracts import RunData, StandingData
    from countersign.sandbox.repository import Repository


@dataclass(frozen=True, slots=True)
class Ahead:
    """The branch as it will be.

    Attributes:
        base: what it will hold.
        steps: the commits that lead there from what it holds now.
        behind: the runs that they merge.
    """

    base: str
    steps: tuple[Step, ...] = ()
    behind: tuple[str, ...] = ()

    def after(self, run_id: str, merge_commit: str, state_commit: str) -> Ahead:
        """Return the branch as it will be once one more change is merged."""
        made = (Step(merge_commit, "merge", run_id), Step(state_commit, "state", run_id))
        return Ahead(state_commit, (*self.steps, *made), (*self.behind, run_id))


@dataclass(frozen=True, slots=True)
class Due:
    """What has to be done about one waiting change.

    Attributes:
        what: ``verify`` it on ``ahead``, ``renew`` it because of ``why``, or ``wait`` for merges under way.
    """

    what: Literal["verify", "renew", "wait"]
    run: RunData
    request: RequestData | None
    ahead: Ahead
    why: str = ""


def next_due(project: ProjectData, *, patient: bool = True) -> Due | None:
    """Return what has to be done first in a project's line; nothing when everything is known.

    With ``patient``, what waits for a decision is left alone while merges are under way: its base will move.
    """
    runs = queue_list(actor=EXECUTOR, project_id=project.id)
    standings = standings_of(actor=EXECUTOR, run_ids=[run.id for run in runs])
    approved = [run for run in runs if run.state != "waiting_approval"]
    due = _approved_due(project, approved, standings)
    if due is not None and (due.what != "wait" or patient):
        return due
    if patient and approved and reservation_of(actor=EXECUTOR, project_id=project.id) is None:
        moving = [run for run in approved if not _leaves(run, standings)]
        if moving:
            return Due("wait", moving[0], None, Ahead(project.head_commit))
    pending = [run for run in runs if run.state == "waiting_approval"]
    found = (_pending_due(project, run, standings.get(run.id)) for run in pending)
    return next((item for item in found if item is not None), None)


def _leaves(run: RunData, standings: dict[str, StandingData]) -> bool:
    standing = standings.get(run.id)
    return standing is not None and standing.verdict == "void"


def _approved_due(
    project: ProjectData, runs: Iterable[RunData], standings: dict[str, StandingData]
) -> Due | None:
    repository = repository_of(project)
    ahead = Ahead(project.head_commit)
    for run in runs:
        merge = merge_of(actor=EXECUTOR, run_id=run.id)
        if merge is not None:
            if not repository.contains(project.head_commit, merge.state_commit):
                ahead = ahead.after(run.id, merge.merge_commit, merge.state_commit)
            continue
        request = request_get(actor=EXECUTOR, request_id=run.request_id)
        standing = standings.get(run.id)
        if standing is None or not standing_is_of(standing, request, ahead.base):
            if run.state == "merging":
                return Due("wait", run, request, ahead)
            return Due("verify", run, request, ahead)
        if standing.next_base:
            ahead = ahead.after(run.id, _parent(repository, standing.next_base), standing.next_base)
    return None


def _parent(repository: Repository, commit: str) -> str:
    return commit_parse(repository.commit_object(commit)).parents[0]


def _pending_due(project: ProjectData, run: RunData, standing: StandingData | None) -> Due | None:
    request = request_get(actor=EXECUTOR, request_id=run.request_id)
    ahead = Ahead(project.head_commit)
    if request.state == "void":
        # Whoever voided it did not get as far as the new pack.
        return Due("renew", run, request, ahead, request.void_reason)
    if request.state != "pending" or request.expires_at <= now():
        return None
    found = stands(project, run, request, standing)
    if found.verdict == "unverified":
        return Due("verify", run, request, ahead)
    return Due("renew", run, request, ahead, found.why) if found.verdict == "void" else None
