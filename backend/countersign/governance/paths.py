"""Path globs, in the form that everybody knows from ``.gitignore``.

``**`` crosses directories, ``*`` does not, a pattern without a slash applies at any depth, and a pattern
that names a directory covers all that is in it. Negation is refused: a scope says where a rule applies.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable

_MAX_PATTERN = 300


@lru_cache(maxsize=4096)
def glob_compile(pattern: str) -> re.Pattern[str]:
    """Compile one glob.

    Raises:
        ValueError: the pattern is empty, too long, a comment, a negation or not well-formed.
    """
    if not pattern.strip() or len(pattern) > _MAX_PATTERN or pattern.startswith(("!", "#")):
        message = f"not a path pattern: {pattern[:80]!r}"
        raise ValueError(message)
    expression = GitIgnoreSpecPattern(pattern).regex
    if expression is None:
        message = f"not a path pattern: {pattern[:80]!r}"
        raise ValueError(message)
    return expression


@lru_cache(maxsize=65_536)
def path_matches(path: str, pattern: str) -> bool:
    """Say whether ``path`` (relative, with forward slashes) lies under ``pattern``."""
    return glob_compile(pattern).match(path) is not None


def paths_under(paths: Iterable[str], patterns: Iterable[str]) -> tuple[str, ...]:
    """Return those of ``paths`` that at least one of ``patterns`` covers, sorted."""
    globs = tuple(patterns)
    return tuple(sorted(path for path in set(paths) if any(path_matches(path, glob) for glob in globs)))
