"""What is gathered of a plan in Markdown before it is put together."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from countersign.plans.markdown.pieces import Piece
from countersign.plans.marks import At, Placed, Plain

MAX_NOTE: Final = 10_000


def placed(piece: Piece) -> At:
    """Give a piece of text with its place."""
    return At(piece.text, piece.line, piece.column)


def as_placed(value: Plain) -> Placed:
    """Give plain data as data that may carry places."""
    if isinstance(value, dict):
        return {key: as_placed(part) for key, part in value.items()}
    if isinstance(value, list):
        return [as_placed(part) for part in value]
    return value


def note(title: str, text: str, line: int) -> Placed:
    """Make a note."""
    return At({"title": title, "text": text, "line": line}, line, 1)


def notes_of(title: str, lines: Sequence[str], first: int, last: int) -> list[Placed]:
    """Make notes of a run of lines, as it was written; what is too long for one becomes several."""
    found: list[Placed] = []
    start, size = first, 0
    for number in range(first, last + 1):
        length = len(lines[number - 1]) + 1
        if number > start and size + length > MAX_NOTE:
            found.extend(_note_of(title, lines, start, number - 1))
            start, size = number, 0
        size += length
    found.extend(_note_of(title, lines, start, last))
    return found


def _note_of(title: str, lines: Sequence[str], first: int, last: int) -> list[Placed]:
    """Make one note; a single line that is too long for it is cut into several."""
    while first < last and not lines[first - 1].strip():
        first += 1
    text = "\n".join(lines[first - 1 : last]).strip("\n").rstrip()
    return [
        note(title, text[start : start + MAX_NOTE], first)
        for start in range(0, len(text), MAX_NOTE)
        if text[start : start + MAX_NOTE].strip()
    ]


@dataclass(slots=True)
class FileDraft:
    """A file that a phase or deliverable names."""

    path: Piece
    action: str | None
    note: str = ""

    def settle(self) -> Placed:
        """Give it in the form of the document."""
        data: dict[str, Placed] = {"path": placed(self.path), "action": self.action, "note": self.note}
        return At(data, self.path.line, self.path.column)


@dataclass(slots=True)
class DemandDraft:
    """A criterion or gate."""

    text: Piece
    check: dict[str, Plain]
    kind: str | None = None

    def settle(self) -> Placed:
        """Give it in the form of the document."""
        data: dict[str, Placed] = {
            "text": placed(self.text),
            "check": At(as_placed(self.check), self.text.line, self.text.column),
        }
        if self.kind is not None:
            data["kind"] = self.kind
        return At(data, self.text.line, self.text.column)


@dataclass(slots=True)
class DeliverableDraft:
    """A deliverable."""

    code: Piece
    title: Piece
    criteria: list[DemandDraft] = field(default_factory=list)
    owner: Piece | None = None
    condition: str = ""
    files: list[FileDraft] = field(default_factory=list)
    technical: list[str] = field(default_factory=list)

    def settle(self) -> Placed:
        """Give it in the form of the document."""
        data: dict[str, Placed] = {
            "code": placed(self.code),
            "title": placed(self.title),
            "condition": self.condition,
            "files": [item.settle() for item in self.files],
            "technical_notes": "\n".join(self.technical).strip(),
            "acceptance_criteria": [criterion.settle() for criterion in self.criteria],
        }
        if self.owner is not None:
            data["owner"] = placed(self.owner)
        return At(data, self.code.line, self.code.column)


@dataclass(slots=True)
class PhaseDraft:
    """A phase: what its row in the overview and its section say of it."""

    code: Piece
    title: Piece
    facts: dict[str, Piece] = field(default_factory=dict)
    depends: list[Piece] = field(default_factory=list)
    prerequisites: list[Piece] = field(default_factory=list)
    objective: Piece | None = None
    deliverables: list[DeliverableDraft] = field(default_factory=list)
    gates: list[DemandDraft] = field(default_factory=list)
    files: list[FileDraft] = field(default_factory=list)
    decisions: list[Placed] = field(default_factory=list)
    notes: list[Placed] = field(default_factory=list)
    in_overview: int | None = None
    in_section: int | None = None

    def settle(self) -> Placed:
        """Give it in the form of the document."""
        data: dict[str, Placed] = {
            "code": placed(self.code),
            "title": placed(self.title),
            "prerequisites": [placed(piece) for piece in self.prerequisites],
            "depends_on": [placed(piece) for piece in self.depends],
            "deliverables": [item.settle() for item in self.deliverables],
            "gates": [gate.settle() for gate in self.gates],
            "files": [item.settle() for item in self.files],
            "decisions": self.decisions,
            "notes": self.notes,
            **{name: placed(piece) for name, piece in self.facts.items()},
        }
        if self.objective is not None:
            data["objective"] = placed(self.objective)
        return At(data, self.code.line, self.code.column)


@dataclass(slots=True)
class PlanDraft:
    """A whole plan."""

    title: Piece | None = None
    code: Piece | None = None
    facts: dict[str, Piece] = field(default_factory=dict)
    phases: list[PhaseDraft] = field(default_factory=list)
    inputs: list[Placed] = field(default_factory=list)
    every_phase: list[DemandDraft] = field(default_factory=list)
    risks: list[Placed] = field(default_factory=list)
    escalation: list[Placed] = field(default_factory=list)
    reports: list[Placed] = field(default_factory=list)
    notes: list[Placed] = field(default_factory=list)

    def phase(self, code: str) -> PhaseDraft | None:
        """Find a phase by its code."""
        return next((phase for phase in self.phases if phase.code.text.casefold() == code.casefold()), None)

    def settle(self) -> Placed:
        """Give it in the form of the document."""
        data: dict[str, Placed] = {
            "phases": [phase.settle() for phase in self.phases],
            "inputs": self.inputs,
            "every_phase": [demand.settle() for demand in self.every_phase],
            "risks": self.risks,
            "escalation": self.escalation,
            "reports": self.reports,
            "notes": self.notes,
            **{name: placed(piece) for name, piece in self.facts.items()},
        }
        for name, piece in (("code", self.code), ("title", self.title)):
            if piece is not None:
                data[name] = placed(piece)
        return data
