"""Importing plans."""

from datetime import date

from django.db import transaction

from countersign.accounts.policies import require
from countersign.audit.services import record
from countersign.plans.codes import criteria_coded, gates_coded
from countersign.plans.contracts import DeliverableState, PhaseState, PlanData
from countersign.plans.conversions import plan_data
from countersign.plans.document import EveryPhasePart, PhasePart, PlanDocument
from countersign.plans.errors import PlanMoved
from countersign.plans.importer import plan_read
from countersign.plans.models import AcceptanceCriterion, Deliverable, Phase, PhaseGate, Plan, PlanInput
from countersign.plans.selectors import current_row, phase_row
from countersign.plans.services.locks import plans_queue
from countersign.plans.services.phases import phase_missing_unseen
from countersign.projects.selectors import project_get
from countersign.shared.actor import Actor
from countersign_verify.canonical import digest_bytes


@transaction.atomic(durable=True)
def plan_import(
    *,
    actor: Actor,
    project_id: str,
    text: str,
    format: str = "yaml",  # noqa: A002 - the word callers and the API use
    based_on: str | None = None,
) -> PlanData:
    """Import a plan text as the next version of the project's plan of that code.

    The same text as the project's current version again changes nothing and gives that version.

    Args:
        actor: who imports it.
        project_id: the project.
        text: the plan, to the byte as it is kept.
        format: how it is written.
        based_on: the id of the version that the import was previewed against, or an empty text when there
            was none; ``None`` imports onto whatever is there.

    Raises:
        PermissionDenied: The actor may not import plans.
        NotFound: There is no such project.
        PlanInvalid: The text was not understood; nothing is saved.
        PlanMoved: Another version was imported since the preview; nothing is saved.
    """
    require(actor, "plan.write")
    reading = plan_read(text, format)
    if reading.document is None:
        raise reading.invalid()
    document = reading.document
    project = project_get(actor=actor, project_id=project_id)
    digest = digest_bytes(text.encode())
    plans_queue(project.id)
    current = current_row(project.id)
    _based_check(current, based_on)
    if current is not None and (current.source_digest, current.source_format) == (digest, format):
        return plan_data(current)
    latest = Plan.objects.filter(project_id=project.id, code=document.code).order_by("-version").first()
    plan = Plan.objects.create(
        project_id=project.id,
        code=document.code,
        title=document.title,
        description=document.description,
        version=1 if latest is None else latest.version + 1,
        source_format=format,
        source_digest=digest,
        source=text,
        document=document.model_dump(mode="json"),
        remarks=[remark.as_dict() for remark in reading.remarks],
    )
    _inputs_create(plan, document)
    _phases_create(plan, document)
    for phase in Phase.objects.filter(plan=plan):
        missing = phase_missing_unseen(phase_row(str(phase.pk)))
        Phase.objects.filter(pk=phase.pk).update(missing=missing)
    record(
        actor=actor,
        type="plan.imported",
        subject=("plan", str(plan.id)),
        data={
            "project_id": project.id,
            "code": plan.code,
            "version": plan.version,
            "replaces": None if current is None else str(current.id),
            "format": format,
            "source_digest": digest,
            "phases": [phase.code for phase in document.phases],
            # Who answers one of these takes part in what is made with it, whatever a table says later.
            "requirements": [part.name for part in document.inputs if part.kind_meant == "requirement"],
        },
    )
    return plan_data(plan)


def _based_check(current: Plan | None, based_on: str | None) -> None:
    there = "" if current is None else str(current.id)
    if based_on is None or based_on == there:
        return
    raise PlanMoved(
        "Another version of the plan was imported since you looked. Look at what would change now, and "
        "import then.",
        based_on=based_on,
        current=there,
    )


def _inputs_create(plan: Plan, document: PlanDocument) -> None:
    PlanInput.objects.bulk_create(
        PlanInput(
            plan=plan,
            name=part.name,
            text=part.text,
            value=part.value or "",
            pointer=part.pointer or "",
            secret=part.secret,
            optional=part.optional,
            kind=part.kind_meant,
            order=order,
        )
        for order, part in enumerate(document.inputs)
    )


def _phases_create(plan: Plan, document: PlanDocument) -> None:
    deliverables: list[Deliverable] = []
    criteria: list[AcceptanceCriterion] = []
    gates: list[PhaseGate] = []
    phases = [_phase(plan, part, order) for order, part in enumerate(document.phases)]
    for phase, part in zip(phases, document.phases, strict=True):
        _parts_collect(phase, part, deliverables, criteria)
        gates.extend(_gates(phase, part, document.every_phase))
    Phase.objects.bulk_create(phases)
    Deliverable.objects.bulk_create(deliverables)
    AcceptanceCriterion.objects.bulk_create(criteria)
    PhaseGate.objects.bulk_create(gates)


def _phase(plan: Plan, part: PhasePart, order: int) -> Phase:
    return Phase(
        plan=plan,
        code=part.code,
        title=part.title,
        objective=part.objective,
        owner=part.owner,
        duration=part.duration,
        planned_start=date.fromisoformat(part.planned_start) if part.planned_start else None,
        planned_end=date.fromisoformat(part.planned_end) if part.planned_end else None,
        stated_status=part.stated_status,
        details=part.model_dump(
            mode="json", include={"prerequisites", "needs", "specification", "files", "decisions", "notes"}
        ),
        order=order,
        depends_on=part.depends_on,
        state=(PhaseState.BLOCKED if part.depends_on else PhaseState.ACTIVE).value,
    )


def _parts_collect(
    phase: Phase, part: PhasePart, deliverables: list[Deliverable], criteria: list[AcceptanceCriterion]
) -> None:
    for order, item in enumerate(part.deliverables):
        deliverable = Deliverable(
            phase=phase,
            code=item.code,
            title=item.title,
            order=order,
            selector=None if item.selector is None else item.selector.model_dump(mode="json"),
            owner=item.owner,
            condition=item.condition,
            details=item.model_dump(mode="json", include={"needs", "files", "technical_notes"}),
            state=DeliverableState.PLANNED.value,
        )
        deliverables.append(deliverable)
        criteria.extend(
            AcceptanceCriterion(
                deliverable=deliverable,
                code=code,
                text=criterion.text,
                check_document=criterion.check.model_dump(mode="json"),
                order=number,
            )
            for number, (code, criterion) in enumerate(criteria_coded(item), start=1)
        )


def _gates(phase: Phase, part: PhasePart, every_phase: list[EveryPhasePart]) -> list[PhaseGate]:
    return [
        PhaseGate(
            phase=phase,
            code=code,
            kind=gate.kind,
            text=gate.text,
            check_document=gate.check.model_dump(mode="json"),
            order=number,
        )
        for number, (code, gate) in enumerate(gates_coded(part, every_phase), start=1)
    ]
