"""`countersign quorum`: who decides, asking for more, and asking for less with a second person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from countersign.cli import output
from countersign.cli.errors import CommandFailed
from countersign.cli.remote import TokenFile, Url, client

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

API = "/api/v1/quorum-policies"
_TIERS = {"standard": "director", "cab": "cab"}
_NAMES = {tier: name for name, tier in _TIERS.items()}
Policy = Annotated[str, typer.Argument(help="The policy's id.")]
Parts = Annotated[
    str, typer.Option(help="How many of which role, such as director=1 or director=1,security_reviewer=1.")
]

app = typer.Typer(
    help="Say how many people of which role decide, in each project.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def quorum() -> None:
    """Say how many people of which role decide."""


@app.command()
def show(
    token_file: TokenFile,
    project: Annotated[str, typer.Option(help="One project only.")] = "",
    url: Url = "",
) -> None:
    """Say who decides, and whether enough people are there; what lacks is told with its mend."""
    scopes: list[Any] = client(url, token_file).get(f"{API}/")["results"]
    chosen = [scope for scope in scopes if project in {"", scope["project"]}]
    if not chosen:
        message = f"there is no project {project!r}"
        raise CommandFailed(message)
    for scope in chosen:
        _tell(scope)


@app.command(name="set")
def set_(
    standard: Parts,
    cab: Parts,
    reason: Annotated[str, typer.Option(help="Why; it stands in the log for good.")],
    token_file: TokenFile,
    project: Annotated[str, typer.Option(help="The project; left out, the platform's policy.")] = "",
    url: Url = "",
) -> None:
    """Ask for more people, at once, or for fewer, which another person has to confirm. For administrators."""
    tiers = [
        {"tier": _TIERS["standard"], "quorum": _parts(standard)},
        {"tier": _TIERS["cab"], "quorum": _parts(cab)},
    ]
    _propose(client(url, token_file).post(f"{API}/", {"project": project, "tiers": tiers, "reason": reason}))


@app.command()
def follow(
    project: Annotated[str, typer.Argument(help="The project's name.")],
    reason: Annotated[str, typer.Option(help="Why; it stands in the log for good.")],
    token_file: TokenFile,
    url: Url = "",
) -> None:
    """Let a project go back to the platform's policy. For administrators."""
    _propose(client(url, token_file).post(f"{API}/", {"project": project, "tiers": None, "reason": reason}))


@app.command()
def confirm(policy: Policy, token_file: TokenFile, url: Url = "") -> None:
    """Confirm a policy that asks for fewer people, as somebody who decides and did not propose it."""
    done = client(url, token_file).post(f"{API}/{policy}/confirm/", {})
    output.answer(f"version {done['version']} is set; it holds once a signed checkpoint covers it")


@app.command()
def withdraw(policy: Policy, token_file: TokenFile, url: Url = "") -> None:
    """Take a proposal back, or refuse it."""
    client(url, token_file).post(f"{API}/{policy}/withdraw/", {})
    output.answer("withdrawn: what held goes on holding")


def _parts(text: str) -> list[dict[str, object]]:
    parts: list[dict[str, object]] = []
    for item in text.split(","):
        role, _, count = item.strip().partition("=")
        if not role or not count.isdecimal():
            message = f"{item.strip()!r} is no number of a role: write it like director=1"
            raise CommandFailed(message)
        parts.append({"role": role, "count": int(count)})
    return parts


def _propose(policy: Mapping[str, Any]) -> None:
    if policy["state"] == "set":
        output.answer(f"version {policy['version']} is set, and holds from now on")
        return
    output.progress("it asks for fewer people: another person who decides confirms it with")
    output.answer(f"countersign quorum confirm {policy['id']} --token-file FILE")


def _tell(scope: Mapping[str, Any]) -> None:
    name = scope["project"] or "the platform"
    whose = "its own policy" if scope["own"] else "the platform's policy" if scope["project"] else "policy"
    kind = "a trial, one person decides" if scope["trial"] else _version(whose, scope["version"])
    output.answer(
        f"{name}: {kind}{'; asks for less once its checkpoint is there' if scope['waiting'] else ''}"
    )
    for tier in scope["tiers"]:
        seats = {seat["role"]: seat["eligible"] for seat in tier["seats"]}
        output.answer(f"  {_NAMES[tier['tier']]}: {_words(tier['quorum'], seats)}")
        if tier["lacks"]:
            output.answer(f"    LACKS: {tier['lacks']}")
    proposal = scope["proposal"]
    if proposal is not None:
        tiers = proposal["tiers"]
        wanted = "the platform's policy"
        if tiers is not None:
            wanted = "; ".join(f"{_NAMES[tier['tier']]}: {_words(tier['quorum'], {})}" for tier in tiers)
        output.answer(f"  PROPOSED by {proposal['proposed_by']} ({proposal['id']}): {wanted}")


def _version(whose: str, version: int) -> str:
    return f"{whose}, version {version}" if version else "what is built in"


def _words(quorum: Iterable[Mapping[str, Any]], eligible: Mapping[str, int]) -> str:
    return ", ".join(
        f"{part['count']} x {part['role']}"
        + (f" ({eligible[part['role']]} could)" if part["role"] in eligible else "")
        for part in quorum
    )
