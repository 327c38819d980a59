"""What a plan of the right form can still mean that cannot be: the rules that span its parts."""

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

from countersign.plans.codes import gates_coded
from countersign.plans.contracts import PlanProblem
from countersign.plans.document import PlanDocument
from countersign.plans.marks import Location, Marked


def meaning_problems(document: PlanDocument, read: Marked) -> Iterator[PlanProblem]:
    """Yield what contradicts itself: codes given twice, unknown dependencies, circles."""
    yield from _double_codes(document, read)
    yield from _double_inputs(document, read)
    yield from _unknown_dependencies(document, read)
    yield from _unknown_needs(document, read)
    yield from _circle(document, read)


def _at(read: Marked, location: Location, message: str) -> PlanProblem:
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
        for code, location in _gate_codes(document, index):
            yield f"gate of {phase.code}", code, location


def _gate_codes(document: PlanDocument, index: int) -> Iterator[tuple[str, Location]]:
    """Give the codes of a phase's gates: its own, and those of what is demanded of every phase."""
    phase = document.phases[index]
    own = len(phase.gates)
    for number, (code, _) in enumerate(gates_coded(phase, document.every_phase)):
        if number < own:
            yield code, ("phases", index, "gates", number, "code")
        else:
            yield code, ("every_phase", number - own, "code")


def _double_codes(document: PlanDocument, read: Marked) -> Iterator[PlanProblem]:
    first_line: dict[tuple[str, str], int] = {}
    for space, code, location in _codes(document):
        key = (space, code.casefold())
        if key in first_line:
            before = f"was used before, on line {first_line[key]}"
            message = f"the code {code!r} of this {space} {before}; give it another"
            yield _at(read, location, message)
        else:
            first_line[key] = read.place(location)[0]


def _double_inputs(document: PlanDocument, read: Marked) -> Iterator[PlanProblem]:
    first_line: dict[str, int] = {}
    for index, item in enumerate(document.inputs):
        location: Location = ("inputs", index, "name")
        line = first_line.setdefault(item.name.casefold(), read.place(location)[0])
        if any(item.name.casefold() == other.name.casefold() for other in document.inputs[:index]):
            message = f"the input {item.name!r} was named before, on line {line}; say it once"
            yield _at(read, location, message)


def _unknown_dependencies(document: PlanDocument, read: Marked) -> Iterator[PlanProblem]:
    known = {phase.code for phase in document.phases}
    for index, phase in enumerate(document.phases):
        seen: set[str] = set()
        for number, code in enumerate(phase.depends_on):
            location = ("phases", index, "depends_on", number)
            if code not in known:
                message = (
                    f"phase {phase.code} depends on {code!r}, which this plan does not have; "
                    "correct the code, or add the phase"
                )
                yield _at(read, location, message)
            elif code in seen:
                yield _at(read, location, f"phase {phase.code} names {code!r} twice; name it once")
            seen.add(code)


def _unknown_needs(document: PlanDocument, read: Marked) -> Iterator[PlanProblem]:
    known = {item.name.casefold() for item in document.inputs}
    for code, names, place in _needs(document):
        seen: set[str] = set()
        for number, name in enumerate(names):
            location = (*place, "needs", number)
            if name.casefold() not in known:
                message = (
                    f"{code} needs {name!r}, which is none of this plan's inputs; "
                    "correct the name, or add the input"
                )
                yield _at(read, location, message)
            elif name.casefold() in seen:
                yield _at(read, location, f"{code} names the input {name!r} twice; name it once")
            seen.add(name.casefold())


def _needs(document: PlanDocument) -> Iterator[tuple[str, list[str], Location]]:
    """Give what each phase and deliverable needs, with its place."""
    for index, phase in enumerate(document.phases):
        place: Location = ("phases", index)
        yield f"phase {phase.code}", phase.needs, place
        for number, item in enumerate(phase.deliverables):
            yield f"deliverable {item.code}", item.needs, (*place, "deliverables", number)


def _circle(document: PlanDocument, read: Marked) -> Iterator[PlanProblem]:
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
        yield _at(read, ("phases", index, "depends_on"), f"{message}; take one of the dependencies away")
