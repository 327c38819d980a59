"""The `countersign` command."""

from __future__ import annotations

import sys

import typer

from countersign import __version__
from countersign.cli import (
    absence,
    audit,
    break_glass,
    doctor,
    down,
    exception,
    output,
    pack,
    person,
    plan,
    project,
    queue,
    quorum,
    request,
    retention,
    rule,
    status,
    up,
    user,
    witness,
)
from countersign.cli.demo import command as demo
from countersign.shared.errors import DomainError, PermissionDenied

app = typer.Typer(
    help="Agents propose, evidence proves, people countersign.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(up.up)
app.command()(demo.demo)
app.command()(down.down)
app.command()(status.status)
app.command()(doctor.doctor)
app.add_typer(absence.app, name="absence")
app.add_typer(audit.app, name="audit")
app.add_typer(user.app, name="user")
app.add_typer(pack.app, name="pack")
app.add_typer(person.app, name="person")
app.add_typer(project.app, name="project")
app.add_typer(plan.app, name="plan")
app.add_typer(break_glass.app, name="break-glass")
app.add_typer(quorum.app, name="quorum")
app.add_typer(exception.app, name="exception")
app.add_typer(rule.app, name="rule")
app.add_typer(queue.app, name="queue")
app.add_typer(request.app, name="request")
app.add_typer(retention.app, name="retention")
app.add_typer(witness.app, name="witness")


@app.command()
def version() -> None:
    """Print the version."""
    output.answer(__version__)


def main() -> None:
    """Run a command; what it can't do is said in one line on standard error."""
    try:
        app()
    except DomainError as error:
        output.progress(f"countersign: {error.message}")
        sys.exit(output.EXIT_DENIED if isinstance(error, PermissionDenied) else output.EXIT_FAILED)


if __name__ == "__main__":
    main()
