"""What a path says about the file (pure)."""

from __future__ import annotations

from pathlib import PurePosixPath

_TEST_DIRECTORIES = frozenset({"test", "tests", "testing"})


def is_test_path(path: str) -> bool:
    """Say whether a path belongs to a project's tests, by the conventions of pytest and unittest."""
    pure = PurePosixPath(path)
    if not _TEST_DIRECTORIES.isdisjoint(pure.parts[:-1]):
        return True
    return pure.name == "conftest.py" or (
        pure.suffix == ".py" and (pure.stem.startswith("test_") or pure.stem.endswith(("_test", "_tests")))
    )


def area_of(path: str) -> str:
    """Return the part of the project that a file belongs to: its top directory, below ``src`` one more."""
    directories = PurePosixPath(path).parts[:-1]
    if not directories:
        return "."
    depth = 2 if directories[0] == "src" else 1
    return "/".join(directories[:depth])


def common_directory(paths: tuple[str, ...]) -> str:
    """Return the deepest directory that holds all ``paths``; ``.`` for the root of the project."""
    together: list[str] = []
    for level in zip(*(PurePosixPath(path).parts[:-1] for path in paths), strict=False):
        if len(set(level)) > 1:
            break
        together.append(level[0])
    return "/".join(together) or "."
