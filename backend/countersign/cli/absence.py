"""`countersign absence`: who is away, and who stands in."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from countersign.cli import output
from countersign.cli.errors import CommandFailed
from countersign.cli.remote import TokenFile, Url, client
from countersign.shared.clock import now

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

API = "/api/v1/absences"
_STATES = {"now": "is away", "coming": "will be away", "over": "was away"}
Absence = Annotated[str, typer.Argument(help="The absence's id, as 'countersign absence list' shows it.")]
Delegate = Annotated[
    str, typer.Option(help="Who stands in, by address: somebody who holds one of the same roles.")
]

app = typer.Typer(help="Say who is away, and who stands in.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def absence() -> None:
    """Say who is away, and who stands in."""


@app.command(name="list")
def list_(token_file: TokenFile, url: Url = "") -> None:
    """Say who is away or will be, who stands in, and where nobody does."""
    found: list[Any] = client(url, token_file).get(f"{API}/")["results"]
    open_ = [item for item in found if item["state"] != "over"]
    for item in open_:
        _tell(item)
    if not open_:
        output.progress("nobody is away, or will be")


@app.command()
def declare(
    until: Annotated[str, typer.Option(help="The last day, such as 2026-12-31.")],
    token_file: TokenFile,
    from_: Annotated[str, typer.Option("--from", help="The first day; left out, from now on.")] = "",
    delegate: Delegate = "",
    person: Annotated[str, typer.Option(help="Who is away, by address; for administrators.")] = "",
    url: Url = "",
) -> None:
    """Say that you are away, and who is asked instead.

    Days are those of this machine's time zone. Nobody loses a right by being away or gets one by standing in.
    """
    body = {
        "person": person,
        "starts_at": _start(from_),
        "ends_at": _midnight(_day(until) + timedelta(days=1)).isoformat(),
        "delegate": delegate,
    }
    there = client(url, token_file)
    declared = there.post(f"{API}/", body)
    _tell(declared)
    for item in there.get(f"{API}/")["results"]:
        if item["delegate_id"] == declared["person_id"] and item["state"] != "over":
            for why in _nobody(item):
                output.progress(f"{item['person']} counted on you: nobody stands in{why} ({item['id']})")


@app.command()
def delegate(
    absence_id: Absence,
    token_file: TokenFile,
    to: Annotated[str, typer.Option(help="Who stands in from now on, by address; left out, nobody.")] = "",
    url: Url = "",
) -> None:
    """Let somebody else stand in, or nobody; who was named can lay it down as well."""
    _tell(client(url, token_file).post(f"{API}/{absence_id}/delegate/", {"delegate": to}))


@app.command()
def end(absence_id: Absence, token_file: TokenFile, url: Url = "") -> None:
    """End an absence now, or call it off before it begins."""
    ended = client(url, token_file).post(f"{API}/{absence_id}/end/", {})
    output.answer(f"{ended['person']} is asked again, as before")


def _start(text: str) -> str | None:
    """Return when a day begins; today has begun, so it begins now."""
    if not text or _day(text) == _here(now()).date():
        return None
    return _midnight(_day(text)).isoformat()


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        message = f"{text!r} is no day: write it like 2026-12-31"
        raise CommandFailed(message) from error


def _midnight(day: date) -> datetime:
    # Without a zone it is this machine's, with the offset of that day.
    return datetime(day.year, day.month, day.day).astimezone()


def _here(moment: datetime) -> datetime:
    return moment.astimezone()


def _tell(item: Mapping[str, Any]) -> None:
    output.answer(f"{item['person']} {_STATES[item['state']]}, {_span(item)} ({item['id']})")
    if not item["nobody"]:
        output.answer(f"  {item['delegate']} stands in as {', '.join(item['roles'])}")
    for why in _nobody(item):
        output.answer(f"  NOBODY stands in{why}")


def _nobody(item: Mapping[str, Any]) -> Iterator[str]:
    """Yield why nobody stands in: all the time, or from when to when."""
    if item["nobody"]:
        yield f": {item['nobody']}"
    for gap in item["gaps"]:
        yield f" from {_span(gap)}: {item['delegate']} is away as well"


def _span(item: Mapping[str, Any]) -> str:
    start, end = (_here(datetime.fromisoformat(item[name])) for name in ("starts_at", "ends_at"))
    return f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}"
