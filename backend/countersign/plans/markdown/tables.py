"""Tables of a plan in Markdown: columns by what they are called, rows with their places."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from countersign.plans.ledger import Ledger
from countersign.plans.markdown.outline import Block
from countersign.plans.markdown.pieces import Piece, row_cells

# What a column may be called, by what it is.
OVERVIEW: Final[Mapping[str, tuple[str, ...]]] = {
    "code": ("phase", "batch", "id"),
    "title": ("name", "title", "phase name"),
    "duration": ("duration", "length"),
    "status": ("status", "state"),
    "depends": ("dependency", "dependencies", "depends on", "after"),
    "owner": ("owner", "responsible", "lead"),
    "start": ("start", "planned start", "start date"),
    "end": ("end", "planned end", "end date", "due"),
}
INDEX: Final[Mapping[str, tuple[str, ...]]] = {
    "code": ("phase", "batch"),
    "specification": ("specification document", "specification", "document"),
}
DELIVERABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "code": ("id", "code", "no", "no.", "#"),
    "title": ("deliverable", "title", "name", "what"),
    "criteria": ("acceptance criteria", "acceptance criterion", "acceptance", "criteria", "done when"),
    "owner": ("owner", "responsible"),
}
RISKS: Final[Mapping[str, tuple[str, ...]]] = {
    "risk": ("risk", "description"),
    "probability": ("probability", "likelihood"),
    "impact": ("impact", "severity"),
    "mitigation": ("mitigation", "response", "countermeasure"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its cells by the meaning of their column, and those of columns without one by their title."""

    line: int
    cells: Mapping[str, Piece]
    others: Mapping[str, Piece]

    def get(self, name: str) -> Piece | None:
        """Return a cell that holds something."""
        cell = self.cells.get(name)
        return cell if cell is not None and cell.text else None


def columns_of(block: Block, lines: Sequence[str]) -> tuple[str, ...]:
    """Return the titles of a table's columns in small letters."""
    return tuple(cell.text.lower() for cell in row_cells(lines[block.first - 1], block.first))


def has_columns(block: Block, lines: Sequence[str], form: Mapping[str, tuple[str, ...]], *names: str) -> bool:
    """Say whether a block is a table with these columns of a form."""
    if block.kind != "table":
        return False
    titles = columns_of(block, lines)
    return all(any(title in form[name] for title in titles) for name in names)


def rows_read(
    block: Block, lines: Sequence[str], form: Mapping[str, tuple[str, ...]], ledger: Ledger, what: str
) -> list[Row]:
    """Read the rows of a table; a row that does not fit its head is a problem."""
    head = row_cells(lines[block.first - 1], block.first)
    meanings = _meanings([cell.text.lower() for cell in head], form)
    ledger.understood(block.first, block.first + 1, f"the head of {what}")
    rows: list[Row] = []
    for number in range(block.first + 2, block.last + 1):
        cells = row_cells(lines[number - 1], number)
        if len(cells) != len(head):
            place = cells[min(len(cells), len(head)) - 1]
            ledger.problem(
                number,
                place.column,
                f"the row has {len(cells)} cell(s) where the table has {len(head)} columns; add or join "
                "cells, and write a bar that is no border as \\|",
            )
            continue
        ledger.understood(number, number, what)
        rows.append(
            Row(
                number,
                {name: cells[index] for index, name in meanings.items()},
                {
                    title.text: cells[index]
                    for index, title in enumerate(head)
                    if index not in meanings and (cells[index].text or title.text)
                },
            )
        )
    return rows


def _meanings(titles: Sequence[str], form: Mapping[str, tuple[str, ...]]) -> dict[int, str]:
    """Find what each column is; of two that could be the same, the first is."""
    found: dict[int, str] = {}
    for index, title in enumerate(titles):
        name = next((name for name, words in form.items() if title in words), None)
        if name is not None and name not in found.values():
            found[index] = name
    return found
