"""`countersign rule`: the rules in force, and what breaking one does."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from countersign.cli import output
from countersign.cli.errors import CommandFailed
from countersign.cli.remote import TokenFile, Url, client

API = "/api/v1/rules"
MODES = ("enforce", "advise", "observe")

app = typer.Typer(help="Say what breaking a rule does.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def rule() -> None:
    """Say what breaking a rule does."""


@app.command()
def mode(
    code: Annotated[str, typer.Argument(help="The rule's code.")],
    to: Annotated[str, typer.Argument(metavar="MODE", help="enforce, advise or observe.")],
    reason: Annotated[str, typer.Option(help="Why; its digest stands in the log for good.")],
    token_file: TokenFile,
    url: Url = "",
) -> None:
    """Let a rule stop changes, advise, or only be counted. For administrators.

    Whoever weakens a rule does not count in the quorum of a change that it would have stopped.
    """
    if to not in MODES:
        message = f"{to!r} is no mode: {', '.join(MODES)}"
        raise CommandFailed(message)
    changed: dict[str, Any] = client(url, token_file).post(
        f"{API}/{code}/mode/", {"mode": to, "reason": reason}
    )
    output.answer(f"{changed['code']} is in its version {changed['version']}: {changed['mode']}")
