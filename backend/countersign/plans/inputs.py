"""What is known of a plan's inputs: what the plan says, what was answered, and who needs it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from countersign.plans.contracts import (
    InputAnswerData,
    InputData,
    InputKind,
    InputsForWork,
    InputState,
)
from countersign.plans.models import HEAVY, Deliverable, InputAnswer, Phase, Plan, PlanInput
from countersign.plans.words import names_a_secret
from countersign_verify.canonical import digest_of


def answer_digest(*, nonce: str, value: str, pointer: str) -> str:
    """Return what the log says of an answer."""
    return digest_of({"nonce": nonce, "pointer": pointer, "value": value})


def answer_data(row: InputAnswer) -> InputAnswerData:
    """Give an answer as plain data; its digest is that of what the table holds now."""
    return InputAnswerData(
        id=str(row.id),
        plan_id=str(row.plan_id),
        name=row.name,
        number=row.number,
        version=row.plan.version,
        value=row.value,
        pointer=row.pointer,
        kind=InputKind(row.kind),
        digest=answer_digest(nonce=row.nonce, value=row.value, pointer=row.pointer),
        person_id=str(row.person_id),
        minted_by=None if row.minted_by is None else str(row.minted_by),
        created_at=row.created_at,
    )


def is_hidden(row: PlanInput) -> bool:
    """Say whether an input is a secret, of which only a pointer is kept."""
    return row.secret or names_a_secret(row.name)


def plan_inputs(plan: Plan) -> tuple[InputData, ...]:
    """Return the inputs of a plan version in its order, with what was answered."""
    rows = list(plan.inputs.all())
    if not rows:
        return ()
    answers = _answers(plan)
    needed = _needers(plan)
    return tuple(
        _input(row, plan, answers.get(row.name, ()), tuple(needed.get(row.name.casefold(), ())))
        for row in rows
    )


def inputs_for(deliverable: Deliverable | None) -> InputsForWork:
    """Return the inputs of the work on a deliverable."""
    if deliverable is None:
        return InputsForWork()
    plan = deliverable.phase.plan
    return inputs_among(plan_inputs(plan), plan, deliverable)


def inputs_among(inputs: Iterable[InputData], plan: Plan, deliverable: Deliverable) -> InputsForWork:
    """Return those of a plan's inputs that the work on a deliverable needs.

    It needs what its phase or itself names. What a plan asks for without saying for which work is needed by
    all of it: nothing passes because nobody said.
    """
    own = {
        name.casefold()
        for part in (deliverable.details, deliverable.phase.details)
        for name in part.get("needs", ())
    }
    applies = [item for item in inputs if not item.needed_by or item.name.casefold() in own]
    return InputsForWork(
        plan_id=str(plan.id),
        code=plan.code,
        missing=tuple(item.name for item in applies if item.lacking),
        # What a plan says at large is no part of a task; what a task names is, and so is every answer.
        used=tuple(
            item
            for item in applies
            if item.state is InputState.KNOWN and (item.needed_by or item.answer is not None)
        ),
    )


def _answers(plan: Plan) -> Mapping[str, Sequence[InputAnswerData]]:
    """Return every answer to the inputs of a plan, in any of its versions, by name and oldest first."""
    found: dict[str, list[InputAnswerData]] = defaultdict(list)
    rows = InputAnswer.objects.filter(project_id=plan.project_id, code=plan.code)
    for row in rows.select_related("plan").defer(*HEAVY):
        found[row.name].append(answer_data(row))
    return found


def _needers(plan: Plan) -> Mapping[str, Sequence[str]]:
    """Return who needs which input, by its name without regard to case."""
    found: dict[str, list[str]] = defaultdict(list)
    for code, details in Phase.objects.filter(plan=plan).values_list("code", "details"):
        for name in details.get("needs", ()):
            found[name.casefold()].append(f"phase {code}")
    parts = Deliverable.objects.filter(phase__plan=plan).order_by("phase__order", "order")
    for code, details in parts.values_list("code", "details"):
        for name in details.get("needs", ()):
            found[name.casefold()].append(f"deliverable {code}")
    return found


def _input(
    row: PlanInput, plan: Plan, answers: Sequence[InputAnswerData], needed_by: tuple[str, ...]
) -> InputData:
    answer = answers[-1] if answers else None
    if answer is not None and not _counts(answer, row, plan):
        answer = None
    value, pointer = (row.value, row.pointer) if answer is None else (answer.value, answer.pointer)
    return InputData(
        id=str(row.id),
        name=row.name,
        text=row.text,
        state=InputState.KNOWN if value or pointer else InputState.MISSING,
        value=value,
        pointer=pointer,
        secret=is_hidden(row),
        optional=row.optional,
        kind=InputKind(row.kind),
        needed_by=needed_by,
        answer=answer,
        answers=tuple(answers),
    )


def _counts(answer: InputAnswerData, row: PlanInput, plan: Plan) -> bool:
    """Say whether an answer still holds: not where a later version says it itself, or hides it."""
    if row.value or row.pointer:
        return answer.version >= plan.version
    return not (is_hidden(row) and answer.value)
