"""The two plans that this product was asked to read, where a path to them is given."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from countersign.plans.importer import plan_read
from countersign.plans.reading import PlanReading, plan_counted

# Documents of others, which this repository does not hold: the directory that they lie in.
DIRECTORY = "COUNTERSIGN_TEST_REQUIREMENTS"


def requirement(number: str) -> PlanReading:
    directory = os.environ.get(DIRECTORY, "")
    found: Iterator[Path] = Path(directory).glob(f"{number}_*.txt") if directory else iter(())
    path = next(found, None)
    if path is None:
        pytest.skip(f"{DIRECTORY} names no directory with these documents")
    return plan_read(path.read_bytes(), "markdown")


def test_phases_are_imported_whole() -> None:
    """Seed 001: P0 to P12, damaged by a wrong encoding."""
    reading = requirement("001")
    assert reading.problems == ()
    assert reading.document is not None
    counts = plan_counted(reading.document)
    assert [phase.code for phase in reading.document.phases] == [f"P{number}" for number in range(13)]
    # 59 rows of deliverables, and one for each of P0, P1 and P12, which have none.
    assert counts["deliverables"] == 62
    assert (counts["gates"], counts["every_phase"], counts["risks"]) == (60, 13, 5)
    assert len(reading.document.escalation) == 3
    assert [phase.specification != "" for phase in reading.document.phases] == [False, False] + [True] * 11
    assert all(phase.owner for phase in reading.document.phases[2:])
    assert reading.lines_counted()["problem"] == 0
    # One line of the picture of the dependencies lost a byte for good.
    lost = [remark.line for remark in reading.remarks if "beyond mending" in remark.message]
    assert lost == [71]


def test_batches_are_imported_whole() -> None:
    """Seed 002: batches 1 to 12 with their checklist, inputs known and missing, the final hand-off."""
    reading = requirement("002")
    assert reading.problems == ()
    assert reading.document is not None
    counts = plan_counted(reading.document)
    codes = [phase.code for phase in reading.document.phases]
    assert codes == [*(f"batch{number}" for number in range(1, 13)), "handoff"]
    # Nine steps a batch, the first actions of batch 1, six things to hand over.
    assert counts["deliverables"] == 12 * 9 + 1 + 6
    assert len(reading.document.phases[-1].gates) == 9
    assert (counts["inputs_known"], counts["inputs_missing"], counts["inputs_optional"]) == (14, 5, 3)
    assert [item.name for item in reading.document.inputs if item.secret] == [
        "DIRECTOR_API_KEY",
        "OPENAI_API_KEY",
    ]
    assert reading.lines_counted()["problem"] == 0
