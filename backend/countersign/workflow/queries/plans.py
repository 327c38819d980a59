"""Plans, phases and work items with what became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from countersign.approvals.selectors import request_list
from countersign.plans.contracts import DeliverableState, PhaseState, WorkItemState
from countersign.plans.selectors import (
    inputs_missing,
    phase_get,
    phase_list,
    plan_get,
    plan_list,
    work_item_list,
)
from countersign.plans.selectors import plan_preview as preview_make
from countersign.projects.selectors import project_get
from countersign.runs.selectors import run_list
from countersign.shared.paging import sequence_page
from countersign.workflow.contracts import (
    CriterionView,
    DeliverableView,
    PhaseDetailView,
    PhaseGateView,
    PhaseView,
    PlanDetailView,
    PlanRef,
    PlanView,
    WorkItemView,
)
from countersign.workflow.queries.common import project_id_of, project_ref
from countersign.workflow.queries.inputs import input_views

if TYPE_CHECKING:
    from countersign.plans.contracts import (
        DeliverableData,
        PhaseData,
        PhaseGateData,
        PlanData,
        PlanPreview,
        WorkItemData,
    )
    from countersign.runs.contracts import RunData
    from countersign.shared.actor import Actor
    from countersign.shared.paging import Page

WaitingOn = Literal["agent", "person", "phase", "nobody"]


def plan_page(*, actor: Actor, project: str = "", after: str = "", limit: int = 50) -> Page[PlanView]:
    """Return plans, newest first.

    Raises:
        PermissionDenied: the actor may not read plans.
    """
    plans = plan_list(actor=actor, project_id=project_id_of(actor, project) or None)
    return sequence_page(tuple(_plan_view(actor, plan) for plan in plans), after=after, limit=limit)


def plan_detail(*, actor: Actor, plan_id: str) -> PlanDetailView:
    """Return a plan with its phases.

    Raises:
        PermissionDenied: the actor may not read plans.
        NotFound: there is no such plan.
    """
    plan = plan_get(actor=actor, plan_id=plan_id)
    return PlanDetailView(
        plan=_plan_view(actor, plan),
        phases=tuple(_phase_view(actor, phase) for phase in plan.phases),
        source_format=plan.source_format,
        authority=plan.authority,
        stated_status=plan.stated_status,
        created_on=plan.created_on,
        inputs=input_views(actor, plan),
        risks=plan.risks,
        escalation=plan.escalation,
        reports=plan.reports,
        notes=plan.notes,
        remarks=plan.remarks,
    )


def plan_preview(*, actor: Actor, project: str, text: str, format: str) -> PlanPreview:  # noqa: A002 - the API's word
    """Say what importing a plan text into a project would change; saves nothing.

    Raises:
        PermissionDenied: the actor may not read plans.
        NotFound: there is no such project.
    """
    found = project_get(actor=actor, project=project)
    return preview_make(actor=actor, project_id=found.id, text=text, format=format)


def phase_page(*, actor: Actor, plan_id: str = "", after: str = "", limit: int = 50) -> Page[PhaseView]:
    """Return the phases of a plan, or of all plans, in order.

    Raises:
        PermissionDenied: the actor may not read plans.
    """
    plans = [plan_id] if plan_id else [plan.id for plan in plan_list(actor=actor)]
    phases = [phase for one in plans for phase in phase_list(actor=actor, plan_id=one)]
    return sequence_page(tuple(_phase_view(actor, phase) for phase in phases), after=after, limit=limit)


def phase_detail(*, actor: Actor, phase_id: str) -> PhaseDetailView:
    """Return a phase with its plan and project.

    Raises:
        PermissionDenied: the actor may not read plans.
        NotFound: there is no such phase.
    """
    phase = phase_get(actor=actor, phase_id=phase_id)
    plan = plan_get(actor=actor, plan_id=phase.plan_id)
    project = project_get(actor=actor, project_id=plan.project_id)
    return PhaseDetailView(
        plan=PlanRef(plan.id, plan.code, plan.title),
        project=project_ref(project),
        phase=_phase_view(actor, phase),
    )


def work_item_page(
    *, actor: Actor, project: str = "", state: str = "", after: str = "", limit: int = 50
) -> Page[WorkItemView]:
    """Return work items, the most urgent first.

    Raises:
        PermissionDenied: the actor may not read work items.
    """
    items = work_item_list(
        actor=actor,
        project_id=project_id_of(actor, project) or None,
        states=(state,) if state else None,
    )
    return sequence_page(_work_item_views(actor, items), after=after, limit=limit)


def _plan_view(actor: Actor, plan: PlanData) -> PlanView:
    return PlanView(
        id=plan.id,
        code=plan.code,
        title=plan.title,
        version=str(plan.version),
        project=project_ref(project_get(actor=actor, project_id=plan.project_id)),
        source_digest=plan.source_digest,
        created_at=plan.created_at,
        phases_total=len(plan.phases),
        phases_complete=sum(phase.complete for phase in plan.phases),
    )


def _phase_view(actor: Actor, phase: PhaseData) -> PhaseView:
    items = work_item_list(actor=actor, project_id=phase.project_id, phase_id=phase.id)
    views = {view.id: view for view in _work_item_views(actor, items)}
    signoffs = request_list(actor=actor, states=("pending",), subject=("phase", phase.id))
    changes = request_list(actor=actor, states=("pending",), project_id=phase.project_id)
    waiting = [request.id for request in changes if request.phase_code == phase.code]
    return PhaseView(
        id=phase.id,
        code=phase.code,
        title=phase.title,
        order=phase.order,
        state=phase.state.value,
        complete=phase.complete,
        missing=phase.missing,
        depends_on=phase.depends_on,
        deliverables_total=len(phase.deliverables),
        deliverables_done=sum(item.state is DeliverableState.DONE for item in phase.deliverables),
        waiting_on=_waiting_on(phase, items, waiting),
        waiting_request_ids=tuple(waiting),
        gates=tuple(_gate_view(phase, gate) for gate in phase.gates),
        signoff_request_id=signoffs[0].id if signoffs else None,
        deliverables=tuple(
            _deliverable_view(
                phase,
                deliverable,
                tuple(views[item.id] for item in items if item.deliverable_id == deliverable.id),
            )
            for deliverable in phase.deliverables
        ),
        backlog_count=sum(item.state is WorkItemState.BACKLOG for item in items),
        owner=phase.owner,
        duration=phase.duration,
        planned_start=phase.planned_start,
        planned_end=phase.planned_end,
        stated_status=phase.stated_status,
        prerequisites=phase.prerequisites,
        specification=phase.specification,
        files=phase.files,
        decisions=phase.decisions,
        notes=phase.notes,
    )


def _gate_view(phase: PhaseData, gate: PhaseGateData) -> PhaseGateView:
    return PhaseGateView(
        code=gate.code,
        kind=gate.kind.value,
        text=gate.text,
        check_kind=str(gate.check.get("kind", "")),
        met=_met(phase, met=gate.met),
        reason=gate.reason,
    )


def _met(phase: PhaseData, *, met: bool) -> bool | None:
    """Before the first evaluation nothing is known, which is not the same as not met."""
    return met if phase.evaluated_at is not None else None


def _waiting_on(phase: PhaseData, items: tuple[WorkItemData, ...], waiting: list[str]) -> WaitingOn:
    if phase.state is PhaseState.BLOCKED:
        return "phase"
    if waiting:
        return "person"
    if any(item.state is WorkItemState.RUNNING for item in items):
        return "agent"
    return "nobody"


def _deliverable_view(
    phase: PhaseData, deliverable: DeliverableData, items: tuple[WorkItemView, ...]
) -> DeliverableView:
    return DeliverableView(
        code=deliverable.code,
        title=deliverable.title,
        state=deliverable.state.value,
        criteria=tuple(
            CriterionView(
                code=criterion.code,
                text=criterion.text,
                check_kind=str(criterion.check.get("kind", "")),
                met=_met(phase, met=criterion.met),
                reason=criterion.reason,
            )
            for criterion in deliverable.criteria
        ),
        work_items=items,
        owner=deliverable.owner,
        condition=deliverable.condition,
        files=deliverable.files,
        technical_notes=deliverable.technical_notes,
        from_findings=deliverable.selector is not None,
    )


def _work_item_views(actor: Actor, items: tuple[WorkItemData, ...]) -> tuple[WorkItemView, ...]:
    runs: dict[str, RunData] = {}
    # Newest first: the first run of an item that is met is its latest.
    for run in run_list(actor=actor, work_item_ids=tuple(item.id for item in items)):
        runs.setdefault(run.work_item_id, run)
    missing = inputs_missing(actor=actor, items=items)
    return tuple(_work_item_view(item, runs.get(item.id), missing.get(item.id, ())) for item in items)


def _work_item_view(item: WorkItemData, run: RunData | None, waits_for: tuple[str, ...]) -> WorkItemView:
    return WorkItemView(
        id=item.id,
        key=item.key,
        title=item.title,
        state=item.state.value,
        persona=item.persona,
        adapter=item.adapter,
        reason=item.reason,
        finding_count=len(item.finding_ids),
        run_id=run.id if run else None,
        approval_request_id=run.request_id or None if run else None,
        waits_for=waits_for,
    )
