"""The small forms that plans in Markdown are made of: cells, list items, key and value, files."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

# A line that is longer holds prose; the forms below are short.
_MAX_FORM: Final = 2_000
_STRONG: Final = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1")
_LINK: Final = re.compile(r"\[([^\[\]]*)\]\(([^()\s]*)\)")
_MARKER: Final = re.compile(r"^\s*(?:[-*+]|\d{1,9}[.)])(?:\s+|$)")
_BOX: Final = re.compile(r"^\s*\[([ xX])\](?:\s+|$)|^\s*[☐☑☒✅](?:\s+|$)")
_KEY: Final = re.compile(
    r"^\s*(?:[-*+]\s+)?"
    r"(?:\*\*(?P<strong>[^*:]{1,60}?)\s*(?:\*\*\s*:|:\s*\*\*)|(?P<plain>[A-Z][A-Za-z ]{1,40}):)"
    r"(?:\s+(?P<value>.*?))?\s*\\?$"
)
_PATH: Final = r"(?:\.?[\w@+-][\w@+.<>-]*/)*\.?[\w@+<>-][\w@+.<>-]*/?"
_FILE: Final = re.compile(
    rf"^\s*(?:[-*+]\s+)?`?(?P<path>{_PATH})`?\s*"
    r"(?:\(\s*(?P<action>[A-Za-z]+)\b\s*(?:[-\u2013—:,]?\s*(?P<note>[^()]*))?\)|(?P<bare>))\s*$"
)
_ACTIONS: Final = {
    "create": "create",
    "new": "create",
    "add": "create",
    "modify": "modify",
    "update": "modify",
    "edit": "modify",
    "change": "modify",
    "extend": "modify",
    "exists": "modify",
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of text and where it stands."""

    text: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class KeyValue:
    """A line such as `**Owner**: Backend Lead`."""

    key: str
    value: Piece
    strong: bool


@dataclass(frozen=True, slots=True)
class FileLine:
    """A line such as `docs/guide.md (CREATE - the first part)`."""

    path: str
    action: str | None
    note: str


def plain(text: str) -> str:
    """Take strong emphasis off a text; its words all stay."""
    return (_STRONG.sub(r"\2", text.strip()) if len(text) <= _MAX_FORM else text).strip()


def unlinked(text: str) -> str:
    """Write a link out: its text, and its address where that says something else."""
    return _LINK.sub(lambda found: found[1] if found[1] == found[2] else f"{found[1]} ({found[2]})", text)


def indent_of(line: str) -> int:
    """Return the column of the first character that is not blank."""
    return len(line) - len(line.lstrip()) + 1


def row_cells(line: str, number: int) -> list[Piece]:
    r"""Split a row of a table into its cells; `\|` is a bar inside of a cell."""
    start = len(line) - len(line.lstrip())
    end = len(line.rstrip())
    begins = start + 1 if line[start:end].startswith("|") else start
    bars = [
        index
        for index in range(begins, end)
        if line[index] == "|" and (len(line[:index]) - len(line[:index].rstrip("\\"))) % 2 == 0
    ]
    if not bars or bars[-1] != end - 1:
        bars.append(end)
    cells: list[Piece] = []
    for bar in bars:
        raw = line[begins:bar]
        # An empty cell begins behind its bar: that is where something has to be put.
        column = begins + 1 + (len(raw) - len(raw.lstrip()) if raw.strip() else 0)
        cells.append(Piece(plain(raw.replace("\\|", "|")), number, column))
        begins = bar + 1
    return cells


def item_piece(lines: Sequence[str], first: int, last: int) -> Piece:
    """Give the text of a list item, all of its lines joined, without marker and check box."""
    line = lines[first - 1]
    marker = _MARKER.match(line)
    start = marker.end() if marker else len(line) - len(line.lstrip())
    box = _BOX.match(line[start:])
    start += box.end() if box else 0
    rest = [text.strip() for text in lines[first:last]]
    return Piece(plain(" ".join(part for part in (line[start:], *rest) if part)), first, start + 1)


def is_ticked(line: str) -> bool:
    """Say whether a list item's check box is ticked."""
    marker = _MARKER.match(line)
    box = _BOX.match(line[marker.end() :] if marker else line)
    return box is not None and (box[1] or "x").strip() != "" and "☐" not in box[0]


def key_value(line: str, number: int) -> KeyValue | None:
    """Read a line of the form `**Key**: value` or `Key: value`."""
    found = _KEY.match(line) if len(line) <= _MAX_FORM else None
    if found is None:
        return None
    value = found["value"] or ""
    column = found.start("value") + 1 if found["value"] else len(line.rstrip()) + 1
    key = found["strong"] or found["plain"]
    return KeyValue(key.strip(), Piece(plain(value), number, column), strong=found["strong"] is not None)


def file_line(line: str) -> FileLine | None:
    """Read a line that names one file; `None` when it is anything else."""
    found = _FILE.match(line) if len(line) <= _MAX_FORM else None
    if found is None or not ("/" in found["path"] or "." in found["path"]):
        return None
    word = (found["action"] or "").lower()
    note = (found["note"] or "").strip()
    if word and word not in _ACTIONS:
        # Not an action but a remark: `(shared by all)`.
        note, word = f"{found['action']} {note}".strip(), ""
    return FileLine(found["path"], _ACTIONS.get(word), note)


def paragraph_lines(lines: Sequence[str], first: int, last: int) -> Iterator[tuple[int, str]]:
    """Yield the lines of a block that are not blank, with their numbers."""
    for number in range(first, last + 1):
        if lines[number - 1].strip():
            yield number, lines[number - 1]
