"""What became of a plan text: the plan or what is wrong with it, and an account of every line."""

from collections import Counter
from dataclasses import dataclass

from countersign.plans.contracts import LineAccount, LineUse, PlanProblem, PlanRemark
from countersign.plans.document import PlanDocument
from countersign.plans.errors import PlanInvalid
from countersign.plans.marks import Plain
from countersign.shared.types import JSON


@dataclass(frozen=True, slots=True)
class PlanReading:
    """A plan text that was read.

    Attributes:
        document: the plan; ``None`` when anything was not understood.
        draft: what was understood all the same, for looking at; nothing is made of it.
        problems: what was not understood, by line and column, in order.
        remarks: what was understood and should be known: assumptions, mended text, contradictions.
        accounts: what became of each line.
        blank: how many lines hold nothing.
    """

    document: PlanDocument | None
    draft: Plain
    problems: tuple[PlanProblem, ...]
    remarks: tuple[PlanRemark, ...]
    accounts: tuple[LineAccount, ...]
    uses: tuple[LineUse | None, ...]

    def lines_counted(self) -> dict[str, JSON]:
        """Count the lines by what became of them."""
        counts = Counter(self.uses)
        return {
            "total": len(self.uses),
            "blank": counts[None],
            **{use.value: counts[use] for use in LineUse},
        }

    def invalid(self) -> PlanInvalid:
        """Return the error that names every problem."""
        first = self.problems[0]
        more = f" (and {len(self.problems) - 1} more)" if len(self.problems) > 1 else ""
        return PlanInvalid(
            f"The plan was not imported. Line {first.line}, column {first.column}: "
            f"{first.message}{more}. Mend the text and import it again.",
            problems=[problem.as_dict() for problem in self.problems],
        )


def plan_counted(document: PlanDocument) -> dict[str, JSON]:
    """Count the parts of a plan, its demands by how they are checked."""
    deliverables = [item for phase in document.phases for item in phase.deliverables]
    criteria = [criterion for item in deliverables for criterion in item.acceptance_criteria]
    gates = [gate for phase in document.phases for gate in phase.gates]
    kinds = Counter(
        [
            *(criterion.check.kind for criterion in criteria),
            *(gate.check.kind for gate in gates),
            *(demand.check.kind for demand in document.every_phase),
        ]
    )
    known = [item for item in document.inputs if item.value is not None or item.pointer is not None]
    return {
        "phases": len(document.phases),
        "deliverables": len(deliverables),
        "acceptance_criteria": len(criteria),
        "gates": len(gates),
        "every_phase": len(document.every_phase),
        "inputs_known": len(known),
        "inputs_missing": sum(item not in known and not item.optional for item in document.inputs),
        "inputs_optional": sum(item not in known and item.optional for item in document.inputs),
        "risks": len(document.risks),
        "notes": len(document.notes) + sum(len(phase.notes) for phase in document.phases),
        "checks": {str(kind): kinds[kind] for kind in sorted(kinds)},
    }
