"""Runs with their steps, gates and risk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.audit.selectors import event_list
from countersign.evidence.errors import EvidenceUnmade
from countersign.evidence.selectors import pack_file
from countersign.plans.selectors import work_item_get
from countersign.projects.selectors import project_get
from countersign.providers.selectors import agent_call_list
from countersign.runs.selectors import attempts_of, incident_list, merge_of, run_get, run_list
from countersign.shared.paging import Page, sequence_page
from countersign.workflow.change import repository_of
from countersign.workflow.contracts import (
    AttemptView,
    CostView,
    GateCount,
    RunDetailView,
    RunEventView,
    RunStepView,
    RunView,
)
from countersign.workflow.gate_results import gate_results_on
from countersign.workflow.queries.common import project_id_of, project_ref
from countersign.workflow.queries.packs import gate_view, risk_of
from countersign_verify import vocabulary
from countersign_verify.pack import pack_read

if TYPE_CHECKING:
    from datetime import datetime

    from countersign.audit.contracts import AuditEventData
    from countersign.gates.contracts import GateResultData
    from countersign.runs.contracts import RunData
    from countersign.shared.actor import Actor
    from countersign.workflow.contracts import RiskView

# Which event ends each step of a run.
_STEPS = (
    ("snapshot", "run.snapshotted"),
    ("propose", "run.proposed"),
    ("check", "run.checked"),
    ("seal", "run.waiting_approval"),
    ("decide", "run.decided"),
    ("merge", "run.merged"),
)
_ENDED_BADLY = {"failed", "incident"}


def run_page(
    *, actor: Actor, project: str = "", state: str = "", after: str = "", limit: int = 50
) -> Page[RunView]:
    """Return runs, newest first.

    Raises:
        PermissionDenied: the actor may not read runs.
    """
    runs = run_list(actor=actor, project_id=project_id_of(actor, project), state=state)
    page = sequence_page(runs, after=after, limit=limit)
    views = tuple(run_view(actor, run) for run in page.items)
    return Page(items=views, next=page.next, previous=page.previous)


def run_view(actor: Actor, run: RunData) -> RunView:
    """Return a run as it stands in a list."""
    project = project_get(actor=actor, project_id=run.project_id)
    merge = merge_of(actor=actor, run_id=run.id)
    return RunView(
        id=run.id,
        title=run.title,
        work_item_id=run.work_item_id,
        work_item_key=work_item_get(actor=actor, work_item_id=run.work_item_id).key,
        project=project_ref(project),
        state=run.state,
        attempt=run.attempt,
        persona=run.persona,
        adapter=run.adapter,
        risk_score=run.score,
        pack_digest=run.pack_digest or None,
        approval_request_id=run.request_id or None,
        created_at=run.created_at,
        updated_at=run.updated_at,
        merge_commit=merge.merge_commit if merge and merge.state == "delivered" else None,
        tag=merge.tag if merge and merge.state == "delivered" else None,
        incident_reason=str(run.failure.get("error", "")) or None,
        gates=gate_count(_results(actor, run)),
    )


def gate_count(results: tuple[GateResultData, ...]) -> GateCount:
    """Return how many gates passed."""
    return GateCount(sum(item.status.value == "pass" for item in results), len(results))


def _results(actor: Actor, run: RunData) -> tuple[GateResultData, ...]:
    if not run.result_tree:
        return ()
    return gate_results_on(actor=actor, run_id=run.id, result_tree=run.result_tree)


def run_risk(actor: Actor, run: RunData) -> RiskView | None:
    """Return the risk as it stands in the run's pack."""
    if not run.pack_digest:
        return None
    try:
        with pack_file(actor=actor, digest=run.pack_digest) as file:
            return risk_of(pack_read(file))
    except EvidenceUnmade:
        return None


def run_detail(*, actor: Actor, run_id: str) -> RunDetailView:
    """Return a run with everything about it.

    Raises:
        PermissionDenied: the actor may not read runs.
        RunNotFound: there is no such run.
    """
    run = run_get(actor=actor, run_id=run_id)
    project = project_get(actor=actor, project_id=run.project_id)
    events = tuple(reversed(event_list(actor=actor, subject=("run", run.id), limit=500)))
    steps = _steps(run, events)
    return RunDetailView(
        run=run_view(actor, run),
        branch=run.branch,
        base_commit=run.base_commit,
        result_tree=run.result_tree or None,
        isolation=project.isolation,
        prompt_id=run.prompt_id,
        step=next((step.name for step in steps if step.state in {"running", "failed"}), "done"),
        steps=steps,
        gate_reports=tuple(gate_view(result) for result in _results(actor, run)),
        risk=run_risk(actor, run),
        attempts=_attempts(actor, run, events),
        cost=_cost(actor, run),
        allowed_actions=(),
    )


def _steps(run: RunData, events: tuple[AuditEventData, ...]) -> tuple[RunStepView, ...]:
    ended: dict[str, datetime] = {}
    for event in events:
        ended[event.type] = event.time
    views: list[RunStepView] = []
    previous: datetime | None = run.created_at
    open_seen = False
    for name, event_type in _STEPS:
        finished = ended.get(event_type) if not open_seen else None
        if finished is not None:
            state = "done"
        elif open_seen or run.state in {"rejected", "changes_requested"}:
            state = "pending"
        else:
            state = "failed" if run.state in _ENDED_BADLY else "running"
        views.append(
            RunStepView(
                name=name,
                state=state,  # type: ignore[arg-type]  # one of the four literals above
                summary=str(run.failure.get("error", "")) if state == "failed" else "",
                started_at=previous if state != "pending" else None,
                finished_at=finished,
            )
        )
        open_seen = open_seen or finished is None
        previous = finished
    return tuple(views)


def _attempts(actor: Actor, run: RunData, events: tuple[AuditEventData, ...]) -> tuple[AttemptView, ...]:
    times = [event.time for event in events if event.type == "run.proposed"]
    return tuple(
        AttemptView(
            number=attempt.number,
            seed=attempt.seed,
            outcome=attempt.outcome,
            reason=attempt.summary,
            started_at=run.created_at if index == 0 else times[index - 1],
            finished_at=times[index] if index < len(times) else None,
        )
        for index, attempt in enumerate(attempts_of(actor=actor, run_id=run.id))
    )


def _cost(actor: Actor, run: RunData) -> CostView:
    calls = agent_call_list(actor=actor, run_id=run.id)
    return CostView(
        tokens_in=sum(call.tokens_in or 0 for call in calls),
        tokens_out=sum(call.tokens_out or 0 for call in calls),
        cost_micros=sum(call.cost_micros or 0 for call in calls),
        model=calls[-1].model if calls else None,
    )


def run_diff(*, actor: Actor, run_id: str) -> bytes:
    """Return the unified diff of a run's change: the sealed one as soon as there is a pack.

    Raises:
        PermissionDenied: the actor may not read runs.
        RunNotFound: there is no such run.
    """
    run = run_get(actor=actor, run_id=run_id)
    if run.pack_digest:
        with pack_file(actor=actor, digest=run.pack_digest) as file:
            return pack_read(file).read(vocabulary.MEMBER_DIFF)
    if not run.change_commit:
        return b""
    project = project_get(actor=actor, project_id=run.project_id)
    return repository_of(project).diff(run.base_commit, run.change_commit)


def run_event_page(*, actor: Actor, run_id: str, after: str = "", limit: int = 50) -> Page[RunEventView]:
    """Return what happened to a run, oldest first.

    Raises:
        PermissionDenied: the actor may not read runs.
        RunNotFound: there is no such run.
    """
    run = run_get(actor=actor, run_id=run_id)
    events = list(event_list(actor=actor, subject=("run", run.id), limit=500))
    for incident in incident_list(actor=actor, project_id=run.project_id):
        if incident.run_id == run.id:
            events += event_list(actor=actor, subject=("incident", incident.id))
    ordered = sorted(events, key=lambda event: event.position)
    return sequence_page(tuple(_event_view(event) for event in ordered), after=after, limit=limit)


def _event_view(event: AuditEventData) -> RunEventView:
    parts = [f"{name}: {value}" for name, value in event.data.items() if isinstance(value, str | int)]
    return RunEventView(
        id=event.id,
        time=event.time,
        type=event.type,
        summary=", ".join(parts)[:300],
        actor_label=event.actor_label,
    )
