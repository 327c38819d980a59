"""A small project with something to mend, as a repository of its own."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

FILES = {
    "pyproject.toml": """
[project]
name = "sample"
version = "1"
requires-python = ">=3.11"
""",
    # Two findings of two deliverables in one file: what one change mends, the other one finds moved.
    "src/sample/__init__.py": "",
    "src/sample/alpha.py": '''"""Doubling."""

import json
import os


def double(number: int) -> int:
    """Return it twice."""
    assert number >= 0
    return number * 2


def rest() -> None:
    """Do nothing."""
    pass
''',
    "src/sample/beta.py": '''"""Looking up."""


def known(name: str, names: list[str]) -> bool:
    """Say whether the name is among them."""
    if not name in names:
        return False
    return True
''',
    "tests/test_sample.py": """
from sample.alpha import double, rest
from sample.beta import known


def test_double():
    assert double(2) == 4


def test_rest():
    assert rest() is None


def test_known():
    assert known("a", ["a"])
    assert not known("a", [])
""",
}


@dataclass(frozen=True)
class Source:
    """The registered repository, as its owner sees it."""

    path: Path

    def git(self, *arguments: str) -> str:
        identity = ("-c", "user.name=Owner", "-c", "user.email=owner@localhost")
        done = subprocess.run(
            ["git", "-C", str(self.path), *identity, *arguments],
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return done.stdout.strip()

    def write(self, name: str, text: str) -> None:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def commit(self, name: str, text: str) -> str:
        """Push a change past the platform; return its commit."""
        self.write(name, text)
        self.git("add", "--all")
        self.git("commit", "-qm", f"change {name}")
        return self.head

    @property
    def head(self) -> str:
        return self.git("rev-parse", "HEAD")

    @property
    def merges(self) -> list[str]:
        """The merge commits on the branch, oldest first."""
        return self.git("rev-list", "--first-parent", "--merges", "--reverse", "main").split()

    @property
    def tags(self) -> set[str]:
        return set(self.git("tag", "--list", "countersign/*").split())

    def text(self, name: str) -> str:
        return self.git("show", f"main:{name}")


def source_make(path: Path, files: dict[str, str] | None = None) -> Source:
    path.mkdir(parents=True)
    source = Source(path)
    for name, text in (FILES if files is None else files).items():
        source.write(name, text)
    source.git("init", "-q", "-b", "main")
    source.git("add", ".")
    source.git("commit", "-qm", "first")
    return source
