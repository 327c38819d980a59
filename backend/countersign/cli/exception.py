"""`countersign exception`: what is let pass although a rule stops it, until when and why."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from countersign.cli import output
from countersign.cli.errors import CommandFailed
from countersign.cli.remote import TokenFile, Url, client

if TYPE_CHECKING:
    from collections.abc import Mapping

API = "/api/v1/exceptions"
_OPEN = {"in_force", "unsigned"}
_STATES = {
    "in_force": "in force",
    "unsigned": "waits for its checkpoint",
    "expired": "expired",
    "revoked": "revoked",
}

app = typer.Typer(
    help="Grant exceptions from rules, and end them early.", no_args_is_help=True, rich_markup_mode=None
)


@app.callback()
def exception() -> None:
    """Grant exceptions from rules, and end them early."""


@app.command(name="list")
def list_(
    token_file: TokenFile,
    past: Annotated[bool, typer.Option("--past", help="Also those that have ended.")] = False,
    url: Url = "",
) -> None:
    """Say what is let pass, until when and why."""
    found: list[Any] = client(url, token_file).get(f"{API}/")["results"]
    told = [item for item in found if past or item["state"] in _OPEN]
    for item in told:
        _tell(item)
    if not told:
        output.progress("no exception is in force")


@app.command()
def grant(
    rule: Annotated[str, typer.Argument(help="The rule's code, such as change.no-key-material.")],
    until: Annotated[str, typer.Option(help="The last day, such as 2026-12-31.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    control: Annotated[list[str], typer.Option(help="What is done instead; give it once for each.")],
    token_file: TokenFile,
    run: Annotated[str, typer.Option(help="The run whose change it is for; left out, every change.")] = "",
    path: Annotated[
        list[str] | None, typer.Option(help="Where; give it once for each. Left out, everywhere.")
    ] = None,
    url: Url = "",
) -> None:
    """Let a change pass although a rule stops it. For security reviewers.

    Whoever grants it does not count in the quorum of what it lets pass.
    """
    body = {
        "rule": rule,
        "run": run or None,
        "paths": path or [],
        "reason": reason,
        "compensating_controls": control,
        "expires_at": _end(until).isoformat(),
    }
    _tell(client(url, token_file).post(f"{API}/", body))


@app.command()
def revoke(
    exception_id: Annotated[
        str, typer.Argument(help="The exception's id, as 'countersign exception list' shows it.")
    ],
    reason: Annotated[str, typer.Option(help="Why it ends early.")],
    token_file: TokenFile,
    url: Url = "",
) -> None:
    """End an exception early; what rests on it and is not merged is judged anew. For security reviewers."""
    _tell(client(url, token_file).post(f"{API}/{exception_id}/revoke/", {"reason": reason}))


def _end(text: str) -> datetime:
    """Return when a day has ended, by this machine's time zone."""
    try:
        day = date.fromisoformat(text) + timedelta(days=1)
    except ValueError as error:
        message = f"{text!r} is no day: write it like 2026-12-31"
        raise CommandFailed(message) from error
    return datetime(day.year, day.month, day.day).astimezone()


def _tell(item: Mapping[str, Any]) -> None:
    what = f"the run {item['run_id']} ({item['run_title']})" if item["run_id"] else "every change"
    until = f"{datetime.fromisoformat(item['expires_at']).astimezone():%Y-%m-%d %H:%M}"
    output.answer(f"{item['rule']} for {what}, until {until}: {_STATES[item['state']]} ({item['id']})")
    output.answer(f"  granted by {item['granted_by']}: {item['reason']}")
    for path in item["paths"]:
        output.answer(f"  only {path}")
    for control in item["compensating_controls"]:
        output.answer(f"  instead: {control}")
    if item["revoked_at"]:
        output.answer(f"  revoked by {item['revoked_by']}: {item['revoke_reason']}")
