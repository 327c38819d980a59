"""The sequence that every batch follows, step by step, and the actions that begin the first one."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from countersign.plans.ledger import Ledger
from countersign.plans.markdown.draft import DeliverableDraft, DemandDraft, FileDraft
from countersign.plans.markdown.headings import bracketed
from countersign.plans.markdown.pieces import Piece, file_line, plain
from countersign.plans.markdown.recognise import (
    ATTESTED,
    check_for,
    existence_checks,
    produced_document,
    script_run,
)
from countersign.plans.markdown.specifications import file_add

_STEP: Final = re.compile(
    r"^(?:plan|implement(?:ation)?|"
    r"unit tests?|integration tests?|code quality|security checks?|push (?:&|and) pr|"
    r"merge|production steps?|review|deploy(?:ment)?|documentation|release)$",
    re.IGNORECASE,
)
_SHORT_WORDS: Final = 4
_SHORT: Final = 60
_MARKS: Final = re.compile(r"[/\\`<>=:.,;]")
_LIST: Final = re.compile(r"^(?:[-*+]|\d+[.)])\s+|^#{1,6}\s+")
# `<N>` where the text says where the number goes, and N where it is a word of its own or ends "batch".
_PLACES: Final = re.compile(r"<N>|(?<=[Bb]atch)N(?![A-Za-z])|(?<=[Bb]atch )N\b")
_PROSE: Final = re.compile(r"^(?:if|only|before|after|unless|when)\b", re.IGNORECASE)
_VERIFY: Final = re.compile(r"^(?:verify|check)\s*:$", re.IGNORECASE)
_FILES: Final = re.compile(r"\bfiles to create\b.*:$", re.IGNORECASE)


@dataclass(slots=True)
class Step:
    """A step: its name, when it applies, its lines."""

    name: Piece
    condition: str
    lines: list[Piece] = field(default_factory=list)
    last: int = 0


def steps_of(pieces: Sequence[Piece]) -> tuple[list[Piece], list[Step]]:
    """Part the lines of a section into what stands before the first step, and the steps."""
    intro: list[Piece] = []
    steps: list[Step] = []
    listing = False
    for raw in pieces:
        piece = Piece(plain(_LIST.sub("", raw.text)), raw.line, raw.column)
        if _is_step(piece.text, listing=listing):
            name, condition = bracketed(piece.text)
            steps.append(Step(Piece(name, piece.line, piece.column), condition, [], piece.line))
            listing = False
        elif not steps:
            intro.append(raw)
        elif listing and not piece.text.endswith((".", ":")):
            last = steps[-1].lines[-1]
            sign = "" if last.text.endswith(":") else ";"
            steps[-1].lines[-1] = Piece(f"{last.text}{sign} {piece.text}", last.line, last.column)
            steps[-1].last = piece.line
        else:
            steps[-1].lines.append(piece)
            steps[-1].last = piece.line
            listing = piece.text.endswith(":")
    return intro, steps


def _is_step(text: str, *, listing: bool) -> bool:
    name, _ = bracketed(text)
    if _STEP.match(name):
        return True
    if len(name) > _SHORT:
        return False
    # A short line without a sign of a sentence is a name, unless a list is being told.
    return (
        not listing
        and len(name.split()) <= _SHORT_WORDS
        and not _MARKS.search(name)
        and not name.endswith(("!", "?"))
    )


def members_joined(pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
    """Put a line that ends with a colon together with the short lines that it announces."""
    group: list[Piece] = []
    for raw in pieces:
        piece = Piece(plain(_LIST.sub("", raw.text)), raw.line, raw.column)
        announced = bool(group) and group[0].text.endswith(":") and not piece.text.endswith((".", ":"))
        if group and not (announced and not _PROSE.match(group[0].text)):
            yield group
            group = []
        group.append(piece)
    if group:
        yield group


def with_number(piece: Piece, number: int) -> Piece:
    """Put the number of a batch where a text leaves room for it."""
    return Piece(_PLACES.sub(str(number), piece.text), piece.line, piece.column)


def demands_of(piece: Piece) -> list[DemandDraft]:
    """Make what a line demands: as it is written, and that the file is there which it makes or runs."""
    found = [DemandDraft(piece, check_for(piece.text))]
    path = produced_document(piece.text) or script_run(piece.text)
    if path is not None and "<" not in path and found[0].check == ATTESTED:
        text = Piece(f"{path} is there.", piece.line, piece.column)
        found.extend(DemandDraft(text, check) for check in existence_checks([path]))
    return found


def first_actions(
    heading: Piece, pieces: Sequence[Piece], lines: Sequence[str], ledger: Ledger
) -> DeliverableDraft:
    """Make the first actions a deliverable: the files that they create, and what they verify at the end."""
    item = DeliverableDraft(Piece("", heading.line, 1), Piece(heading.text, heading.line, 1))
    item.technical.append("\n".join(lines[pieces[0].line - 1 : pieces[-1].line]))
    mode = ""
    for raw in pieces:
        piece = Piece(plain(_LIST.sub("", raw.text)), raw.line, raw.column)
        if _FILES.search(piece.text):
            mode = "files"
        elif _VERIFY.match(piece.text):
            mode = "verify"
        elif _PROSE.match(piece.text):
            mode = ""
        elif mode == "verify":
            item.criteria.append(DemandDraft(piece, check_for(piece.text)))
        elif mode == "files":
            named = _files_of(piece, ledger)
            for file in named:
                file_add(item.files, file)
            mode = "files" if named else ""
    if not item.criteria:
        item.criteria.append(DemandDraft(item.title, dict(ATTESTED)))
    return item


def _files_of(piece: Piece, ledger: Ledger) -> list[FileDraft]:
    """Read the files of a line; a bare name behind a path lies in the same directory."""
    text, note = bracketed(piece.text)
    names = re.split(r"\s*[,+]\s+|\s+and\s+", text)
    found = [file_line(name) for name in names]
    if any(item is None or item.action for item in found):
        return []
    directory = ""
    files: list[FileDraft] = []
    for name in names:
        path = name.strip("` ")
        column = piece.column + piece.text.index(path)
        if "/" not in path and directory:
            path = f"{directory}{path}"
            ledger.remark(
                piece.line, column, f"{name.strip('` ')} is read as {path}, beside the file named before it"
            )
        elif not files:
            directory = path.rpartition("/")[0] + "/" if "/" in path else ""
        files.append(FileDraft(Piece(path, piece.line, column), "create", note))
    return files
