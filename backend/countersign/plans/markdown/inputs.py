"""Inputs: what is known, and what has to be asked for."""

import re
from typing import Final

from countersign.plans.ledger import Ledger
from countersign.plans.markdown.pieces import Piece
from countersign.plans.marks import At, Placed
from countersign.plans.words import is_pointer, names_a_place, names_a_secret

# `Manager port: 8000, UI port: 5173` names two inputs; a comma before anything else is part of the value.
_NEXT_INPUT: Final = re.compile(r",\s+(?=[A-Z][\w /&-]{0,60}:\s)")
_NAMED: Final = re.compile(r"^(?P<name>[A-Za-z][^:]{0,99}?)\s*:\s+(?P<value>\S.*)$")
_CAPITALS: Final = re.compile(r"^(?P<name>[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|[A-Z]{3,}[A-Z0-9]*)\b(?P<rest>.*)$")
_NOUN: Final = re.compile(
    r"^(?:any\s+|the\s+|an?\s+)?(?P<name>.+?)(?:\s*[(.;—]|\s+(?:for|to|that|which)\s|$)", re.IGNORECASE
)
_OPTIONAL: Final = re.compile(r"\boptional\b|^any\b|\boverride\b|\bif different from\b", re.IGNORECASE)
_MAX_NAME: Final = 100


def known_inputs(piece: Piece, ledger: Ledger) -> list[Placed] | None:
    """Read a line that names inputs with their values; `None` when it names none."""
    found: list[Placed] = []
    start = 0
    for text in _NEXT_INPUT.split(piece.text):
        named = _NAMED.match(text)
        if named is None:
            return None
        column = piece.column + piece.text.index(text, start)
        start = piece.text.index(text, start) + len(text)
        name, value = named["name"].strip(), named["value"].strip()
        data: dict[str, Placed] = {"name": At(name, piece.line, column)}
        if names_a_secret(name):
            if not _pointer_only(name, value, piece, column, ledger):
                continue
            data |= {"pointer": value, "secret": True}
        else:
            data["value"] = At(value, piece.line, column)
            data |= _kind(name)
        found.append(At(data, piece.line, column))
    return found


def _pointer_only(name: str, value: str, piece: Piece, column: int, ledger: Ledger) -> bool:
    if is_pointer(value):
        return True
    ledger.problem(
        piece.line,
        column,
        f"{name} is the name of a secret, and a secret never stands in a plan: write where it lies instead, "
        "such as env:NAME, file:PATH or vault:PATH, or move it to the missing inputs",
    )
    return False


def missing_input(piece: Piece) -> Placed:
    """Read a line that asks for an input."""
    capitals = _CAPITALS.match(piece.text)
    noun = None if capitals else _NOUN.match(piece.text)
    name = (capitals or noun or {"name": piece.text})["name"].strip()[:_MAX_NAME].strip()
    data: dict[str, Placed] = {
        "name": At(name, piece.line, piece.column),
        "text": piece.text,
        "optional": _OPTIONAL.search(piece.text) is not None,
        "secret": names_a_secret(name),
        **_kind(name),
    }
    return At(data, piece.line, piece.column)


def _kind(name: str) -> dict[str, Placed]:
    """A plan in Markdown can't say what an input is; addresses and paths are known by their names."""
    return {"kind": "configuration"} if names_a_place(name) and not names_a_secret(name) else {}
