"""`countersign retention`: what is older than the period, and removing it by hand."""

from __future__ import annotations

from typing import Annotated

import typer

from countersign.cli import output
from countersign.cli.errors import CommandFailed
from countersign.cli.up import HomeOption
from countersign.cli.user import django_begin

WORD = "clean"
By = Annotated[str, typer.Option(help="The address of the person who asks.")]

app = typer.Typer(
    help="Old logs of jobs, transcripts and exports; nothing is ever removed but by this.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def retention() -> None:
    """Old logs of jobs, transcripts and exports."""


@app.command()
def show(
    by: By,
    each: Annotated[bool, typer.Option("--each", help="Name everything that would go, a line each.")] = False,
    home: HomeOption = None,
) -> None:
    """Say what a cleaning would remove, by kind and project; it changes nothing. The platform must be up.

    It prints the digest of all that would go: `clean --yes` takes it. For administrators and auditors.
    """
    django_begin(home)
    from countersign.accounts.selectors import actor_by_email
    from countersign.cli.retention_telling import plan_lines
    from countersign.workflow.retention import retention_plan

    plan = retention_plan(actor=actor_by_email(by))
    for line in plan_lines(plan):
        output.progress(line)
    if each:
        for thing in plan.things:
            output.answer(f"{thing.kind}  {thing.since:%Y-%m-%d}  {thing.size}  {thing.id}")
    if plan.things:
        output.answer(plan.digest)


@app.command()
def clean(
    by: Annotated[str, typer.Option(help="The address of the administrator who cleans.")],
    reason: Annotated[str, typer.Option(help="Why; it stands in the log for good.")],
    yes: Annotated[
        str, typer.Option(help="The digest that `show` printed: then nothing is asked, and just that goes.")
    ] = "",
    home: HomeOption = None,
) -> None:
    """Remove what `show` names, for good; it is shown first. The log says who, why and what.

    Without --yes it asks for the word `clean`. The platform must be up.
    """
    django_begin(home)
    from countersign.accounts.selectors import actor_by_email
    from countersign.cli.retention_telling import plan_lines
    from countersign.workflow.retention import retention_clean, retention_plan

    actor = actor_by_email(by)
    plan = retention_plan(actor=actor)
    for line in plan_lines(plan):
        output.progress(line)
    if not plan.things:
        return
    output.progress(f"all of it: {plan.digest}")
    if not yes and typer.prompt(f"It is removed for good. Type {WORD} to go on", err=True) != WORD:
        message = "nothing was removed"
        raise CommandFailed(message)
    done = retention_clean(actor=actor, plan=yes or plan.digest, reason=reason)
    output.answer(f"removed: {len(done.things)}, {done.size} bytes")
