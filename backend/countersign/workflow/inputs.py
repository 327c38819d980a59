"""What a plan asks for: answering it, and handing the answers to the run that needs them, as data."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from countersign.accounts.policies import require
from countersign.evidence.secrets import secrets_find
from countersign.plans.errors import InputRefused
from countersign.plans.selectors import plan_current
from countersign.plans.services import inputs_hold, plan_input_answer
from countersign.projects.selectors import project_get
from countersign.prompts.guardrails import clean_text, mask_secrets
from countersign.runs.contracts import InputsGiven
from countersign.shared.errors import NotFound

if TYPE_CHECKING:
    from countersign.plans.contracts import InputAnswerData, InputData, InputsForWork, PlanData, WorkItemData
    from countersign.shared.actor import Actor
    from countersign.shared.types import JSON


def input_answer(
    *, actor: Actor, plan_id: str, name: str, value: str = "", pointer: str = ""
) -> InputAnswerData:
    """Answer an input of a plan with a value, or with a pointer to where a secret lies.

    Raises:
        PermissionDenied: the actor may not answer inputs.
        InputRefused: the value looks like a secret.
        DomainError: as ``plan_input_answer`` says.
    """
    require(actor, "input.answer")
    for field, text in (("value", value), ("pointer", pointer)):
        if text and (mask_secrets(text) != text or secrets_find({field: text.encode()})):
            message = (
                f"The {field} looks like a secret, and a secret is never typed here: put it where "
                "only the work can read it, and give a pointer to that place, such as env:NAME, file:/path "
                "or vault:path."
            )
            raise InputRefused(message, field=field)
    return plan_input_answer(actor=actor, plan_id=plan_id, name=name, value=value, pointer=pointer)


def plan_of(*, actor: Actor, project: str) -> PlanData:
    """Return the current plan of a project.

    Raises:
        PermissionDenied: the actor may not read.
        NotFound: there is no such project, or it has no plan.
    """
    found = project_get(actor=actor, project=project)
    plan = plan_current(actor=actor, project_id=found.id)
    if plan is None:
        message = f"the project {found.slug} has no plan yet"
        raise NotFound(message, project=found.slug)
    return plan


def inputs_given(item: WorkItemData, read: InputsForWork) -> InputsGiven:
    """Return what a run is given of the inputs of its plan, as it is kept."""
    return InputsGiven(
        plan=read.code if read.used else "",
        inputs=tuple(read.as_told()),
        participants=read.participants,
        hold=partial(inputs_hold, project_id=item.project_id, work_item_id=item.id, read=read),
    )


def input_json(item: InputData) -> dict[str, JSON]:
    """Return an input as the agent gets it: cleaned, and of a secret only where it lies."""
    said: dict[str, JSON] = {"name": clean_text(item.name), "what": clean_text(item.text)}
    if item.pointer:
        return {**said, "pointer": clean_text(item.pointer)}
    return {**said, "value": mask_secrets(clean_text(item.value))}
