"""Environments, built for real from the package index."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from countersign.projects.environment import environment_build
from countersign.projects.inside import build_environment
from countersign.projects.test_run import tests_run
from countersign.sandbox.contracts import IsolationKind

pytestmark = pytest.mark.needs("bwrap")

BUBBLEWRAP = IsolationKind.BUBBLEWRAP
PYPROJECT = """
[build-system]
requires = ["flit_core >=3.2,<4"]
build-backend = "flit_core.buildapi"
[project]
name = "thing"
version = "1.0"
description = "A thing"
[dependency-groups]
test = ["pytest>=8"]
"""


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def test_environment_is_built_once_and_runs_the_projects_tests(tree: Path, cache: Path) -> None:
    (tree / "pyproject.toml").write_text(PYPROJECT)
    (tree / "tests" / "test_metadata.py").write_text(
        "from importlib.metadata import version\nimport thing\n\n"
        "def test_version():\n    assert version('thing') == '1.0'\n"
        "def test_module_is_the_trees():\n    assert 'site-packages' not in thing.__file__\n"
    )
    built = environment_build(tree, cache, isolation=BUBBLEWRAP)
    assert built.status == "ready", built.log_tail
    assert "thing==1.0" in built.requirements
    assert not list(Path(built.path).glob("lib/python*/site-packages/thing"))
    assert environment_build(tree, cache, isolation=BUBBLEWRAP) == built
    run = tests_run(tree, built, isolation=BUBBLEWRAP)
    assert (run.status, run.reason, len(run.tests)) == ("passed", "", 5)
    assert not (tree / "src" / "thing" / "__pycache__").exists()


def test_environment_of_other_files_is_another_one(tree: Path, cache: Path) -> None:
    (tree / "pyproject.toml").write_text("[dependency-groups]\ntest = ['x @ file:///y']\n")
    first = environment_build(tree, cache, isolation=BUBBLEWRAP)
    (tree / "setup.cfg").write_text("[metadata]\n")
    second = environment_build(tree, cache, isolation=BUBBLEWRAP)
    assert first.digest != second.digest
    assert (first.status, first.path) == ("failed", "")
    assert "by address" in first.reason


def test_build_that_fails_says_why_is_not_kept_and_saw_no_secret(
    tree: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("k3y")
    monkeypatch.setenv("COUNTERSIGN_SECRET_KEY", "k3y")
    (tree / "setup.py").write_text(
        "import os, sys\n"
        f"print('FOUND', os.path.exists({str(secret)!r}), 'k3y' in os.environ.values())\n"
        "sys.exit('this build is broken')\n"
    )
    built = environment_build(tree, cache, isolation=BUBBLEWRAP)
    assert (built.status, built.path) == ("failed", "")
    assert "this build is broken" in built.reason
    assert "FOUND False False" in built.log_tail
    assert [path.suffix for path in cache.iterdir()] == [".lock"]


class TestProgram:
    """The program that runs inside, called directly: the sandbox hides from coverage what it does there."""

    def test_only_metadata_of_the_project_is_left(self, tmp_path: Path) -> None:
        site, tree = tmp_path / "site", tmp_path / "my tree"
        for name, origin in (("thing", tree.as_uri()), ("other", "file:///elsewhere")):
            info = site / f"{name}-1.0.dist-info"
            (site / name).mkdir(parents=True)
            info.mkdir()
            (site / name / "__init__.py").touch()
            (info / "METADATA").write_text(f"Name: {name}\nVersion: 1.0\n")
            (info / "RECORD").write_text(
                f"{name}/__init__.py,,\n{name}-1.0.dist-info/METADATA,,\n../bin/x,,\n"
            )
            (info / "direct_url.json").write_text(json.dumps({"url": origin}))
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin" / "x").touch()
        build_environment.project_strip(site, tree)
        assert not (site / "thing").exists()
        assert (site / "thing-1.0.dist-info" / "METADATA").exists()
        assert (site / "other" / "__init__.py").exists()
        assert (tmp_path / "bin" / "x").exists()

    def test_steps_are_pips(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        calls: list[tuple[str, ...]] = []

        def call(*argv: str) -> None:
            calls.append(argv)
            (tmp_path / "venv" / "lib" / "python3" / "site-packages").mkdir(parents=True, exist_ok=True)

        monkeypatch.setattr(build_environment, "call", call)
        task = {
            "venv": str(tmp_path / "venv"),
            "tree": "/t",
            "requirements": ["pytest"],
            "extras": ["test"],
            "files": ["r.txt"],
            "installable": True,
        }
        assert build_environment.build(task)["requirements"] == []
        assert calls[1][-4:] == ("pytest", "--requirement", "/t/r.txt", "/t[test]")

    def test_call_passes_on_the_exit_code(self) -> None:
        program = Path(build_environment.__file__)
        code = f"import sys; sys.path.insert(0, {str(program.parent)!r}); import build_environment as b; "
        done = subprocess.run(
            [sys.executable, "-c", f"{code} b.call('true'); b.call('sh', '-c', 'exit 5')"], check=False
        )
        assert done.returncode == 5
