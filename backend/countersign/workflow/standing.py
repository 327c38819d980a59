"""Whether what a request is bound to still stands: asked when somebody decides, waits, and before a merge.

What moves for good voids the request. A base that moved need not: see ``reverification``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.accounts.selectors import roles_of
from countersign.approvals.selectors import request_get
from countersign.governance.selectors import ruleset_digest_now
from countersign.projects.selectors import project_get
from countersign.runs.queue import standings_of
from countersign.runs.selectors import run_get
from countersign.shared.errors import Conflict
from countersign.workflow.executor import EXECUTOR

if TYPE_CHECKING:
    from countersign.approvals.contracts import RequestData
    from countersign.projects.contracts import ProjectData
    from countersign.runs.contracts import RunData, StandingData

RENEWED = "a new pack is being made by itself"


class RequestMoved(Conflict):
    """What the request is about has moved since its pack was sealed."""

    code = "request_moved"


def moved_why(run: RunData, request: RequestData) -> str:
    """Say what a request on a change is bound to and has moved for good; nothing while all of it stands."""
    binding = request.binding
    if binding is None or run.request_id != request.id:
        return "the change has another request by now"
    if ruleset_digest_now(EXECUTOR) != binding.ruleset_digest:
        return "the rules have changed since its pack was sealed"
    recorded = (run.pack_digest, run.base_commit, run.result_tree, run.score)
    if recorded != (binding.manifest_digest, binding.base_commit, binding.result_tree, binding.score):
        return "what is recorded of the change is not what the request is bound to"
    for decision in request.decisions:
        if decision.verdict == "approve" and decision.role not in roles_of(decision.person_id):
            return f"an approver does not hold the role {decision.role} any more"
    return ""


def carry_over_hindrance(project: ProjectData, request: RequestData) -> str:
    """Say why no decision on this request could ever be carried over to another base."""
    if project.settings.get("base_move") == "strict":
        return "the project is strict: any move of the base voids a decision"
    if not request.carry_over_allowed:
        return "the signed decision does not allow to be carried over"
    return ""


def base_why(project: ProjectData, run: RunData, request: RequestData) -> str:
    """Say why a decision would not hold on the branch as it is now, as far as that is known already."""
    if request.binding is None or project.head_commit == request.binding.base_commit:
        return ""
    if hindrance := carry_over_hindrance(project, request):
        return f"the branch has moved, and {hindrance}"
    standing = standings_of(actor=EXECUTOR, run_ids=[run.id]).get(run.id)
    current = standing is not None and standing_is_of(standing, request, project.head_commit)
    if standing is not None and current and standing.verdict == "void":
        return standing.why
    return ""


def standing_is_of(standing: StandingData, request: RequestData, base_commit: str) -> bool:
    """Say whether a verification is about this request on this base."""
    return (standing.request_id, standing.base_commit) == (request.id, base_commit)


def standing_why(request: RequestData) -> str:
    """Say why nobody can sign a pending request any more although it is not void yet; nothing if they can."""
    if request.subject_kind != "change" or request.state != "pending":
        return ""
    run = run_get(actor=EXECUTOR, run_id=request.subject_id)
    return moved_why(run, request) or base_why(
        project_get(actor=EXECUTOR, project_id=request.project_id), run, request
    )


def standing_require(request_id: str) -> None:
    """Let a decision pass only on what still stands.

    Raises:
        RequestNotFound: there is no such request.
        RequestMoved: it is about to become void, or already would.
    """
    request = request_get(actor=EXECUTOR, request_id=request_id)
    if why := standing_why(request):
        message = f"{why}; {RENEWED}: load the page again in a moment"
        raise RequestMoved(message, why=why)
