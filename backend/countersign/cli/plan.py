"""`countersign plan`: read a plan before it counts, and import it once you know what it changes."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from countersign.cli import output
from countersign.cli.errors import CommandFailed
from countersign.cli.plan_inputs import answer, inputs
from countersign.cli.plan_telling import preview_tell
from countersign.cli.up import HomeOption
from countersign.cli.user import django_begin
from countersign.shared.env import environment

if TYPE_CHECKING:
    from countersign.plans.contracts import PlanPreview
    from countersign.plans.reading import PlanReading
    from countersign.shared.types import JSON

File = Annotated[Path, typer.Argument(help="The plan, in YAML or Markdown.", exists=True, dir_okay=False)]
Format = Annotated[
    str, typer.Option("--format", help="yaml or markdown; by default what the file's name says.")
]
By = Annotated[str, typer.Option(help="The address of the person who imports it.")]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]

app = typer.Typer(help="Plans of phases and deliverables.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def plans() -> None:
    """Plans of phases and deliverables."""


@app.command()
def check(
    file: File,
    format_: Format = "",
    as_json: Json = False,
    lines: Annotated[bool, typer.Option("--lines", help="Say what became of each line.")] = False,
) -> None:
    """Read a plan and say what was understood of it, and what was not, by line and column.

    It needs no running platform. It exits 1 when anything was not understood; such a plan is not imported.
    """
    reading = reading_of(file, format_)
    if as_json:
        output.answer_json(reading_told(file, reading))
    else:
        _tell(file, reading, lines=lines)
    if reading.document is None:
        raise typer.Exit(output.EXIT_FAILED)


@app.command(name="import")
def import_(
    file: File,
    project: Annotated[str, typer.Option(help="The project's name.")],
    by: By,
    format_: Format = "",
    yes: Annotated[bool, typer.Option("--yes", help="Import without asking.")] = False,
    as_json: Json = False,
    home: HomeOption = None,
) -> None:
    """Show what a plan would change in a project, ask, and import it as the next version.

    Nothing is saved of a plan that was not understood whole. With --json it does not ask: without --yes it
    answers what would change and exits 4, or 0 where nothing would. The platform must be up.
    """
    format_ = format_of(file, format_)
    django_begin(home)
    from countersign.accounts.selectors import actor_by_email
    from countersign.workflow.commands import plan_import
    from countersign.workflow.queries import plan_preview

    actor = actor_by_email(by)
    text = text_of(file)
    preview = plan_preview(actor=actor, project=project, text=text, format=format_)
    if not as_json:
        preview_tell(file, preview)
    if preview.difference is None:
        if as_json:
            output.answer_json({"preview": plain(preview), "imported": None})
        raise typer.Exit(output.EXIT_FAILED)
    if not preview.difference.same_text and not yes:
        if as_json:
            output.answer_json({"preview": plain(preview), "imported": None})
            raise typer.Exit(output.EXIT_WAITING)
        typer.confirm("Import it?", abort=True, err=True)
    plan = plan_import(actor=actor, project=project, text=text, format=format_, based_on=preview.based_on)
    if as_json:
        imported = {"id": plan.id, "code": plan.code, "version": plan.version}
        nothing = preview.difference.same_text
        output.answer_json({"preview": plain(preview), "imported": None if nothing else imported})
    else:
        output.answer(f"{plan.code} version {plan.version}: {environment().base_url}/plans/{plan.id}")


app.command(name="inputs")(inputs)
app.command(name="answer")(answer)


@app.command()
def schema() -> None:
    """Print the JSON Schema of a plan in YAML, for editors and checkers."""
    from countersign.plans.json_schema import plan_schema_text

    output.answer(plan_schema_text().rstrip("\n"))


def text_of(file: Path) -> str:
    """Return the text of a plan.

    Raises:
        CommandFailed: the file holds no text; `countersign plan check` says where.
    """
    try:
        return file.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"{file} is no text in UTF-8; for the place run: countersign plan check {file}"
        raise CommandFailed(message) from error


def plain(preview: PlanPreview) -> dict[str, object]:
    """Return a preview as plain data."""
    return asdict(preview)


def reading_of(file: Path, format_: str) -> PlanReading:
    """Read a plan from a file.

    Raises:
        BadParameter: the format is not known, or the file's name does not say which it is.
    """
    from countersign.plans.importer import plan_read

    return plan_read(file.read_bytes(), format_of(file, format_))


def format_of(file: Path, format_: str) -> str:
    """Return the format of a plan, from what was said or from the file's name.

    Raises:
        BadParameter: the format is not known, or the file's name does not say which it is.
    """
    from countersign.plans.importer import FORMATS, SUFFIXES

    chosen = format_ or SUFFIXES.get(file.suffix.lower(), "")
    if chosen in FORMATS:
        return chosen
    known = " or ".join(FORMATS)
    if format_:
        raise typer.BadParameter(f"there is no format {format_!r}: it is {known}")
    raise typer.BadParameter(f"the name {file.name} does not say what it is: give --format {known}")


def reading_told(file: Path, reading: PlanReading) -> dict[str, JSON]:
    """Return what became of a plan's text, for programs."""
    from countersign.plans.reading import plan_counted

    document = reading.document
    return {
        "file": str(file),
        "understood": document is not None,
        "plan": None
        if document is None
        else {"code": document.code, "title": document.title, "counts": plan_counted(document)},
        "problems": [problem.as_dict() for problem in reading.problems],
        "remarks": [remark.as_dict() for remark in reading.remarks],
        "lines": {**reading.lines_counted(), "uses": [account.as_dict() for account in reading.accounts]},
    }


def _tell(file: Path, reading: PlanReading, *, lines: bool) -> None:
    if reading.document is not None:
        _tell_plan(reading)
    if lines:
        for account in reading.accounts:
            span = str(account.first) if account.first == account.last else f"{account.first}-{account.last}"
            output.answer(f"{file}:{span}: {account.use.value}: {account.what}")
    for remark in reading.remarks:
        output.answer(f"{file}:{remark.line}:{remark.column}: remark: {remark.message}")
    for problem in reading.problems:
        output.answer(f"{file}:{problem.line}:{problem.column}: problem: {problem.message}")
    counts = reading.lines_counted()
    if reading.uses:
        output.progress(
            f"{counts['total']} lines: {counts['understood']} understood, {counts['note']} kept as notes, "
            f"{counts['blank']} blank, {counts['problem']} not understood"
        )
    if reading.problems:
        output.progress(
            f"{len(reading.problems)} problem(s): the plan can't be imported before they are mended"
        )


def _tell_plan(reading: PlanReading) -> None:
    from countersign.plans.codes import gates_coded
    from countersign.plans.reading import plan_counted

    document = reading.document
    if document is None:
        return
    output.answer(f"{document.code}: {document.title}")
    for phase in document.phases:
        criteria = sum(len(item.acceptance_criteria) for item in phase.deliverables)
        gates = len(gates_coded(phase, document.every_phase))
        after = f", after {', '.join(phase.depends_on)}" if phase.depends_on else ""
        output.answer(
            f"  {phase.code} {phase.title}: {len(phase.deliverables)} deliverable(s), {criteria} criteria, "
            f"{gates} gate(s){after}"
        )
    counts = plan_counted(document)
    checks = counts["checks"]
    if isinstance(checks, dict):
        output.answer(f"checks: {', '.join(f'{number} {kind}' for kind, number in checks.items())}")
    output.answer(
        f"inputs: {counts['inputs_known']} known, {counts['inputs_missing']} missing, "
        f"{counts['inputs_optional']} missing and optional"
    )
