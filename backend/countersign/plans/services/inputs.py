"""Answering what a plan asks for."""

import secrets

from django.db import transaction

from countersign.accounts.policies import require
from countersign.audit.services import record
from countersign.plans.contracts import InputAnswerData, InputsForWork
from countersign.plans.errors import InputRefused, InputsMoved, PlanOutdated
from countersign.plans.inputs import answer_data, inputs_for, is_hidden
from countersign.plans.models import InputAnswer, Plan, PlanInput
from countersign.plans.selectors import as_uuid, current_row, work_item_row
from countersign.plans.services.locks import plans_queue
from countersign.plans.words import POINTER_SCHEMES, is_pointer
from countersign.shared.actor import Actor
from countersign.shared.errors import NotFound, PermissionDenied

MAX_VALUE = 2_000
MAX_POINTER = 500


@transaction.atomic(durable=True)
def plan_input_answer(
    *, actor: Actor, plan_id: str, name: str, value: str = "", pointer: str = ""
) -> InputAnswerData:
    """Answer an input of a project's current plan; what was answered before stays, and counts no more.

    The log says who answered which input and a digest, never the value. That a value holds no secret is for
    the caller to see to, who has the scanner.

    Args:
        actor: who answers; a person.
        plan_id: the plan version.
        name: the input.
        value: the answer.
        pointer: where the answer lies, in place of a value: the only way for a secret.

    Raises:
        PermissionDenied: The actor may not answer inputs, or is no person.
        NotFound: There is no such plan, or it has no such input.
        PlanOutdated: Another version has replaced this one.
        InputRefused: The answer is empty, too long, both value and pointer, no pointer, or a secret itself.
    """
    require(actor, "input.answer")
    if actor.kind != "person" or actor.person_id is None:
        raise PermissionDenied("Only a person can answer an input.", action="input.answer")
    plan = Plan.objects.filter(pk=as_uuid(plan_id, "plan")).first()
    if plan is None:
        raise NotFound("There is no such plan, or you may not see it.", plan=plan_id)
    plans_queue(str(plan.project_id))
    _current_check(plan)
    row = _input_row(plan, name)
    value, pointer = value.strip(), pointer.strip()
    _answer_check(row, value, pointer)
    before = InputAnswer.objects.filter(project_id=plan.project_id, code=plan.code, name=row.name)
    answer = InputAnswer.objects.create(
        plan=plan,
        project_id=plan.project_id,
        code=plan.code,
        name=row.name,
        number=before.count() + 1,
        value=value,
        pointer=pointer,
        nonce=secrets.token_hex(32),
        kind=row.kind,
        person_id=actor.person_id,
        user_id=actor.id,
        minted_by=actor.minted_by,
    )
    answer.refresh_from_db()
    data = answer_data(answer)
    record(
        actor=actor,
        type="plan.input_answered",
        subject=("plan", plan_id),
        data={
            "project_id": str(plan.project_id),
            "code": plan.code,
            "input": row.name,
            "answer_id": data.id,
            "number": data.number,
            "kind": row.kind,
            "digest": data.digest,
            "pointer": bool(pointer),
        },
    )
    return data


def inputs_hold(*, project_id: str, work_item_id: str, read: InputsForWork) -> None:
    """Let nobody answer until commit, and see that the inputs of a work item are what was read of them.

    Raises:
        NotFound: There is no such work item.
        InputsMoved: One was answered meanwhile.
    """
    plans_queue(project_id)
    if inputs_for(work_item_row(work_item_id).deliverable) != read:
        raise InputsMoved(
            "An input was answered while the run began. Start it again: it then works with the new answer.",
            work_item=work_item_id,
        )


def _current_check(plan: Plan) -> None:
    current = current_row(str(plan.project_id))
    if current is not None and current.pk != plan.pk:
        raise PlanOutdated(
            f"{plan.code} version {plan.version} was replaced by {current.code} version {current.version}. "
            "Answer the input there.",
            plan=str(plan.id),
            current=str(current.id),
            version=current.version,
        )


def _input_row(plan: Plan, name: str) -> PlanInput:
    rows = list(plan.inputs.all())
    for row in rows:
        if row.name.casefold() == name.strip().casefold():
            return row
    known = ", ".join(row.name for row in rows) or "none"
    raise NotFound(
        f"{plan.code} version {plan.version} has no input {name[:100]!r}. It has: {known}.", field="name"
    )


def _answer_check(row: PlanInput, value: str, pointer: str) -> None:
    schemes = ", ".join(f"{scheme}:..." for scheme in POINTER_SCHEMES)
    if value and pointer:
        raise InputRefused("Give a value or a pointer, not both.", field="value")
    if not value and not pointer:
        message = "The answer is empty: give a value, or a pointer to where it lies."
        raise InputRefused(message, field="pointer" if is_hidden(row) else "value")
    if value and is_hidden(row):
        raise InputRefused(
            f"{row.name} is a secret, and a secret is never typed here: give a pointer to where it lies "
            f"({schemes}).",
            field="value",
        )
    if len(value) > MAX_VALUE or len(pointer) > MAX_POINTER:
        field, most = ("value", MAX_VALUE) if value else ("pointer", MAX_POINTER)
        raise InputRefused(f"The {field} is too long: at most {most} characters.", field=field)
    if "\0" in value:
        raise InputRefused("The value holds a character that can't be kept.", field="value")
    if pointer and not is_pointer(pointer):
        raise InputRefused(
            f"A pointer says where the answer lies, in the form {schemes}, without spaces.", field="pointer"
        )
