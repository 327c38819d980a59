"""`countersign break-glass`: two people, each with their own API token; a third one reviews."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from countersign.cli import output
from countersign.cli.remote import TokenFile, Url, client

if TYPE_CHECKING:
    from collections.abc import Mapping

API = "/api/v1/break-glass"
Window = Annotated[str, typer.Argument(help="The window's id.")]

app = typer.Typer(
    help="Merge without the quorum in an emergency: two people, an hour at most, reviewed within a day.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def glass() -> None:
    """Merge without the quorum in an emergency."""


@app.command(name="open")
def open_(
    project: Annotated[str, typer.Argument(help="The project's name.")],
    reason: Annotated[str, typer.Option(help="Why; it stands in the log for good.")],
    token_file: TokenFile,
    minutes: Annotated[int, typer.Option(min=1, max=60, help="How long, from the countersignature.")] = 60,
    url: Url = "",
) -> None:
    """Ask for a window; it opens when another person confirms it within a quarter of an hour."""
    window = client(url, token_file).post(
        f"{API}/", {"project": project, "reason": reason, "minutes": minutes}
    )
    output.progress("asked for; another person opens it with: countersign break-glass confirm ID")
    output.answer(str(window["id"]))


@app.command()
def confirm(window: Window, token_file: TokenFile, url: Url = "") -> None:
    """Countersign somebody else's request, which opens the window."""
    _tell(client(url, token_file).post(f"{API}/{window}/confirm/", {}))


@app.command()
def close(window: Window, token_file: TokenFile, url: Url = "") -> None:
    """End a window before its time; the review is still owed."""
    _tell(client(url, token_file).post(f"{API}/{window}/close/", {}))


@app.command()
def review(
    window: Window,
    text: Annotated[str, typer.Option(help="What was done, and whether it had to be.")],
    token_file: TokenFile,
    url: Url = "",
) -> None:
    """Review a window that is over, as somebody who was neither of the two."""
    _tell(client(url, token_file).post(f"{API}/{window}/review/", {"review": text}))


@app.command(name="list")
def list_(token_file: TokenFile, url: Url = "") -> None:
    """List all windows, the newest first."""
    results: Any = client(url, token_file).get(f"{API}/")["results"]
    for window in results:
        _tell(window)


def _tell(window: Mapping[str, Any]) -> None:
    state = str(window["state"]).replace("_", " ")
    until = f" until {window['expires_at']}" if window["state"] == "open" else ""
    people = " and ".join(str(name) for name in (window["requested_by"], window["opened_by"]) if name)
    output.answer(
        f"{window['id']}  {window['project']}  {state.upper()}{until}  by {people}: {window['reason']}"
    )
