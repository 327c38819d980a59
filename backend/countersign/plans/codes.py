"""The codes of gates and criteria that were given none: made from kind and place, the same every time."""

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Final

from countersign.plans.document import CriterionPart, DeliverablePart, EveryPhasePart, GatePart, PhasePart

_PREFIXES: Final = {
    "quality": "G",
    "go": "GO",
    "no_go": "NOGO",
    "decision": "D",
    "standard": "S",
    "checklist": "C",
}


def gates_coded(
    phase: PhasePart, every_phase: Sequence[EveryPhasePart]
) -> tuple[tuple[str, GatePart | EveryPhasePart], ...]:
    """Give the gates of a phase, and what is demanded of every phase, each with its code."""
    gates: tuple[GatePart | EveryPhasePart, ...] = (*phase.gates, *every_phase)
    taken = {gate.code.casefold() for gate in gates if gate.code is not None}
    numbers = {kind: _free(prefix, taken) for kind, prefix in _PREFIXES.items()}
    return tuple((gate.code or next(numbers[gate.kind]), gate) for gate in gates)


def criteria_coded(deliverable: DeliverablePart) -> tuple[tuple[str, CriterionPart], ...]:
    """Give the criteria of a deliverable, each with its code."""
    criteria = deliverable.acceptance_criteria
    numbers = _free("", {item.code.casefold() for item in criteria if item.code is not None})
    return tuple((item.code or next(numbers), item) for item in criteria)


def _free(prefix: str, taken: set[str]) -> Iterator[str]:
    """Yield the codes of a prefix that nobody has chosen."""
    for number in count(1):
        code = f"{prefix}{number}"
        if code.casefold() not in taken:
            yield code
