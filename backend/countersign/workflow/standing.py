"""Whether what a request is bound to still stands: asked when somebody decides, waits, and before a merge.

What moves for good voids the request. A base that moved need not: see ``reverification``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from countersign.accounts.selectors import roles_of
from countersign.approvals.selectors import request_get
from countersign.governance.selectors import ruleset_digest_now
from countersign.projects.selectors import project_get
from countersign.runs.queue import standings_of
from countersign.runs.selectors import run_get
from countersign.shared.errors import Conflict
from countersign.workflow.executor import EXECUTOR
from countersign.workflow.relaxing import exceptions_moved

if TYPE_CHECKING:
    from countersign.approvals.contracts import RequestData
    from countersign.projects.contracts import ProjectData
    from countersign.runs.contracts import RunData, StandingData
    from countersign.workflow.contracts.queue import PlaceVerdict

RENEWED = "a new pack is being made by itself"


class RequestMoved(Conflict):
    """What the request is about has moved since its pack was sealed."""

    code = "request_moved"


@dataclass(frozen=True, slots=True)
class Stands:
    """How a decision would stand on the branch as it is.

    Attributes:
        verdict: ``unverified`` where that has to be found out first.
        why: it is void, or could not be found out.
        standing: the verification that says so, where one was needed.
    """

    verdict: PlaceVerdict
    why: str = ""
    standing: StandingData | None = None


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
    return role_lost_why(request) or exceptions_moved(run.id, request.policy)


def role_lost_why(request: RequestData) -> str:
    """Say which role an approver of a request has lost, as the tables tell; nothing while all hold theirs."""
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


def stands(project: ProjectData, run: RunData, request: RequestData, standing: StandingData | None) -> Stands:
    """Say how a decision on a request would stand on the branch as it is now, as far as that is known.

    Args:
        project: the change's project.
        run: the change.
        request: the request on it.
        standing: what was verified ahead of time, if anything was.
    """
    if why := moved_why(run, request):
        return Stands("void", why)
    if project.head_commit == run.base_commit:
        return Stands("holds")
    if hindrance := carry_over_hindrance(project, request):
        return Stands("void", f"the branch has moved, and {hindrance}")
    if standing is None or not standing_is_of(standing, request, project.head_commit):
        return Stands("unverified")
    verdict: PlaceVerdict = "void" if standing.verdict == "void" else "unknown"
    return Stands("holds" if standing.verdict == "holds" else verdict, standing.why, standing)


def void_why(project: ProjectData, run: RunData, request: RequestData) -> str:
    """Say why a decision on a request would not hold now, as far as that is known already."""
    standing = standings_of(actor=EXECUTOR, run_ids=[run.id]).get(run.id)
    found = stands(project, run, request, standing)
    return found.why if found.verdict == "void" else ""


def standing_is_of(standing: StandingData, request: RequestData, base_commit: str) -> bool:
    """Say whether a verification is about this request on this base."""
    return (standing.request_id, standing.base_commit) == (request.id, base_commit)


def standing_why(request: RequestData) -> str:
    """Say why nobody can sign a pending request any more although it is not void yet; nothing if they can."""
    if request.subject_kind != "change" or request.state != "pending":
        return ""
    run = run_get(actor=EXECUTOR, run_id=request.subject_id)
    return void_why(project_get(actor=EXECUTOR, project_id=request.project_id), run, request)


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
