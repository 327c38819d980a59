"""The section of one phase: its facts, deliverables, gates, files, decisions."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Final

from countersign.plans.ledger import Ledger
from countersign.plans.markdown.draft import (
    DeliverableDraft,
    DemandDraft,
    FileDraft,
    PhaseDraft,
    notes_of,
    placed,
)
from countersign.plans.markdown.headings import (
    PHASE_KEYS,
    PHASE_SECTIONS,
    bracketed,
    meaning_of,
    misspelt,
    nearly,
)
from countersign.plans.markdown.outline import Block, Section
from countersign.plans.markdown.pieces import (
    KeyValue,
    Piece,
    file_line,
    indent_of,
    is_ticked,
    item_piece,
    key_value,
    paragraph_lines,
)
from countersign.plans.markdown.recognise import check_against, check_for
from countersign.plans.markdown.specifications import specifications_read
from countersign.plans.markdown.tables import DELIVERABLES, has_columns, rows_read
from countersign.plans.marks import At

_DOCUMENTED: Final = re.compile(r"\bdocuments\s+(Option\s+\w+)", re.IGNORECASE)
_DATES: Final = ("planned_start", "planned_end")


class PhaseReader:
    """Reads the section of a phase into its draft."""

    def __init__(self, phase: PhaseDraft, lines: Sequence[str], ledger: Ledger) -> None:
        """Read into this draft."""
        self.phase = phase
        self.lines = lines
        self.ledger = ledger
        self._seen_keys: dict[str, int] = {}

    def read(self, section: Section) -> None:
        """Read the whole section."""
        for block in section.blocks:
            self._facts(block)
        for child in section.children:
            self._inner(child)

    def _inner(self, section: Section) -> None:
        meaning = meaning_of(section.title, PHASE_SECTIONS)
        heading = section.heading
        if heading is None:
            return
        if meaning is None:
            self._unknown(section, heading)
            return
        self.ledger.understood(heading.first, heading.last, f"the heading of {meaning.replace('_', '-')}")
        _, aside = bracketed(section.title)
        if aside:
            self.phase.notes.append(
                At({"title": section.title, "text": aside, "line": heading.first}, heading.first, 1)
            )
        readers: Mapping[str, Callable[[Section], None]] = {
            "objective": self._objective,
            "deliverables": self._deliverables,
            "specifications": self._specifications,
            "gates": lambda inner: self._demands(inner, "quality"),
            "go": lambda inner: self._demands(inner, "go"),
            "no_go": lambda inner: self._demands(inner, "no_go"),
            "files": self._files,
            "decision": self._decision,
        }
        readers[meaning](section)
        if meaning not in {"specifications", "objective"}:
            for child in section.children:
                self._inner(child)

    def _unknown(self, section: Section, heading: Block) -> None:
        close = nearly(section.title, PHASE_SECTIONS)
        if close is not None:
            self.ledger.problem(
                heading.first,
                indent_of(self.lines[heading.first - 1]),
                misspelt(section.title, close),
            )
        self.note_section(section, heading)

    def note_section(self, section: Section, heading: Block) -> None:
        """Keep a whole section as a note of the phase."""
        last = max([heading.last, *(block.last for block in section.all_blocks())])
        first = heading.last + 1 if last > heading.last else heading.first
        self.phase.notes.extend(notes_of(section.title, self.lines, first, last))
        self.ledger.note(heading.first, last, f"a note of phase {self.phase.code.text}: {section.title}")

    def note_block(self, block: Block, title: str) -> None:
        """Keep a block as a note of the phase; a line across the page is only a separator."""
        if block.kind == "rule":
            self.ledger.understood(block.first, block.last, "a separator")
            return
        self.phase.notes.extend(notes_of(title, self.lines, block.first, block.last))
        self.ledger.note(block.first, block.last, f"a note of phase {self.phase.code.text}: {title}")

    def _facts(self, block: Block) -> None:
        if block.kind not in {"paragraph", "list"}:
            self.note_block(block, self.phase.title.text)
            return
        for number, line in paragraph_lines(self.lines, block.first, block.last):
            found = key_value(line, number)
            meaning = meaning_of(found.key, PHASE_KEYS) if found else None
            if found is None or meaning is None:
                self._other_fact(found, number)
            elif meaning in self._seen_keys:
                self.ledger.problem(
                    number,
                    indent_of(line),
                    f"{found.key} is given twice, first on line {self._seen_keys[meaning]}; keep one of them",
                )
            else:
                self._seen_keys[meaning] = number
                self.ledger.understood(
                    number, number, f"{meaning.replace('_', ' ')} of phase {self.phase.code.text}"
                )
                self._fact(meaning, found)

    def _other_fact(self, found: KeyValue | None, number: int) -> None:
        close = nearly(found.key, PHASE_KEYS) if found and found.strong else None
        if found and close is not None:
            self.ledger.problem(
                number,
                indent_of(self.lines[number - 1]),
                f"{found.key!r} is nothing that a phase has; is {close!r} meant? Correct it, or write prose",
            )
            return
        title = found.key if found and found.strong else self.phase.title.text
        self.phase.notes.extend(notes_of(title, self.lines, number, number))
        self.ledger.note(number, number, f"a note of phase {self.phase.code.text}: {title}")

    def _fact(self, meaning: str, found: KeyValue) -> None:
        if not found.value.text:
            return
        if meaning == "prerequisites":
            self.phase.prerequisites.append(found.value)
        elif meaning in _DATES and not is_day(found.value.text):
            message = f"{found.value.text!r} is no day; write it as in 2026-01-31"
            self.ledger.problem(found.value.line, found.value.column, message)
        else:
            self.phase.facts[meaning] = found.value

    def _objective(self, section: Section) -> None:
        blocks = [block for block in section.all_blocks() if block.kind != "rule"]
        self._rules(section)
        if not blocks:
            return
        first, last = blocks[0].first, blocks[-1].last
        text = "\n".join(self.lines[first - 1 : last]).strip()
        self.phase.objective = Piece(text, first, 1)
        self.ledger.understood(first, last, f"the objective of phase {self.phase.code.text}")

    def _rules(self, section: Section) -> None:
        for block in section.all_blocks():
            if block.kind == "rule":
                self.ledger.understood(block.first, block.last, "a separator")

    def _deliverables(self, section: Section) -> None:
        for block in section.blocks:
            if not has_columns(block, self.lines, DELIVERABLES, "code", "title", "criteria"):
                if block.kind in {"table", "list"}:
                    self._not_deliverables(block)
                else:
                    self.note_block(block, section.title)
                continue
            what = f"a deliverable of phase {self.phase.code.text}"
            for row in rows_read(block, self.lines, DELIVERABLES, self.ledger, what):
                missing = [name for name in ("code", "title", "criteria") if row.get(name) is None]
                code, title, criteria = (row.get(name) for name in ("code", "title", "criteria"))
                if code is None or title is None or criteria is None:
                    place = row.cells[missing[0]]
                    self.ledger.problem(
                        row.line,
                        place.column,
                        f"the deliverable has no {' and no '.join(_COLUMN[name] for name in missing)}; "
                        "fill the cell: what nobody can check nobody can complete",
                    )
                    continue
                self.phase.deliverables.append(
                    _deliverable(code, title, criteria, row.get("owner"), row.others)
                )

    def _not_deliverables(self, block: Block) -> None:
        self.ledger.problem(
            block.first,
            indent_of(self.lines[block.first - 1]),
            "deliverables stand in a table with the columns ID, Deliverable and Acceptance Criteria; "
            "put these into such a table",
            last=block.last,
        )

    def _specifications(self, section: Section) -> None:
        self._rules(section)
        self.phase.notes.extend(specifications_read(self.phase, section, self.lines, self.ledger))

    def _demands(self, section: Section, kind: str) -> None:
        files = [item.path.text for item in self.phase.files if item.action == "create"]
        for block in section.blocks:
            if block.kind != "list":
                self.note_block(block, section.title)
                continue
            for piece in list_items(
                block, self.lines, self.ledger, f"a gate of phase {self.phase.code.text}"
            ):
                check = check_against(piece.text) if kind == "no_go" else check_for(piece.text, files)
                self.phase.gates.append(DemandDraft(piece, check, kind))

    def _files(self, section: Section) -> None:
        for block in section.blocks:
            if block.kind not in {"fence", "code", "list"}:
                self.note_block(block, section.title)
                continue
            for number, line in paragraph_lines(self.lines, block.first, block.last):
                if block.kind == "fence" and line.strip().startswith(("```", "~~~")):
                    self._fence_mark(number, line)
                    continue
                self._file(number, line)

    def _fence_mark(self, number: int, line: str) -> None:
        if line.strip().strip("`~").strip():
            self.phase.notes.extend(notes_of("Files", self.lines, number, number))
        self.ledger.understood(number, number, "the edge of a block")

    def _file(self, number: int, line: str) -> None:
        found = file_line(line)
        column = indent_of(line)
        if found is None:
            self.ledger.problem(
                number,
                column,
                "this names no file; write one path a line with what happens to it, as in "
                "docs/guide.md (CREATE) or app/views.py (MODIFY - what changes)",
            )
            return
        self.ledger.understood(number, number, f"a file of phase {self.phase.code.text}")
        piece = Piece(found.path, number, line.index(found.path) + 1)
        self.phase.files.append(FileDraft(piece, found.action, found.note))

    def _decision(self, section: Section) -> None:
        question: Piece | None = None
        options: list[dict[str, At]] = []
        documented = ""
        for block in section.blocks:
            if block.kind == "list":
                options.extend(self._options(block))
            elif block.kind == "paragraph" and question is None:
                question = item_piece(self.lines, block.first, block.last)
                self.ledger.understood(block.first, block.last, "a decision that the phase needs")
            else:
                self.note_block(block, section.title)
                text = " ".join(self.lines[block.first - 1 : block.last])
                found = _DOCUMENTED.search(text)
                documented = found[1] if found else documented
        if section.heading is None:
            return
        asked = question or Piece(section.title, section.heading.first, 1)
        self.phase.decisions.append(
            {
                "question": placed(asked),
                "options": [{**option} for option in options],
                "documented": documented,
            }
        )
        names = " or ".join(str(option["name"].value) for option in options)
        demand = Piece(f"{asked.text} {names}".strip(), asked.line, asked.column)
        # Undecided is not decided: the phase is not complete before somebody says which way it went.
        self.phase.gates.append(DemandDraft(demand, check_for(""), "decision"))

    def _options(self, block: Block) -> list[dict[str, At]]:
        found: list[dict[str, At]] = []
        for piece in list_items(block, self.lines, self.ledger, "a way to decide"):
            name, colon, text = piece.text.partition(":")
            found.append(
                {
                    "name": At(name.strip() if colon else piece.text, piece.line, piece.column),
                    "text": At(text.strip(), piece.line, piece.column),
                }
            )
        return found


_COLUMN: Final = {"code": "ID", "title": "title", "criteria": "acceptance criteria"}


def is_day(text: str) -> bool:
    """Say whether a text is a day of the calendar, written as the plan's form wants it."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def list_items(block: Block, lines: Sequence[str], ledger: Ledger, what: str) -> list[Piece]:
    """Give the items of a list; a tick is the author's word and proves nothing."""
    found: list[Piece] = []
    for first, last in block.items:
        piece = item_piece(lines, first, last)
        if not piece.text:
            ledger.problem(first, piece.column, "the item is empty; say what it is, or take it away")
            continue
        ledger.understood(first, last, what)
        if is_ticked(lines[first - 1]):
            ledger.remark(
                first, piece.column, "ticked in the text; that proves nothing here, evidence has to show it"
            )
        found.append(piece)
    return found


def _deliverable(
    code: Piece, title: Piece, criteria: Piece, owner: Piece | None, others: Mapping[str, Piece]
) -> DeliverableDraft:
    """Make a deliverable of a row; the cells of columns that a plan does not know are kept with it."""
    item = DeliverableDraft(code, title, owner=owner)
    item.criteria = criteria_of(criteria, title)
    item.technical.extend(f"{name}: {cell.text}" for name, cell in others.items() if cell.text)
    return item


def criteria_of(criteria: Piece, title: Piece) -> list[DemandDraft]:
    """Make the criteria of a cell; a title that a program can check is a criterion as well."""
    parts = [part for part in re.split(r"\s*<br\s*/?>\s*", criteria.text) if part]
    found = [DemandDraft(Piece(part, criteria.line, criteria.column), check_for(part)) for part in parts]
    check = check_for(title.text)
    if check["kind"] != "attested" and all(check != demand.check for demand in found):
        found.append(DemandDraft(title, check))
    return found
