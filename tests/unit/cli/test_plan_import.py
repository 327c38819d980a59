"""`countersign plan import`: what would change, a question, and the import that was looked at."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from countersign.cli.errors import CommandFailed
from countersign.cli.main import app
from countersign.plans.errors import PlanMoved
from countersign.shared.actor import service_actor
from countersign.shared.errors import PermissionDenied
from tests.unit.plans.markdown_samples import PHASES
from tests.unit.plans.samples import PLAN, project_make

WORKER = service_actor("worker")
Run = Callable[..., Result]


@pytest.fixture
def project(db: None) -> str:
    from countersign.accounts.services import role_grant, roles_sync, user_create

    roles_sync(actor=WORKER)
    for name, role in (("olga", "operator"), ("ann", "auditor")):
        user = user_create(actor=WORKER, email=f"{name}@example.org", name=name.title())
        role_grant(actor=WORKER, person_id=user.person_id, role=role)
    return project_make(WORKER)


@pytest.fixture
def run(project: str, tmp_path: Path) -> Run:
    def invoke(text: str, *options: str, name: str = "plan.md", by: str = "olga", say: str = "") -> Result:
        path = tmp_path / name
        path.write_text(text)
        arguments = ["plan", "import", str(path), "--project", "sample", "--by", f"{by}@example.org"]
        return CliRunner().invoke(app, [*arguments, *options], input=say)

    return invoke


def versions(project: str) -> list[tuple[str, int]]:
    from countersign.plans.selectors import plan_list

    return [(plan.code, plan.version) for plan in plan_list(actor=WORKER, project_id=project)]


def test_plan_import_shows_what_a_first_plan_brings_and_asks(run: Run, project: str) -> None:
    result = run(PHASES, say="y\n")
    assert result.exit_code == 0, result.output
    assert "HARBOUR version 1, the project's first plan" in result.stdout
    assert "+ phase P1 Quay (3 deliverables, 7 acceptance criteria, 6 gates)" in result.stdout
    assert "Import it? [y/N]" in result.stderr
    assert "remark(s); read them with: countersign plan check" in result.stderr
    assert result.stdout.strip().splitlines()[-1].startswith("HARBOUR version 1: http")
    assert versions(project) == [("HARBOUR", 1)]


def test_plan_import_declined_saves_nothing(run: Run, project: str) -> None:
    result = run(PHASES, say="n\n")
    assert result.exit_code == 1
    assert versions(project) == []


def test_plan_import_shows_the_difference_to_the_current_version(run: Run, project: str) -> None:
    run(PHASES, "--yes")
    text = PHASES.replace("Each holds 40 tonnes", "Each holds 50 tonnes").replace("- Storm warning", "- Fog")
    result = run(text.replace("**Owner**: Quay Lead + Crew", "**Owner**: Crew"), "--yes")
    assert result.exit_code == 0, result.output
    told = result.stdout.splitlines()
    assert told[0] == "HARBOUR version 2, in place of HARBOUR version 1"
    assert "~ phase P1 Quay" in told
    assert "    owner: Quay Lead + Crew -> Crew" in told
    assert '  ~ criterion of P1.1: "Each holds 50 tonnes"' in told
    assert "      text: Each holds 40 tonnes -> Each holds 50 tonnes" in told
    assert told.index("~ phase P1 Quay") < told.index('  ~ criterion of P1.1: "Each holds 50 tonnes"')
    assert '  + gate of P2: "Fog"' in told
    assert '  - gate of P2: "Storm warning"' in told
    assert "unchanged: 1 phase(s), 4 deliverable(s)" in told
    assert versions(project) == [("HARBOUR", 2), ("HARBOUR", 1)]


def test_plan_import_of_the_same_text_has_nothing_to_do(run: Run, project: str) -> None:
    run(PHASES, "--yes")
    result = run(PHASES)
    assert result.exit_code == 0, result.output
    assert "HARBOUR version 1 has this very text: nothing to import" in result.stdout
    again = run(PHASES, "--json")
    assert again.exit_code == 0, again.output
    told = json.loads(again.stdout)
    assert (told["imported"], told["preview"]["difference"]["same_text"]) == (None, True)
    assert versions(project) == [("HARBOUR", 1)]


def test_plan_import_of_another_text_alone_says_so(run: Run, project: str) -> None:
    run(PHASES, "--yes")
    result = run(f"{PHASES}\n\n", "--yes")
    assert "nothing of the plan differs; only its text does" in result.stdout


def test_plan_import_of_another_plan_says_that_it_is_another(run: Run, project: str) -> None:
    run(PHASES, "--yes")
    result = run(PLAN, "--yes", name="plan.yaml")
    told = result.stdout.splitlines()
    assert told[0] == "PLAN version 1, in place of HARBOUR version 1"
    assert told[1].startswith("its code is another one")


def test_plan_import_of_a_bad_plan_names_its_problems(run: Run, project: str) -> None:
    result = run(PHASES.replace("| P1.2 |", "| |"), "--yes")
    assert result.exit_code == 1
    assert ":45:2: problem: the deliverable has no ID" in result.stdout
    assert "nothing was imported" in result.stderr
    assert versions(project) == []


def test_plan_import_json_without_yes_waits_for_a_person(run: Run, project: str) -> None:
    result = run(PLAN, "--json", name="plan.yaml")
    assert result.exit_code == 4
    told = json.loads(result.stdout)
    assert told["imported"] is None
    assert [change["phase"] for change in told["preview"]["difference"]["changes"]] == ["P1", "P2", "P3"]
    assert versions(project) == []


def test_plan_import_json_with_yes_answers_the_version(run: Run, project: str) -> None:
    result = run(PLAN, "--json", "--yes", name="plan.yaml")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert (told["imported"]["code"], told["imported"]["version"]) == ("PLAN", 1)
    bad = run(PLAN.replace("[P1]", "[P9]"), "--json", "--yes", name="plan.yaml")
    assert bad.exit_code == 1
    assert json.loads(bad.stdout)["preview"]["problems"][0]["line"] == 21


def test_plan_import_refuses_what_was_not_looked_at(
    run: Run, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the question and the answer somebody else imports: what is answered is another question."""
    from countersign.plans.services import plan_import

    def confirm(*_: object, **__: object) -> bool:
        plan_import(actor=WORKER, project_id=project, text=PLAN)
        return True

    monkeypatch.setattr("countersign.cli.plan.typer.confirm", confirm)
    result = run(PHASES)
    assert isinstance(result.exception, PlanMoved)
    assert versions(project) == [("PLAN", 1)]


def test_plan_import_needs_the_role(run: Run, project: str) -> None:
    result = run(PHASES, "--yes", by="ann")
    assert isinstance(result.exception, PermissionDenied)
    assert versions(project) == []


def test_plan_import_of_no_text_names_the_way_to_the_place(run: Run, tmp_path: Path, project: str) -> None:
    path = tmp_path / "plan.md"
    path.write_bytes(b"a\xff")
    arguments = ["plan", "import", str(path), "--project", "sample", "--by", "olga@example.org"]
    result = CliRunner().invoke(app, arguments)
    assert isinstance(result.exception, CommandFailed)
    assert "for the place run: countersign plan check" in result.exception.message


def test_plan_import_tells_what_starts_again_and_goes_on() -> None:
    from dataclasses import replace

    from countersign.cli.plan_telling import preview_tell
    from countersign.plans.contracts import PlanDifference, PlanPreview

    difference = PlanDifference(
        "A", 2, "A", 1, same_text=False, changes=(), unchanged={"phases": 0, "deliverables": 0}
    )
    preview = PlanPreview(True, (), (), {}, {}, difference, "", ("P1", "P2"), 3)
    told: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("countersign.cli.output.progress", told.append)
        preview_tell(Path("plan.md"), preview)
        preview_tell(Path("plan.md"), replace(preview, completed=(), running=0))
    assert told == [
        "complete now, and to be shown again under the new version: P1, P2",
        "3 work item(s) in work go on under the version they were begun with",
    ]
