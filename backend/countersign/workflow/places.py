"""Where the platform keeps its repositories and working directories, below its home."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from countersign.sandbox.untrusted_files import directory_remove
from countersign.shared.env import environment

if TYPE_CHECKING:
    from collections.abc import Iterator


def repository_path(project_id: str) -> Path:
    """Return where the platform's own bare repository of a project is."""
    return environment().home / "repositories" / f"{project_id}.git"


def environment_cache() -> Path:
    """Return where prepared environments are kept, by the digest of what they were built from."""
    return environment().home / "cache" / "environments"


def analysis_cache() -> Path:
    """Return where the analysis of unchanged trees is kept."""
    return environment().home / "cache" / "analysis"


def exports_path() -> Path:
    """Return where exports are."""
    return environment().home / "exports"


def export_path(job_id: str) -> Path:
    """Return where an export is written."""
    return exports_path() / job_id


@contextmanager
def workspace(purpose: str) -> Iterator[Path]:
    """Yield an empty directory that is gone afterwards, however the step ends."""
    root = environment().home / "work"
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    directory = Path(tempfile.mkdtemp(prefix=f"{purpose}-", dir=root))
    try:
        yield directory
    finally:
        # What an untrusted tree left behind may be nested deeper than the standard library can follow.
        directory_remove(directory)
