"""Reads the files of a laid-out tree, and nothing that a link in it points to."""

from __future__ import annotations

import hashlib
import io
import os
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

PYTHON_SUFFIXES = (".py", ".pyi", ".pyw")
# A larger file is no text that a person would review line by line.
MAX_TEXT_BYTES = 5 * 1024 * 1024


def text_lines(data: bytes) -> tuple[str, ...]:
    """Split source text as Python and the analysers do: at LF, CRLF and CR, at no other separator."""
    text = data.decode("utf-8", "replace")
    return tuple(line.rstrip("\n") for line in io.StringIO(text, newline=None))


class TreeFiles:
    """The regular files of a directory that nobody writes to any more."""

    def __init__(self, root: Path) -> None:
        """Look at ``root``; nothing is read yet."""
        self.root = root
        self._lines: dict[str, tuple[str, ...]] = {}

    @cached_property
    def paths(self) -> frozenset[str]:
        """Every regular file, relative to the root; links are neither listed nor followed."""
        found = set()
        for directory, names, files in os.walk(self.root, followlinks=False):
            if ".git" in names:
                names.remove(".git")
            base = Path(directory)
            for name in files:
                path = base / name
                if path.is_file() and not path.is_symlink():
                    found.add(path.relative_to(self.root).as_posix())
        return frozenset(found)

    @cached_property
    def python_paths(self) -> tuple[str, ...]:
        """Every Python source file, sorted."""
        return tuple(sorted(path for path in self.paths if PurePosixPath(path).suffix in PYTHON_SUFFIXES))

    def data(self, path: str) -> bytes | None:
        """Return a file's bytes; ``None`` when it is no regular file of the tree."""
        return (self.root / path).read_bytes() if path in self.paths else None

    def size(self, path: str) -> int:
        """Return a file's size in bytes; 0 when it is no regular file of the tree."""
        return (self.root / path).stat().st_size if path in self.paths else 0

    def lines(self, path: str) -> tuple[str, ...]:
        """Return a text file's lines; none when it is no regular file of the tree or too large for a text."""
        if path not in self._lines:
            data = self.data(path) if self.size(path) <= MAX_TEXT_BYTES else None
            self._lines[path] = text_lines(data) if data is not None else ()
        return self._lines[path]

    def digest(self, paths: Iterable[str] | None = None) -> str:
        """Return one digest over the names and contents of ``paths``, by default of every Python source file.

        The names of all Python files are always part of it: they decide what an import means.
        """
        chosen = self.python_paths if paths is None else sorted(set(paths))
        total = hashlib.sha256()
        for name in self.python_paths:
            total.update(os.fsencode(name) + b"\0")
        for name in chosen:
            data = self.data(name)
            content = hashlib.sha256(data).digest() if data is not None else b"-"
            total.update(b"\0" + os.fsencode(name) + b"\0" + content)
        return "sha256:" + total.hexdigest()
