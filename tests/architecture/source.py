"""The repository's own files, read as text and as syntax."""

from __future__ import annotations

import ast
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
BACKEND = ROOT / "backend"
ROOMS = BACKEND / "countersign"
_TEXT = {
    "", ".cfg", ".css", ".html", ".in", ".ini", ".j2", ".js", ".json", ".md", ".mjs", ".py", ".sh", ".toml",
    ".ts", ".tsx", ".txt", ".yaml", ".yml",
}  # fmt: skip


@cache
def tracked() -> tuple[Path, ...]:
    """Return every text file that Git tracks (of an unpacked release without Git: every file)."""
    done = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, text=True, check=False, timeout=60
    )
    names = done.stdout.split("\0")[:-1] or [
        str(path.relative_to(ROOT)) for path in BACKEND.rglob("*") if path.is_file()
    ]
    paths = (ROOT / name for name in names)
    return tuple(path for path in paths if path.suffix in _TEXT and path.is_file() and not path.is_symlink())


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def modules(*, migrations: bool = False) -> Iterator[tuple[Path, ast.Module]]:
    """Yield every module of the platform with its syntax tree."""
    for path in sorted(BACKEND.rglob("*.py")):
        if migrations or "migrations" not in path.parts:
            yield path, ast.parse(text_of(path))


@cache
def floors() -> dict[str, int]:
    """Return the floor of each room, the highest number at the top, as the import contract says."""
    configuration: dict[str, Any] = tomllib.loads(text_of(ROOT / "pyproject.toml"))
    contracts = configuration["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["id"] == "floors")
    return {
        room.strip(" ()"): len(layers) - place
        for place, layer in enumerate(layers)
        for room in layer.split("|")
    }


def room_of(path: Path) -> str:
    """Return the room that a module of the platform belongs to."""
    return path.relative_to(ROOMS).parts[0] if path.is_relative_to(ROOMS) else ""


def imported(node: ast.AST) -> list[str]:
    """Return every dotted name that an import statement could mean."""
    if isinstance(node, ast.ImportFrom):
        return [str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)]
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []


def dotted(node: ast.AST) -> str:
    """Return ``a.b.c`` for such an expression, else nothing."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""
