"""`countersign status`: what runs, since when it needed restarts, and where its logs are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from django.db import DatabaseError
from rich.console import Console
from rich.table import Table

from countersign.cli import output
from countersign.cli.state import PlatformState, state_read
from countersign.cli.up import HomeOption, home_chosen
from countersign.cli.user import django_begin
from countersign.shared.actor import service_actor

if TYPE_CHECKING:
    from countersign.cli.home import Home


def status(
    home: HomeOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Show the platform's processes; exits 1 when it is not running."""
    state = state_read(home_chosen(home))
    told = break_glass_told(home_chosen(home))
    for line in told:
        output.progress(line)
    if as_json:
        output.answer_json(state.public())
    else:
        _table(state)


def break_glass_told(home: Home) -> list[str]:
    """Return what has to be said aloud: windows that are open, or without their review."""
    django_begin(home.root)
    from countersign.approvals.windows import windows_told

    try:
        windows = windows_told(actor=service_actor("cli"))
    except DatabaseError as error:
        return [f"break-glass: unknown, the database does not answer ({type(error).__name__})"]
    return [
        f"BREAK-GLASS {window.state.replace('_', ' ').upper()}: {window.id}, for {window.reason}"
        for window in windows
    ]


def _table(state: PlatformState) -> None:
    waiting = f", waiting for {state.waiting_for}" if state.waiting_for else ""
    output.answer(f"{state.url}: {state.phase}{waiting}")
    table = Table("part", "process", "state", "restarts", "log", box=None)
    for name, service in state.services.items():
        table.add_row(name, str(service.pid), service.state, str(service.restarts), service.log)
    Console(soft_wrap=True).print(table)
