"""`countersign project`: register a repository, start work on it, and see what is registered."""

from __future__ import annotations

from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, Annotated

import typer

from countersign.cli import output
from countersign.cli.errors import CommandFailed
from countersign.cli.plan import format_of, text_of
from countersign.cli.up import HomeOption
from countersign.cli.user import django_begin
from countersign.shared.env import environment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from countersign.shared.actor import Actor

PLAN = Path(__file__).parent / "demo" / "plan.yaml"
MAX_STARTED = 20
POLL_SECONDS = 0.5
ENDED = frozenset({"succeeded", "failed", "cancelled"})

By = Annotated[str, typer.Option(help="The address of the person who asks for it.")]

app = typer.Typer(help="Governed repositories.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def projects() -> None:
    """Governed repositories."""


@app.command()
def add(
    source: Annotated[str, typer.Argument(help="The path of a Git repository on this machine.")],
    name: Annotated[str, typer.Option(help="What the project is called here.")],
    by: By,
    trial: Annotated[
        bool,
        typer.Option(
            "--trial", help="One person decides alone, and merges go to a branch under trial/ only; for good."
        ),
    ] = False,
    home: HomeOption = None,
) -> None:
    """Register a repository: its objects, its environment, its own tests as the baseline.

    It waits until that is done and prints the project's name. The platform must be up.
    """
    django_begin(home)
    from countersign.accounts.selectors import actor_by_email
    from countersign.workflow.commands import project_register

    actor = actor_by_email(by)
    path = str(Path(source).resolve())
    output.progress(f"registering {path}")
    result = job_await(actor, project_register(actor=actor, source=path, name=name, trial=trial))
    if trial:
        output.progress(
            "a trial: what is approved here says self-approved, and goes to a branch under trial/"
        )
    output.answer(str(result["project"]))


@app.command()
def start(
    project: Annotated[str, typer.Argument(help="The project's name.")],
    by: By,
    plan: Annotated[Path, typer.Option(help="A plan, in YAML or Markdown.")] = PLAN,
    home: HomeOption = None,
) -> None:
    """Import a plan, analyse the project, and start what is proposed; print where decisions wait.

    A project that has a plan keeps it. The platform must be up.
    """
    django_begin(home)
    from countersign.accounts.selectors import actor_by_email
    from countersign.plans.selectors import inputs_missing, plan_list, work_item_list
    from countersign.projects.selectors import project_get
    from countersign.workflow.commands import plan_import, run_begin, session_begin

    actor = actor_by_email(by)
    found = project_get(actor=actor, slug=project)
    if not plan_list(actor=actor, project_id=found.id):
        plan_import(actor=actor, project=found.slug, text=text_of(plan), format=format_of(plan, ""))
    output.progress("analysing")
    result = job_await(actor, session_begin(actor=actor, project=found.slug))
    items = work_item_list(actor=actor, session_id=str(result["session_id"]))
    told: set[str] = set()
    proposed = [item for item in items if item.state.value == "proposed"]
    missing = inputs_missing(actor=actor, items=proposed)
    for item in [item for item in proposed if not missing.get(item.id)][:MAX_STARTED]:
        output.progress(f"{item.title}: in work")
        begun = run_begin(actor=actor, work_item_id=item.id)
        for warning in set(begun.warnings) - told:
            output.progress(f"warning: {warning}")
        told |= set(begun.warnings)
        job_await(actor, begun.job_id)
    if names := sorted({name for item in proposed for name in missing.get(item.id, ())}):
        waits = sum(bool(missing.get(item.id)) for item in proposed)
        output.progress(
            f"{waits} work item(s) wait for {', '.join(names)}; "
            f"see: countersign plan inputs {found.slug} --missing"
        )
    output.answer(f"{environment().base_url}/inbox")


@app.command(name="list")
def list_(home: HomeOption = None) -> None:
    """Say which repositories are registered, and which of them are trials. The platform must be up."""
    django_begin(home)
    from countersign.projects.selectors import project_list
    from countersign.shared.actor import service_actor

    for project in project_list(actor=service_actor("cli")):
        kind = f"trial: self-approved, merged to {project.trial_branch} only" if project.trial else "normal"
        output.answer(f"{project.slug}  {project.state}  {project.default_branch}  {kind}")


def job_await(actor: Actor, job_id: str) -> Mapping[str, object]:
    """Wait for the end of a job and return its result.

    Raises:
        CommandFailed: it failed; the message says why.
    """
    from countersign.jobs.selectors import job_get

    while (job := job_get(actor=actor, job_id=job_id)).state not in ENDED:
        sleep(POLL_SECONDS)
    if job.state != "succeeded":
        message = f"it failed: {job.error.get('error', job.state)}"
        raise CommandFailed(message)
    return job.result
