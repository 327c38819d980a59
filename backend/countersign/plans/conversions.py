"""Rows of the plans room as plain data."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet

from countersign.plans.contracts import (
    CriterionData,
    DecisionData,
    DeliverableData,
    DeliverableState,
    FileData,
    GateKind,
    NoteData,
    OptionData,
    PhaseData,
    PhaseGateData,
    PhaseState,
    PlanData,
    PlanRemark,
    ProjectStateEntryData,
    ReportData,
    RiskData,
    SelectorData,
    SignoffData,
    WorkItemData,
    WorkItemKind,
    WorkItemState,
)
from countersign.plans.inputs import plan_inputs
from countersign.plans.models import (
    HEAVY,
    AcceptanceCriterion,
    Deliverable,
    Phase,
    PhaseGate,
    Plan,
    ProjectStateEntry,
    WorkItem,
)

PHASE_PARTS = ("deliverables__criteria", "gates")
_Document = Mapping[str, Any]  # a part of the plan's document, as it was checked at its import


def phases_light(phases: QuerySet[Phase]) -> QuerySet[Phase]:
    """Read phases with their plan, but without its text."""
    return phases.select_related("plan").defer(*HEAVY)


def plan_data(plan: Plan) -> PlanData:
    """Give a plan as plain data."""
    phases = phases_light(plan.phases.all()).prefetch_related(*PHASE_PARTS)
    document: _Document = plan.document
    return PlanData(
        id=str(plan.id),
        project_id=str(plan.project_id),
        code=plan.code,
        title=plan.title,
        description=plan.description,
        version=plan.version,
        source_digest=plan.source_digest,
        created_at=plan.created_at,
        phases=tuple(phase_data(phase) for phase in phases),
        source_format=plan.source_format,
        authority=document.get("authority", ""),
        stated_status=document.get("stated_status", ""),
        created_on=document.get("created_on") or "",
        inputs=plan_inputs(plan),
        risks=tuple(RiskData(**risk) for risk in document.get("risks", ())),
        escalation=tuple(document.get("escalation", ())),
        reports=tuple(
            ReportData(report["title"], report["text"], tuple(report["items"]))
            for report in document.get("reports", ())
        ),
        notes=_notes(document),
        remarks=tuple(PlanRemark(**remark) for remark in plan.remarks),
    )


def phase_data(row: Phase) -> PhaseData:
    """Give a phase as plain data."""
    return PhaseData(
        id=str(row.id),
        plan_id=str(row.plan_id),
        project_id=str(row.plan.project_id),
        code=row.code,
        title=row.title,
        objective=row.objective,
        order=row.order,
        depends_on=tuple(row.depends_on),
        state=PhaseState(row.state),
        missing=tuple(row.missing),
        proof_digest=row.proof_digest,
        evaluated_at=row.evaluated_at,
        signoff=_signoff_data(row),
        deliverables=tuple(deliverable_data(part) for part in row.deliverables.all()),
        gates=tuple(_gate_data(gate) for gate in row.gates.all()),
        owner=row.owner,
        duration=row.duration,
        planned_start=row.planned_start,
        planned_end=row.planned_end,
        stated_status=row.stated_status,
        prerequisites=tuple(row.details.get("prerequisites", ())),
        specification=row.details.get("specification", ""),
        files=_files(row.details),
        decisions=tuple(_decision(part) for part in row.details.get("decisions", ())),
        notes=_notes(row.details),
        needs=tuple(row.details.get("needs", ())),
    )


def deliverable_data(row: Deliverable) -> DeliverableData:
    """Give a deliverable as plain data."""
    selector = row.selector
    return DeliverableData(
        id=str(row.id),
        phase_id=str(row.phase_id),
        code=row.code,
        title=row.title,
        state=DeliverableState(row.state),
        selector=None
        if selector is None
        else SelectorData(
            tool=selector["tool"],
            rules=tuple(selector["rules"]),
            paths=tuple(selector["paths"]),
        ),
        criteria=tuple(_criterion_data(criterion) for criterion in row.criteria.all()),
        owner=row.owner,
        condition=row.condition,
        files=_files(row.details),
        technical_notes=row.details.get("technical_notes", ""),
        needs=tuple(row.details.get("needs", ())),
    )


def work_item_data(row: WorkItem) -> WorkItemData:
    """Give a work item as plain data."""
    deliverable = row.deliverable
    return WorkItemData(
        id=str(row.id),
        project_id=str(row.project_id),
        session_id=str(row.session_id),
        deliverable_id=None if deliverable is None else str(deliverable.id),
        deliverable_code="" if deliverable is None else deliverable.code,
        phase_id=None if deliverable is None else str(deliverable.phase_id),
        phase_code="" if deliverable is None else deliverable.phase.code,
        key=row.key,
        title=row.title,
        kind=WorkItemKind(row.kind),
        tool=row.tool,
        rules=tuple(row.rules),
        paths=tuple(row.paths),
        finding_ids=tuple(row.finding_ids),
        priority=row.priority,
        persona=row.persona,
        adapter=row.adapter,
        state=WorkItemState(row.state),
        reason=row.reason,
        created_at=row.created_at,
    )


def project_state_entry_data(row: ProjectStateEntry) -> ProjectStateEntryData:
    """Give a project state entry as plain data."""
    return ProjectStateEntryData(
        id=str(row.id),
        project_id=str(row.project_id),
        run_id=str(row.run_id),
        text=row.text,
        commit=row.commit,
        created_at=row.created_at,
    )


def _signoff_data(row: Phase) -> SignoffData | None:
    if row.signed_off_at is None:
        return None
    return SignoffData(
        request_id=row.signoff_request_id,
        decision_id=row.signoff_decision_id,
        proof_digest=row.signoff_proof_digest,
        signed_at=row.signed_off_at,
    )


def _criterion_data(row: AcceptanceCriterion) -> CriterionData:
    return CriterionData(
        code=row.code,
        text=row.text,
        check=row.check_document,
        met=row.met,
        evidence=row.evidence or None,
        reason=row.reason,
    )


def _gate_data(row: PhaseGate) -> PhaseGateData:
    return PhaseGateData(
        code=row.code,
        text=row.text,
        check=row.check_document,
        met=row.met,
        evidence=row.evidence or None,
        reason=row.reason,
        kind=GateKind(row.kind),
    )


def _files(details: _Document) -> tuple[FileData, ...]:
    return tuple(FileData(**part) for part in details.get("files", ()))


def _notes(details: _Document) -> tuple[NoteData, ...]:
    return tuple(NoteData(**part) for part in details.get("notes", ()))


def _decision(part: _Document) -> DecisionData:
    options = tuple(OptionData(**option) for option in part["options"])
    return DecisionData(part["question"], options, part["documented"])
