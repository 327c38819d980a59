"""`countersign person`: what the platform holds of somebody, and erasing them."""

from __future__ import annotations

from typing import Annotated

import typer

from countersign.cli import output
from countersign.cli.errors import CommandFailed
from countersign.cli.up import HomeOption
from countersign.cli.user import django_begin

WORD = "erase"
By = Annotated[str, typer.Option(help="The address of the administrator who asks.")]
Email = Annotated[str, typer.Argument(help="An address that the person logs in with.")]

app = typer.Typer(
    help="Persons, and what the platform holds of them.", no_args_is_help=True, rich_markup_mode=None
)


@app.callback()
def persons() -> None:
    """Persons, and what the platform holds of them."""


@app.command()
def show(email: Email, by: By, home: HomeOption = None) -> None:
    """Say what the platform holds of a person and what erasing them would do; it changes nothing."""
    django_begin(home)
    from countersign.accounts.erasure import person_by_email
    from countersign.accounts.selectors import actor_by_email
    from countersign.workflow.erasure import erasure_preview, preview_lines

    actor = actor_by_email(by)
    found = erasure_preview(actor=actor, person_id=person_by_email(actor=actor, email=email))
    for line in preview_lines(found):
        output.answer(line)


@app.command()
def erase(email: Email, by: By, home: HomeOption = None) -> None:
    """Erase a person, for good: access ends, tables forget who it was, the name in the log is unreadable.

    It shows first what it does, and asks twice: for the address once more, and for the word `erase`. The log
    and every pack still verify. The platform must be up.
    """
    django_begin(home)
    from countersign.accounts.erasure import person_by_email
    from countersign.accounts.selectors import actor_by_email
    from countersign.workflow.erasure import erasure_carry_out, erasure_preview, left_lines, preview_lines

    actor = actor_by_email(by)
    person_id = person_by_email(actor=actor, email=email)
    for line in preview_lines(erasure_preview(actor=actor, person_id=person_id)):
        output.progress(line)
    confirmation = typer.prompt("An address of this person once more", err=True)
    if typer.prompt(f"Type {WORD} to go on", err=True) != WORD:
        message = "nothing was erased"
        raise CommandFailed(message)
    done = erasure_carry_out(actor=actor, person_id=person_id, confirmation=confirmation)
    for line in left_lines(done):
        output.progress(line)
    output.answer(f"erased: {person_id}")
