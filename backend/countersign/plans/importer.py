"""Reads a plan text into a checked `PlanDocument`: all of it, or a list of what was wrong."""

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from pydantic import ValidationError

from countersign.plans.contracts import PlanProblem
from countersign.plans.document import PlanDocument
from countersign.plans.errors import PlanInvalid
from countersign.plans.yaml_marks import Location, MarkedYaml, yaml_read

FORMATS = ("yaml",)


def plan_parse(text: str, format: str = "yaml") -> PlanDocument:  # noqa: A002 - the word callers and the API use
    """Read and check a plan.

    Raises:
        PlanInvalid: With every problem found, each with line, column and message.
    """
    if format not in FORMATS:
        message = f"the format {format!r} is not known; use one of: {', '.join(FORMATS)}"
        raise _invalid([PlanProblem(1, 1, message)])
    read = yaml_read(text)
    if read.problems:
        raise _invalid(read.problems)
    try:
        document = PlanDocument.model_validate(read.data)
    except ValidationError as error:
        raise _invalid(list(_shape_problems(error, read))) from error
    problems = list(_meaning_problems(document, read))
    if problems:
        raise _invalid(problems)
    return document


def _invalid(problems: list[PlanProblem]) -> PlanInvalid:
    ordered = sorted(problems, key=lambda problem: (problem.line, problem.column, problem.message))
    first = ordered[0]
    more = f" (and {len(ordered) - 1} more)" if len(ordered) > 1 else ""
    return PlanInvalid(
        f"The plan was not imported. Line {first.line}, column {first.column}: "
        f"{first.message}{more}. Mend the text and import it again.",
        problems=[problem.as_dict() for problem in ordered],
    )


def _shape_problems(error: ValidationError, read: MarkedYaml) -> Iterator[PlanProblem]:
    for detail in error.errors(include_url=False, include_context=False):
        location = _existing(detail["loc"], read.marks)
        line, column = read.place(location)
        name = ".".join(str(part) for part in detail["loc"]) or "the plan"
        yield PlanProblem(line, column, f"{name}: {_lower_first(detail['msg'])}")


def _existing(location: Location, marks: Mapping[Location, tuple[int, int]]) -> Location:
    """Drop the tag that pydantic puts into the location of a discriminated union."""
    kept: Location = ()
    for part in location:
        if (*kept, part) in marks:
            kept = (*kept, part)
    return kept


def _lower_first(message: str) -> str:
    return message[:1].lower() + message[1:]


def _meaning_problems(document: PlanDocument, read: MarkedYaml) -> Iterator[PlanProblem]:
    yield from _double_codes(document, read)
    yield from _unknown_dependencies(document, read)
    yield from _circle(document, read)


def _at(read: MarkedYaml, location: Location, message: str) -> PlanProblem:
    line, column = read.place(location)
    return PlanProblem(line, column, message)


def _codes(document: PlanDocument) -> Iterator[tuple[str, str, Location]]:
    """Give every code with the space in which it must be the only one of its kind.

    Compared without regard to case: the codes become names of branches and files.
    """
    for index, phase in enumerate(document.phases):
        base: Location = ("phases", index)
        yield "phase", phase.code, (*base, "code")
        for number, deliverable in enumerate(phase.deliverables):
            here = (*base, "deliverables", number)
            yield "deliverable", deliverable.code, (*here, "code")
            for position, criterion in enumerate(deliverable.acceptance_criteria):
                if criterion.code is not None:
                    place = (*here, "acceptance_criteria", position, "code")
                    yield f"acceptance criterion of {deliverable.code}", criterion.code, place
        for number, gate in enumerate(phase.gates):
            yield f"gate of {phase.code}", gate.code, (*base, "gates", number, "code")


def _double_codes(document: PlanDocument, read: MarkedYaml) -> Iterator[PlanProblem]:
    first_line: dict[tuple[str, str], int] = {}
    for space, code, location in _codes(document):
        key = (space, code.casefold())
        if key in first_line:
            message = f"the code {code!r} of this {space} was used before, on line {first_line[key]}"
            yield _at(read, location, message)
        else:
            first_line[key] = read.place(location)[0]


def _unknown_dependencies(document: PlanDocument, read: MarkedYaml) -> Iterator[PlanProblem]:
    known = {phase.code for phase in document.phases}
    for index, phase in enumerate(document.phases):
        seen: set[str] = set()
        for number, code in enumerate(phase.depends_on):
            location = ("phases", index, "depends_on", number)
            if code not in known:
                message = f"phase {phase.code} depends on {code!r}, which this plan does not have"
                yield _at(read, location, message)
            elif code in seen:
                yield _at(read, location, f"phase {phase.code} names {code!r} twice")
            seen.add(code)


def _circle(document: PlanDocument, read: MarkedYaml) -> Iterator[PlanProblem]:
    graph = {phase.code: set(phase.depends_on) for phase in document.phases}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        # graphlib lists each node before the one that depends on it; told the other way round
        # the sentence reads as the plan does.
        circle = [str(code) for code in reversed(error.args[1])]
        codes = [phase.code for phase in document.phases]
        index = min(codes.index(code) for code in circle)
        message = "these phases wait for each other in a circle: " + " -> ".join(circle)
        yield _at(read, ("phases", index, "depends_on"), message)
