"""Looking at an import before it happens, and what an import of a detailed plan keeps."""

import uuid

import pytest
from django.db import IntegrityError, transaction

from countersign.audit.selectors import event_list
from countersign.plans.contracts import GateKind, InputState, PlanData, WorkItemState
from countersign.plans.errors import PlanMoved
from countersign.plans.models import Plan, PlanInput
from countersign.plans.selectors import plan_current, plan_get, plan_preview
from countersign.plans.services import phase_signoff, plan_import, work_item_start
from countersign.shared.actor import Actor
from countersign.shared.errors import NotFound, PermissionDenied
from tests.unit.plans.markdown_samples import BATCHES, PHASES
from tests.unit.plans.samples import PLAN, ItemMaker, facts, merged


@pytest.fixture
def harbour(project_id: str, operator: Actor) -> PlanData:
    return plan_import(actor=operator, project_id=project_id, text=PHASES, format="markdown")


def test_plan_import_of_markdown_keeps_every_detail(harbour: PlanData, operator: Actor) -> None:
    """Seed 001: owner, dates, prerequisites, files, decisions, risks, escalation, reports, notes."""
    assert (harbour.source_format, harbour.authority, harbour.created_on) == (
        "markdown",
        "Harbour Board",
        "2026-03-01",
    )
    quay = harbour.phases[1]
    assert (quay.owner, quay.duration, quay.stated_status) == ("Quay Lead + Crew", "2 weeks", "NOT STARTED")
    assert (str(quay.planned_start), str(quay.planned_end)) == ("2026-04-01", "2026-04-14")
    assert (quay.prerequisites, quay.specification) == (("P0 complete",), "quay.md")
    assert [(item.path, item.action) for item in quay.files][:1] == [("quay/bollards.py", "create")]
    assert any(note.text == "Mind the cat." for note in quay.notes)
    bollards = quay.deliverables[0]
    assert bollards.selector is None
    assert bollards.files[0].path == "quay/bollards.py"
    assert "40 tonnes" in bollards.technical_notes
    assert harbour.phases[2].decisions[0].options[1].name == "Option B"
    assert [risk.risk for risk in harbour.risks] == ["Storm"]
    assert harbour.escalation == ("Crew calls the lead", "Lead calls the board")
    assert harbour.reports[0].items == ("Progress", "Blockers")
    assert any(remark.line == 21 for remark in harbour.remarks)
    assert plan_get(actor=operator, plan_id=harbour.id) == harbour


def test_plan_import_makes_demands_on_every_phase_gates_of_each(harbour: PlanData) -> None:
    """Seed 001, "Every Phase Must Have" and "Phase Completion Checklist"."""
    for phase in harbour.phases:
        shared = [(gate.code, gate.kind) for gate in phase.gates if gate.code in {"S1", "S2", "C1"}]
        assert shared == [
            ("S1", GateKind.STANDARD),
            ("S2", GateKind.STANDARD),
            ("C1", GateKind.CHECKLIST),
        ]
    opening = [(gate.code, gate.kind) for gate in harbour.phases[2].gates][:5]
    assert [code for code, _ in opening] == ["D1", "GO1", "GO2", "NOGO1", "NOGO2"]


def test_plan_import_says_of_each_demand_that_nobody_judges_it_yet(harbour: PlanData) -> None:
    missing = harbour.phases[1].missing
    attested = "criterion 1 of P1.1: unknown: not evaluated yet: somebody who took no part in the work"
    assert any(text.startswith(attested) for text in missing)
    assert any(
        "gate G2: unknown: not evaluated yet: the coverage of what the phase changed" in text
        for text in missing
    )
    assert any(
        "gate G3: unknown: not evaluated yet: the files of the latest commit" in text for text in missing
    )
    assert any("has to hold these documents, not empty: docs/runbooks/storms.md" in text for text in missing)
    assert any("the latest commit has to hold: quay/bollards.py" in text for text in missing)
    assert "the coverage threshold is not shown to be reached" in missing
    assert "gate G1: no change was started, and the plan names no findings" in " ".join(missing)


def test_plan_import_keeps_inputs_and_never_a_secret(project_id: str, operator: Actor) -> None:
    """Seed 002, sections 1 and 2: inputs known and missing; of a secret only where it lies."""
    plan = plan_import(actor=operator, project_id=project_id, text=BATCHES, format="markdown")
    assert [(item.name, item.state) for item in plan.inputs][:5] == [
        ("Project name", InputState.KNOWN),
        ("Lamp", InputState.KNOWN),
        ("Lamp port", InputState.KNOWN),
        ("Horn port", InputState.KNOWN),
        ("TOWER_HEIGHT", InputState.MISSING),
    ]
    key = plan.inputs[5]
    assert (key.name, key.secret, key.optional, key.value) == ("LAMP_API_KEY", True, True, "")
    with pytest.raises(IntegrityError), transaction.atomic():
        PlanInput.objects.filter(pk=key.id).update(value="sesame")


def test_plan_import_keeps_a_pointer_to_a_secret(project_id: str, operator: Actor) -> None:
    text = f"{PLAN}inputs:\n  - {{name: LAMP_TOKEN, pointer: 'vault:lamp', secret: true}}\n"
    (item,) = plan_import(actor=operator, project_id=project_id, text=text).inputs
    assert (item.pointer, item.state, item.secret) == ("vault:lamp", InputState.KNOWN, True)


def test_plan_preview_of_a_first_plan_saves_nothing(project_id: str, operator: Actor) -> None:
    preview = plan_preview(actor=operator, project_id=project_id, text=PHASES, format="markdown")
    assert preview.understood
    assert preview.difference is not None
    assert (preview.difference.version, preview.difference.replaces, preview.based_on) == (1, "", "")
    assert [change.phase for change in preview.difference.changes] == ["P0", "P1", "P2"]
    assert preview.counts is not None
    assert preview.counts["deliverables"] == 5
    assert not Plan.objects.exists()
    assert event_list(actor=operator, type="plan.imported") == ()


def test_plan_preview_tells_what_differs_from_the_current_version(harbour: PlanData, operator: Actor) -> None:
    text = PHASES.replace("Each holds 40 tonnes", "Each holds 50 tonnes")
    preview = plan_preview(actor=operator, project_id=harbour.project_id, text=text, format="markdown")
    assert preview.based_on == harbour.id
    assert preview.difference is not None
    assert (preview.difference.version, preview.difference.replaces_version) == (2, 1)
    (change,) = preview.difference.changes
    assert (change.part, change.deliverable) == ("criterion", "P1.1")
    assert preview.difference.unchanged == {"phases": 2, "deliverables": 4}


def test_plan_preview_of_the_same_text_has_nothing_to_do(harbour: PlanData, operator: Actor) -> None:
    preview = plan_preview(actor=operator, project_id=harbour.project_id, text=PHASES, format="markdown")
    assert preview.difference is not None
    assert (preview.difference.same_text, preview.difference.version) == (True, 1)
    assert preview.difference.changes == ()


def test_plan_preview_of_another_plan_counts_its_own_versions(harbour: PlanData, operator: Actor) -> None:
    preview = plan_preview(actor=operator, project_id=harbour.project_id, text=PLAN)
    assert preview.difference is not None
    assert (preview.difference.code, preview.difference.version) == ("PLAN", 1)
    assert preview.difference.replaces == "HARBOUR"


def test_plan_preview_of_a_bad_text_lists_its_problems(harbour: PlanData, operator: Actor) -> None:
    text = PHASES.replace("| P1.2 |", "| |")
    preview = plan_preview(actor=operator, project_id=harbour.project_id, text=text, format="markdown")
    assert (preview.understood, preview.difference, preview.counts) == (False, None, None)
    assert [problem.line for problem in preview.problems] == [45]
    assert preview.lines["problem"] == 1


def test_plan_preview_tells_what_starts_again_and_what_goes_on(
    plan: PlanData, make_item: ItemMaker, operator: Actor, director: Actor, worker: Actor
) -> None:
    from countersign.plans.services import phase_evaluate, work_item_move

    item = make_item()
    work_item_start(actor=worker, work_item_id=item.id)
    preview = plan_preview(actor=operator, project_id=plan.project_id, text=PLAN.replace("A plan", "B plan"))
    assert (preview.completed, preview.running) == ((), 1)
    work_item_move(
        actor=worker, work_item_id=item.id, expected=WorkItemState.RUNNING, to=WorkItemState.MERGED
    )
    done = phase_evaluate(actor=worker, phase_id=plan.phases[0].id, evidence=facts(merged(item)))
    phase_signoff(
        actor=director,
        phase_id=plan.phases[0].id,
        request_id=str(uuid.uuid4()),
        proof_digest=done.proof_digest,
    )
    preview = plan_preview(actor=operator, project_id=plan.project_id, text=PLAN.replace("A plan", "B plan"))
    assert (preview.completed, preview.running) == (("P1",), 0)


def test_plan_preview_needs_the_right_to_read_and_a_project(
    project_id: str, operator: Actor, stranger: Actor
) -> None:
    with pytest.raises(PermissionDenied):
        plan_preview(actor=stranger, project_id=project_id, text=PLAN)
    with pytest.raises(NotFound):
        plan_preview(actor=operator, project_id="no-id", text=PLAN)


def test_plan_import_based_on_another_version_is_refused(
    harbour: PlanData, project_id: str, operator: Actor
) -> None:
    """Who looked at one difference must not import another."""
    text = PHASES.replace("40 tonnes", "50 tonnes")
    for based_on in ("", str(uuid.uuid4())):
        with pytest.raises(PlanMoved):
            plan_import(
                actor=operator, project_id=project_id, text=text, format="markdown", based_on=based_on
            )
    assert plan_current(actor=operator, project_id=project_id) == harbour
    plan = plan_import(
        actor=operator, project_id=project_id, text=text, format="markdown", based_on=harbour.id
    )
    assert plan.version == 2


def test_plan_import_back_to_an_older_plan_makes_it_current(
    harbour: PlanData, project_id: str, operator: Actor
) -> None:
    plan_import(actor=operator, project_id=project_id, text=PLAN)
    back = plan_import(actor=operator, project_id=project_id, text=PHASES, format="markdown")
    assert (back.code, back.version) == ("HARBOUR", 2)
    assert plan_current(actor=operator, project_id=project_id) == back


def test_plan_preview_reads_versions_from_before_documents_were_kept(plan: PlanData, operator: Actor) -> None:
    Plan.objects.filter(pk=plan.id).update(document={})
    assert plan_get(actor=operator, plan_id=plan.id).risks == ()
    preview = plan_preview(actor=operator, project_id=plan.project_id, text=PLAN.replace("A plan", "B plan"))
    assert preview.difference is not None
    (change,) = preview.difference.changes
    assert [(field.name, field.before, field.after) for field in change.fields] == [
        ("title", "A plan", "B plan")
    ]


def test_plan_import_criterion_codes_never_collide(project_id: str, operator: Actor) -> None:
    text = PLAN.replace(
        "          - text: All changes are merged.",
        "          - code: '1'\n            text: All changes are merged.",
    )
    plan = plan_import(actor=operator, project_id=project_id, text=text)
    assert [item.code for item in plan.phases[0].deliverables[0].criteria] == ["2", "1"]
