"""Stops a set of processes in order, also after the process that started them was killed.

Run as a program it reads one JSON table a line from its standard input, and stops what the last table
names when that input ends. The kernel closes the other end of the pipe however the starter dies, so
nothing outlives it. It uses the standard library alone: it is started without site packages.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterable

Entry = tuple[int, int, int]
"""Stage, process id (also its group's id), the signal that asks it to stop."""

POLL_SECONDS = 0.02
GRACE_SECONDS = 6.0


def process_alive(pid: int) -> bool:
    """Say whether a process runs; a zombie does not."""
    with suppress(ChildProcessError):
        return os.waitpid(pid, os.WNOHANG) == (0, 0)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return True


def _signal(pid: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def group_kill(pid: int) -> None:
    """Kill what is left of a process's group."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def stop_all(table: Iterable[Entry], grace: float = GRACE_SECONDS) -> None:
    """Stop stage by stage: ask, wait at most ``grace`` seconds, then kill each one's whole group."""
    entries = list(table)
    for stage in sorted({entry[0] for entry in entries}):
        members = [entry for entry in entries if entry[0] == stage]
        for _, pid, number in members:
            _signal(pid, number)
        deadline = time.monotonic() + grace
        while time.monotonic() < deadline and any(process_alive(pid) for _, pid, _ in members):
            time.sleep(POLL_SECONDS)
        for _, pid, _ in members:
            group_kill(pid)


def watch(tables: TextIO, grace: float = GRACE_SECONDS) -> None:
    """Follow the tables until their writer is gone, then stop what the last one names."""
    table: list[Entry] = []
    for line in tables:
        # A writer that is killed in the middle of a line leaves the table before it in force.
        with suppress(ValueError):
            table = [(int(stage), int(pid), int(number)) for stage, pid, number in json.loads(line)]
    stop_all(table, grace)


def main() -> None:
    """Outlive every signal that the starter's terminal sends, and watch."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    watch(sys.stdin)


if __name__ == "__main__":
    main()
