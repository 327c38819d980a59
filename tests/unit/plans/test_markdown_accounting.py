"""No line of a plan is dropped in silence, whatever stands in it.

Every line that is not blank is understood, kept as a note, or a problem; and what is understood or kept is
really there: a word that is put anywhere into a plan is found in what was read, or on a line that is told
as not understood.
"""

import json
import re
from dataclasses import dataclass

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from countersign.plans.contracts import LineUse
from countersign.plans.importer import plan_read
from countersign.plans.reading import PlanReading
from tests.unit.plans.markdown_samples import BATCHES, PHASES, damaged

_WORD = re.compile(r"zqxv[0-9]{6}")
_STARTS = (
    "",
    "- ",
    "- [ ] ",
    "1. ",
    "9. ",
    "## ",
    "### ",
    "### Objective ",
    "> ",
    "    ",
    "\t",
    "| ",
    "**",
    "```",
)
_ENDS = ("", ".", ":", ": x", "**: z", "**", " |", "`", " (CREATE)", " <br> y", "\\", " | a | b |")


@dataclass(frozen=True)
class Change:
    """One change of a text, at a place given as a share of it."""

    kind: str
    at: float
    other: float
    number: int
    start: str
    end: str

    @property
    def word(self) -> str:
        return f"zqxv{self.number:06}"

    def apply(self, lines: list[str]) -> None:
        index = int(self.at * (len(lines) - 1))
        line = lines[index]
        if self.kind == "word":
            place = int(self.other * len(line))
            lines[index] = f"{line[:place]}{self.word}{line[place:]}"
        elif self.kind == "line":
            lines.insert(index, f"{self.start}{self.word}{self.end}")
        elif self.kind == "append":
            lines[index] = f"{line} {self.word}{self.end}"
        elif self.kind == "delete":
            del lines[index]
        elif self.kind == "copy":
            lines.insert(index, lines[int(self.other * (len(lines) - 1))])
        elif self.kind == "cut":
            lines[index] = line[: int(self.other * len(line))]


changes = st.builds(
    Change,
    kind=st.sampled_from(["word", "line", "append", "delete", "copy", "cut"]),
    at=st.floats(0, 1),
    other=st.floats(0, 1),
    number=st.integers(0, 999_999),
    start=st.sampled_from(_STARTS),
    end=st.sampled_from(_ENDS),
)


def lost_words(text: str, reading: PlanReading) -> list[tuple[int, str, str]]:
    """Find the words that are neither in what was read nor on a line that is told as not understood."""
    read = json.dumps(reading.draft, ensure_ascii=False)
    lines = text.split("\n")
    return [
        (number, word, line)
        for number, line in enumerate(lines, start=1)
        for word in _WORD.findall(line)
        if word not in read and reading.uses[number - 1] is not LineUse.PROBLEM
    ]


def silent_lines(text: str, reading: PlanReading) -> list[int]:
    lines = text.split("\n")
    return [
        number
        for number, use in enumerate(reading.uses, start=1)
        if (use is None) is bool(lines[number - 1].strip())
    ]


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from([PHASES, BATCHES]), st.lists(changes, min_size=1, max_size=6), st.booleans())
def test_every_line_is_accounted_for_and_no_word_is_lost(
    sample: str, made: list[Change], saved_wrong: bool
) -> None:
    """Seed 001 and 002 are read whole; what could not be understood is told, never dropped."""
    lines = sample.split("\n")
    for change in made:
        change.apply(lines)
    text = damaged("\n".join(lines)) if saved_wrong else "\n".join(lines)
    reading = plan_read(text, "markdown")
    assert silent_lines(text, reading) == []
    assert lost_words(text, reading) == []
    assert (reading.document is None) is bool(reading.problems)
    for problem in reading.problems:
        assert 1 <= problem.line <= len(lines)
        assert 1 <= problem.column <= max(len(text.split("\n")[problem.line - 1]), 1) + 1


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=400))
def test_any_text_is_answered_by_a_plan_or_problems(noise: str) -> None:
    for format_ in ("markdown", "yaml"):
        reading = plan_read(noise, format_)
        assert reading.document is not None or reading.problems
        if reading.uses:
            assert None not in [
                use for use, line in zip(reading.uses, plan_lines(noise), strict=True) if line.strip()
            ]


def plan_lines(text: str) -> list[str]:
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return lines[:-1] if not lines[-1] else lines


def test_words_that_are_dropped_would_be_seen() -> None:
    """The other tests of this file could not fail without this: a draft that loses words is caught."""
    text = PHASES.replace("Ships wait", "zqxv123456 wait")
    reading = plan_read(text, "markdown")
    assert lost_words(text, reading) == []
    emptied = PlanReading(document=None, draft={}, problems=(), remarks=(), accounts=(), uses=reading.uses)
    assert [word for _, word, _ in lost_words(text, emptied)] == ["zqxv123456"]
    left_open = tuple(None if number == 13 else use for number, use in enumerate(reading.uses, start=1))
    opened = PlanReading(document=None, draft={}, problems=(), remarks=(), accounts=(), uses=left_open)
    assert silent_lines(text, opened) == [13]
