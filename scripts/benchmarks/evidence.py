"""What sealing a large pack costs, beside what the standard library needs to hash, zip and hash it again."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.harness import Bar, Benchmark, Measurement, Rounds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

FILES = 400
BYTES = 65_000_000
_SEED = 20260101
_MEGABYTE = 1e6
# Beyond what the process holds before it begins; most of the files in it would be more.
_FLAT_MEGABYTES = 32


def sources(directory: Path) -> Path:
    """Write 400 files of 65 MB together, of text that compresses as source code does; return where."""
    target = directory / "pack-sources"
    if target.exists():
        return target
    target.mkdir()
    stems = ("self", "value", "request", "return", "import")
    words = [f"{stem}_{number}" for stem in stems for number in range(400)]
    generator = random.Random(_SEED)  # noqa: S311 - the same text every time
    for number in range(FILES):
        size, parts = BYTES // FILES, []
        while size > 0:
            line = "    " * generator.randrange(4) + " ".join(generator.choices(words, k=8)) + "\n"
            parts.append(line[:size])
            size -= len(line)
        (target / f"{number:03}.py").write_text("".join(parts))
    return target


def pack_seal(directory: Path, names: Sequence[str]) -> Iterator[Benchmark]:
    """Say how much faster sealing is, rate by rate, and by how much the memory of each process grows."""
    source = sources(directory)
    rounds = Rounds(lambda: (_run("seal", source, directory), _run("zip", source, directory)))
    if "pack.seal" in names:
        yield Benchmark(
            "pack.seal",
            "MB/s",
            rounds.figures(
                lambda taken: Measurement(
                    BYTES / _MEGABYTE / taken[0].seconds, BYTES / _MEGABYTE / taken[1].seconds
                )
            ),
            Bar("ratio", "least", 5),
        )
    if "pack.seal_memory" in names:
        yield Benchmark(
            "pack.seal_memory",
            "MB",
            rounds.figures(lambda taken: Measurement(taken[0].megabytes, taken[1].megabytes)),
            Bar("value", "most", _FLAT_MEGABYTES),
        )


@dataclass(frozen=True, slots=True)
class _Run:
    seconds: float
    megabytes: float


def _run(what: str, source: Path, directory: Path) -> _Run:
    target = directory / f"pack-{time.monotonic_ns()}"
    command = [sys.executable, "-m", "benchmarks.pack_work", what, str(source), str(target)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    target.unlink(missing_ok=True)
    seconds, grown = done.stdout.split()
    return _Run(float(seconds), int(grown) / _MEGABYTE)
