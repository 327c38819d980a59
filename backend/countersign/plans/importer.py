"""Reads a plan text: the checked plan or a list of what was wrong, and an account of every line."""

from collections.abc import Callable, Mapping
from typing import Final

from pydantic import ValidationError

from countersign.plans.contracts import PlanProblem
from countersign.plans.document import PlanDocument
from countersign.plans.ledger import Ledger
from countersign.plans.markdown.reader import markdown_read
from countersign.plans.marks import Marked
from countersign.plans.meaning import meaning_problems
from countersign.plans.reading import PlanReading
from countersign.plans.shape import shape_problems
from countersign.plans.source import Source, source_read
from countersign.plans.yaml_marks import comment_lines, yaml_read

FORMATS: Final = ("yaml", "markdown")
# How the names of files end that hold a plan, and the format that they hold.
SUFFIXES: Final[Mapping[str, str]] = {
    ".yaml": "yaml",
    ".yml": "yaml",
    ".json": "yaml",
    ".md": "markdown",
    ".markdown": "markdown",
    ".txt": "markdown",
}


def plan_parse(text: bytes | str, format: str = "yaml") -> PlanDocument:  # noqa: A002 - the API's word
    """Read and check a plan.

    Raises:
        PlanInvalid: With every problem found, each with line, column and message.
    """
    reading = plan_read(text, format)
    if reading.document is None:
        raise reading.invalid()
    return reading.document


def plan_read(data: bytes | str, format: str = "yaml") -> PlanReading:  # noqa: A002 - as above
    """Read a plan; never raises for a bad text, what was not understood is in the answer."""
    reader = _READERS.get(format)
    if reader is None:
        message = f"the format {format!r} is not known; use one of: {', '.join(FORMATS)}"
        return _unreadable([PlanProblem(1, 1, message)])
    source = source_read(data)
    if source.problems:
        return _unreadable(source.problems)
    ledger = Ledger(source)
    read = reader(source, ledger)
    document = None if ledger.problems else _checked(read, ledger, path=format == "yaml")
    ledger.close()
    return PlanReading(
        document=None if ledger.problems else document,
        draft=read.data,
        problems=_in_order(ledger.problems),
        remarks=tuple(sorted(ledger.remarks, key=lambda remark: (remark.line, remark.column))),
        accounts=ledger.accounts(),
        uses=ledger.uses(),
    )


def _checked(read: Marked, ledger: Ledger, *, path: bool) -> PlanDocument | None:
    """Check the form of what was read, then what it means."""
    document: PlanDocument | None = None
    try:
        document = PlanDocument.model_validate(read.data)
        problems = list(meaning_problems(document, read))
    except ValidationError as error:
        problems = list(shape_problems(error, read, path=path))
    for problem in problems:
        ledger.problem(problem.line, problem.column, problem.message)
    return document


def _from_yaml(source: Source, ledger: Ledger) -> Marked:
    read = yaml_read(source.text)
    if read.problems:
        for problem in read.problems:
            ledger.problem(problem.line, problem.column, problem.message)
        ledger.lost(1, len(source.lines), "the text could not be read as YAML")
        return read
    for number in comment_lines(source.text):
        ledger.note(number, number, "a comment, kept in the plan's text")
    ledger.understood(1, len(source.lines), "YAML")
    return read


_READERS: Final[Mapping[str, Callable[[Source, Ledger], Marked]]] = {
    "yaml": _from_yaml,
    "markdown": markdown_read,
}


def _unreadable(problems: list[PlanProblem]) -> PlanReading:
    return PlanReading(
        document=None, draft=None, problems=_in_order(problems), remarks=(), accounts=(), uses=()
    )


def _in_order(problems: list[PlanProblem]) -> tuple[PlanProblem, ...]:
    ordered = sorted(problems, key=lambda problem: (problem.line, problem.column, problem.message))
    return tuple(dict.fromkeys(ordered))
