"""Reads a plan in Markdown, in whichever of the two layouts it is."""

from countersign.plans.ledger import Ledger
from countersign.plans.markdown.assembly import draft_settled
from countersign.plans.markdown.batches import BatchesReader
from countersign.plans.markdown.numbered import has_batches
from countersign.plans.markdown.outline import outline_of
from countersign.plans.markdown.phases import PhasesReader, has_phases
from countersign.plans.marks import Marked
from countersign.plans.source import Source


def markdown_read(source: Source, ledger: Ledger) -> Marked:
    """Read a plan; what was not understood is in the ledger."""
    outline = outline_of(source.lines)
    if has_phases(outline, source.lines):
        return draft_settled(PhasesReader(source.lines, ledger).read(outline), ledger)
    if has_batches(source.lines):
        return draft_settled(BatchesReader(source.lines, ledger).read(), ledger)
    ledger.problem(
        1,
        1,
        "this is no plan: there is neither a heading such as `## Phase P1: Name`, nor a table of phases, nor "
        "numbered sections with batches; docs/reference/plan.md shows both layouts",
    )
    ledger.lost(1, len(source.lines), "not laid out as a plan")
    return Marked()
