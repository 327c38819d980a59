"""What sealing a large pack costs, beside what the standard library needs to hash, zip and hash it again."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from benchmarks.harness import Bar, Benchmark, Measurement

if TYPE_CHECKING:
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


def pack_seal(directory: Path) -> Benchmark:
    """Say how much faster sealing is: rate by rate, so that the ratio is how many times."""
    source = sources(directory)

    def measure() -> Measurement:
        sealing, zipping = _run("seal", source, directory)[0], _run("zip", source, directory)[0]
        return Measurement(BYTES / _MEGABYTE / sealing, BYTES / _MEGABYTE / zipping)

    return Benchmark("pack.seal", "MB/s", measure, Bar("ratio", "least", 5))


def pack_seal_memory(directory: Path) -> Benchmark:
    """Take by how much the memory of the process that seals grows, beside that of the one that zips."""
    source = sources(directory)

    def measure() -> Measurement:
        return Measurement(_run("seal", source, directory)[1], _run("zip", source, directory)[1])

    return Benchmark("pack.seal_memory", "MB", measure, Bar("value", "most", _FLAT_MEGABYTES))


def _run(what: str, source: Path, directory: Path) -> tuple[float, float]:
    target = directory / f"pack-{time.monotonic_ns()}"
    command = [sys.executable, "-m", "benchmarks.pack_work", what, str(source), str(target)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    target.unlink(missing_ok=True)
    seconds, grown = done.stdout.split()
    return float(seconds), int(grown) / _MEGABYTE
