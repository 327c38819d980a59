"""Where the demo's project comes from: a pinned source distribution, or whatever ``--source`` names."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from countersign.sandbox.sources import repository_init_from_directory, source_fetch, source_unpack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from countersign.sandbox.isolation import IsolationKind

REQUIREMENT: Final = "boltons==26.2.0"
# Of the source distribution, so that everybody's demo works on the same bytes.
SHA256: Final = "d39cfd15c1a1c3bd4d705c82252fa9edb8e4f5e8cc039f8e39afac7b1b47e92c"


@dataclass(frozen=True, slots=True)
class DemoSource:
    """An unpacked source that is about to become a repository.

    Attributes:
        pinned: it is the demo's own project, whose bytes are known.
    """

    name: str
    directory: Path
    pinned: bool


@contextmanager
def source_prepared(source: Path | None, *, cache: Path, isolation: IsolationKind) -> Iterator[DemoSource]:
    """Yield the unpacked source in a temporary directory that is gone afterwards.

    Args:
        source: what ``--source`` names; ``None`` for the demo's own project.
        cache: where the fetched distribution is kept.
        isolation: fetching and unpacking run under it.

    Raises:
        SourceRejected: the source is missing, no archive, damaged, hostile, or holds no Python.
    """
    with tempfile.TemporaryDirectory(prefix="countersign-demo-") as temporary:
        directory = Path(temporary) / "source"
        if source is None:
            archive = _fetched(cache, isolation)
            source_unpack(archive, directory, expected_sha256=SHA256, isolation=isolation)
            yield DemoSource(REQUIREMENT.partition("==")[0], directory, pinned=True)
        else:
            source_unpack(source, directory, isolation=isolation)
            yield DemoSource(_name_of(source), directory, pinned=False)


def _fetched(cache: Path, isolation: IsolationKind) -> Path:
    kept = cache / f"{SHA256}.tar.gz"
    if not kept.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as temporary:
            archive = source_fetch(REQUIREMENT, SHA256, Path(temporary), isolation=isolation)
            archive.replace(kept)
    return kept


def _name_of(source: Path) -> str:
    name = source.resolve().name
    for suffix in (".tar.gz", ".tgz", ".zip", ".tar.bz2", ".tar.xz", ".git"):
        name = name.removesuffix(suffix)
    return name or "project"


def repository_place(prepared: DemoSource, projects: Path, *, isolation: IsolationKind) -> Path:
    """Put the source under Git in a directory of its own below ``projects`` and return it."""
    projects.mkdir(parents=True, exist_ok=True)
    number = 1
    while (target := projects / (prepared.name if number == 1 else f"{prepared.name}-{number}")).exists():
        number += 1
    partial = projects / f".{target.name}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    shutil.copytree(prepared.directory, partial, symlinks=True)
    repository_init_from_directory(partial, isolation=isolation)
    partial.replace(target)
    return target
