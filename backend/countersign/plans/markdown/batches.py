"""A plan laid out in batches: numbered sections, a sequence that every batch follows, a final hand-off."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from countersign.plans.ledger import Ledger
from countersign.plans.markdown.batch_steps import (
    Step,
    demands_of,
    first_actions,
    members_joined,
    steps_of,
    with_number,
)
from countersign.plans.markdown.draft import DeliverableDraft, DemandDraft, PhaseDraft, PlanDraft, notes_of
from countersign.plans.markdown.headings import misspelt, nearly
from countersign.plans.markdown.inputs import known_inputs, missing_input
from countersign.plans.markdown.numbered import NumberedSection, batch_counts, numbered_sections
from countersign.plans.markdown.pieces import Piece, plain
from countersign.plans.markdown.recognise import check_for

MAX_BATCHES: Final = 99
_SECTIONS: Final = (
    ("known", re.compile(r"^known inputs\b", re.IGNORECASE)),
    ("missing", re.compile(r"^missing inputs\b", re.IGNORECASE)),
    ("first", re.compile(r"\bfirst actions\b|^where to begin\b", re.IGNORECASE)),
    (
        "standards",
        re.compile(
            r"\btesting (?:&|and) verification rules\b|\benterprise rules\b|^standards\b", re.IGNORECASE
        ),
    ),
    ("each", re.compile(r"\beach batch\b|\bevery batch\b", re.IGNORECASE)),
    ("roadmap", re.compile(r"\broadmap\b|^batches\b", re.IGNORECASE)),
    ("final", re.compile(r"^finali[sz]ation\b|\bready to go\b", re.IGNORECASE)),
    ("handoff", re.compile(r"\bhand-?off checklist\b", re.IGNORECASE)),
)
_NEAR: Final = {
    "known": ("known inputs",),
    "missing": ("missing inputs",),
    "standards": ("testing & verification rules",),
    "handoff": ("final handoff checklist", "handoff checklist", "final hand-off checklist"),
    "final": ("finalization",),
}
_ASKING: Final = re.compile(r"\b(?:following|these) values\b", re.IGNORECASE)
_ASKED: Final = re.compile(r"^once you\b", re.IGNORECASE)
_CAPITALS: Final = re.compile(r"^[A-Z][A-Z0-9]*_[A-Z0-9_]+\b")
_PROSE: Final = re.compile(r"^(?:if|only|before|after|unless|when)\b", re.IGNORECASE)
_NUMBER: Final = re.compile(r"\bbatch\s*(\d{1,3})\b", re.IGNORECASE)
_TITLE: Final = re.compile(
    r"^(?:[-*+]\s+)?\**batch\s+(?P<number>\d{1,3})\**\s*[:—\u2013-]\s*\**\s*(?P<title>\S.*?)\**$",
    re.IGNORECASE,
)
_PROJECT: Final = re.compile(r"^project name$", re.IGNORECASE)
_CODE: Final = re.compile(r"^[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*$")
_BOX: Final = re.compile(r"^(?:[-*+]\s+)?(?:\[[ xX]\]|☐|☑)?\s*")
_MAX_CODE: Final = 32
# Less than a demand may have, for the number of the batch is yet to be put in.
_MAX_DEMAND: Final = 450


class BatchesReader:
    """Reads a whole text into the draft of a plan."""

    def __init__(self, lines: Sequence[str], ledger: Ledger) -> None:
        """Begin with an empty draft."""
        self.lines = lines
        self.ledger = ledger
        self.draft = PlanDraft()
        self._steps: list[Step] = []
        self._titles: dict[int, Piece] = {}
        self._first: tuple[int, DeliverableDraft] | None = None
        self._handoff: PhaseDraft | None = None
        self._noted: set[str] = set()

    def read(self) -> PlanDraft:
        """Read the text and give the draft; it is not yet put together."""
        readers: Mapping[str, Callable[[NumberedSection], None]] = {
            "known": self._known,
            "missing": self._missing,
            "first": self._first_actions,
            "standards": self._standards,
            "each": self._each_batch,
            "roadmap": self._roadmap,
            "final": self._final,
            "handoff": self._checklist,
        }
        for section in numbered_sections(self.lines):
            if section.line is None:
                self._preamble(section)
                continue
            meaning = self._meaning(section)
            if meaning is None:
                self._note(section.title, section.first, section.last)
            else:
                self.ledger.understood(section.line, section.line, "a heading")
                readers[meaning](section)
                self._heading_keep(section, section.line)
        self._batches_make()
        return self.draft

    def _meaning(self, section: NumberedSection) -> str | None:
        meaning = next((name for name, words in _SECTIONS if words.search(section.title)), None)
        close = None if meaning else nearly(section.title, _NEAR)
        if close is not None and section.line is not None:
            self.ledger.problem(
                section.line,
                1,
                misspelt(section.title, close),
            )
        return meaning

    def _heading_keep(self, section: NumberedSection, line: int) -> None:
        """Keep the words of a heading, unless a note carries them as its title."""
        if section.title not in self._noted:
            self.draft.notes.extend(notes_of("", self.lines, line, line))

    def _note(self, title: str, first: int, last: int) -> None:
        """Keep lines as prose; the heading of a section is the note's title."""
        self.ledger.note(first, last, f"a note: {title}" if title else "a note")
        start = first + 1 if last > first and title and title in plain(self.lines[first - 1]) else first
        self.draft.notes.extend(notes_of(title, self.lines, start, last))

    def _prose(self, piece: Piece, title: str) -> None:
        self.ledger.note(piece.line, piece.line, f"a note: {title}")
        self._noted.add(title)
        self.draft.notes.extend(notes_of(title, self.lines, piece.line, piece.line))

    def _preamble(self, section: NumberedSection) -> None:
        if not section.pieces:
            return
        title, *rest = section.pieces
        text = plain(title.text.lstrip("#"))
        self.draft.title = Piece(text, title.line, title.column)
        self.ledger.understood(title.line, title.line, "the title of the plan")
        if rest:
            self.ledger.note(rest[0].line, rest[-1].line, "a note: what stands before the first section")
            self.draft.notes.extend(notes_of("", self.lines, rest[0].line, rest[-1].line))

    def _known(self, section: NumberedSection) -> None:
        for piece in section.pieces:
            item = Piece(_BOX.sub("", piece.text), piece.line, piece.column)
            before = len(self.ledger.problems)
            found = known_inputs(item, self.ledger)
            if found is None:
                self._prose(piece, section.title)
                continue
            if len(self.ledger.problems) == before:
                self.ledger.understood(piece.line, piece.line, "a known input")
            self.draft.inputs.extend(found)
            name, _, value = item.text.partition(":")
            value = value.strip().rstrip(".")
            if _PROJECT.match(name.strip()) and _CODE.match(value) and len(value) <= _MAX_CODE:
                self.draft.code = Piece(value, piece.line, piece.column)

    def _missing(self, section: NumberedSection) -> None:
        asking = False
        for piece in section.pieces:
            text = _BOX.sub("", piece.text)
            asking = (asking or bool(_ASKING.search(text))) and not _ASKED.match(text)
            if _CAPITALS.match(text) or (asking and not _ASKING.search(text)):
                self.ledger.understood(piece.line, piece.line, "an input that is missing")
                self.draft.inputs.append(missing_input(Piece(text, piece.line, piece.column)))
            else:
                self._prose(piece, section.title)

    def _first_actions(self, section: NumberedSection) -> None:
        found = _NUMBER.search(section.title)
        number = int(found[1]) if found else 1
        if section.line is None or not section.pieces:
            self._note(section.title, section.first, section.last)
            return
        self.ledger.understood(section.line, section.last, f"the first actions of batch {number}")
        if self._first is not None:
            message = "the first actions are told twice; join the two sections"
            self.ledger.problem(section.line, 1, message)
            return
        heading = Piece(section.title, section.line, 1)
        self._first = (number, first_actions(heading, section.pieces, self.lines, self.ledger))

    def _standards(self, section: NumberedSection) -> None:
        for piece in section.pieces:
            if not re.match(r"^[^:]{1,60}:\s+\S", piece.text):
                self._prose(piece, section.title)
                continue
            self.ledger.understood(piece.line, piece.line, "a demand on every phase")
            item = Piece(plain(_BOX.sub("", piece.text)), piece.line, piece.column)
            self.draft.every_phase.append(DemandDraft(item, check_for(item.text), "standard"))

    def _each_batch(self, section: NumberedSection) -> None:
        intro, steps = steps_of(section.pieces)
        for piece in intro:
            self._prose(piece, section.title)
        for step in steps:
            for piece in step.lines:
                if len(piece.text) > _MAX_DEMAND:
                    message = (
                        f"a demand may have {_MAX_DEMAND} characters and this has {len(piece.text)}; split it"
                    )
                    self.ledger.problem(piece.line, piece.column, message)
            step.lines = [piece for piece in step.lines if len(piece.text) <= _MAX_DEMAND]
            self.ledger.understood(step.name.line, step.last, f"a step of every batch: {step.name.text}")
        self._steps.extend(steps)

    def _roadmap(self, section: NumberedSection) -> None:
        for piece in section.pieces:
            found = _TITLE.match(piece.text)
            if found is None:
                self._prose(piece, section.title)
                continue
            number = int(found["number"])
            if number in self._titles:
                message = f"batch {number} is named before, on line {self._titles[number].line}; name it once"
                self.ledger.problem(piece.line, piece.column, message)
                continue
            self.ledger.understood(piece.line, piece.line, f"the name of batch {number}")
            self._titles[number] = Piece(
                found["title"].strip(), piece.line, piece.column + found.start("title")
            )

    def _final_phase(self, section: NumberedSection) -> PhaseDraft:
        if self._handoff is None:
            place = Piece("handoff", section.first, 1)
            title = Piece("Final hand-off", section.first, 1)
            self._handoff = PhaseDraft(place, title, in_overview=place.line, in_section=place.line)
        return self._handoff

    def _final(self, section: NumberedSection) -> None:
        phase = self._final_phase(section)
        for group in members_joined(section.pieces):
            head, *members = group
            if _PROSE.match(head.text):
                for piece in group:
                    self._prose(piece, section.title)
                continue
            self.ledger.understood(head.line, group[-1].line, "a deliverable of the final hand-off")
            code = Piece(f"{phase.code.text}.{len(phase.deliverables) + 1}", head.line, head.column)
            item = DeliverableDraft(code, head)
            for piece in members or [head]:
                item.criteria.extend(demands_of(piece))
            phase.deliverables.append(item)

    def _checklist(self, section: NumberedSection) -> None:
        phase = self._final_phase(section)
        for piece in section.pieces:
            text = _BOX.sub("", piece.text)
            if _PROSE.match(text):
                self._prose(piece, section.title)
                continue
            self.ledger.understood(piece.line, piece.line, "an item of the final checklist")
            item = Piece(text, piece.line, piece.column)
            phase.gates.append(DemandDraft(item, check_for(text), "go"))

    def _batches_make(self) -> None:
        count = self._count()
        for number in range(1, count + 1):
            self.draft.phases.append(self._batch(number))
        for number, piece in self._titles.items():
            if number > count:
                message = f"there is no batch {number}: the plan has {count}; correct one of the two"
                self.ledger.problem(piece.line, piece.column, message)
        if self._first is not None and self._first[0] > count > 0:
            place = self._first[1].code
            message = (
                f"these are the first actions of batch {self._first[0]}, and the plan has {count} batches"
            )
            self.ledger.problem(place.line, place.column, f"{message}; correct one of the two")
        if self._handoff is not None:
            self._handoff.depends = [phase.code for phase in self.draft.phases[-1:]]
            self.draft.phases.append(self._handoff)

    def _count(self) -> int:
        said = list(batch_counts(self.lines))
        if not said:
            message = "how many batches are there? Say it once, as in `For each Batch N (1 through 12)`"
            self.ledger.problem(1, 1, message)
            return 0
        count, place = said[0]
        for other, piece in said[1:]:
            if other != count:
                message = f"batches 1 to {other} here, 1 to {count} on line {place.line}; make the two agree"
                self.ledger.problem(piece.line, piece.column, message)
        if not 1 <= count <= MAX_BATCHES:
            message = f"a plan has between 1 and {MAX_BATCHES} batches, not {count}; correct the number"
            self.ledger.problem(place.line, place.column, message)
            return 0
        if count > 1:
            self.ledger.remark(
                place.line,
                place.column,
                "the text does not say what a batch waits for: each waits for the one before it",
            )
        return count

    def _batch(self, number: int) -> PhaseDraft:
        place = self._steps[0].name if self._steps else Piece("", 1, 1)
        code = Piece(f"batch{number}", place.line, place.column)
        name = self._titles.get(number)
        title = name or Piece(f"Batch {number}", place.line, place.column)
        phase = PhaseDraft(code, title, in_overview=place.line, in_section=place.line)
        if number > 1:
            phase.depends.append(Piece(f"batch{number - 1}", place.line, place.column))
        if self._first is not None and self._first[0] == number:
            item = self._first[1]
            item.code = Piece(f"{code.text}.0", item.code.line, item.code.column)
            phase.deliverables.append(item)
        for index, step in enumerate(self._steps, start=1):
            phase.deliverables.append(_deliverable(step, f"{code.text}.{index}", number))
        return phase


def _deliverable(step: Step, code: str, number: int) -> DeliverableDraft:
    """Make a step the deliverable of one batch."""
    name = with_number(step.name, number)
    item = DeliverableDraft(Piece(code, name.line, name.column), name, condition=step.condition)
    for piece in step.lines:
        item.criteria.extend(demands_of(with_number(piece, number)))
    if not item.criteria:
        item.criteria.extend(demands_of(name))
    return item
