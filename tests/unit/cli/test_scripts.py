"""What the scripts say when something is missing on the machine: the cause and the mend, in one line."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout that has nothing but the scripts."""
    shutil.copytree(ROOT / "scripts", tmp_path / "checkout" / "scripts")
    return tmp_path / "checkout"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A search path with a shell and nothing else."""
    directory = tmp_path / "bin"
    directory.mkdir()
    for name in ("bash", "dirname", "env"):
        (directory / name).symlink_to(str(shutil.which(name)))
    return directory


def program(path: Path, name: str, script: str) -> None:
    (path / name).write_text(f"#!{shutil.which('sh')}\n{script}\n")
    (path / name).chmod(0o755)


def run(script: Path, path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [script, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": str(path), "HOME": str(path)},
    )


@pytest.mark.parametrize("script", ["demo", "test"])
def test_script_names_a_missing_git(checkout: Path, path: Path, script: str) -> None:
    done = run(checkout / "scripts" / script, path)
    assert done.returncode == 1
    assert done.stderr == f"{script}: git is not here; install it: apt-get install -y git\n"


@pytest.mark.parametrize("old", [True, False])
def test_script_names_a_missing_python(checkout: Path, path: Path, old: bool) -> None:
    program(path, "git", "exit 0")
    if old:
        program(path, "python3", "exit 1")
    done = run(checkout / "scripts" / "demo", path)
    assert done.returncode == 1
    assert done.stderr.startswith("demo: no Python 3.11, 3.12 or 3.13 here; install one: ")
    assert done.stderr.count("\n") == 1


def test_script_names_a_python_without_venv(checkout: Path, path: Path) -> None:
    program(path, "git", "exit 0")
    # The first question is about its version, the second about venv.
    program(path, "python3", 'case "$2" in *version_info*) exit 0;; *) exit 1;; esac')
    done = run(checkout / "scripts" / "demo", path)
    assert done.returncode == 1
    assert done.stderr == (
        "demo: python3 can't make environments; install that part: apt-get install -y python3-venv\n"
    )


def test_bootstrap_names_a_missing_bubblewrap_before_anything_takes_time(checkout: Path, path: Path) -> None:
    program(path, "git", "exit 0")
    (path / "python3").symlink_to(sys.executable)
    done = run(checkout / "scripts" / "demo", path)
    assert done.returncode == 1
    assert "apt-get install -y --no-install-recommends bubblewrap" in done.stderr
    assert "--isolation process" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (checkout / ".venv").exists()


def test_bootstrap_says_what_it_could_not_read(checkout: Path, path: Path) -> None:
    program(path, "git", "exit 0")
    (path / "python3").symlink_to(sys.executable)
    done = run(checkout / "scripts" / "demo", path, "--isolation", "process")
    assert done.returncode == 1
    assert "infra/requirements" in done.stderr
    assert "run it again" in done.stderr


def test_bootstrap_refuses_an_unknown_purpose() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "bootstrap.py", "nonsense"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "demo" in done.stderr


def test_checks_refuse_a_pattern_that_matches_nothing() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "checks.py", "--only", "no such check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "no check matches" in done.stderr


@pytest.mark.parametrize("name", ["scripts/demo", "scripts/test", "scripts/compile-requirements", ".ci/run"])
def test_scripts_can_be_run(name: str) -> None:
    assert os.access(ROOT / name, os.X_OK)


def test_ci_calls_the_tests_and_nothing_else() -> None:
    lines = (ROOT / ".ci" / "run").read_text().splitlines()
    assert [line for line in lines if not line.startswith(("#", "set ", "cd "))] == ["exec ./scripts/test"]
