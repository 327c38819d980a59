"""Importing plans."""

import hashlib

from django.db import connection, transaction

from countersign.accounts.policies import require
from countersign.audit.services import record
from countersign.plans.contracts import DeliverableState, PhaseState, PlanData
from countersign.plans.document import PhasePart, PlanDocument
from countersign.plans.importer import plan_parse
from countersign.plans.models import AcceptanceCriterion, Deliverable, Phase, PhaseGate, Plan
from countersign.plans.selectors import phase_row, plan_data
from countersign.plans.services.phases import phase_missing_unseen
from countersign.projects.selectors import project_get
from countersign.shared.actor import Actor


@transaction.atomic(durable=True)
def plan_import(
    *,
    actor: Actor,
    project_id: str,
    text: str,
    format: str = "yaml",  # noqa: A002 - the word callers and the API use
) -> PlanData:
    """Import a plan text as the next version of the project's plan of that code.

    The same text as the latest version again changes nothing and gives that version.

    Raises:
        PermissionDenied: The actor may not import plans.
        NotFound: There is no such project.
        PlanInvalid: The text was not understood; nothing is saved.
    """
    require(actor, "plan.write")
    document = plan_parse(text, format)
    project = project_get(actor=actor, project_id=project_id)
    digest = "sha256:" + hashlib.sha256(text.encode()).hexdigest()
    _imports_queue(project.id, document.code)
    latest = Plan.objects.filter(project_id=project.id, code=document.code).order_by("-version").first()
    if latest is not None and latest.source_digest == digest:
        return plan_data(latest)
    plan = Plan.objects.create(
        project_id=project.id,
        code=document.code,
        title=document.title,
        description=document.description,
        version=1 if latest is None else latest.version + 1,
        source_format=format,
        source_digest=digest,
        source=text,
    )
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
            "source_digest": digest,
            "phases": [phase.code for phase in document.phases],
        },
    )
    return plan_data(plan)


def _imports_queue(project_id: str, code: str) -> None:
    """Let imports of one plan follow each other until commit, so that each finds its version free."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"plan:{project_id}:{code}"])


def _phases_create(plan: Plan, document: PlanDocument) -> None:
    deliverables: list[Deliverable] = []
    criteria: list[AcceptanceCriterion] = []
    gates: list[PhaseGate] = []
    phases = [
        Phase(
            plan=plan,
            code=part.code,
            title=part.title,
            objective=part.objective,
            order=order,
            depends_on=part.depends_on,
            state=(PhaseState.BLOCKED if part.depends_on else PhaseState.ACTIVE).value,
        )
        for order, part in enumerate(document.phases)
    ]
    for phase, part in zip(phases, document.phases, strict=True):
        _parts_collect(phase, part, deliverables, criteria, gates)
    Phase.objects.bulk_create(phases)
    Deliverable.objects.bulk_create(deliverables)
    AcceptanceCriterion.objects.bulk_create(criteria)
    PhaseGate.objects.bulk_create(gates)


def _parts_collect(
    phase: Phase,
    part: PhasePart,
    deliverables: list[Deliverable],
    criteria: list[AcceptanceCriterion],
    gates: list[PhaseGate],
) -> None:
    for order, item in enumerate(part.deliverables):
        deliverable = Deliverable(
            phase=phase,
            code=item.code,
            title=item.title,
            order=order,
            selector=item.selector.model_dump(mode="json"),
            state=DeliverableState.PLANNED.value,
        )
        deliverables.append(deliverable)
        criteria.extend(
            AcceptanceCriterion(
                deliverable=deliverable,
                code=criterion.code or str(number),
                text=criterion.text,
                check_document=criterion.check.model_dump(mode="json"),
                order=number,
            )
            for number, criterion in enumerate(item.acceptance_criteria, start=1)
        )
    gates.extend(
        PhaseGate(
            phase=phase,
            code=gate.code,
            text=gate.text,
            check_document=gate.check.model_dump(mode="json"),
            order=number,
        )
        for number, gate in enumerate(part.gates, start=1)
    )
