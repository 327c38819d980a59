"""Which names an entry of a tree may have (pure): the same answer for imports, check-outs and proposals."""

from __future__ import annotations

import posixpath
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_PATH_BYTES = 1024
_MAX_COMPONENT_BYTES = 255
_GIT_NAMES = {".git", "git~1"}
# Formatting (bidirectional, zero width), control, private use, surrogates: none belongs in a name that a
# person decides on.
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def folded(name: str) -> str:
    """Return the form under which file systems that fold case and Unicode take two names for one."""
    visible = "".join(char for char in name if unicodedata.category(char) != "Cf")
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", visible).casefold())


def is_git_name(component: str) -> bool:
    """Say whether some file system takes this name for ``.git`` (case, invisible characters, NTFS forms)."""
    plain = folded(component).replace("\\", "/").split("/")[0].split(":")[0].rstrip(" .")
    return plain in _GIT_NAMES


def path_problem(path: str) -> str | None:
    """Return why ``path`` may not be written anywhere, or ``None``."""
    if not path or path.startswith("/") or "\0" in path:
        return "is empty, absolute or holds a null"
    components = path.split("/")
    if not {"", ".", ".."}.isdisjoint(components):
        return "leaves the tree or is not a plain path"
    if any(is_git_name(part) for component in components for part in (component, *component.split("\\"))):
        return "is Git's own"
    return None


def name_problem(path: str) -> str | None:
    """Return why a proposal may not bring in ``path``, or ``None``; stricter than what imports may hold."""
    problem = path_problem(path)
    if problem is None and any(unicodedata.category(char) in _INVISIBLE for char in path):
        problem = "is not UTF-8, or holds invisible or control characters"
    if problem is None and "\\" in path:
        problem = "holds a backslash"
    if problem is None and _is_long(path):
        problem = "is too long"
    if problem is None and folded(posixpath.basename(path)) == ".gitmodules":
        problem = "configures submodules"
    return problem


def _is_long(path: str) -> bool:
    parts = [part.encode() for part in path.split("/")]
    return len(path.encode()) > MAX_PATH_BYTES or any(len(part) > _MAX_COMPONENT_BYTES for part in parts)


def link_problem(path: str, target: str) -> str | None:
    """Return why a symbolic link at ``path`` may not point at ``target``, or ``None``.

    Steps up are allowed only at the start: behind a name they would be taken from wherever that name, itself
    perhaps a
    link, leads.
    """
    if not target or target.startswith("/") or "\0" in target or "\\" in target:
        return "is a link to an absolute place"
    parts = [part for part in target.split("/") if part not in {"", "."}]
    ups = 0
    while ups < len(parts) and parts[ups] == "..":
        ups += 1
    if ".." in parts[ups:] or ups > path.count("/"):
        return "is a link that leaves the tree"
    if any(is_git_name(part) for part in parts):
        return "is a link into Git's own directory"
    return None


def doubles(paths: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the paths that some file system takes for one and the same, by their folded form.

    Directories count too: ``Docs/a`` and ``docs/b`` are two directories here and one elsewhere.
    """
    found: dict[str, dict[str, None]] = {}
    seen: set[str] = set()
    for path in paths:
        head = path
        while head and head not in seen:
            seen.add(head)
            found.setdefault(folded(head), {})[head] = None
            head = posixpath.dirname(head)
    return {form: tuple(names) for form, names in found.items() if len(names) > 1}
