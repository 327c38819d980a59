"""A text of numbered sections: `6. How to implement each batch`, with or without the signs of a heading."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from countersign.plans.markdown.pieces import Piece, indent_of, plain

_HEADING: Final = re.compile(r"^(?P<signs>#{1,6}\s+)?(?P<number>\d{1,3})[.)]\s+(?P<title>\S.*)$")
_RANGE: Final = re.compile(
    r"\bBatch(?:es)?\s+(?:N\s*\(\s*)?1\s*(?:[\u2013—-]|\bto\b|\bthrough\b)\s*(?P<last>\d{1,4})\b",
    re.IGNORECASE,
)
_SEVERAL: Final = 2


@dataclass(slots=True)
class NumberedSection:
    """A numbered section; the part before the first one has no number and no title."""

    title: str
    number: int | None
    line: int | None
    pieces: list[Piece] = field(default_factory=list)

    @property
    def first(self) -> int:
        """The first line of the section."""
        return self.line or self.pieces[0].line

    @property
    def last(self) -> int:
        """The last line of the section that holds anything."""
        return self.pieces[-1].line if self.pieces else self.first


def numbered_sections(lines: Sequence[str]) -> list[NumberedSection]:
    """Cut a text at its numbered headings.

    A heading stands behind an empty line and carries the next number; a numbered list inside of a section
    begins again at 1, or stands right below its text.
    """
    sections = [NumberedSection("", None, None)]
    expected: int | None = None
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        found = _HEADING.match(line)
        alone = (
            number == 1 or not lines[number - 2].strip() or (found is not None and found["signs"] is not None)
        )
        if (
            found
            and alone
            and (int(found["number"]) == expected or (expected is None and int(found["number"]) <= 1))
        ):
            expected = int(found["number"]) + 1
            sections.append(NumberedSection(plain(found["title"].rstrip("#")), expected - 1, number))
        else:
            sections[-1].pieces.append(Piece(line.strip(), number, indent_of(line)))
    return sections


def has_batches(lines: Sequence[str]) -> bool:
    """Say whether a text is laid out in numbered sections about batches."""
    headed = [section for section in numbered_sections(lines) if section.line is not None]
    return len(headed) >= _SEVERAL and any("batch" in line.lower() for line in lines)


def batch_counts(lines: Sequence[str]) -> Iterator[tuple[int, Piece]]:
    """Yield how many batches there are, each time that the text says it."""
    for number, line in enumerate(lines, start=1):
        for found in _RANGE.finditer(line):
            yield int(found["last"]), Piece(found[0], number, found.start() + 1)
