"""Commands that a person gives as themselves: over REST, with a token of their own from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from countersign.cli.errors import CommandFailed, PlatformNotRunning
from countersign.cli.state import state_read
from countersign.cli.up import home_chosen
from countersign.shared.env import environment
from countersign.shared.resilience.http import JsonClient

TokenFile = Annotated[
    Path, typer.Option(help="A file that holds your own API token; nobody else's will do.", dir_okay=False)
]
Url = Annotated[str, typer.Option(help="Where the platform is; by default the one that runs here.")]


def client(url: str, token_file: Path) -> JsonClient:
    """Return a client that acts as the holder of the token.

    Raises:
        CommandFailed: the file with the token can't be read.
    """
    try:
        token = token_file.read_text().strip()
    except OSError as error:
        message = f"the token can't be read: {error}"
        raise CommandFailed(message) from error
    return JsonClient(url or _here(), {"Authorization": f"Bearer {token}"})


def _here() -> str:
    try:
        return state_read(home_chosen(None)).url
    except PlatformNotRunning:
        return environment().base_url
