"""Paths in reports: only files of the analysed tree, in one form."""

from __future__ import annotations

from pathlib import PurePosixPath

from countersign.findings.errors import ReportUnreadable


def path_in_tree(reported: str, root: str) -> str:
    """Return a reported path relative to the tree's root.

    Args:
        reported: absolute below ``root``, or relative to it.
        root: where the tool saw the tree.

    Raises:
        ReportUnreadable: the path lies outside the tree or names the tree itself.
    """
    path = PurePosixPath(reported)
    if path.is_absolute():
        if not path.is_relative_to(root):
            raise ReportUnreadable("the report is about a file outside the tree", path=reported)
        path = path.relative_to(root)
    if not path.parts or ".." in path.parts:
        raise ReportUnreadable("the report names a path that is no file of the tree", path=reported)
    return str(path)
