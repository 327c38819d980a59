"""The inbox, and everything that the decision page shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.accounts.away import away_at
from countersign.accounts.keys import key_twins
from countersign.accounts.policies import may
from countersign.accounts.selectors import person_names
from countersign.approvals.quorum import quorum_progress
from countersign.approvals.selectors import request_get, request_list
from countersign.projects.selectors import project_get
from countersign.runs.selectors import run_get
from countersign.shared.clock import now
from countersign.shared.paging import sequence_page
from countersign.workflow.break_glass import window_used
from countersign.workflow.contracts import (
    GateCount,
    PackRef,
    PolicyReason,
    PolicyView,
    QuorumView,
    RequestDetailView,
    RequestSubject,
    RequestView,
    RollbackView,
    VoteView,
)
from countersign.workflow.deciding import standing_of
from countersign.workflow.expired import ask_again_hindrance
from countersign.workflow.gate_results import gate_results_on
from countersign.workflow.queries.absences import stood_in_for
from countersign.workflow.queries.asked import asked_item_views, asked_views
from countersign.workflow.queries.common import project_id_of, project_ref
from countersign.workflow.queries.deciders import deciders_views, excluded_views, reason_explained
from countersign.workflow.queries.packs import gate_view
from countersign.workflow.queries.reminders import told_of
from countersign.workflow.queries.request_parts import (
    change_parts,
    execution_of,
    pack_lines,
    phase_proof_view,
    receipt_of,
)
from countersign.workflow.queries.runs import gate_count
from countersign_verify.vocabulary import SELF_APPROVED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from countersign.accounts.contracts import Away
    from countersign.approvals.contracts import RequestData
    from countersign.shared.actor import Actor
    from countersign.shared.paging import Page
    from countersign.workflow.deciding import Standing

_STATES = {
    "pending": ("pending",),
    "decided": ("approved", "rejected", "changes_requested", "expired", "void"),
    "all": (),
}
_TIERS = {"director": "A Director decides.", "cab": "The Change Advisory Board decides."}


def request_page(
    *, actor: Actor, state: str = "pending", project: str = "", after: str = "", limit: int = 50
) -> Page[RequestView]:
    """Return the inbox: mine first, then by risk and by what expires first.

    Raises:
        PermissionDenied: the actor may not read requests.
    """
    requests = request_list(actor=actor, states=_STATES[state], project_id=project_id_of(actor, project))
    twins = key_twins(str(actor.person_id))
    away = away_at(now())
    views = [_request_view(actor, request, standing_of(actor, request, twins), away) for request in requests]
    views.sort(
        key=lambda view: (not (view.mine or view.escalated_to_me), -(view.risk_score or 0), view.expires_at)
    )
    return sequence_page(tuple(views), after=after, limit=limit)


def request_state(*, actor: Actor, request_id: str) -> str:
    """Return the state of a request.

    Raises:
        PermissionDenied: the actor may not read requests.
        RequestNotFound: there is none.
    """
    return request_get(actor=actor, request_id=request_id).state


def _request_view(
    actor: Actor, request: RequestData, standing: Standing, away: Mapping[str, Away]
) -> RequestView:
    project = project_get(actor=actor, project_id=request.project_id)
    told = told_of(actor, request.id)
    gates, files, added, deleted = GateCount(0, 0), 0, 0, 0
    if request.subject_kind == "change" and request.binding:
        run = run_get(actor=actor, run_id=request.subject_id)
        gates = gate_count(
            gate_results_on(actor=actor, run_id=run.id, result_tree=request.binding.result_tree)
        )
        files = len(run.entries)
        added, deleted = pack_lines(request.subject_digest)
    return RequestView(
        id=request.id,
        state=request.state,
        subject=RequestSubject(
            kind="change" if request.subject_kind == "change" else "phase",
            id=request.subject_id,
            title=request.title,
            digest=request.subject_digest,
        ),
        title=request.title,
        project=project_ref(project),
        phase_code=request.phase_code or None,
        risk_score=request.binding.score if request.binding else None,
        tier="cab" if request.policy.tier == "cab" else "director",
        quorum=tuple(
            QuorumView(item.role, item.required, item.given)
            for item in quorum_progress(request.policy.quorum, request.decisions)
        ),
        gates=gates,
        files_changed=files,
        added_lines=added,
        deleted_lines=deleted,
        created_at=request.created_at,
        expires_at=request.expires_at,
        decided_at=request.decided_at,
        allowed_actions=_allowed(actor, request, standing),
        mine=standing.mine,
        reminded=told.reminded,
        reminded_me=told.reminded_me,
        instead_of=stood_in_for(actor, request, away),
        escalated_to=told.escalated_to,
        escalated_to_me=told.escalated_to_me,
    )


def _allowed(actor: Actor, request: RequestData, standing: Standing) -> tuple[str, ...]:
    actions: list[str] = []
    if standing.approving is None:
        actions.append("approve")
    if standing.stopping is None:
        actions += ["reject", "request_changes"]
    if request.state == "expired" and may(actor, "run.write") and not ask_again_hindrance(request):
        actions.append("ask_again")
    if request.subject_kind == "change":
        actions.append("download_pack")
    return tuple(actions)


def request_detail(*, actor: Actor, request_id: str) -> RequestDetailView:
    """Return everything that the decision page shows.

    Raises:
        PermissionDenied: the actor may not read requests.
        RequestNotFound: there is none.
    """
    request = request_get(actor=actor, request_id=request_id)
    parts = change_parts(actor, request) if request.subject_kind == "change" else None
    names = person_names([item.person_id for item in request.decisions])
    standing = standing_of(actor, request, key_twins(str(actor.person_id)))
    return RequestDetailView(
        request=_request_view(actor, request, standing, away_at(now())),
        digest=request.subject_digest,
        pack=PackRef(request.subject_digest, parts.pack_size) if parts else None,
        run_id=parts.run.id if parts else None,
        attempt=parts.run.attempt if parts else None,
        blocked_reason=reason_explained(actor, request, standing.approving)
        if may(actor, "decision.write")
        else None,
        policy=_policy_view(request),
        votes=tuple(
            VoteView(
                id=item.id,
                verdict=item.verdict,  # type: ignore[arg-type]  # the database checks the value
                by_label=names.get(item.person_id, "unknown"),
                role=item.role,
                decided_at=item.decided_at,
                reason=item.reason,
                unattended=item.unattended,
                items=asked_item_views(item.items),
            )
            for item in request.decisions
        ),
        asked=asked_views(parts.run) if parts else (),
        excluded=excluded_views(request),
        deciders=deciders_views(request),
        risk=parts.risk if parts else None,
        gate_reports=tuple(gate_view(result) for result in parts.results) if parts else (),
        change=parts.change if parts else None,
        diff=parts.diff if parts else None,
        rollback=parts.rollback
        if parts
        else RollbackView((), None, "A sign-off changes no code: there is nothing to take back."),
        prompt=parts.prompt if parts else None,
        transcript=parts.transcript if parts else None,
        work_item=parts.work_item if parts else None,
        findings=parts.findings if parts else (),
        violations=parts.violations if parts else (),
        isolation=parts.isolation if parts else "",
        phase_proof=phase_proof_view(actor, request) if request.subject_kind == "phase" else None,
        execution=execution_of(actor, request),
        receipt=receipt_of(actor, request),
        supersedes=request.supersedes,
        superseded_by=request.superseded_by,
    )


def _decision_text(request: RequestData) -> str:
    policy = request.policy
    if window_used(request):
        return "Approved under break-glass: the quorum was not asked for."
    if policy.trial:
        return f"{SELF_APPROVED.capitalize()}: a trial, merged to {policy.trial} only."
    return _TIERS.get(policy.tier, policy.tier)


def _policy_view(request: RequestData) -> PolicyView:
    policy = request.policy
    return PolicyView(
        tier="cab" if policy.tier == "cab" else "director",
        decision_text=_decision_text(request),
        blocked=policy.blocked,
        passkey=policy.passkey,
        trial_branch=policy.trial or None,
        reasons=tuple(PolicyReason(reason["rule"], reason["text"]) for reason in policy.reasons),
    )
