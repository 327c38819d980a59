"""Reading plans, phases and work items."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Max
from django.db.models.functions import Coalesce

from countersign.accounts.policies import require
from countersign.plans.contracts import (
    InputData,
    InputsForWork,
    PhaseData,
    PhaseFacts,
    PhaseState,
    PlanData,
    PlanDifference,
    PlanPreview,
    ProjectStateEntryData,
    WorkItemData,
    WorkItemState,
)
from countersign.plans.conversions import (
    PHASE_PARTS,
    phase_data,
    phases_light,
    plan_data,
    project_state_entry_data,
    work_item_data,
)
from countersign.plans.difference import changes_between, unchanged_count
from countersign.plans.document import PlanDocument
from countersign.plans.importer import plan_parse, plan_read
from countersign.plans.inputs import inputs_among, inputs_for, plan_inputs
from countersign.plans.models import (
    HEAVY,
    Deliverable,
    Phase,
    Plan,
    ProjectStateEntry,
    WorkItem,
)
from countersign.plans.proof import PhaseRecord, proof_build
from countersign.plans.reading import plan_counted
from countersign.shared.actor import Actor
from countersign.shared.errors import NotFound
from countersign_verify.canonical import digest_bytes


def plan_get(*, actor: Actor, plan_id: str) -> PlanData:
    """Return one plan version.

    Raises:
        PermissionDenied: The actor may not read.
        NotFound: There is no such plan.
    """
    require(actor, "read")
    plan = Plan.objects.filter(pk=as_uuid(plan_id, "plan")).first()
    if plan is None:
        raise _not_found("plan", plan_id)
    return plan_data(plan)


def plan_current(*, actor: Actor, project_id: str) -> PlanData | None:
    """Return the plan version imported last into a project, or None when it has no plan.

    Raises:
        PermissionDenied: The actor may not read.
    """
    require(actor, "read")
    plan = current_row(project_id)
    return None if plan is None else plan_data(plan)


def plan_list(*, actor: Actor, project_id: str | None = None) -> tuple[PlanData, ...]:
    """Return plan versions, newest first.

    Raises:
        PermissionDenied: The actor may not read.
    """
    require(actor, "read")
    plans = Plan.objects.order_by("-created_at", "-version")
    if project_id is not None:
        plans = plans.filter(project_id=as_uuid(project_id, "project"))
    return tuple(plan_data(plan) for plan in plans)


def plan_preview(
    *,
    actor: Actor,
    project_id: str,
    text: str,
    format: str = "yaml",  # noqa: A002 - the word callers and the API use
) -> PlanPreview:
    """Say what importing a plan text into a project would change; saves nothing.

    Raises:
        PermissionDenied: The actor may not read.
        NotFound: The id is not a UUID.
    """
    require(actor, "read")
    reading = plan_read(text, format)
    current = current_row(project_id)
    difference = None if reading.document is None else _difference(current, reading.document, text, format)
    phases = Phase.objects.filter(plan=current, state=PhaseState.COMPLETE.value)
    running = WorkItem.objects.filter(deliverable__phase__plan=current, state=WorkItemState.RUNNING.value)
    return PlanPreview(
        understood=reading.document is not None,
        problems=reading.problems,
        remarks=reading.remarks,
        lines=reading.lines_counted(),
        counts=None if reading.document is None else plan_counted(reading.document),
        difference=difference,
        based_on="" if current is None else str(current.id),
        completed=() if current is None else tuple(phases.values_list("code", flat=True)),
        running=0 if current is None else running.count(),
    )


def phase_get(*, actor: Actor, phase_id: str) -> PhaseData:
    """Return one phase.

    Raises:
        PermissionDenied: The actor may not read.
        NotFound: There is no such phase.
    """
    require(actor, "read")
    return phase_data(phase_row(phase_id))


def phase_list(*, actor: Actor, plan_id: str) -> tuple[PhaseData, ...]:
    """Return the phases of a plan version in plan order.

    Raises:
        PermissionDenied: The actor may not read.
    """
    require(actor, "read")
    rows = Phase.objects.filter(plan_id=as_uuid(plan_id, "plan"))
    return tuple(phase_data(row) for row in phases_light(rows).prefetch_related(*PHASE_PARTS))


def work_item_get(*, actor: Actor, work_item_id: str) -> WorkItemData:
    """Return one work item.

    Raises:
        PermissionDenied: The actor may not read.
        NotFound: There is no such work item.
    """
    require(actor, "read")
    return work_item_data(work_item_row(work_item_id))


def work_item_list(
    *,
    actor: Actor,
    project_id: str | None = None,
    session_id: str | None = None,
    phase_id: str | None = None,
    states: Iterable[WorkItemState | str] | None = None,
) -> tuple[WorkItemData, ...]:
    """Return work items, the most urgent first.

    Raises:
        PermissionDenied: The actor may not read.
    """
    require(actor, "read")
    items = WorkItem.objects.select_related("deliverable__phase")
    if project_id is not None:
        items = items.filter(project_id=as_uuid(project_id, "project"))
    if session_id is not None:
        items = items.filter(session_id=as_uuid(session_id, "session"))
    if phase_id is not None:
        items = items.filter(deliverable__phase_id=as_uuid(phase_id, "phase"))
    if states is not None:
        items = items.filter(state__in=[WorkItemState(state).value for state in states])
    return tuple(work_item_data(item) for item in items)


def phase_proof(*, actor: Actor, phase_id: str, evidence: PhaseFacts) -> dict[str, Any]:  # JSON
    """Recompute the proof of a phase from the records and the evidence handed in; saves nothing.

    Raises:
        PermissionDenied: The actor may not read.
        NotFound: There is no such phase.
    """
    require(actor, "read")
    return proof_build(phase_record(phase_row(phase_id)), evidence)


def phase_proof_stored(*, actor: Actor, phase_id: str) -> dict[str, Any]:  # JSON
    """Return the proof of the last evaluation (of a complete phase: the one that was signed).

    Raises:
        PermissionDenied: The actor may not read.
        NotFound: There is no such phase, or it was never evaluated.
    """
    require(actor, "read")
    proof: dict[str, Any] = phase_row(phase_id).proof
    if not proof:
        raise NotFound("This phase has not been evaluated yet.", phase=phase_id)
    return proof


def phase_blockers(*, actor: Actor, work_item_id: str) -> tuple[str, ...]:
    """Return what must happen before a work item may be started; empty when nothing must.

    Raises:
        PermissionDenied: The actor may not read.
        NotFound: There is no such work item.
    """
    require(actor, "read")
    return blockers_of(work_item_row(work_item_id))


def inputs_of_work(*, actor: Actor, work_item_id: str) -> InputsForWork:
    """Return the inputs of a work item: which it waits for, and which go to whoever does it.

    Raises:
        PermissionDenied: The actor may not read.
        NotFound: There is no such work item.
    """
    require(actor, "read")
    return inputs_for(work_item_row(work_item_id).deliverable)


def inputs_missing(*, actor: Actor, items: Iterable[WorkItemData]) -> dict[str, tuple[str, ...]]:
    """Return what each of these work items waits for, by its id; of those that have begun nothing.

    Raises:
        PermissionDenied: The actor may not read.
    """
    require(actor, "read")
    waiting = {WorkItemState.PROPOSED, WorkItemState.READY}
    open_ = [item for item in items if item.state in waiting and item.deliverable_id is not None]
    ids = {item.deliverable_id for item in open_ if item.deliverable_id is not None}
    heavy = [f"phase__{name}" for name in HEAVY]
    rows = Deliverable.objects.filter(pk__in=ids).select_related("phase__plan").defer(*heavy)
    inputs: dict[UUID, tuple[InputData, ...]] = {}
    missing: dict[str, tuple[str, ...]] = {}
    for row in rows:
        plan = row.phase.plan
        if plan.pk not in inputs:
            inputs[plan.pk] = plan_inputs(plan)
        missing[str(row.pk)] = inputs_among(inputs[plan.pk], plan, row).missing
    return {item.id: missing.get(item.deliverable_id or "", ()) for item in open_}


def project_state_entry_list(*, actor: Actor, project_id: str) -> tuple[ProjectStateEntryData, ...]:
    """Return the entries of a project's state document in the order they were written.

    Raises:
        PermissionDenied: The actor may not read.
    """
    require(actor, "read")
    rows = ProjectStateEntry.objects.filter(project_id=as_uuid(project_id, "project"))
    return tuple(project_state_entry_data(row) for row in rows)


def as_uuid(value: str, noun: str) -> UUID:
    """Read an id; one that is not well-formed names nothing.

    Raises:
        NotFound: The id is not a UUID.
    """
    try:
        return UUID(value)
    except ValueError as error:
        raise _not_found(noun, value) from error


def current_row(project_id: str) -> Plan | None:
    """Return the row of the plan version imported last into a project.

    Raises:
        NotFound: The id is not a UUID.
    """
    plans = Plan.objects.filter(project_id=as_uuid(project_id, "project"))
    return plans.order_by("-created_at", "-version").first()


def document_of(plan: Plan) -> PlanDocument:
    """Return the document of a plan version; one from before documents were kept is read from its text."""
    if plan.document:
        return PlanDocument.model_validate(plan.document)
    return plan_parse(plan.source, plan.source_format)


def _difference(
    current: Plan | None,
    document: PlanDocument,
    text: str,
    format: str,  # noqa: A002 - as above
) -> PlanDifference:
    same = current is not None and (current.source_digest, current.source_format) == (
        digest_bytes(text.encode()),
        format,
    )
    changes = changes_between(None if current is None else document_of(current), document)
    latest = (
        0
        if current is None
        else Plan.objects.filter(project_id=current.project_id, code=document.code).aggregate(
            latest=Coalesce(Max("version"), 0)
        )["latest"]
    )
    return PlanDifference(
        code=document.code,
        version=latest if same else latest + 1,
        replaces="" if current is None else current.code,
        replaces_version=0 if current is None else current.version,
        same_text=same,
        changes=changes,
        unchanged=unchanged_count(changes, document) if current else {"phases": 0, "deliverables": 0},
    )


def phase_row(phase_id: str) -> Phase:
    """Return the row of a phase with its parts.

    Raises:
        NotFound: There is no such phase.
    """
    row = (
        phases_light(Phase.objects.all())
        .prefetch_related(*PHASE_PARTS)
        .filter(pk=as_uuid(phase_id, "phase"))
        .first()
    )
    if row is None:
        raise _not_found("phase", phase_id)
    return row


def work_item_row(work_item_id: str) -> WorkItem:
    """Return the row of a work item with its phase.

    Raises:
        NotFound: There is no such work item.
    """
    row = (
        WorkItem.objects.select_related("deliverable__phase")
        .filter(pk=as_uuid(work_item_id, "work item"))
        .first()
    )
    if row is None:
        raise _not_found("work item", work_item_id)
    return row


def phase_record(row: Phase) -> PhaseRecord:
    """Collect what the proof of a phase rests on in this room."""
    states = dict(Phase.objects.filter(plan_id=row.plan_id).values_list("code", "state"))
    return PhaseRecord(
        phase=phase_data(row),
        plan={
            "id": str(row.plan_id),
            "code": row.plan.code,
            "version": row.plan.version,
            "digest": row.plan.source_digest,
        },
        dependencies=tuple((code, states.get(code) == PhaseState.COMPLETE.value) for code in row.depends_on),
        work_items=_work_items_that_count(row),
    )


def blockers_of(item: WorkItem) -> tuple[str, ...]:
    """List the phases before a work item's own that are incomplete, with what each lacks."""
    if item.deliverable is None:
        return ()
    phase = item.deliverable.phase
    by_code = {other.code: other for other in Phase.objects.filter(plan_id=phase.plan_id)}
    blockers: list[str] = []
    for code in _all_before(phase.code, by_code):
        before = by_code[code]
        if before.state == PhaseState.COMPLETE.value:
            continue
        blockers.append(f"phase {code} ({before.title}) is {before.state}, not complete")
        blockers.extend(f"{code}: {missing}" for missing in before.missing)
    return tuple(blockers)


def _work_items_that_count(row: Phase) -> tuple[WorkItemData, ...]:
    """Return the work items a phase is judged by.

    Everything merged or running counts, whenever it was proposed. Of what was not done, only the
    latest session of each deliverable counts: it looked at the project again and said anew what
    there is to do.
    """
    items = list(
        WorkItem.objects.filter(deliverable__phase=row)
        .select_related("deliverable__phase")
        .order_by("created_at", "key")
    )
    latest = {item.deliverable_id: item.session_id for item in items}
    done = {WorkItemState.MERGED.value, WorkItemState.RUNNING.value}
    return tuple(
        work_item_data(item)
        for item in items
        if item.state in done or item.session_id == latest[item.deliverable_id]
    )


def _all_before(code: str, by_code: dict[str, Phase]) -> list[str]:
    """List every phase that a phase waits for, near and far, in plan order."""
    found: set[str] = set()
    waiting = list(by_code[code].depends_on)
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting.extend(by_code[current].depends_on)
    return sorted(found, key=lambda name: by_code[name].order)


def _not_found(noun: str, value: str) -> NotFound:
    return NotFound(f"There is no such {noun}, or you may not see it.", **{noun.replace(" ", "_"): value})
