"""`countersign request`: what waits for a decision, who can decide, who can't and why; asking again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from countersign.cli import output
from countersign.cli.remote import TokenFile, Url, client

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

API = "/api/v1/approval-requests"
_MOST = 100

app = typer.Typer(
    help="See what waits for a decision, who can decide on it, and why others can't.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def request() -> None:
    """See what waits for a decision."""


@app.command(name="list")
def list_(
    token_file: TokenFile,
    project: Annotated[str, typer.Option(help="One project only.")] = "",
    url: Url = "",
) -> None:
    """List what waits for a decision, the most urgent first; a star marks what waits for you."""
    narrowed = f"&project={project}" if project else ""
    page = client(url, token_file).get(f"{API}/?state=pending&limit={_MOST}{narrowed}")
    for item in page["results"]:
        star = "*" if item["mine"] else " "
        output.answer(f"{star} {item['id']}  {item['project']['slug']}: {item['title']} ({_quorum(item)})")
    if not page["results"]:
        output.progress("nothing waits for a decision")
    if page["next"]:
        output.progress(f"more wait than these {_MOST}: narrow them with --project")


@app.command()
def show(
    request_id: Annotated[str, typer.Argument(metavar="REQUEST", help="The request's id.")],
    token_file: TokenFile,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
    url: Url = "",
) -> None:
    """Say who can still decide on a request, who can't and why, and what hinders you."""
    detail = client(url, token_file).get(f"{API}/{request_id}/")
    if as_json:
        names = (
            "id",
            "state",
            "title",
            "quorum",
            "allowed_actions",
            "blocked_reason",
            "excluded",
            "deciders",
        )
        output.answer_json({name: detail[name] for name in names})
        return
    for line in _told(detail):
        output.answer(line)


@app.command(name="ask-again")
def ask_again(
    request_id: Annotated[str, typer.Argument(metavar="REQUEST", help="The expired request's id.")],
    token_file: TokenFile,
    url: Url = "",
) -> None:
    """Ask again for what expired undecided: the new request needs every signature anew."""
    client(url, token_file).post(f"{API}/{request_id}/ask-again/", {})
    output.answer("asked for again: the new request shows in the inbox as soon as its evidence is gathered")


def _told(detail: Mapping[str, Any]) -> Iterator[str]:
    yield f"{detail['title']}: {detail['state']} ({_quorum(detail)})"
    for part in detail["deciders"]:
        who = ", ".join(part["people"]) or "nobody"
        yield f"  {part['needed']} more {part['role']}: {who}"
        if len(part["people"]) < part["needed"]:
            yield f"    LACKS: give the role {part['role']} to somebody who took no part"
    for person in detail["excluded"]:
        yield f"  {person['label']} can't: {person['why']}"
    for vote in detail["votes"]:
        yield f"  {vote['by_label']} decided: {vote['verdict']}"
    reason = detail["blocked_reason"]
    if reason is not None:
        yield f"  you can't approve: {reason['text']} ({reason['code']})"
    elif "approve" in detail["allowed_actions"]:
        yield "  you can approve"
    if "ask_again" in detail["allowed_actions"]:
        yield f"  it can be asked for again: countersign request ask-again {detail['id']}"


def _quorum(item: Mapping[str, Any]) -> str:
    return ", ".join(f"{part['given']} of {part['required']} {part['role']}" for part in item["quorum"])
