"""The lines of a plan text: decoded, mended where a wrong encoding damaged them, and never renumbered."""

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import ftfy
import ftfy.bad_codecs  # registers the codec named below

from countersign.plans.contracts import PlanProblem, PlanRemark

MAX_BYTES: Final = 2_000_000
_SHOWN: Final = 3
_BOM: Final = "\ufeff"
_WIDE: Final = (b"\xff\xfe", b"\xfe\xff")
# The reading that did the damage; ftfy registers this codec, which keeps the bytes Windows left unused.
_DAMAGE: Final = "sloppy-windows-1252"
# The first signs of a character whose last byte is gone.
_BROKEN: Final = re.compile(f"[\u00c2-\u00f4][{re.escape(bytes(range(0x80, 0xC0)).decode(_DAMAGE))}]")


@dataclass(slots=True)
class Source:
    """The lines of a text as they are meant, and as they stood in the file."""

    lines: list[str] = field(default_factory=list)
    as_written: dict[int, str] = field(default_factory=dict)  # by line number, where that differs
    problems: list[PlanProblem] = field(default_factory=list)
    remarks: list[PlanRemark] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The whole text as it is meant."""
        return "\n".join(self.lines)

    def line(self, number: int) -> str:
        """Return a line by its number, which starts at 1."""
        return self.lines[number - 1]

    def column(self, number: int, column: int) -> int:
        """Return where a column of a mended line stood in the file."""
        written = self.as_written.get(number)
        return column if written is None else _column_as_written(self.line(number), written, column)


def source_read(data: bytes | str) -> Source:
    """Read a text into lines; never raises for bad text, the problems are in the answer."""
    result = Source()
    text = _decoded(data, result) if isinstance(data, bytes) else data
    if result.problems:
        return result
    # Surrogates are no characters, and PostgreSQL keeps no NUL.
    size = len(text.encode("utf-8", errors="surrogatepass"))
    if size > MAX_BYTES:
        result.problems.append(_too_long(size))
        return result
    text = text.removeprefix(_BOM).replace("\r\n", "\n").replace("\r", "\n")
    result.lines = text.split("\n")
    result.problems.extend(_not_text(result.lines))
    if not result.problems:
        _mend(result)
    return result


def _decoded(data: bytes, result: Source) -> str:
    if len(data) > MAX_BYTES:
        result.problems.append(_too_long(len(data)))
        return ""
    if data.startswith(_WIDE):
        result.problems.append(PlanProblem(1, 1, "the file is in UTF-16; save it as UTF-8"))
        return ""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        line = before.count("\n") + 1
        column = len(before) - (before.rfind("\n") + 1) + 1
        byte = data[error.start]
        what = (
            "the file is binary; give a plan in YAML or Markdown"
            if b"\x00" in data
            else "the file is in another encoding; save it as UTF-8"
        )
        result.problems.append(PlanProblem(line, column, f"the byte 0x{byte:02x} is no UTF-8: {what}"))
        return ""


def _too_long(size: int) -> PlanProblem:
    return PlanProblem(
        1,
        1,
        f"the text has {size:,} bytes and may have {MAX_BYTES:,}; split the plan, or take attachments out",
    )


def _not_text(lines: list[str]) -> list[PlanProblem]:
    """Find the first character that no text has."""
    for number, line in enumerate(lines, start=1):
        for column, character in enumerate(line, start=1):
            code = ord(character)
            if (code < ord(" ") and character not in "\t\x0b\x0c") or 0xD800 <= code <= 0xDFFF:  # noqa: PLR2004
                message = (
                    f"the character U+{code:04X} is no text; take it away, or save the file as UTF-8 text"
                )
                return [PlanProblem(number, column, message)]
    return []


def _mend(source: Source) -> None:
    """Undo the damage of a wrong encoding, line by line.

    A short line may hold too little for ftfy to be sure of. Where other lines of the same text are damaged,
    the same conversion is tried on it as a whole: it either fits to the byte, or the line stays as it is.
    """
    doubtful = [number for number, line in enumerate(source.lines, start=1) if not line.isascii()]
    mended = {number: ftfy.fix_encoding(source.line(number)) for number in doubtful}
    if all(mended[number] == source.line(number) for number in doubtful):
        return
    for number in doubtful:
        line = source.line(number)
        # Fixed once more, for what was damaged twice.
        better = ftfy.fix_encoding(_converted(line) or mended[number])
        # What is mended stays one line of text: a plan's problems are told by line.
        if better != line and not _not_text([better.replace("\n", "\0")]):
            source.as_written[number] = line
            source.lines[number - 1] = better
    _mends_tell(source)
    _lasting_damage_tell(source)


def _lasting_damage_tell(source: Source) -> None:
    """Name the lines that lost bytes for good; they stay as they are."""
    for number, line in enumerate(source.lines, start=1):
        found = None if line.isascii() else _BROKEN.search(line)
        # What was mended into such a pair, as in “café”, did not stand in the file.
        if found is not None and found[0] in source.as_written.get(number, line):
            column = source.column(number, found.start() + 1)
            message = f"{found[0]!r} is damaged beyond mending and stays as it is; type it anew"
            source.remarks.append(PlanRemark(number, column, message))


def _converted(line: str) -> str | None:
    try:
        return line.encode(_DAMAGE).decode("utf-8")
    except UnicodeError:
        return None


def _mends_tell(source: Source) -> None:
    numbers = sorted(source.as_written)
    if not numbers:
        return
    first = numbers[0]
    lines = ", ".join(str(number) for number in numbers[:_SHOWN])
    more = f" and {len(numbers) - _SHOWN} more" if len(numbers) > _SHOWN else ""
    before, after, column = _first_difference(source.as_written[first], source.line(first))
    source.remarks.append(
        PlanRemark(
            first,
            column,
            f"{len(numbers)} line(s) were damaged by a wrong encoding and are read as they were meant, here "
            f"{before!r} as {after!r} (lines {lines}{more}); save the file as UTF-8 to be rid of this",
        )
    )


def _first_difference(written: str, meant: str) -> tuple[str, str, int]:
    start = next(
        (index for index, pair in enumerate(zip(written, meant, strict=False)) if pair[0] != pair[1]),
        min(len(written), len(meant)),
    )
    after = meant[start : start + 1]
    damaged = _damaged(after) or written[start : start + 1]
    before = damaged if written.startswith(damaged, start) else written[start : start + 1]
    return before, after, start + 1


def _damaged(character: str) -> str | None:
    try:
        return character.encode("utf-8").decode(_DAMAGE)
    except UnicodeError:
        return None


def _column_as_written(meant: str, written: str, column: int) -> int:
    """Walk both forms of a line side by side until the column is reached."""
    place = 0
    for character in meant[: column - 1]:
        damaged = None if character.isascii() else _damaged(character)
        if damaged is not None and written.startswith(damaged, place):
            place += len(damaged)
        elif written.startswith(character, place):
            place += 1
        else:
            # Damaged in another way than once by Windows-1252: the place can only be near.
            return min(column, len(written) + 1)
    return place + 1


def line_ranges(numbers: list[int]) -> list[tuple[int, int]]:
    """Join numbers that follow each other into ranges."""
    ordered = sorted(set(numbers))
    if not ordered:
        return []
    starts = [ordered[0], *(right for left, right in pairwise(ordered) if right != left + 1)]
    ends = [*(left for left, right in pairwise(ordered) if right != left + 1), ordered[-1]]
    return list(zip(starts, ends, strict=True))
