"""`countersign status`: what runs, since when it needed restarts, and where its logs are."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from countersign.cli import output
from countersign.cli.state import PlatformState, state_read
from countersign.cli.up import HomeOption, home_chosen


def status(
    home: HomeOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Show the platform's processes; exits 1 when it is not running."""
    state = state_read(home_chosen(home))
    if as_json:
        output.answer_json(state.public())
    else:
        _table(state)


def _table(state: PlatformState) -> None:
    waiting = f", waiting for {state.waiting_for}" if state.waiting_for else ""
    output.answer(f"{state.url}: {state.phase}{waiting}")
    table = Table("part", "process", "state", "restarts", "log", box=None)
    for name, service in state.services.items():
        table.add_row(name, str(service.pid), service.state, str(service.restarts), service.log)
    Console(soft_wrap=True).print(table)
