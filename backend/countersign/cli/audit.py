"""`countersign audit`: search the log, and take what was found away with its proofs."""

from __future__ import annotations

import os
import secrets
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from countersign.cli import output
from countersign.cli.errors import CommandFailed
from countersign.cli.project import job_await
from countersign.cli.up import HomeOption
from countersign.cli.user import django_begin
from countersign_verify.report import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from countersign.audit.contracts import AuditEventData, EventFilter

_EVERYTHING = 1 << 62

Subject = Annotated[
    str, typer.Option(help="What it happened to: its id, 'KIND:ID', or 'KIND:' for all of a kind.")
]
ActorOption = Annotated[str, typer.Option("--actor", help="Who did it: an id, or a person's address.")]
Type = Annotated[
    str, typer.Option("--type", help="What happened; 'approval.' takes all types that begin so.")
]
Since = Annotated[
    str, typer.Option("--from", help="Not before this moment: 2026-01-31 or 2026-01-31T08:00+01:00.")
]
Until = Annotated[str, typer.Option(help="Before this moment. Without an offset it is UTC.")]
Correlation = Annotated[str, typer.Option(help="The request or job that it belongs to.")]

By = Annotated[str, typer.Option(help="The address of the person who takes them away; the log says so.")]

app = typer.Typer(help="The audit log.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def audit() -> None:
    """The audit log."""


@app.command()
def search(
    subject: Subject = "",
    actor: ActorOption = "",
    type_: Type = "",
    since: Since = "",
    until: Until = "",
    correlation: Correlation = "",
    limit: Annotated[int, typer.Option(min=1, help="At most so many events.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON Lines.")] = False,
    home: HomeOption = None,
) -> None:
    """Search the log, newest first; all that is given must hold. The platform must be up."""
    django_begin(home)
    from countersign.audit.selectors import event_iterate
    from countersign.shared.actor import service_actor

    wanted = _wanted(subject, actor, type_, since, until, correlation)
    found = tuple(event_iterate(actor=service_actor("cli"), wanted=wanted, limit=limit))
    if as_json:
        for event in found:
            output.answer_json_line(_plain(event))
    elif found:
        for line in _table(found):
            output.answer(line)
    if not found:
        output.progress("nothing in the log is like that")
    elif len(found) == limit:
        output.progress(f"the newest {limit}; there may be more: ask for them with --limit")


@app.command()
def export(
    target: Annotated[Path, typer.Argument(help="The file to write; it must not be there yet.")],
    by: By,
    subject: Subject = "",
    actor: ActorOption = "",
    type_: Type = "",
    since: Since = "",
    until: Until = "",
    correlation: Correlation = "",
    home: HomeOption = None,
) -> None:
    """Write what a search finds as JSON Lines, each event with the proof that a signed checkpoint covers it.

    A stranger checks each line with `countersign-verify events`. The platform must be up.
    """
    django_begin(home)
    from countersign.accounts.selectors import actor_by_email
    from countersign.audit.search_export import SearchExport
    from countersign.audit.services import search_export_record
    from countersign.shared.storage import object_store

    person = actor_by_email(by)
    wanted = _wanted(subject, actor, type_, since, until, correlation)
    taken = SearchExport(actor=person, wanted=wanted, limit=_EVERYTHING, store=object_store())
    search_export_record(actor=person, wanted=wanted, size=taken.head.size)
    _write_whole(target, taken.lines())
    output.progress(f"{taken.written} events, proved against the checkpoint of {taken.head.size}")
    if taken.later:
        output.progress(f"{taken.later} newer ones are not covered by it yet; export again in some seconds")
    output.progress(f"check them with: countersign-verify events {target} --trust TRUST_FILE")
    output.answer(str(target))


@app.command()
def export_whole(by: By, home: HomeOption = None) -> None:
    """Write the whole log with packs, decisions and proofs of phases to a directory, and print which.

    A stranger checks it with `countersign-verify log`. The platform must be up.
    """
    django_begin(home)
    from countersign.accounts.selectors import actor_by_email
    from countersign.workflow.commands import export_begin

    person = actor_by_email(by)
    output.progress("exporting")
    result = job_await(person, export_begin(actor=person))
    output.progress(f"{result['size']} events; the trust file of this installation: {result['trust']}")
    output.answer(str(result["directory"]))


def _wanted(subject: str, actor: str, type_: str, since: str, until: str, correlation: str) -> EventFilter:
    from countersign.accounts.selectors import user_by_email
    from countersign.audit.contracts import EventFilter

    kind, colon, subject_id = subject.partition(":")
    return EventFilter(
        subject_type=kind if colon else "",
        subject_id=subject_id if colon else kind,
        type=type_,
        actor_id=user_by_email(actor).id if "@" in actor else actor,
        correlation_id=correlation,
        since=_moment(since, "--from"),
        until=_moment(until, "--until"),
    )


def _moment(text: str, option: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        message = f"{option} takes a moment like 2026-01-31 or 2026-01-31T08:00+01:00, not {text!r}"
        raise CommandFailed(message) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _write_whole(target: Path, lines: Iterable[bytes]) -> None:
    """Write the file under its name only once it is complete."""
    if target.exists():
        message = f"{target} is there already: name another file, or remove it"
        raise CommandFailed(message)
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("xb") as stream:
            stream.writelines(lines)
        os.link(part, target)
    except OSError as error:
        message = f"{target} can't be written: {error.strerror}"
        raise CommandFailed(message) from error
    finally:
        part.unlink(missing_ok=True)


def _plain(event: AuditEventData) -> dict[str, object]:
    return {**asdict(event), "time": event.time.isoformat(), "data": dict(event.data)}


def _table(events: Sequence[AuditEventData]) -> list[str]:
    """Return aligned lines; ids stay whole, for they are what the next search is for."""
    rows = [("TIME (UTC)", "LEAF", "WHAT", "WHO", "TO WHAT"), *(_row(event) for event in events)]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]])
        for row in rows
    ]


def _row(event: AuditEventData) -> tuple[str, str, str, str, str]:
    return (
        event.time.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S"),
        "waiting" if event.leaf_index is None else str(event.leaf_index),
        event.type,
        _who(event),
        f"{event.subject_type}:{event.subject_id}",
    )


def _who(event: AuditEventData) -> str:
    return printable(event.actor_label) if event.actor_label is not None else f"erased ({event.actor_id})"
