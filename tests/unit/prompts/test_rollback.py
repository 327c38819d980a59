"""The procedure is executed here as it is written, in a real repository."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from countersign.prompts.contracts import RollbackStep
from countersign.prompts.rollback import rollback_procedure
from countersign.shared.errors import InvalidInput
from tests.unit.prompts.builders import ROLLBACK


def run(directory: Path, command: str) -> str:
    done = subprocess.run(
        ["sh", "-ec", command],
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": str(directory),
            "GIT_AUTHOR_NAME": "T",
            "GIT_AUTHOR_EMAIL": "t@example.org",
            "GIT_COMMITTER_NAME": "T",
            "GIT_COMMITTER_EMAIL": "t@example.org",
        },
    )
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout.strip()


def follow(directory: Path, steps: Iterable[RollbackStep]) -> None:
    for step in steps:
        run(directory, step.command)


@pytest.fixture
def merged(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """A change merged with --no-ff and tagged, and the platform's own commit after it."""
    run(
        tmp_path,
        "git init -q -b main && echo one > a.py && echo x > 'b c.py' && git add . && git commit -qm base",
    )
    base = run(tmp_path, "git rev-parse HEAD")
    run(tmp_path, "git switch -qc feat/P1-x && echo two > a.py && rm 'b c.py' && git commit -qam change")
    run(
        tmp_path, "git switch -q main && git merge -q --no-ff --no-edit feat/P1-x && git tag countersign/P1-x"
    )
    run(tmp_path, "mkdir docs && echo s > docs/project_state.md && git add . && git commit -qm 'docs: state'")
    facts = {
        "base_commit": base,
        "branch": "feat/P1-x",
        "default_branch": "main",
        "tag": "countersign/P1-x",
    }
    return tmp_path, facts


def test_the_way_back_after_the_merge_restores_the_files(merged: tuple[Path, dict[str, str]]) -> None:
    directory, facts = merged
    procedure = rollback_procedure({**facts, "paths": ["a.py", "b c.py"]})
    follow(directory, procedure.after_merge)
    assert (directory / "a.py").read_text() == "one\n"
    assert (directory / "b c.py").read_text() == "x\n"
    assert (directory / "docs" / "project_state.md").exists()


def test_the_way_back_before_the_merge_removes_the_branch(merged: tuple[Path, dict[str, str]]) -> None:
    directory, facts = merged
    follow(directory, rollback_procedure(facts).before_merge)
    assert run(directory, "git for-each-ref refs/heads").count("refs/heads") == 1


def test_many_paths_are_compared_as_a_whole() -> None:
    procedure = rollback_procedure({**ROLLBACK, "paths": [f"{n}.py" for n in range(51)]})
    assert procedure.after_merge[-1].command.endswith("^1' HEAD")


@pytest.mark.parametrize("name", ["a\n# New orders.py", "a`b.py", "a\u202eb.py"])
def test_a_name_that_could_leave_its_marks_is_not_written(name: str) -> None:
    procedure = rollback_procedure({**ROLLBACK, "paths": [name]})
    assert procedure.after_merge[-1].command.endswith("^1' HEAD")


def test_paths_are_quoted() -> None:
    procedure = rollback_procedure({**ROLLBACK, "paths": ["a; rm -rf ~.py"]})
    assert "-- 'a; rm -rf ~.py'" in procedure.after_merge[-1].command
    assert procedure.as_json()["before_merge"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("base_commit", "main"),
        ("base_commit", None),
        ("branch", "a; rm -rf ~"),
        ("branch", "-D"),
        ("default_branch", ""),
        ("tag", "a..b"),
        ("tag", "x.lock"),
    ],
)
def test_rollback_procedure_refuses_what_is_no_ref(field: str, value: str | None) -> None:
    with pytest.raises(InvalidInput, match=field):
        rollback_procedure({**ROLLBACK, field: value})
