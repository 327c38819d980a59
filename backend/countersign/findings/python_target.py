"""The oldest Python that a project promises to run on: what the linter may assume."""

from __future__ import annotations

import ast
import configparser
import re
import sys
import tomllib
from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet

if TYPE_CHECKING:
    from countersign.findings.tree import TreeFiles

# The minor versions of Python 3 that the linter knows, oldest first.
_MINORS = range(7, 16)
_PATCHES = range(31)
_CARET = re.compile(r"[\^~](\d+\.\d+(?:\.\d+)?)")


def target_version(files: TreeFiles) -> str:
    """Return the linter's target for a project, e.g. ``py39``.

    It is read from ``requires-python`` in ``pyproject.toml``, ``python_requires`` in ``setup.cfg`` or in
    ``setup.py``, in this order. A project that says nothing gets the version its tests run on here.
    """
    for declared in (_pyproject(files), _setup_cfg(files), _setup_py(files)):
        minor = _oldest_minor(declared) if declared else None
        if minor is not None:
            return f"py3{minor}"
    return f"py3{sys.version_info.minor}"


def _oldest_minor(declared: str) -> int | None:
    # Poetry's "^3.8" is no specifier; for the oldest version it says the same as ">=3.8".
    text = _CARET.sub(r">=\1", declared) if not declared.startswith("~=") else declared
    try:
        allowed = SpecifierSet(text)
    except InvalidSpecifier:
        return None
    return next(
        (minor for minor in _MINORS if any(allowed.contains(f"3.{minor}.{patch}") for patch in _PATCHES)),
        None,
    )


def _text(files: TreeFiles, path: str) -> str:
    return "\n".join(files.lines(path))


def _pyproject(files: TreeFiles) -> str | None:
    try:
        document = tomllib.loads(_text(files, "pyproject.toml"))
    except tomllib.TOMLDecodeError:
        return None
    for keys in (("project", "requires-python"), ("tool", "poetry", "dependencies", "python")):
        value: object = document
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        if isinstance(value, str):
            return value
    return None


def _setup_cfg(files: TreeFiles) -> str | None:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(_text(files, "setup.cfg"))
    except configparser.Error:
        return None
    return parser.get("options", "python_requires", fallback=None)


def _setup_py(files: TreeFiles) -> str | None:
    try:
        module = ast.parse(_text(files, "setup.py"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    for node in ast.walk(module):
        if (
            isinstance(node, ast.keyword)
            and node.arg == "python_requires"
            and isinstance(node.value, ast.Constant)
        ):
            return node.value.value if isinstance(node.value.value, str) else None
    return None
