"""What checking a large log costs a stranger, and what one event of it costs."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import time
import uuid
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks.harness import Bar, Benchmark, Measurement, Rounds
from countersign_verify.canonical import canonical_bytes, canonical_object
from countersign_verify.log import export_checkpoints, export_tiles
from countersign_verify.log_bundles import _MAX_PROCESSES
from countersign_verify.log_files import LogFiles, checkpoint_read
from countersign_verify.log_inclusion import entry_prove
from countersign_verify.notes import Checkpoint, checkpoint_sign, verifier_key
from countersign_verify.trust import ROLES, trust_build, trust_read
from countersign_verify.vocabulary import EXPORT_FORMAT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

EVENTS = 1_000_000
ORIGIN = "bench.example/log"
_KIBIBYTES = 1024
_PROVED = 200
# Run in a process of its own, so that its memory and that of its children are its own.
_PROGRAM = """
import pathlib, re, resource, sys
from countersign_verify.cli import main
code = main(["log", sys.argv[1], "--trust", sys.argv[2], "--json"])
# What rusage says of this process is no less than what the one that started it had.
print(re.search(r"VmHWM:\\s*(\\d+)", pathlib.Path("/proc/self/status").read_text())[1], file=sys.stderr)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(code)
"""


def large_log(directory: Path, events: int = EVENTS) -> tuple[Path, Path]:
    """Write an export of so many events, unless it is there; return it and its trust file."""
    export, trust = directory / f"log-{events}", directory / f"log-{events}.trust.json"
    if trust.exists():
        return export, trust
    export.mkdir()
    size, root = export_tiles(export, _events(events))
    key = Ed25519PrivateKey.generate()
    export_checkpoints(export, [(size, checkpoint_sign(Checkpoint(ORIGIN, size, root), ORIGIN, key))])
    content = canonical_bytes(
        trust_build(
            origin=ORIGIN,
            log_keys=[verifier_key(ORIGIN, key.public_key())],
            roles={role: [Ed25519PrivateKey.generate().public_key()] for role in ROLES},
        )
    )
    (export / "trust.json").write_bytes(content)
    (export / "index.json").write_bytes(
        canonical_bytes({"format": EXPORT_FORMAT, "origin": ORIGIN, "merges": []})
    )
    trust.write_bytes(content)
    return export, trust


def verify_log(directory: Path, names: Sequence[str]) -> Iterator[Benchmark]:
    """Time ``countersign-verify log`` over a million events, and take the memory of all its processes.

    The start of the program is included. Memory is the largest resident set of the process itself, and once
    more that of its largest child for each child.
    """
    rounds = Rounds(lambda: _verify(directory))
    if "verify.log" in names:
        yield Benchmark(
            "verify.log",
            "s per 1,000,000 events",
            rounds.figures(lambda taken: Measurement(taken[0])),
            Bar("value", "most", 5),
        )
    if "verify.log_memory" in names:
        yield Benchmark(
            "verify.log_memory",
            "MB",
            rounds.figures(lambda taken: Measurement(taken[1])),
            Bar("value", "most", 300),
        )


def verify_event(directory: Path) -> Benchmark:
    """Time one inclusion proof among a million events, read from tiles and checked."""
    export, trust = large_log(directory)
    files = LogFiles(export)
    head, _ = checkpoint_read(files, trust_read(trust.read_bytes()))

    def measure() -> Measurement:
        places = [int.from_bytes(os.urandom(8), "big") % EVENTS for _ in range(_PROVED)]
        started = time.perf_counter()
        for place in places:
            entry_prove(files, head, place)
        return Measurement((time.perf_counter() - started) / _PROVED * 1000)

    return Benchmark("verify.event", "ms per proof", measure, Bar("value", "most", 5))


def _verify(directory: Path) -> tuple[float, float]:
    export, trust = large_log(directory)
    command = [sys.executable, "-c", _PROGRAM, str(export), str(trust)]
    started = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds = time.perf_counter() - started
    own, child = (int(item) for item in done.stderr.split()[-2:])
    children = min(_MAX_PROCESSES, len(os.sched_getaffinity(0)))
    return seconds, (own + children * child) * _KIBIBYTES / 1e6


def _events(count: int) -> Iterator[bytes]:
    template = canonical_bytes(
        {
            "v": 1,
            "id": str(uuid.UUID(int=0)),
            "time": "2026-01-01T00:00:00.000000Z",
            "type": "run.claimed",
            "actor": {
                "kind": "person",
                "id": "5f0c2a0e-7a55-4c09-9d5c-7e5c2a3f4b10",
                "person_id": "3a1d3c9e-8a9b-4b0a-8d56-0f6a7f1b2c3d",
                "label": {
                    "key": "0b7d2f6c-16de-4d0f-b1a5-1f2e3d4c5b6a",
                    "nonce": base64.b64encode(bytes(12)).decode(),
                    "ciphertext": base64.b64encode(bytes(28)).decode(),
                },
                "token_id": None,
                "unattended": False,
                "roles": ["director"],
            },
            "subject": {"type": "run", "id": "c2b1a0f9-e8d7-4c6b-a5f4-e3d2c1b0a9f8"},
            "correlation_id": "7e6d5c4b-3a29-4817-a605-f4e3d2c1b0a9",
            "data": {"attempt": 1, "why": "the lease of another worker had run out"},
        }
    )
    canonical_object(template)
    before, after = template.split(str(uuid.UUID(int=0)).encode())
    for _ in range(count):
        yield before + str(uuid.UUID(bytes=os.urandom(16))).encode() + after
