"""`countersign plan check` and `schema`: no platform, no database, no Django."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import countersign.cli
from countersign.cli.main import app
from countersign.plans.json_schema import plan_schema
from tests.unit.plans.markdown_samples import PHASES, damaged
from tests.unit.plans.samples import PLAN

BACKEND = Path(countersign.cli.__path__[0]).parents[1]


@pytest.fixture
def runner() -> CliRunner:
    return CliRunner()


def written(tmp_path: Path, name: str, text: str | bytes) -> str:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def test_plan_check_tells_the_plan_and_its_remarks(tmp_path: Path, runner: CliRunner) -> None:
    path = written(tmp_path, "plan.md", PHASES)
    result = runner.invoke(app, ["plan", "check", path])
    assert result.exit_code == 0, result.output
    assert "HARBOUR: Harbour Master Plan" in result.stdout
    assert "P1 Quay: 3 deliverable(s), 7 criteria, 9 gate(s), after P0" in result.stdout
    assert f"{path}:21:3: remark: phase P0 has no section of its own" in result.stdout
    assert "inputs: 3 known, 1 missing, 1 missing and optional" in result.stdout
    assert "153 lines: 92 understood, 18 kept as notes, 43 blank, 0 not understood" in result.stderr


def test_plan_check_exits_1_and_names_what_was_not_understood(tmp_path: Path, runner: CliRunner) -> None:
    path = written(tmp_path, "plan.md", PHASES.replace("| P1.2 |", "| |"))
    result = runner.invoke(app, ["plan", "check", path])
    assert result.exit_code == 1
    assert f"{path}:45:2: problem: the deliverable has no ID" in result.stdout
    assert "the plan can't be imported before they are mended" in result.stderr


def test_plan_check_json_gives_every_line_s_use(tmp_path: Path, runner: CliRunner) -> None:
    path = written(tmp_path, "plan.txt", damaged(PHASES))
    result = runner.invoke(app, ["plan", "check", path, "--json"])
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert told["understood"] is True
    assert told["plan"]["code"] == "HARBOUR"
    assert told["plan"]["counts"]["deliverables"] == 5
    assert told["problems"] == []
    assert any("wrong encoding" in remark["message"] for remark in told["remarks"])
    assert told["lines"]["total"] == 153
    assert {use["use"] for use in told["lines"]["uses"]} == {"understood", "note"}


def test_plan_check_json_of_a_bad_plan_has_no_plan(tmp_path: Path, runner: CliRunner) -> None:
    path = written(tmp_path, "plan.yml", PLAN.replace("depends_on: [P1]", "depends_on: [P3]"))
    result = runner.invoke(app, ["plan", "check", path, "--json"])
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert (told["understood"], told["plan"]) == (False, None)
    assert "in a circle" in told["problems"][0]["message"]
    assert told["problems"][0]["line"] == 21


def test_plan_check_lines_tells_each_line(tmp_path: Path, runner: CliRunner) -> None:
    path = written(tmp_path, "plan.md", PHASES)
    result = runner.invoke(app, ["plan", "check", path, "--lines"])
    assert f"{path}:1: understood: the title of the plan" in result.stdout
    assert f"{path}:11-15: note: a note: Why we do this" in result.stdout


def test_plan_check_of_a_binary_file_is_a_problem(tmp_path: Path, runner: CliRunner) -> None:
    path = written(tmp_path, "plan.md", b"a\n\xff\x00\xfe")
    result = runner.invoke(app, ["plan", "check", path])
    assert result.exit_code == 1
    assert f"{path}:2:1: problem: the byte 0xff is no UTF-8: the file is binary" in result.stdout


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("plan.doc", [], "does not say what it is: give --format yaml or markdown"),
        ("plan.md", ["--format", "toml"], "there is no format 'toml': it is yaml or markdown"),
    ],
)
def test_plan_check_without_a_known_format_is_wrong_usage(
    tmp_path: Path, runner: CliRunner, name: str, options: list[str], message: str
) -> None:
    result = runner.invoke(app, ["plan", "check", written(tmp_path, name, PHASES), *options])
    assert result.exit_code == 2
    assert message in result.stderr


def test_plan_check_of_no_file_is_wrong_usage(tmp_path: Path, runner: CliRunner) -> None:
    assert runner.invoke(app, ["plan", "check", str(tmp_path / "none.md")]).exit_code == 2


def test_plan_schema_prints_the_schema(runner: CliRunner) -> None:
    result = runner.invoke(app, ["plan", "schema"])
    assert result.exit_code == 0
    assert json.loads(result.stdout) == plan_schema()


def test_plan_check_needs_no_platform(tmp_path: Path) -> None:
    """A pipeline checks a plan where there is no home, no database and no secret."""
    path = written(tmp_path, "plan.yaml", PLAN)
    code = (
        "import sys; from countersign.cli.main import main; sys.argv = ['countersign', *sys.argv[1:]]; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "plan", "check", path],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path / "home"), "PYTHONPATH": str(BACKEND)},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "PLAN: A plan" in done.stdout
    assert not (tmp_path / "home").exists()
