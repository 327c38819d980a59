"""What is wrong with the form of a plan, as pydantic found it, in words that say what to do."""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from countersign.plans.contracts import PlanProblem
from countersign.plans.document import PlanDocument
from countersign.plans.marks import Marked

_MENDS: Final = {
    "missing": "add it",
    "string_pattern_mismatch": "letters, digits and the signs that the pattern names will do",
    "string_too_long": "shorten it, or put the details into a note",
    "too_short": "add what is missing",
    "too_long": "split it",
    "string_type": "put it in quotes",
}


def shape_problems(error: ValidationError, read: Marked, *, path: bool) -> Iterator[PlanProblem]:
    """Yield each problem at its place; where the text has keys, with the path of keys that leads there."""
    for detail in error.errors(include_url=False):
        line, column = read.place(read.existing(detail["loc"]))
        parts = [str(part) for part in detail["loc"] if path or isinstance(part, str)]
        name = (
            ".".join(parts) if path else " of ".join(_words(part) for part in parts[:-3:-1])
        ) or "the plan"
        message = detail["msg"].removeprefix("Value error, ")
        mend = _mend(detail)
        yield PlanProblem(line, column, f"{name}: {message[:1].lower()}{message[1:]}{mend and f'; {mend}'}")


def _words(part: str) -> str:
    return part.replace("_", " ")


def _mend(detail: ErrorDetails) -> str:
    if detail["type"] != "extra_forbidden":
        return _MENDS.get(detail["type"], "")
    word = str(detail["loc"][-1])
    close = get_close_matches(word, _names(PlanDocument), n=1)
    return f"is {close[0]!r} meant?" if close else "take it away"


def _names(model: type[BaseModel]) -> list[str]:
    """List the names of all fields that a plan has at any depth."""
    found: set[str] = set()
    waiting: list[object] = [model]
    while waiting:
        current = waiting.pop()
        if isinstance(current, type) and issubclass(current, BaseModel):
            if not current.model_fields.keys() <= found:
                found |= current.model_fields.keys()
                waiting.extend(field.annotation for field in current.model_fields.values())
        else:
            waiting.extend(get_args(current))
    return sorted(found)
