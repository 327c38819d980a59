"""`countersign queue`: what waits to be merged in a project, how it stands, and keeping the next slot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from countersign.cli import output
from countersign.cli.errors import CommandFailed
from countersign.cli.remote import TokenFile, Url, client

if TYPE_CHECKING:
    from collections.abc import Mapping

Project = Annotated[str, typer.Argument(help="The project's name.")]

MOVES: Final[Mapping[str, str]] = {
    "carry-over": "carry_over",
    "strict": "strict",
}
_TELLS: Final[Mapping[str, str]] = {
    "carry_over": "a decision holds where the branch moved, if everything that it stands on is as it was",
    "strict": "strict: any move of the branch voids a decision",
}
_STATES: Final[Mapping[str, str]] = {
    "merging": "is being merged",
    "approved": "approved",
    "waiting_approval": "waits for a decision",
}
_VERDICTS: Final[Mapping[str, str]] = {
    "holds": "verified ahead",
    "void": "WILL NOT HOLD",
    "unknown": "UNKNOWN",
    "unverified": "not verified yet",
}

app = typer.Typer(
    help="What waits to be merged in a project, and in which order.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def queue() -> None:
    """What waits to be merged in a project, and in which order."""


@app.command()
def show(project: Project, token_file: TokenFile, url: Url = "") -> None:
    """Say what waits, in order, whether each decision holds on the branch as it will be, and why not."""
    _tell(client(url, token_file).get(_address(project)))


@app.command()
def reserve(
    project: Project,
    request: Annotated[str, typer.Argument(help="The id of the decision request, as its address has it.")],
    token_file: TokenFile,
    minutes: Annotated[
        int, typer.Option(help="How long; 0: as long as the project allows.", min=0, show_default=False)
    ] = 0,
    url: Url = "",
) -> None:
    """Keep the next merge slot for a change that the CAB decides on: nothing else is merged until then."""
    body: dict[str, Any] = {"request_id": request, "minutes": minutes or None}
    _tell(client(url, token_file).post(f"{_address(project)}reservation/", body))


@app.command()
def release(project: Project, token_file: TokenFile, url: Url = "") -> None:
    """Give the kept slot back before its time."""
    _tell(client(url, token_file).post(f"{_address(project)}reservation/release/", {}))


@app.command()
def configure(
    project: Project,
    token_file: TokenFile,
    base_move: Annotated[
        str,
        typer.Option(help="What a moved branch does to decisions: carry-over or strict.", show_default=False),
    ] = "",
    slot_minutes: Annotated[
        int,
        typer.Option(
            help="The longest that a slot is kept, in minutes; 0: never.", min=-1, show_default=False
        ),
    ] = -1,
    url: Url = "",
) -> None:
    """Say what a moved branch does to decisions, and how long a slot may be kept."""
    settings: dict[str, object] = {}
    if base_move:
        if base_move not in MOVES:
            message = f"{base_move!r} is neither of {' and '.join(MOVES)}"
            raise CommandFailed(message)
        settings["base_move"] = MOVES[base_move]
    if slot_minutes >= 0:
        settings["slot_minutes"] = slot_minutes
    if not settings:
        message = "say what to change: --base-move or --slot-minutes"
        raise CommandFailed(message)
    remote = client(url, token_file)
    remote.post(f"/api/v1/projects/{project}/settings/", settings)
    _tell(remote.get(_address(project)))


def _address(project: str) -> str:
    return f"/api/v1/projects/{project}/queue/"


def _tell(queue: Mapping[str, Any]) -> None:
    head = queue["head_commit"][:12] or "nothing yet"
    output.answer(f"{queue['project']['slug']}: {queue['branch']} at {head}")
    output.answer(f"  {_TELLS[queue['base_move']]}")
    if queue["merge_seconds"]:
        output.answer(f"  a merge takes about {max(1, round(queue['merge_seconds']))} s")
    kept = queue["reservation"]
    if kept is not None:
        output.answer(f"  next slot: kept for {kept['title']!r} until {kept['expires_at']}")
        output.answer(f"    by {kept['by_label']}")
    elif queue["slot_minutes"]:
        output.answer(f"  next slot: free (kept for at most {queue['slot_minutes']} minutes)")
    else:
        output.answer("  next slot: free, and never kept for one change")
    if not queue["places"]:
        output.answer("  nothing waits")
    for place in queue["places"]:
        _tell_place(place)


def _tell_place(place: Mapping[str, Any]) -> None:
    state = _STATES[place["state"]]
    if place["state"] == "waiting_approval":
        state += f", {place['votes']} of {place['votes_required']} signed"
    board = ", for the CAB" if place["tier"] == "cab" else ""
    output.answer(f"{place['position']:3}. {place['title']}")
    output.answer(f"     {state}{board}; {_VERDICTS[place['verdict']]}{_because(place['why'])}")
    if place["reserved"]:
        output.answer("     the next slot is kept for it")
    if place["behind"]:
        output.answer(f"     after: {', '.join(place['behind'])}")
    output.answer(f"     request {place['request_id']}")


def _because(why: str) -> str:
    return f": {why}" if why else ""
