"""`countersign project`: from a path to decisions that wait, at the command line."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from typer.testing import CliRunner, Result

from countersign.cli.errors import CommandFailed
from countersign.cli.main import app
from countersign.shared.errors import PermissionDenied
from tests.workflow.sample import FILES, Source
from tests.workflow.world import PLAN, PLATFORM, World, drive

pytestmark = pytest.mark.needs("bwrap")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["project", *arguments])


@pytest.fixture(autouse=True)
def working(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the jobs be carried out here while the command waits for them, as workers do."""
    monkeypatch.setattr("countersign.cli.project.sleep", lambda _: drive())


@pytest.fixture
def solo(registered: World) -> World:
    registered.person("solo", "operator", "director")
    return registered


def test_project_commands_take_a_trial_to_its_decisions(
    solo: World, elsewhere: Callable[[dict[str, str]], Source]
) -> None:
    source = elsewhere(FILES)
    added = run("add", str(source.path), "--name", "Mine", "--by", "solo@example.org", "--trial")
    assert added.stdout.strip().endswith("mine"), added.output
    assert "self-approved" in added.output
    listed = run("list")
    assert "mine  ready  trial/main  trial: self-approved, merged to trial/main only" in listed.stdout
    assert "sample  ready  main  normal" in listed.stdout
    started = run("start", "mine", "--by", "solo@example.org")
    assert started.stdout.strip().endswith("/inbox"), started.output
    requests = solo.requests("change")
    assert requests
    assert {item.policy.trial for item in requests} == {"trial/main"}


def test_project_commands_say_what_went_wrong(
    solo: World, elsewhere: Callable[[dict[str, str]], Source]
) -> None:
    missing = run("add", "/nonexistent", "--name", "None", "--by", "solo@example.org")
    assert isinstance(missing.exception, CommandFailed)
    assert "no Git repository" in missing.exception.message
    source = elsewhere(FILES)
    solo.person("ann", "auditor")
    denied = run("add", str(source.path), "--name", "Mine", "--by", "ann@example.org")
    assert isinstance(denied.exception, PermissionDenied)
    source.git("branch", "trial")
    taken = run("add", str(source.path), "--name", "Taken", "--by", "solo@example.org", "--trial")
    assert isinstance(taken.exception, CommandFailed)
    assert "in the way of 'trial/main'" in taken.exception.message


def test_project_start_leaves_out_what_waits_for_an_input_and_says_so_once(registered: World) -> None:
    from countersign.runs.selectors import run_list
    from countersign.workflow.commands import plan_import

    asks = f"{PLAN.read_text()}inputs:\n  - {{name: Style}}\n"
    plan_import(actor=registered.operator, project="sample", text=asks, format="yaml")
    started = run("start", "sample", "--by", "olu@example.org")
    assert started.exit_code == 0, started.output
    assert started.stderr.count("work item(s) wait for Style; see: countersign plan inputs sample") == 1
    assert "in work" not in started.stderr
    assert run_list(actor=PLATFORM) == ()
