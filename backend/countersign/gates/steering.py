"""What a change did to the files that steer the tests: loosened, or only touched (pure)."""

from __future__ import annotations

import ast
import configparser
import json
import re
import shlex
import sys
import tomllib
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Options of pytest that run fewer tests or hide what they say.
_LOOSENING_OPTIONS = re.compile(
    # A value may follow its letter at once, and letters without a value may stand before it.
    r"-[qvsl]*[kmpxo].*"
    r"|--(?:deselect|ignore|ignore-glob|no-cov|no-cov-on-fail|last-failed|lf|maxfail|exitfirst|collect-only|co"
    r"|suppress-no-test-exit-code|noconftest|confcutdir|override-ini|reruns|assert)(?:[= ].*)?",
    re.DOTALL,
)
# Where pytest looks for tests and what it takes for one: any change of them changes which tests there are.
_COLLECTION_KEYS = frozenset(
    {
        "testpaths", "python_files", "python_classes", "python_functions", "norecursedirs", "collect_ignore",
        "collect_ignore_glob", "required_plugins", "xfail_strict", "usefixtures", "pythonpath",
        "empty_parameter_set_mark", "filterwarnings",
    }
)  # fmt: skip
_COVERAGE_KEYS = frozenset(
    {
        "omit",
        "exclude_lines",
        "exclude_also",
        "exclude_other",
        "source",
        "include",
        "branch",
        "partial_branches",
    }
)
_SECTIONS = {
    "tool.pytest.ini_options": "pytest",
    "tool.pytest": "pytest",
    "pytest": "pytest",
    "tool:pytest": "pytest",
    "tool.coverage.report": "coverage",
    "tool.coverage.run": "coverage",
    "coverage:report": "coverage",
    "coverage:run": "coverage",
    "report": "coverage",
    "run": "coverage",
}
_CONFIGURATION_NAMES = frozenset(
    {
        "pyproject.toml", "pytest.toml", ".pytest.toml", "setup.cfg", "tox.ini", "pytest.ini", ".pytest.ini",
        ".coveragerc",
    }
)  # fmt: skip
# A module of one of these names, where imports are looked for first, takes the place of the real one.
_TEST_TOOLS = frozenset(
    {"pytest", "_pytest", "pluggy", "iniconfig", "coverage", "hypothesis", "xdist", "pytest_cov"}
)
_SHADOWED = _TEST_TOOLS | sys.stdlib_module_names
_RUN_BY_PYTHON = frozenset({"sitecustomize", "usercustomize"})
_IMPORT_ROOTS = frozenset({"", "src", "tests", "test"})


@dataclass(frozen=True, slots=True, order=True)
class Loosening:
    """One way in which a change of configuration can make the tests say less."""

    path: str
    what: str


def configuration_loosened(path: str, before: str | None, after: str | None) -> tuple[Loosening, ...]:
    """Return what a change of one file does to the tests' configuration.

    Args:
        path: the file; one that does not steer tests yields nothing.
        before: its text before, ``None`` when it was added.
        after: its text after, ``None`` when it was deleted.
    """
    pure = PurePosixPath(path)
    if pure.name == "conftest.py":
        return _conftest(path, before or "", after or "")
    if pure.name not in _CONFIGURATION_NAMES:
        return ()
    old, new = _settings(pure.name, before), _settings(pure.name, after)
    if new is None:
        return (Loosening(path, "it can't be read any more"),)
    found = [Loosening(path, text) for text in _compare(old or {}, new)]
    return tuple(sorted(found))


def shadowing(added: Iterable[str]) -> tuple[Loosening, ...]:
    """Return those of the added paths that would be imported in place of Python's or pytest's own modules."""
    found = []
    for path in added:
        pure = PurePosixPath(path)
        if pure.suffix == ".pth" or (pure.suffix == ".py" and pure.stem in _RUN_BY_PYTHON):
            found.append(Loosening(path, "Python runs it by itself, before any test"))
            continue
        module = pure.parent.name if pure.name == "__init__.py" else pure.stem
        place = pure.parent.parent if pure.name == "__init__.py" else pure.parent
        at_root = str(place) in _IMPORT_ROOTS or str(place) == "."
        if pure.suffix == ".py" and at_root and module in _SHADOWED:
            found.append(Loosening(path, f"it takes the place of the module '{module}'"))
    return tuple(sorted(found))


def _settings(name: str, text: str | None) -> dict[tuple[str, str], str] | None:
    """Return what steers tests as ``{(tool, key): value}``; ``None`` when the file can't be read."""
    if text is None:
        return {}
    try:
        document = tomllib.loads(text) if name.endswith(".toml") else _ini(text)
    except (tomllib.TOMLDecodeError, configparser.Error):
        return None
    found = {}
    for section, tool in _SECTIONS.items():
        table = _table(document, section)
        for key, value in table.items():
            if not isinstance(value, dict):
                found[tool, key] = value.strip() if isinstance(value, str) else json.dumps(value, default=str)
    return found


def _ini(text: str) -> dict[str, object]:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(text)
    return {section: dict(parser.items(section)) for section in parser.sections()}


def _table(document: Mapping[str, object], section: str) -> Mapping[str, object]:
    direct = document.get(section)
    if isinstance(direct, dict):
        return direct
    value: object = document
    for part in section.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def _compare(old: Mapping[tuple[str, str], str], new: Mapping[tuple[str, str], str]) -> Iterable[str]:
    for tool, key in sorted(set(old) | set(new)):
        before, after = old.get((tool, key), ""), new.get((tool, key), "")
        if before == after:
            continue
        if tool == "coverage" and key == "fail_under":
            if _number(after) < _number(before):
                yield f"the demanded coverage falls from {before} to {after or 'nothing'}"
        elif tool == "pytest" and key == "addopts":
            added = [option for option in _options(after) if option not in _options(before)]
            loosening = [option for option in added if _LOOSENING_OPTIONS.fullmatch(option)]
            if loosening:
                yield f"pytest is told {' '.join(loosening)}"
        elif key in (_COLLECTION_KEYS if tool == "pytest" else _COVERAGE_KEYS):
            yield f"{tool}'s {key} changes from {_short(before)} to {_short(after)}"


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _options(value: str) -> list[str]:
    try:
        parsed = json.loads(value)
    except ValueError:
        parsed = None
    if isinstance(parsed, list):
        return [str(one) for one in parsed]
    try:
        return shlex.split(value)
    except ValueError:
        return value.split()


def _short(value: str) -> str:
    return f"'{value[:60]}'" if value else "nothing"


def _conftest(path: str, before: str, after: str) -> tuple[Loosening, ...]:
    old, new = _conftest_parts(before), _conftest_parts(after)
    if new is None:
        return (Loosening(path, "it does not parse"),)
    if old is None:
        old = {}
    found = []
    for name in sorted(set(old) | set(new)):
        if old.get(name) != new.get(name):
            verb = "is added" if name not in old else "is removed" if name not in new else "is changed"
            found.append(Loosening(path, f"{name} {verb}"))
    return tuple(found)


def _conftest_parts(source: str) -> dict[str, str] | None:
    """Return what in a ``conftest.py`` can change what tests report, by name."""
    try:
        module = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    parts: dict[str, str] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if node.name.startswith("pytest_"):
                parts[f"hook {node.name}"] = ast.dump(node)
            elif any(_is_autouse(one) for one in node.decorator_list):
                parts[f"automatic fixture {node.name}"] = ast.dump(node)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name) and target.id in {
                    "pytest_plugins", "collect_ignore", "collect_ignore_glob"
                }:  # fmt: skip
                    parts[f"list {target.id}"] = ast.dump(node.value)
    # Statements that act while the file is imported, such as replacing a function of pytest.
    acting = [
        ast.dump(node)
        for node in module.body
        if isinstance(
            node, ast.Expr | ast.If | ast.For | ast.While | ast.With | ast.Try | ast.Delete | ast.AugAssign
        )
        and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
    ]
    acting += [
        ast.dump(node)
        for node in module.body
        if isinstance(node, ast.Assign) and any(not isinstance(target, ast.Name) for target in node.targets)
    ]
    if acting:
        parts["code that runs on import"] = "\n".join(acting)
    return parts


def _is_autouse(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Call) and any(
        keyword.arg == "autouse" and not (isinstance(keyword.value, ast.Constant) and not keyword.value.value)
        for keyword in decorator.keywords
    )
