"""Plans in Markdown laid out in phases, as seed 001 is."""

import pytest

from countersign.plans.contracts import LineUse
from countersign.plans.document import PhasePart, PlanDocument
from countersign.plans.importer import plan_parse, plan_read
from countersign.plans.reading import plan_counted
from tests.unit.plans.markdown_samples import PHASES, UNFINISHED, damaged


@pytest.fixture(scope="module")
def plan() -> PlanDocument:
    return plan_parse(PHASES, "markdown")


@pytest.fixture(scope="module")
def quay(plan: PlanDocument) -> PhasePart:
    return plan.phases[1]


@pytest.fixture(scope="module")
def opening(plan: PlanDocument) -> PhasePart:
    return plan.phases[2]


def test_overview_gives_the_phases_in_order_with_what_they_wait_for(plan: PlanDocument) -> None:
    """Seed 001, "Phase Overview": code, name, duration, status and dependency, P0 without a section too."""
    assert [(phase.code, phase.title, phase.depends_on) for phase in plan.phases] == [
        ("P0", "Survey", []),
        ("P1", "Quay", ["P0"]),
        ("P2", "Opening", ["P1", "P0"]),
    ]
    assert (plan.phases[0].duration, plan.phases[0].stated_status) == ("DONE", "✅ Complete")


def test_head_of_the_plan_gives_code_date_and_authority(plan: PlanDocument) -> None:
    """Seed 001, head of the document: status, creation, authority."""
    assert (plan.code, plan.title) == ("HARBOUR", "Harbour Master Plan")
    assert (plan.created_on, plan.authority) == ("2026-03-01", "Harbour Board")
    assert plan.stated_status == "AUTHORITATIVE — work follows this plan"


def test_section_gives_owner_duration_dates_and_prerequisites(quay: PhasePart) -> None:
    """Seed 001, the head of each phase's section."""
    assert (quay.owner, quay.duration) == ("Quay Lead + Crew", "2 weeks")
    assert (quay.planned_start, quay.planned_end) == ("2026-04-01", "2026-04-14")
    assert quay.prerequisites == ["P0 complete"]
    assert quay.objective == "Ships can moor. Two at a time."
    assert quay.specification == "quay.md"


def test_status_of_section_and_overview_contradict_and_both_are_kept(quay: PhasePart) -> None:
    """Seed 001 calls P2 complete in the overview and not started in its section; neither is evidence."""
    remarks = [remark.message for remark in plan_read(PHASES, "markdown").remarks]
    assert any("neither is evidence" in message and "phase P1" in message for message in remarks)
    assert quay.stated_status == "NOT STARTED"
    assert any(note.text == "📋 Specified" for note in quay.notes)


def test_deliverables_come_with_their_criteria_and_kept_columns(quay: PhasePart) -> None:
    """Seed 001, "Deliverables": ID, deliverable, acceptance criteria."""
    bollards, cleaning, tests = quay.deliverables
    assert (bollards.code, bollards.title) == ("P1.1", "Bollards")
    assert bollards.acceptance_criteria[0].text == "Each holds 40 tonnes"
    assert bollards.acceptance_criteria[0].check.kind == "attested"
    assert "Crane: large" in bollards.technical_notes
    assert [item.check.kind for item in cleaning.acceptance_criteria] == ["attested", "no_stubs"]
    assert tests.acceptance_criteria[0].text == "Failures | storms tested"
    assert tests.acceptance_criteria[1].check.model_dump() == {
        "kind": "coverage_at_least",
        "percent": 90,
        "of": "project",
    }


def test_specifications_belong_to_their_deliverable_and_name_its_files(quay: PhasePart) -> None:
    """Seed 001, "Technical Specifications": by deliverable, with files; the rest is about the phase."""
    bollards, _, tests = quay.deliverables
    assert "- Load: 40 tonnes" in bollards.technical_notes
    assert [(item.path, item.action) for item in bollards.files] == [
        ("quay/bollards.py", "create"),
        ("quay/rings.py", "create"),
        ("quay/plan.py", None),
    ]
    assert [(item.path, item.action, item.note) for item in tests.files] == [
        ("quay/tests/test_bollards.py", "create", ""),
        ("quay/tests/test_rings.py", "modify", "extend"),
    ]
    assert tests.acceptance_criteria[-1].check.model_dump() == {
        "kind": "files_exist",
        "paths": ["quay/tests/test_bollards.py"],
    }
    assert [note.text for note in quay.notes if note.title.endswith("Signals (All)")] == [
        "**Signals (All)**\n- Lamps are green"
    ]


def test_gates_are_checked_by_program_where_they_can_be(quay: PhasePart) -> None:
    """Seed 001, "Quality Gates": tests, coverage, runbooks, and what only a person can say."""
    kinds = [(gate.text, gate.check.kind) for gate in quay.gates]
    assert kinds == [
        ("All tests pass", "gate_passed"),
        ("≥90% coverage on new code", "coverage_at_least"),
        (f"Zero {UNFINISHED} comments", "no_stubs"),
        ("Runbook for storms", "documents_exist"),
        ("The harbour master has walked it", "attested"),
        ("The file to create is there.", "files_exist"),
    ]
    assert quay.gates[1].check.model_dump()["of"] == "changes"
    assert quay.gates[3].check.model_dump()["paths"] == ["docs/runbooks/storms.md"]


def test_files_are_created_or_modified(quay: PhasePart) -> None:
    """Seed 001, "Files to Create/Modify"."""
    assert [(item.path, item.action, item.note) for item in quay.files] == [
        ("quay/bollards.py", "create", ""),
        ("quay/settings.py", "modify", "tides"),
        ("docs/runbooks/storms.md", "create", ""),
    ]


def test_decision_is_demanded_with_its_options(opening: PhasePart) -> None:
    """Seed 001, P9 "Strategic Decision Required"."""
    (decision,) = opening.decisions
    assert decision.question == "Before this phase begins, the board must decide:"
    assert [(option.name, option.text) for option in decision.options] == [
        ("Option A", "A band"),
        ("Option B", "A choir"),
    ]
    assert decision.documented == "Option B"
    gate = opening.gates[0]
    assert (gate.kind, gate.check.kind) == ("decision", "attested")
    assert gate.text.endswith("Option A or Option B")


def test_go_criteria_and_no_go_triggers_are_gates(opening: PhasePart) -> None:
    """Seed 001, P12 "GO Criteria" and "NO-GO Triggers"."""
    assert [(gate.kind, gate.text, gate.check.kind) for gate in opening.gates[1:]] == [
        ("go", "All ships are insured", "attested"),
        ("go", "≥90% test coverage across all code", "coverage_at_least"),
        ("no_go", "Test coverage <90%", "coverage_at_least"),
        ("no_go", "Storm warning", "attested"),
    ]


def test_standards_and_checklist_are_demanded_of_every_phase(plan: PlanDocument) -> None:
    """Seed 001, "Cross-Phase Quality Standards"."""
    assert [(item.kind, item.text, item.check.kind) for item in plan.every_phase] == [
        ("standard", "Test Coverage ≥90% — enforced by CI", "coverage_at_least"),
        ("standard", "Documentation — charts and logs", "attested"),
        ("checklist", "No new linting warnings", "gate_passed"),
    ]


def test_risks_escalation_and_reports_are_read(plan: PlanDocument) -> None:
    """Seed 001, "Risk Management" and "Governance & Reporting"."""
    (risk,) = plan.risks
    assert (risk.risk, risk.probability, risk.impact, risk.mitigation) == (
        "Storm",
        "High",
        "Critical",
        "Wait; then moor",
    )
    assert plan.escalation == ["Crew calls the lead", "Lead calls the board"]
    (report,) = plan.reports
    assert (report.title, report.text, report.items) == (
        "Weekly Status Reports",
        "Each owner reports:",
        ["Progress", "Blockers"],
    )


def test_inputs_are_known_or_missing(plan: PlanDocument) -> None:
    found = [(item.name, item.value, item.optional, item.secret) for item in plan.inputs]
    assert found == [
        ("Depth", "12 metres", False, False),
        ("Tide port", "8000", False, False),
        ("Lamp port", "9000", False, False),
        ("CRANE_MODEL", None, False, False),
        ("HARBOUR_API_KEY", None, True, True),
    ]


def test_phase_without_deliverables_is_attested_as_a_whole(plan: PlanDocument) -> None:
    """Seed 001, P0 and P1 have no section: without a deliverable nothing could ever complete them."""
    (only,) = plan.phases[0].deliverables
    assert (only.code, only.title) == ("P0.0", "Survey")
    assert [criterion.check.kind for criterion in only.acceptance_criteria] == ["attested"]
    remarks = plan_read(PHASES, "markdown").remarks
    assert any("P0 has no section" in remark.message and remark.line == 21 for remark in remarks)


def test_prose_is_kept_with_its_heading_and_line(plan: PlanDocument) -> None:
    """Seed 001, "Implementation Philosophy": prose is kept, demanded of nobody."""
    (why,) = [note for note in plan.notes if note.title == "Why we do this"]
    assert why.line == 13
    assert why.text == "Ships wait too long. See [the survey](survey.md).\n\n> A harbour is a promise."


def test_wrong_encoding_is_mended_and_line_numbers_stay() -> None:
    """Seed 001 is damaged by a wrong encoding throughout."""
    good, bad = plan_read(PHASES, "markdown"), plan_read(damaged(PHASES), "markdown")
    assert bad.document == good.document
    assert bad.accounts == good.accounts
    (mended,) = set(bad.remarks) - set(good.remarks)
    assert mended.line == 4
    assert "damaged by a wrong encoding" in mended.message
    assert set(good.remarks) < set(bad.remarks)


def test_code_made_from_the_title_is_remarked() -> None:
    reading = plan_read(PHASES.replace("**Code**: HARBOUR\n", ""), "markdown")
    assert reading.document is not None
    assert reading.document.code == "Harbour-Master-Plan"
    assert any("made from its title" in remark.message for remark in reading.remarks)


def test_section_without_a_row_is_read_and_remarked() -> None:
    text = PHASES.replace("| **P2** | Opening | 1 week | 📋 Specified | P1 | 30 |\n", "")
    reading = plan_read(text, "markdown")
    assert reading.document is not None
    assert [phase.code for phase in reading.document.phases] == ["P0", "P1", "P2"]
    assert any("P2 has a section and no row" in remark.message for remark in reading.remarks)


def test_another_name_in_the_overview_is_kept_and_remarked() -> None:
    reading = plan_read(PHASES.replace("| Quay |", "| Pier |"), "markdown")
    assert reading.document is not None
    phase = reading.document.phases[1]
    assert phase.title == "Quay"
    assert any(note.text == "Pier" for note in phase.notes)
    assert any("'Pier'" in remark.message for remark in reading.remarks)


def test_parts_and_lines_are_counted() -> None:
    reading = plan_read(PHASES, "markdown")
    assert reading.document is not None
    assert reading.lines_counted() == {"total": 153, "blank": 43, "understood": 92, "note": 18, "problem": 0}
    counts = plan_counted(reading.document)
    assert (counts["phases"], counts["deliverables"], counts["acceptance_criteria"]) == (3, 5, 9)
    assert (counts["inputs_known"], counts["inputs_missing"], counts["inputs_optional"]) == (3, 1, 1)
    uses = {account.use for account in reading.accounts}
    assert uses == {LineUse.UNDERSTOOD, LineUse.NOTE}


def test_plan_of_one_phase_without_an_overview_is_read() -> None:
    text = """\
# Small

## Phase 1: Only

### Deliverables

| ID | Deliverable | Acceptance Criteria |
|----|----|----|
| 1.1 | A thing | It works<br>It lasts |
"""
    plan = plan_parse(text, "markdown")
    assert (plan.code, plan.phases[0].code, plan.phases[0].depends_on) == ("Small", "1", [])
    assert [item.text for item in plan.phases[0].deliverables[0].acceptance_criteria] == [
        "It works",
        "It lasts",
    ]
