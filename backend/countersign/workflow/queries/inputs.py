"""What plans ask for, with who answered and who waits."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from countersign.accounts.selectors import person_names
from countersign.plans.selectors import inputs_missing, plan_get, work_item_list
from countersign.shared.errors import NotFound
from countersign.shared.paging import sequence_page
from countersign.workflow.contracts import InputAnswerView, InputView

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from countersign.plans.contracts import InputData, PlanData
    from countersign.shared.actor import Actor
    from countersign.shared.paging import Page


def input_page(*, actor: Actor, plan_id: str, after: str = "", limit: int = 50) -> Page[InputView]:
    """Return the inputs of a plan: first what work waits for.

    Raises:
        PermissionDenied: the actor may not read plans.
        NotFound: there is no such plan.
    """
    views = input_views(actor, plan_get(actor=actor, plan_id=plan_id))
    return sequence_page(missing_first(views), after=after, limit=limit)


def input_get(*, actor: Actor, plan_id: str, name: str) -> InputView:
    """Return one input of a plan.

    Raises:
        PermissionDenied: the actor may not read plans.
        NotFound: there is no such plan, or it has no such input.
    """
    for view in input_views(actor, plan_get(actor=actor, plan_id=plan_id)):
        if view.name == name:
            return view
    message = f"the plan has no input {name!r}"
    raise NotFound(message, plan=plan_id)


def input_views(actor: Actor, plan: PlanData) -> tuple[InputView, ...]:
    """Return the inputs of a plan in its order."""
    if not plan.inputs:
        return ()
    names = person_names({answer.person_id for item in plan.inputs for answer in item.answers})
    waiting = _waiting(actor, plan)
    return tuple(_view(item, names, waiting.get(item.name, ())) for item in plan.inputs)


def missing_first(views: Iterable[InputView]) -> tuple[InputView, ...]:
    """Return what work waits for, then what it could use, then what is known."""
    return tuple(sorted(views, key=lambda view: (view.state == "known", view.optional)))


def _waiting(actor: Actor, plan: PlanData) -> Mapping[str, Sequence[str]]:
    """Return the titles of the work items that wait, by the name of what they wait for."""
    found: dict[str, list[str]] = defaultdict(list)
    phases = {phase.id for phase in plan.phases}
    items = [
        item for item in work_item_list(actor=actor, project_id=plan.project_id) if item.phase_id in phases
    ]
    missing = inputs_missing(actor=actor, items=items)
    for item in items:
        for name in missing.get(item.id, ()):
            found[name].append(item.title)
    return found


def _view(item: InputData, names: Mapping[str, str], waiting: Sequence[str]) -> InputView:
    return InputView(
        id=item.id,
        name=item.name,
        text=item.text,
        state=item.state.value,
        value=item.value,
        pointer=item.pointer,
        secret=item.secret,
        optional=item.optional,
        kind=item.kind.value,
        needed_by=item.needed_by,
        waiting=tuple(waiting),
        answers=tuple(
            InputAnswerView(
                number=answer.number,
                version=answer.version,
                value=answer.value,
                pointer=answer.pointer,
                by_label=names.get(answer.person_id, "unknown"),
                created_at=answer.created_at,
                counts=answer == item.answer,
            )
            for answer in item.answers
        ),
    )
