"""`countersign plan inputs` and `answer`: what a plan asks for."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from countersign.cli import output
from countersign.cli.up import HomeOption
from countersign.cli.user import django_begin

if TYPE_CHECKING:
    from countersign.workflow.contracts import InputView

Project = Annotated[str, typer.Argument(help="The project's name.")]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


def inputs(
    project: Project,
    missing: Annotated[bool, typer.Option("--missing", help="Only what work waits for.")] = False,
    as_json: Json = False,
    home: HomeOption = None,
) -> None:
    """Say what the project's current plan asks for: first what work waits for. The platform must be up."""
    django_begin(home)
    from countersign.shared.actor import service_actor
    from countersign.workflow.inputs import plan_of
    from countersign.workflow.queries import plan_detail
    from countersign.workflow.queries.inputs import missing_first

    actor = service_actor("cli")
    plan = plan_of(actor=actor, project=project)
    views = missing_first(plan_detail(actor=actor, plan_id=plan.id).inputs)
    shown = [view for view in views if not missing or (view.state == "missing" and not view.optional)]
    if as_json:
        output.answer_json(
            {
                "plan": {"id": plan.id, "code": plan.code, "version": plan.version},
                "inputs": list(map(plain, shown)),
            }
        )
        return
    for view in shown:
        output.answer(line_of(view))
    if not shown:
        output.progress("nothing is missing" if missing else "the plan asks for nothing")


def answer(
    project: Project,
    name: Annotated[str, typer.Argument(help="The input, as 'countersign plan inputs' shows it.")],
    by: Annotated[str, typer.Option(help="The address of the person who answers.")],
    value: Annotated[str, typer.Argument(help="The answer; never a secret.")] = "",
    pointer: Annotated[
        str, typer.Option(help="Where the answer lies, such as env:NAME, file:/path or vault:path.")
    ] = "",
    home: HomeOption = None,
) -> None:
    """Answer what the project's current plan asks for; an earlier answer stays, and counts no more.

    A secret is never typed: give a pointer to where it lies. Whoever answers a requirement can't decide
    on the changes that use it. The platform must be up.
    """
    django_begin(home)
    from countersign.accounts.selectors import actor_by_email
    from countersign.workflow.inputs import input_answer, plan_of
    from countersign.workflow.queries import input_get

    actor = actor_by_email(by)
    plan = plan_of(actor=actor, project=project)
    given = input_answer(actor=actor, plan_id=plan.id, name=name, value=value, pointer=pointer)
    output.answer(line_of(input_get(actor=actor, plan_id=plan.id, name=given.name)))
    if given.kind.value == "requirement":
        output.progress("it shapes the work: whoever answered it can't decide on the changes that use it")


def plain(view: InputView) -> dict[str, object]:
    """Return an input as plain data."""
    told = asdict(view)
    told["answers"] = [{**one, "created_at": one["created_at"].isoformat()} for one in told["answers"]]
    return told


def line_of(view: InputView) -> str:
    """Return an input on one line."""
    state = "optional" if view.optional and view.state == "missing" else view.state
    needed = ", ".join(view.needed_by) or "the whole plan"
    said = view.value or view.pointer or view.text
    return "  ".join([view.name, state, view.kind, f"needed by {needed}", *([said] if said else [])])
