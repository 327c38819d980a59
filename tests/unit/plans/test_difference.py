"""What is different between two versions of a plan, as people read it before they import."""

import pytest

from countersign.plans.contracts import ChangeKind, PlanChange
from countersign.plans.difference import changes_between, unchanged_count
from countersign.plans.document import PlanDocument
from countersign.plans.importer import plan_parse
from tests.unit.plans.markdown_samples import PHASES

BOLLARDS = "quay/bollards.py (action create)"
STORMS = "docs/runbooks/storms.md (action create)"
Told = tuple[str, str, str, str, tuple[tuple[str, str, str], ...]]


@pytest.fixture(scope="module")
def before() -> PlanDocument:
    return plan_parse(PHASES, "markdown")


def told(before: PlanDocument, old: str, new: str) -> list[Told]:
    assert PHASES.count(old) >= 1, old
    after = plan_parse(PHASES.replace(old, new), "markdown")
    return [tell(change) for change in changes_between(before, after)]


def tell(change: PlanChange) -> Told:
    fields = tuple((field.name, field.before, field.after) for field in change.fields)
    return (change.kind.value, change.part, change.deliverable or change.phase, change.name, fields)


def test_same_plan_differs_in_nothing(before: PlanDocument) -> None:
    assert changes_between(before, before) == ()
    assert unchanged_count((), before) == {"phases": 3, "deliverables": 5}


def test_first_plan_brings_its_phases(before: PlanDocument) -> None:
    changes = changes_between(None, before)
    assert {change.kind for change in changes} == {ChangeKind.ADDED}
    assert tell(changes[1]) == (
        "added",
        "phase",
        "P1",
        "Quay",
        (("deliverables", "", "3"), ("acceptance criteria", "", "7"), ("gates", "", "6")),
    )


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "**Owner**: Quay Lead + Crew",
            "**Owner**: Harbour Master",
            ("changed", "phase", "P1", "Quay", (("owner", "Quay Lead + Crew", "Harbour Master"),)),
        ),
        (
            "**End**: 2026-04-14",
            "**End**: 2026-04-21",
            ("changed", "phase", "P1", "Quay", (("planned end", "2026-04-14", "2026-04-21"),)),
        ),
        (
            "| P1.1 | Bollards |",
            "| P1.1 | Big bollards |",
            ("changed", "deliverable", "P1.1", "Big bollards", (("title", "Bollards", "Big bollards"),)),
        ),
        (
            "Each holds 40 tonnes",
            "Each holds 50 tonnes",
            (
                "changed",
                "criterion",
                "P1.1",
                "Each holds 50 tonnes",
                (("text", "Each holds 40 tonnes", "Each holds 50 tonnes"),),
            ),
        ),
        (
            "Each holds 40 tonnes",
            "Painted red",
            ("added", "criterion", "P1.1", "Painted red", ()),
        ),
        (
            "- [ ] All tests pass\n",
            "",
            ("removed", "gate", "P1", "All tests pass", ()),
        ),
        (
            "- [x] ≥90% coverage on new code",
            "- [x] ≥95% coverage on new code",
            (
                "changed",
                "gate",
                "P1",
                "≥95% coverage on new code",
                (
                    ("text", "≥90% coverage on new code", "≥95% coverage on new code"),
                    (
                        "check",
                        "coverage_at_least (percent 90, of changes)",
                        "coverage_at_least (percent 95, of changes)",
                    ),
                ),
            ),
        ),
        (
            "2. **Documentation** — charts and logs\n",
            "2. **Documentation** — charts and logs\n3. Lamps\n",
            ("added", "demand on every phase", "", "Lamps", ()),
        ),
        (
            "- Depth: 12 metres",
            "- Depth: 14 metres",
            ("changed", "input", "", "Depth", (("value", "12 metres", "14 metres"),)),
        ),
        ("- CRANE_MODEL: which crane it is\n", "", ("removed", "input", "", "CRANE_MODEL", ())),
        ("- CRANE_MODEL: ", "- CRANE_SIZE: ", ("added", "input", "", "CRANE_SIZE", ())),
        (
            "| Storm | High |",
            "| Storm | Low |",
            ("changed", "risk", "", "Storm", (("probability", "High", "Low"),)),
        ),
        ("| Storm |", "| Fog |", ("added", "risk", "", "Fog", ())),
        ("| Storm |", "| Fog |", ("removed", "risk", "", "Storm", ())),
        (
            "Mind the cat.",
            "Mind the dog.",
            (
                "changed",
                "phase",
                "P1",
                "Quay",
                (("notes", "1 that are gone or reworded", "1 that are new or reworded"),),
            ),
        ),
        (
            "**Code**: HARBOUR",
            "**Code**: PORT",
            ("changed", "plan", "", "Harbour Master Plan", (("code", "HARBOUR", "PORT"),)),
        ),
        (
            "quay/settings.py (MODIFY - tides)\n",
            "",
            (
                "changed",
                "phase",
                "P1",
                "Quay",
                (
                    (
                        "files",
                        f"{BOLLARDS}; quay/settings.py (action modify, note tides); {STORMS}",
                        f"{BOLLARDS}; {STORMS}",
                    ),
                ),
            ),
        ),
    ],
)  # fmt: skip
def test_change_is_told_by_part_and_field(before: PlanDocument, old: str, new: str, expected: Told) -> None:
    assert expected in told(before, old, new)


def test_what_only_moved_in_the_text_is_no_change(before: PlanDocument) -> None:
    assert told(before, "## Why we do this", "\n\n## Why we do this") == []


def test_phase_added_and_removed_is_told_once(before: PlanDocument) -> None:
    assert told(before, "P2", "P3")[:1] != []
    kinds = [(kind, part, code) for kind, part, code, _, _ in told(before, "P2", "P3") if part == "phase"]
    assert ("added", "phase", "P3") in kinds
    assert ("removed", "phase", "P2") in kinds


def test_deliverable_that_moves_to_another_phase_is_moved_not_new(before: PlanDocument) -> None:
    data = before.model_dump()
    moved = data["phases"][1]["deliverables"].pop(1)
    data["phases"][2]["deliverables"].append(moved)
    after = PlanDocument.model_validate(data)
    changes = [tell(change) for change in changes_between(before, after)]
    assert changes == [("changed", "deliverable", "P1.2", moved["title"], (("phase", "P1", "P2"),))]


def test_deliverable_added_and_removed_is_told(before: PlanDocument) -> None:
    data = before.model_dump()
    data["phases"][1]["deliverables"][1]["code"] = "P1.7"
    changes = [tell(change)[:3] for change in changes_between(before, PlanDocument.model_validate(data))]
    assert changes == [("added", "deliverable", "P1.7"), ("removed", "deliverable", "P1.2")]


def test_unchanged_parts_are_counted(before: PlanDocument) -> None:
    after = plan_parse(PHASES.replace("Each holds 40 tonnes", "Each holds 50 tonnes"), "markdown")
    changes = changes_between(before, after)
    assert unchanged_count(changes, after) == {"phases": 2, "deliverables": 4}


def test_coded_demands_are_matched_by_code() -> None:
    from tests.unit.plans.samples import PLAN

    before = plan_parse(PLAN)
    after = plan_parse(PLAN.replace("text: Tests pass.", "text: Everything is quite different now."))
    ((kind, part, _, _, fields),) = [tell(change) for change in changes_between(before, after)]
    assert (kind, part) == ("changed", "gate")
    assert fields[0][0] == "text"
