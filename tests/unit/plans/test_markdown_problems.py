"""What is wrong in a plan in Markdown is told by line and column, with what to do; nothing is made of it."""

import pytest

from countersign.plans.importer import plan_read
from tests.unit.plans.markdown_samples import BATCHES, PHASES, damaged


def problems_of(text: str) -> list[tuple[int, int, str]]:
    reading = plan_read(text, "markdown")
    assert reading.document is None
    return [(problem.line, problem.column, problem.message) for problem in reading.problems]


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


@pytest.mark.parametrize(
    ("old", "new", "column", "message"),
    [
        ("# Harbour Master Plan\n", "Harbour Master Plan\n", 1, "the plan has no title"),
        ("**Created**: 2026-03-01", "**Created**: last March", 14, "is no day; write it as in 2026-01-31"),
        (
            "**Authority**: Harbour Board",
            "**Code**: PIER",
            1,
            "Code is given twice; keep one",
        ),
        ("| **P2** | Opening |", "| **P1** | Opening |", 3, "the phase P1 has a row already, on line 22"),
        ("| **P2** | Opening |", "| | Opening |", 2, "the phase has no code or no name"),
        ("| **P2** | Opening |", "| **P2** |  |", 11, "the phase has no code or no name"),
        ("📋 Specified | P1 | 30 |", "📋 Specified | P1 |", 45, "5 cell(s) where the table has 6"),
        ("📋 Specified | P1 |", "📋 Specified | when paid |", 45, "'when paid' is no list of phases"),
        ("📋 Specified | P1 |", "📋 Specified | P7 |", 45, "P2 depends on 'P7', which this plan"),
        ("**Prerequisites**: P0 to P1", "**Prerequisites**: P9 and P1", 20, "prerequisite P9, which is no"),
        ("**Prerequisites**: P0 complete", "**Prerequisites**: P2 complete", 43, "circle: P1 -> P2 -> P1"),
        ("## Phase P2: Opening", "## Phase P1: Opening", 1, "the phase P1 has a section already, on line 27"),
        ("**Owner**: Quay Lead", "**Onwer**: Quay Lead", 1, "is 'owner' meant? Correct it"),
        ("**Weather**: fair", "**Owner**: Rain", 1, "Owner is given twice, first on line 30"),
        ("**End**: 2026-04-14", "**End**: 2026-02-30", 10, "'2026-02-30' is no day"),
        ("**End**: 2026-04-14", "**End**: 2026-03-14", 10, "ends before it starts on 2026-04-01"),
        ("### Quality Gates", "### Qualty Gates", 1, "if 'quality gates' is meant, correct it"),
        ("## Risk Management", "## Risk Managment", 1, "if 'risk management' is meant, correct it"),
        ("| P1.2 |", "| |", 2, "the deliverable has no ID; fill the cell"),
        ("| Nobody trips |", "| |", 29, "the deliverable has no acceptance criteria"),
        ("| P1.2 |", "| P1.1 |", 3, "the code 'P1.1' of this deliverable was used before, on line 44"),
        ("| P1.2 |", "| P 1.2 |", 3, "code of deliverables: string should match pattern"),
        ("| Acceptance Criteria | Crane", "| Criterion Of Sorts | Crane", 1, "deliverables stand in a table"),
        ("**P1.3: Tests**", "**P1.9: Tests**", 3, "P1.9 is specified here and is no deliverable of phase P1"),
        ("- [ ] Zero", "- [ ]\n- [ ] Zero", 6, "the item is empty"),
        ("quay/settings.py (MODIFY - tides)", "the settings", 1, "this names no file; write one path a line"),
        ("quay/settings.py (MODIFY - tides)", "../settings.py (MODIFY)", 1, "this names no file"),
        ("| Storm | High", "| | High", 2, "the row names no risk"),
        ("| P1 | [quay.md]", "| P7 | [quay.md]", 3, "the row names no phase of this plan or no document"),
        ("- Depth: 12 metres", "- Depth of 12 metres", 3, "a known input has a name and a value"),
        ("- Depth: 12 metres", "- LAMP_TOKEN: sesame", 3, "LAMP_TOKEN is the name of a secret"),
        ("- Depth: 12 metres", "- Lamp port: 12", 20, "the input 'Lamp port' was named before"),
        ("- Progress", f"- {'x' * 501}", 3, "at most 500 characters; shorten it"),
    ],
)  # fmt: skip
def test_problem_of_a_plan_in_phases_is_told_at_its_place(
    old: str, new: str, column: int, message: str
) -> None:
    assert PHASES.count(old) >= 1, old
    text = PHASES.replace(old, new, 1)
    found = problems_of(text)
    (where,) = [line for line, place, said in found if place == column and message in said]
    # A circle and a name given twice are told where the first or the second of them stands.
    assert where == line_of(PHASES, old) or "circle" in message or "before" in message


def test_every_problem_is_told_in_order_and_nothing_is_made() -> None:
    text = (
        PHASES.replace("| P1.2 |", "| |")
        .replace("- Depth: 12 metres", "- Depth")
        .replace("### Qual", "### Qul")
    )
    found = problems_of(text)
    assert len(found) == 3
    assert found == sorted(found)


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("Lamp: Fresnel lens", "LAMP_TOKEN: Fresnel lens", 13, "LAMP_TOKEN is the name of a secret"),
        ("1. Known Inputs", "1. Know Inputs", 8, "if 'known inputs' is meant"),
        ("(1 through 3)", "(1 through 4)", 59, "batches 1 to 4 here, 1 to 3 on line 3; make the two agree"),
        ("Batch 2 — Tower", "Batch 7 — Tower", 102, "there is no batch 7: the plan has 3"),
        ("Batch 2 — Tower", "Batch 1 — Tower", 102, "batch 1 is named before, on line 101"),
        (
            "(Batch 1 start)",
            "(Batch 8 start)",
            28,
            "the first actions of batch 8, and the plan has 3 batches",
        ),
        ("9. Final handoff", "9. Where to begin (Batch 1)\n\nGo.\n\n10. Final handoff", 104, "told twice"),
        ("Light the lamp.", "Light " + "x" * 500, 85, "a demand may have 450 characters"),
    ],
)
def test_problem_of_a_plan_in_batches_is_told_at_its_line(
    old: str, new: str, line: int, message: str
) -> None:
    assert BATCHES.count(old) == 1
    found = problems_of(BATCHES.replace(old, new))
    assert any(where == line and message in said for where, _, said in found), found


@pytest.mark.parametrize("count", ["100", "0"])
def test_number_of_batches_must_make_sense(count: str) -> None:
    text = f"Title\n\n1. One\n\nBatches 1-{count}.\n\n2. Two\n\nText.\n"
    assert problems_of(text)[0][2].startswith(f"a plan has between 1 and 99 batches, not {count}")


def test_number_of_batches_must_be_said() -> None:
    found = problems_of("Title\n\n1. One batch\n\nText.\n\n2. Two\n\nText.\n")
    assert "how many batches are there?" in found[0][2]


@pytest.mark.parametrize("text", ["", "Just prose.\n", "# A title\n\nAnd prose.\n", "- a\n- b\n"])
def test_text_that_is_no_plan_is_told_how_one_looks(text: str) -> None:
    reading = plan_read(text, "markdown")
    assert reading.document is None
    (problem,) = reading.problems
    assert (problem.line, problem.column) == (1, 1)
    assert "this is no plan" in problem.message


def test_column_of_a_problem_is_that_of_the_file_as_it_was_written() -> None:
    """Seed 001 is damaged: the place that is told has to be where an editor finds it."""
    text = PHASES.replace("📋 Specified | P1 |", "📋 Specified | P7 |")
    ((line, column, _),) = problems_of(text)
    ((bad_line, bad_column, _),) = problems_of(damaged(text))
    assert bad_line == line
    written = damaged(text).split("\n")[line - 1]
    assert written[bad_column - 1 :].startswith("P7")
    assert text.split("\n")[line - 1][column - 1 :].startswith("P7")
