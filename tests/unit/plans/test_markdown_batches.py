"""Plans in Markdown laid out in batches, as seed 002 is."""

import pytest

from countersign.plans.document import PlanDocument
from countersign.plans.importer import plan_parse, plan_read
from tests.unit.plans.markdown_samples import BATCHES, damaged


@pytest.fixture(scope="module")
def plan() -> PlanDocument:
    return plan_parse(BATCHES, "markdown")


def test_batches_follow_each_other_up_to_the_hand_off(plan: PlanDocument) -> None:
    """Seed 002, section 6: each batch 1 to N; section 3: no parallel work before a batch is verified."""
    assert [(phase.code, phase.title, phase.depends_on) for phase in plan.phases] == [
        ("batch1", "Foundation", []),
        ("batch2", "Tower", ["batch1"]),
        ("batch3", "Batch 3", ["batch2"]),
        ("handoff", "Final hand-off", ["batch3"]),
    ]
    remarks = plan_read(BATCHES, "markdown").remarks
    assert any("each waits for the one before it" in remark.message for remark in remarks)


def test_project_name_is_the_plan_s_code(plan: PlanDocument) -> None:
    """Seed 002, section 1: the project's name is a known input."""
    assert (plan.code, plan.title) == ("Lighthouse", "Lighthouse Keeper's Brief (Strict)")


def test_known_inputs_have_values_and_missing_ones_are_asked_for(plan: PlanDocument) -> None:
    """Seed 002, sections 1 and 2: what is known, what is missing, what is optional, what is a secret."""
    assert [(item.name, item.value) for item in plan.inputs if item.value] == [
        ("Project name", "Lighthouse."),
        ("Lamp", "Fresnel lens, third order."),
        ("Lamp port", "8000"),
        ("Horn port", "9000 (defaults)."),
    ]
    missing = [(item.name, item.optional, item.secret) for item in plan.inputs if not item.value]
    assert missing == [
        ("TOWER_HEIGHT", False, False),
        ("LAMP_API_KEY", True, True),
        ("drawings of the old tower", True, False),
    ]
    assert plan.inputs[4].text == "TOWER_HEIGHT (in metres)."


def test_every_batch_has_every_step_with_its_number_put_in(plan: PlanDocument) -> None:
    """Seed 002, section 6: the per-batch checklist."""
    for number, phase in enumerate(plan.phases[:3], start=1):
        steps = [item for item in phase.deliverables if not item.code.endswith(".0")]
        assert [item.title for item in steps] == [
            "Plan",
            "Unit tests",
            "Push & PR",
            "Merge",
            "Production steps",
        ]
        assert [item.code for item in steps] == [f"batch{number}.{index}" for index in range(1, 6)]
        first = [(item.text, item.check.kind) for item in steps[0].acceptance_criteria]
        assert first == [
            (f"Create a plan.md in docs/plans/batch{number}.md describing stones.", "attested"),
            (f"docs/plans/batch{number}.md is there.", "documents_exist"),
            (f'Commit plan: git commit -m "plan(batch{number}): stones"', "attested"),
        ]
        assert steps[1].acceptance_criteria[1].check.model_dump() == {
            "kind": "files_exist",
            "paths": [f"tests/integration/test_batch{number}.sh"],
        }
        announced = "Open it with the template: Summary of stones; How to climb"
        assert [item.text for item in steps[2].acceptance_criteria] == [announced]
        assert f"feat/batch{number}-stones" in steps[3].acceptance_criteria[0].text
        assert steps[4].condition == "if requested"


def test_first_actions_create_files_and_verify(plan: PlanDocument) -> None:
    """Seed 002, section 3: the exact first actions of batch 1."""
    first = plan.phases[0].deliverables[0]
    assert first.code == "batch1.0"
    assert [(item.path, item.action, item.note) for item in first.files] == [
        ("README.md", "create", "the story"),
        ("tower/stairs.py", "create", ""),
        ("tower/walls.py", "create", ""),
    ]
    assert [(item.text, item.check.kind) for item in first.acceptance_criteria] == [
        ("The tower stands", "attested"),
        ("The lamp is lit.", "attested"),
        ("All 2 files to create are there.", "files_exist"),
        ("The document to create is there.", "documents_exist"),
    ]
    assert "Run git commit." in first.technical_notes
    remarks = [remark.message for remark in plan_read(BATCHES, "markdown").remarks]
    assert "walls.py is read as tower/walls.py, beside the file named before it" in remarks


def test_testing_rules_are_demanded_of_every_phase(plan: PlanDocument) -> None:
    """Seed 002, section 4: testing and verification rules apply to all batches."""
    assert [(item.kind, item.text) for item in plan.every_phase] == [
        ("standard", "Lamp tests: Light it once a day.")
    ]


def test_hand_off_is_a_phase_of_its_own(plan: PlanDocument) -> None:
    """Seed 002, sections 7 and 12: nothing is complete before the final checklist is."""
    last = plan.phases[-1]
    assert [item.title for item in last.deliverables] == [
        "Produce HANDOVER.md for the next keeper.",
        "Ensure docs/ contains:",
    ]
    assert [item.text for item in last.deliverables[1].acceptance_criteria] == ["Tide tables", "Star charts"]
    assert [(gate.kind, gate.text, gate.check.kind) for gate in last.gates] == [
        ("go", "HANDOVER.md, docs/ exist.", "documents_exist"),
        ("go", "The lamp burns.", "attested"),
    ]


def test_prose_and_templates_are_kept_as_notes(plan: PlanDocument) -> None:
    """Seed 002, sections 0, 5 and 13 are rules and templates, not work."""
    notes = {note.title: note.text for note in plan.notes}
    assert notes["Absolute rules"] == "Never leave the lamp."
    assert notes["Log book"].endswith("1. wind\n2. waves")


def test_numbered_headings_may_carry_the_signs_of_a_heading() -> None:
    text = "\n".join(
        f"## {line}" if line[:1].isdigit() and ". " in line[:4] and line[3].isupper() else line
        for line in BATCHES.splitlines()
    )
    assert "## 1. Known Inputs" in text
    assert [phase.code for phase in plan_parse(text, "markdown").phases] == [
        "batch1",
        "batch2",
        "batch3",
        "handoff",
    ]


def test_wrong_encoding_is_mended() -> None:
    assert plan_parse(damaged(BATCHES), "markdown") == plan_parse(BATCHES, "markdown")


def test_batches_without_a_sequence_are_attested_as_a_whole() -> None:
    text = "Title\n\n1. Known Inputs\n\nLamp: lit.\n\n2. Batches\n\nBatches 1 to 2.\n\nBatch 1: Base\n"
    plan = plan_parse(text, "markdown")
    assert [(phase.code, phase.title) for phase in plan.phases] == [("batch1", "Base"), ("batch2", "Batch 2")]
    assert [item.code for phase in plan.phases for item in phase.deliverables] == ["batch1.0", "batch2.0"]


def test_first_actions_without_files_are_attested() -> None:
    text = "Title\n\n1. Batches\n\nBatches 1 to 1.\n\n2. Where to begin (Batch 1)\n\nDo it.\n"
    (only,) = plan_parse(text, "markdown").phases[0].deliverables
    assert [(item.text, item.check.kind) for item in only.acceptance_criteria] == [
        ("Where to begin (Batch 1)", "attested")
    ]
