"""What a project declares that its tests need (pure reading of its files; nothing of it runs)."""

from __future__ import annotations

import configparser
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from countersign.sandbox.untrusted_files import plain_file_read

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_MAX_BYTES = 1 << 20
_NAMES = ("test", "tests", "testing", "dev")
_FILES = (
    "requirements-test.txt",
    "requirements-tests.txt",
    "test-requirements.txt",
    "test_requirements.txt",
    "requirements/test.txt",
    "requirements/tests.txt",
    "requirements-dev.txt",
    "dev-requirements.txt",
)
BUILD_FILES = ("pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", *_FILES)


@dataclass(frozen=True, slots=True)
class BuildPlan:
    """What is installed into a project's environment.

    Attributes:
        requirements: by name, from a dependency group, and pytest in any case.
        extras: of the project itself.
        files: requirement files, relative to the tree.
        installable: pip can install the project (for its dependencies and metadata).
        problem: why no plan can be made, or nothing.
    """

    requirements: tuple[str, ...]
    extras: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    installable: bool = False
    problem: str = ""


def file_read(tree: Path, name: str) -> bytes | None:
    """Return the bytes of a plain file of the tree, or ``None``; links are not followed."""
    return plain_file_read(tree, name, limit=_MAX_BYTES)


def build_plan(tree: Path) -> BuildPlan:
    """Choose what to install: a dependency group for tests, else an extra, else a requirements file.

    pytest is installed in any case, and alone where nothing is declared.
    """
    document: dict[str, object] = {}
    if text := file_read(tree, "pyproject.toml"):
        try:
            document = tomllib.loads(text.decode())
        except (ValueError, UnicodeDecodeError) as error:
            return BuildPlan((), problem=f"pyproject.toml can't be read: {error}")
    installable = "project" in document or any(file_read(tree, name) for name in ("setup.py", "setup.cfg"))
    installable = installable or "build-system" in document
    groups = _table(document.get("dependency-groups"))
    group = next((name for name in _NAMES if name in _canonical(groups)), None)
    if group:
        try:
            return BuildPlan(_with_pytest(_group(groups, group, ())), installable=installable)
        except (InvalidRequirement, ValueError) as error:
            return BuildPlan((), problem=f"the dependency group {group!r} can't be used: {error}")
    extras = _canonical(_table(_table(document.get("project")).get("optional-dependencies")))
    extras |= _canonical(_setup_cfg_extras(tree))
    chosen = next((name for name in _NAMES if name in extras), None)
    if chosen and installable:
        return BuildPlan(("pytest",), extras=(chosen,), installable=True)
    file = next((name for name in _FILES if file_read(tree, name)), None)
    return BuildPlan(("pytest",), files=(file,) if file else (), installable=installable)


def _table(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _canonical(names: Mapping[str, object]) -> set[str]:
    return {canonicalize_name(name) for name in names}


def _group(groups: Mapping[str, object], name: str, above: tuple[str, ...]) -> tuple[str, ...]:
    """Return the requirements of a dependency group with those that it includes (PEP 735)."""
    if name in above:
        message = "it includes itself"
        raise ValueError(message)
    names = {canonicalize_name(other): other for other in groups}
    items = groups[names[canonicalize_name(name)]] if canonicalize_name(name) in names else None
    if not isinstance(items, list):
        message = f"there is no group {name!r}"
        raise ValueError(message)  # noqa: TRY004 - what is wrong is the document, not a type of ours
    found: list[str] = []
    for item in items:
        if isinstance(item, str):
            found.append(str(_by_name(item)))
        else:
            found.extend(_group(groups, str(_table(item).get("include-group")), (*above, name)))
    return tuple(found)


def _by_name(text: str) -> Requirement:
    requirement = Requirement(text)
    if requirement.url:
        message = f"{requirement.name} is asked for by address, not from the package index"
        raise ValueError(message)
    return requirement


def _with_pytest(requirements: tuple[str, ...]) -> tuple[str, ...]:
    if any(canonicalize_name(Requirement(item).name) == "pytest" for item in requirements):
        return requirements
    return (*requirements, "pytest")


def _setup_cfg_extras(tree: Path) -> dict[str, object]:
    parser = configparser.RawConfigParser()
    try:
        parser.read_string((file_read(tree, "setup.cfg") or b"").decode(errors="replace"))
    except configparser.Error:
        return {}
    section = "options.extras_require"
    return dict.fromkeys(parser.options(section)) if parser.has_section(section) else {}
