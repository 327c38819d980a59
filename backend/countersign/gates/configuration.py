"""Which files steer the gates: who changes one of them changes the measure, not only the measured (pure)."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# At any depth: a tool that starts in a directory looks there and in its parents.
_NAMES = frozenset(
    {
        "pyproject.toml",
        "setup.cfg",
        "setup.py",
        "tox.ini",
        "tox.toml",
        "noxfile.py",
        "pytest.ini",
        ".pytest.ini",
        "pytest.toml",
        ".pytest.toml",
        "conftest.py",
        "ruff.toml",
        ".ruff.toml",
        ".bandit",
        "bandit.yaml",
        "bandit.yml",
        ".flake8",
        ".pylintrc",
        "pylintrc",
        ".isort.cfg",
        "mypy.ini",
        ".mypy.ini",
        "pyrightconfig.json",
        ".coveragerc",
        ".secrets.baseline",
        ".pre-commit-config.yaml",
        ".gitattributes",
        ".gitignore",
        ".gitmodules",
        ".python-version",
        "Makefile",
        "justfile",
        "Pipfile",
        "Pipfile.lock",
        "poetry.lock",
        "pdm.lock",
        "uv.lock",
        "uv.toml",
        "pylock.toml",
        "package.json",
        "package-lock.json",
        "tsconfig.json",
        "Jenkinsfile",
        ".gitlab-ci.yml",
        ".travis.yml",
        "appveyor.yml",
        "azure-pipelines.yml",
        # Python runs these by itself, before any test.
        "sitecustomize.py",
        "usercustomize.py",
    }
)
_DIRECTORIES = frozenset({".github", ".circleci", ".buildkite", ".gitlab", ".ci"})
_PATTERNS = (
    re.compile(r"(dev-|test-)?(requirements|constraints)[^/]*\.(txt|in)"),
    re.compile(r"(eslint|vitest|jest|vite)\.config\.[cm]?[jt]s"),
    re.compile(r"\.eslintrc(\..+)?"),
    re.compile(r".+\.pth"),
)
_REQUIREMENTS_DIRECTORY = "requirements"


def is_gate_configuration(path: str) -> bool:
    """Say whether a file steers what is tested, analysed or installed."""
    pure = PurePosixPath(path)
    if pure.name in _NAMES or not _DIRECTORIES.isdisjoint(pure.parts[:-1]):
        return True
    if pure.parent.name == _REQUIREMENTS_DIRECTORY and pure.suffix in {".txt", ".in"}:
        return True
    return any(pattern.fullmatch(pure.name) for pattern in _PATTERNS)


def gate_configuration_paths(paths: Iterable[str]) -> frozenset[str]:
    """Return those of ``paths`` that steer the gates."""
    return frozenset(path for path in paths if is_gate_configuration(path))
