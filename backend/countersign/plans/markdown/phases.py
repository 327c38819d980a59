"""A plan laid out in phases: overview table, a section for each phase, and what spans them."""

import re
from collections.abc import Sequence
from typing import Final

from countersign.plans.ledger import Ledger
from countersign.plans.markdown.draft import DemandDraft, PhaseDraft, PlanDraft, notes_of, placed
from countersign.plans.markdown.headings import (
    PLAN_KEYS,
    PLAN_SECTIONS,
    meaning_of,
    misspelt,
    nearly,
    phase_heading,
)
from countersign.plans.markdown.inputs import known_inputs, missing_input
from countersign.plans.markdown.outline import Block, Section
from countersign.plans.markdown.phase_section import PhaseReader, is_day, list_items
from countersign.plans.markdown.pieces import Piece, indent_of, key_value, paragraph_lines, unlinked
from countersign.plans.markdown.recognise import check_for
from countersign.plans.markdown.tables import INDEX, OVERVIEW, RISKS, Row, has_columns, rows_read
from countersign.plans.marks import At, Placed

_CODE: Final = re.compile(r"[A-Za-z]*[0-9]+(?:[._-][A-Za-z0-9]+)*")
_NOTHING: Final = frozenset({"", "-", "\u2013", "—", "none", "n/a", "nothing"})
# What the platform demands of every phase by itself, whatever a plan says.
_BY_ITSELF: Final = re.compile(
    r"^all (?:deliverables (?:are )?(?:completed?|done)|acceptance criteria (?:are )?met)\.?$", re.IGNORECASE
)


def has_phases(outline: Section, lines: Sequence[str]) -> bool:
    """Say whether a text is laid out in phases."""
    return any(
        phase_heading(section.title) is not None
        or any(has_columns(block, lines, OVERVIEW, "code", "title") for block in section.blocks)
        for section in outline.walk()
    )


class PhasesReader:
    """Reads a whole text into the draft of a plan."""

    def __init__(self, lines: Sequence[str], ledger: Ledger) -> None:
        """Begin with an empty draft."""
        self.lines = lines
        self.ledger = ledger
        self.draft = PlanDraft()
        self._titled: Section | None = None
        self._index: list[Row] = []

    def read(self, outline: Section) -> PlanDraft:
        """Read the text and give the draft; it is not yet put together."""
        self._titled = next(
            (part for part in outline.walk() if part.level == 1 and phase_heading(part.title) is None), None
        )
        self._section(outline)
        for row in self._index:
            self._index_row(row)
        return self.draft

    def _section(self, section: Section) -> None:
        coded = phase_heading(section.title)
        if coded is not None and section.heading is not None:
            self._phase(section, section.heading, *coded)
            return
        meaning = meaning_of(section.title, PLAN_SECTIONS)
        heading = section.heading
        if heading is not None and section is not self._titled:
            if meaning is None and self._misspelt(section, heading):
                return
            if meaning is None and not self._has_known_parts(section):
                self._note_section(section, heading)
                return
            if meaning is None:
                self._heading_kept(section, heading)
            else:
                self.ledger.understood(heading.first, heading.last, f"the heading of {meaning}")
        elif heading is not None:
            self.draft.title = Piece(section.title, heading.first, indent_of(self.lines[heading.first - 1]))
            self.ledger.understood(heading.first, heading.last, "the title of the plan")
        for block in section.blocks:
            self._block(block, section, meaning)
        for child in section.children:
            if meaning == "reports" and meaning_of(child.title, PLAN_SECTIONS) is None:
                self._report(child)
            else:
                self._section(child)

    def _misspelt(self, section: Section, heading: Block) -> bool:
        close = nearly(section.title, PLAN_SECTIONS)
        if close is None:
            return False
        self.ledger.problem(
            heading.first,
            indent_of(self.lines[heading.first - 1]),
            misspelt(section.title, close),
        )
        self._note_section(section, heading)
        return True

    def _has_known_parts(self, section: Section) -> bool:
        """Say whether anything below a heading is more than prose."""
        for part in section.walk():
            if any(has_columns(block, self.lines, OVERVIEW, "code", "title") for block in part.blocks):
                return True
            if any(has_columns(block, self.lines, INDEX, "code", "specification") for block in part.blocks):
                return True
            if part is section:
                continue
            if phase_heading(part.title) or meaning_of(part.title, PLAN_SECTIONS):
                return True
            if nearly(part.title, PLAN_SECTIONS):
                return True
        return False

    def _heading_kept(self, section: Section, heading: Block) -> None:
        """Keep a heading of which only some parts are understood, so that its words are not lost."""
        if any(self._is_overview(block) for block in section.blocks):
            self.ledger.understood(heading.first, heading.last, "a heading")
        self.draft.notes.extend(notes_of(section.title, self.lines, heading.first, heading.last))
        self.ledger.note(heading.first, heading.last, f"a note: {section.title}")

    def _note_section(self, section: Section, heading: Block) -> None:
        blocks = list(section.all_blocks())
        while blocks and blocks[-1].kind == "rule":
            rule = blocks.pop()
            self.ledger.understood(rule.first, rule.last, "a separator")
        last = max([heading.last, *(block.last for block in blocks)])
        first = heading.last + 1 if last > heading.last else heading.first
        self.draft.notes.extend(notes_of(section.title, self.lines, first, last))
        self.ledger.note(heading.first, last, f"a note: {section.title}")

    def _note_block(self, block: Block, title: str) -> None:
        if block.kind == "rule":
            self.ledger.understood(block.first, block.last, "a separator")
            return
        self.draft.notes.extend(notes_of(title, self.lines, block.first, block.last))
        self.ledger.note(block.first, block.last, f"a note: {title}" if title else "a note")

    def _is_overview(self, block: Block) -> bool:
        return has_columns(block, self.lines, OVERVIEW, "code", "title")

    def _block(self, block: Block, section: Section, meaning: str | None) -> None:
        if self._is_overview(block):
            for row in rows_read(block, self.lines, OVERVIEW, self.ledger, "a phase of the overview"):
                self._overview_row(row)
        elif has_columns(block, self.lines, INDEX, "code", "specification"):
            self._index.extend(
                rows_read(block, self.lines, INDEX, self.ledger, "the specification of a phase")
            )
        elif meaning == "risks" and has_columns(block, self.lines, RISKS, "risk"):
            self._risks(block)
        elif block.kind == "list" and meaning in {"standards", "checklist"}:
            self._every_phase(block, meaning)
        elif block.kind == "list" and meaning == "escalation":
            what = "a step of the escalation path"
            self.draft.escalation.extend(
                placed(piece) for piece in list_items(block, self.lines, self.ledger, what)
            )
        elif block.kind == "list" and meaning in {"known", "missing"}:
            self._inputs(block, meaning)
        elif block.kind == "paragraph" and section is self._titled:
            self._facts(block, section)
        else:
            self._note_block(block, section.title)

    def _facts(self, block: Block, section: Section) -> None:
        for number, line in paragraph_lines(self.lines, block.first, block.last):
            found = key_value(line, number)
            meaning = meaning_of(found.key, PLAN_KEYS) if found else None
            if found is None or meaning is None or not found.value.text:
                title = found.key if found and found.strong else section.title
                self.draft.notes.extend(notes_of(title, self.lines, number, number))
                self.ledger.note(number, number, f"a note: {title}")
                continue
            self.ledger.understood(number, number, f"{meaning.replace('_', ' ')} of the plan")
            if meaning == "created_on" and not is_day(found.value.text):
                message = f"{found.value.text!r} is no day; write it as in 2026-01-31"
                self.ledger.problem(number, found.value.column, message)
            elif meaning in self.draft.facts or (meaning == "code" and self.draft.code is not None):
                self.ledger.problem(number, indent_of(line), f"{found.key} is given twice; keep one of them")
            elif meaning == "code":
                self.draft.code = found.value
            else:
                self.draft.facts[meaning] = found.value

    def _overview_row(self, row: Row) -> None:
        code, title = row.get("code"), row.get("title")
        if code is None or title is None:
            place = row.cells["code"] if code is None else row.cells["title"]
            message = "the phase has no code or no name; fill the cell, or take the row away"
            self.ledger.problem(row.line, place.column, message)
            return
        known = self.draft.phase(code.text)
        if known is not None and known.in_overview is not None:
            message = (
                f"the phase {code.text} has a row already, on line {known.in_overview}; keep one of them"
            )
            self.ledger.problem(row.line, code.column, message)
            return
        phase = PhaseDraft(code, title, in_overview=row.line)
        for name, fact in (
            ("duration", "duration"), ("status", "stated_status"), ("owner", "owner"),
            ("start", "planned_start"), ("end", "planned_end"),
        ):  # fmt: skip
            cell = row.get(name)
            if cell is None or cell.text.lower() in _NOTHING:
                continue
            if fact.startswith("planned") and not is_day(cell.text):
                message = f"{cell.text!r} is no day; write it as in 2026-01-31"
                self.ledger.problem(row.line, cell.column, message)
            else:
                phase.facts[fact] = cell
        depends = row.get("depends")
        if depends is not None and depends.text.lower() not in _NOTHING:
            phase.depends.extend(self._dependencies(depends))
        phase.notes.extend(
            At({"title": name, "text": cell.text, "line": row.line}, row.line, cell.column)
            for name, cell in row.others.items()
            if cell.text
        )
        self.draft.phases.append(phase)

    def _dependencies(self, cell: Piece) -> list[Piece]:
        """Give the codes of a cell that holds nothing else."""
        rest = re.sub(rf"{_CODE.pattern}|\band\b|[,+&;/\s]", "", cell.text)
        if rest:
            message = (
                f"{cell.text!r} is no list of phases; name their codes, as in P1, P2, or None, and put "
                "anything else under Prerequisites"
            )
            self.ledger.problem(cell.line, cell.column, message)
        return [
            Piece(found[0], cell.line, cell.column + found.start()) for found in _CODE.finditer(cell.text)
        ]

    def _phase(self, section: Section, heading: Block, code: str, title: str) -> None:
        column = indent_of(self.lines[heading.first - 1])
        known = self.draft.phase(code)
        if known is not None and known.in_section is not None:
            last = max([heading.last, *(block.last for block in section.all_blocks())])
            self.ledger.lost(heading.first, last, f"the second section of phase {code}")
            message = (
                f"the phase {code} has a section already, on line {known.in_section}; give this one another "
                "code, or join the two"
            )
            self.ledger.problem(heading.first, column, message)
            return
        piece = Piece(code, heading.first, column)
        phase = known or PhaseDraft(piece, Piece(title, heading.first, column))
        if known is None:
            self.draft.phases.append(phase)
        elif known.title.text != title:
            self.ledger.remark(
                heading.first,
                column,
                f"the overview calls phase {code} {known.title.text!r}, its section {title!r}; the section's "
                "name is taken",
            )
            phase.notes.append(
                At(
                    {"title": "Name in the overview", "text": known.title.text, "line": known.title.line},
                    known.title.line,
                    1,
                )
            )
            phase.title = Piece(title, heading.first, column)
        phase.in_section = heading.first
        self.ledger.understood(heading.first, heading.last, f"the heading of phase {code}")
        stated, phase.facts = phase.facts, {}
        PhaseReader(phase, self.lines, self.ledger).read(section)
        self._contradictions(phase, stated)
        phase.facts = {**stated, **phase.facts}

    def _contradictions(self, phase: PhaseDraft, stated: dict[str, Piece]) -> None:
        for name, said in stated.items():
            here = phase.facts.get(name)
            if here is None or here.text == said.text:
                continue
            word = name.replace("_", " ").capitalize()
            end = (
                "neither is evidence: the platform computes where the phase stands"
                if name == "stated_status"
                else "the section is taken"
            )
            self.ledger.remark(
                here.line,
                here.column,
                f"{word} of phase {phase.code.text}: {here.text!r} here, {said.text!r} on line {said.line}; "
                f"{end}",
            )
            phase.notes.append(
                At(
                    {"title": f"{word} in the overview", "text": said.text, "line": said.line},
                    said.line,
                    said.column,
                )
            )

    def _index_row(self, row: Row) -> None:
        code, document = row.get("code"), row.get("specification")
        phase = None if code is None else self.draft.phase(code.text)
        if code is None or document is None or phase is None:
            place = code or document or next(iter(row.cells.values()))
            message = "the row names no phase of this plan or no document; correct it, or take it away"
            self.ledger.problem(row.line, place.column, message)
            return
        phase.facts["specification"] = Piece(unlinked(document.text), document.line, document.column)
        phase.notes.extend(
            At({"title": name, "text": cell.text, "line": row.line}, row.line, cell.column)
            for name, cell in row.others.items()
            if cell.text
        )

    def _risks(self, block: Block) -> None:
        for row in rows_read(block, self.lines, RISKS, self.ledger, "a risk"):
            if row.get("risk") is None:
                place = row.cells["risk"]
                message = "the row names no risk; fill the cell, or take the row away"
                self.ledger.problem(row.line, place.column, message)
                continue
            data: dict[str, Placed] = {name: placed(cell) for name, cell in row.cells.items()}
            others = [f"{name}: {cell.text}" for name, cell in row.others.items() if cell.text]
            if others:
                first = row.cells.get("mitigation")
                data["mitigation"] = "; ".join(filter(None, [first.text if first else "", *others]))
            self.draft.risks.append(At(data, row.line, row.cells["risk"].column))

    def _every_phase(self, block: Block, meaning: str) -> None:
        kind = "standard" if meaning == "standards" else "checklist"
        for piece in list_items(block, self.lines, self.ledger, "a demand on every phase"):
            if _BY_ITSELF.match(piece.text):
                self.ledger.remark(
                    piece.line,
                    piece.column,
                    "the platform demands this of every phase by itself: kept as a note",
                )
                self.draft.notes.extend(
                    notes_of("Demanded of every phase", self.lines, piece.line, piece.line)
                )
                self.ledger.note(
                    piece.line, piece.line, "a note: demanded of every phase by the platform itself"
                )
                continue
            self.draft.every_phase.append(DemandDraft(piece, check_for(piece.text), kind))

    def _inputs(self, block: Block, meaning: str) -> None:
        for piece in list_items(block, self.lines, self.ledger, "an input"):
            if meaning == "missing":
                self.draft.inputs.append(missing_input(piece))
                continue
            found = known_inputs(piece, self.ledger)
            if found is None:
                message = "a known input has a name and a value, as in `Database: PostgreSQL`; write it so"
                self.ledger.problem(piece.line, piece.column, message)
            self.draft.inputs.extend(found or [])

    def _report(self, section: Section) -> None:
        if section.heading is None:
            return
        heading = section.heading
        self.ledger.understood(heading.first, heading.last, "a report that the plan asks for")
        items: list[Placed] = []
        prose: list[str] = []
        for block in section.all_blocks():
            if block.kind == "list":
                what = "what the report says"
                items.extend(placed(piece) for piece in list_items(block, self.lines, self.ledger, what))
            elif block.kind == "rule":
                self.ledger.understood(block.first, block.last, "a separator")
            else:
                prose.append("\n".join(self.lines[block.first - 1 : block.last]))
                self.ledger.understood(block.first, block.last, "a report that the plan asks for")
        data: dict[str, Placed] = {"title": section.title, "text": "\n\n".join(prose), "items": items}
        self.draft.reports.append(At(data, heading.first, indent_of(self.lines[heading.first - 1])))
