"""What sealing a large pack costs, beside what the standard library needs to hash, zip and hash it again."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
import time
import zipfile
from typing import TYPE_CHECKING

from benchmarks.harness import Bar, Benchmark, Measurement

if TYPE_CHECKING:
    from pathlib import Path

FILES = 400
BYTES = 65_000_000
_SEED = 20260101
_KIBIBYTES = 1024
_MEGABYTE = 1e6
# Each in a process of its own, so that its memory is its own; modules that a worker has loaded are loaded
# before the clock starts. What is measured is what the platform does to a pack's members once they are there:
# measure, write, verify every byte, encrypt, and store for good.
_SEAL = """
import resource, sys, time
from pathlib import Path
from benchmarks.evidence import pack_seal_once
import countersign.shared.sealing, countersign.shared.storage, countersign_verify.container
source, target = Path(sys.argv[1]), Path(sys.argv[2])
started = time.perf_counter()
pack_seal_once(source, target)
print(time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
_ZIP = """
import resource, sys, time
from pathlib import Path
from benchmarks.evidence import zip_once
source, target = Path(sys.argv[1]), Path(sys.argv[2])
started = time.perf_counter()
zip_once(source, target)
print(time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


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


def pack_seal_once(source: Path, target: Path) -> None:
    """Seal the files into a pack and keep it: every step but the signatures and the secret scan."""
    from countersign.shared.sealing import file_seal  # noqa: PLC0415 - only this process pays for it
    from countersign.shared.storage import DirectoryStore  # noqa: PLC0415
    from countersign_verify.container import (  # noqa: PLC0415
        Member,
        container_write,
        manifest_read,
        measure,
        members_read,
    )

    target.mkdir()
    members = [Member(f"files/{file.name}", file, "text/x-python") for file in sorted(source.iterdir())]
    measured = [(member, measure(member)) for member in members]
    file, sealed = target / "pack.tar", target / "object"
    with file.open("wb") as stream:
        container_write(stream, b"{}", measured)
    with file.open("rb") as stream:
        manifest_read(stream)
        members_read(stream, {member.path: found for member, found in measured})
    file_seal(file, sealed, key=os.urandom(32), name="bench")
    file.unlink()
    DirectoryStore(target / "store").put("packs/bench", sealed, retain_days=1)


def zip_once(source: Path, target: Path) -> None:
    """Hash the files, zip them, and hash the archive again."""
    target.mkdir()
    for file in sorted(source.iterdir()):
        hashlib.sha256(file.read_bytes()).hexdigest()
    archive = target / "pack.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as stream:
        for file in sorted(source.iterdir()):
            stream.write(file, file.name)
    hashlib.sha256(archive.read_bytes()).hexdigest()


def pack_seal(directory: Path) -> Benchmark:
    """Say how much faster sealing is: rate by rate, so that the ratio is how many times."""
    source = sources(directory)

    def measure() -> Measurement:
        sealing, zipping = _run(_SEAL, source, directory)[0], _run(_ZIP, source, directory)[0]
        return Measurement(BYTES / _MEGABYTE / sealing, BYTES / _MEGABYTE / zipping)

    return Benchmark("pack.seal", "MB/s", measure, Bar("ratio", "least", 5))


def pack_seal_memory(directory: Path) -> Benchmark:
    """Take the largest resident set of the process that seals, beside that of the one that zips."""
    source = sources(directory)

    def measure() -> Measurement:
        return Measurement(_run(_SEAL, source, directory)[1], _run(_ZIP, source, directory)[1])

    return Benchmark("pack.seal_memory", "MB", measure, Bar("value", "most", 100))


def _run(program: str, source: Path, directory: Path) -> tuple[float, float]:
    target = directory / f"pack-{time.monotonic_ns()}"
    command = [sys.executable, "-c", program, str(source), str(target)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    subprocess.run(["rm", "-rf", str(target)], check=True)
    seconds, kibibytes = done.stdout.split()
    return float(seconds), int(kibibytes) * _KIBIBYTES / _MEGABYTE
