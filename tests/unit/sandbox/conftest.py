"""Real repositories to import from and deliver to."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from countersign.sandbox.contracts import IsolationKind
from countersign.sandbox.exchange import repository_import
from countersign.sandbox.repository import Repository

BUBBLEWRAP = IsolationKind.BUBBLEWRAP
_IDENTITY = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "core.hooksPath=/dev/null")


def user_git(directory: Path, *arguments: str) -> str:
    """Run Git as the owner of a repository would, but without the hooks and monitors that tests plant."""
    settings = (*_IDENTITY, "-c", "core.fsmonitor=false", "-c", "commit.gpgSign=false")
    done = subprocess.run(
        ["git", "-C", str(directory), *settings, *arguments],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1"},
    )
    return done.stdout.strip()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Somebody's repository with a checkout and one commit."""
    directory = tmp_path / "source"
    (directory / "pkg").mkdir(parents=True)
    (directory / "pkg" / "__init__.py").write_text("VALUE = 1\n")
    (directory / "README.md").write_text("# Thing\n")
    (directory / "run.sh").write_text("#!/bin/sh\n")
    (directory / "run.sh").chmod(0o755)
    (directory / "link").symlink_to("README.md")
    user_git(directory, "init", "-q", "-b", "main")
    user_git(directory, "add", "-A")
    user_git(directory, "commit", "-q", "-m", "first")
    return directory


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """An empty platform repository."""
    return Repository.create(tmp_path / "platform.git")


@pytest.fixture
def imported(repository: Repository, source: Path) -> tuple[Repository, str]:
    """A platform repository that holds the source, and its head."""
    return repository, repository_import(repository, source, None, isolation=BUBBLEWRAP).commit


@pytest.fixture
def planted(tmp_path: Path) -> Callable[[str], Path]:
    """Return programs that tell on the host when anything starts them."""

    def plant(name: str) -> Path:
        program = tmp_path / f"{name}.sh"
        program.write_text(f"#!/bin/sh\necho ran > {tmp_path}/ran-{name}\ncat\n")
        program.chmod(0o755)
        return program

    return plant
