"""The project state document: one entry for each finished piece of work.

The form is fixed, heading by heading, so that people and scripts can rely on it. All values are
made harmless first: an entry is a record, and nothing in it may start a heading, hide text or
close the block it stands in.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

PATH: Final = "docs/project_state.md"
TITLE: Final = "# Project state"
_FENCE: Final = "```"
_BACKTICKS = re.compile(r"`{3,}")


class EntryStatus(StrEnum):
    """The four statuses an entry can have."""

    PLANNED = "PLANNED"
    IN_PROGRESS = "IN PROGRESS"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Verification:
    """One verification by name; what did not certainly pass is a FAIL, and `note` says why."""

    name: str
    passed: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class DecisionNote:
    """A decision that was made, and why."""

    decision: str
    rationale: str


@dataclass(frozen=True, slots=True)
class EntryData:
    """What an entry tells."""

    time: datetime
    task: str
    title: str
    status: EntryStatus
    branch: str
    commit: str
    artifacts: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    verification: tuple[Verification, ...] = ()
    logs: str = ""
    incidents: tuple[str, ...] = ()
    next_steps: tuple[str, ...] = ()
    decisions: tuple[DecisionNote, ...] = ()


def entry_render(entry: EntryData) -> str:
    """Render one entry in the fixed form."""
    fence = _fence_for(entry.commands)
    lines = [
        f"## {_time(entry.time)} — {_line(entry.task)} — {_line(entry.title)}",
        "",
        f"**Status:** {entry.status.value}",
        "",
        f"**Branch:** {_line(entry.branch)}",
        f"**Commit:** {_line(entry.commit)}",
        "**Artifacts produced:**",
        *_bullets(entry.artifacts),
        "",
        "**Commands run (exact):**",
        fence,
        *(_visible(command) for command in entry.commands),
        fence,
        "",
        "",
        "**Verification results:**",
        *_bullets(_verification(entry), empty=False),
        f"- Logs: {_line(entry.logs) or 'none'}",
        "",
        "**Incidents (if any):**",
        *_bullets(entry.incidents),
        "",
        "**Next steps:**",
        *_numbers(entry.next_steps),
        "",
        "**Notes / decisions made:**",
        *_decisions(entry.decisions),
        "",
    ]
    return "\n".join(lines)


def document_append(existing: str | None, entry: str) -> str:
    """Add an entry at the end of the document, which is started when there is none.

    What stood there before stays as it was, to the byte.
    """
    if existing is None or not existing.strip():
        return f"{TITLE}\n\n{entry}"
    gap = "\n" if existing.endswith("\n") else "\n\n"
    return f"{existing}{gap}{entry}"


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _visible(text: str) -> str:
    """Give a text as one line without characters that control, hide or reorder."""
    return "".join(
        " " if unicodedata.category(character) in {"Cc", "Zl", "Zp"} else character
        for character in text
        if unicodedata.category(character) not in {"Cf", "Cs", "Co", "Cn"}
    ).strip()


def _line(text: str) -> str:
    """Give a text as one line of Markdown that can't open a tag."""
    return " ".join(_visible(text).split()).replace("<", "&lt;")


def _fence_for(commands: Iterable[str]) -> str:
    longest = max((len(run) for command in commands for run in _BACKTICKS.findall(command)), default=0)
    return _FENCE if longest == 0 else "`" * (longest + 1)


def _bullets(items: Iterable[str], *, empty: bool = True) -> list[str]:
    lines = [f"- {_line(item)}" for item in items]
    return lines or (["- none"] if empty else [])


def _numbers(items: Iterable[str]) -> list[str]:
    lines = [f"{number}. {_line(item)}" for number, item in enumerate(items, start=1)]
    return lines or ["1. none"]


def _verification(entry: EntryData) -> list[str]:
    return [
        f"{check.name}: {'PASS' if check.passed else 'FAIL'}" + (f" ({check.note})" if check.note else "")
        for check in entry.verification
    ]


def _decisions(notes: Iterable[DecisionNote]) -> list[str]:
    lines: list[str] = []
    for note in notes:
        lines.extend((f"- decision: {_line(note.decision)}", f"- rationale: {_line(note.rationale)}"))
    return lines or ["- decision: none", "- rationale: none"]
