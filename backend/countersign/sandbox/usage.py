"""What a tree of processes uses, read from ``/proc``: the second lock where the kernel counts for nobody."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")
# Positions in /proc/<pid>/stat after the closing bracket of the name (see proc(5)).
_PARENT, _THREADS, _RESIDENT = 1, 17, 21


@dataclass(frozen=True, slots=True)
class Usage:
    """Threads and resident memory of a tree."""

    tasks: int
    memory_bytes: int


def tree_usage(root: int) -> Usage:
    """Count the tasks and the resident memory of all descendants of the process ``root``."""
    children: dict[int, list[int]] = defaultdict(list)
    figures: dict[int, tuple[int, int]] = {}
    for name in os.listdir("/proc"):  # noqa: PTH208 - names of numbers, a thousand times a minute
        if not name.isdigit():
            continue
        try:
            fields = Path(f"/proc/{name}/stat").read_bytes().rpartition(b")")[2].split()
        except OSError:
            continue  # it ended while we looked
        children[int(fields[_PARENT])].append(int(name))
        figures[int(name)] = (int(fields[_THREADS]), int(fields[_RESIDENT]) * _PAGE)
    tasks = memory = 0
    waiting = list(children[root])
    while waiting:
        pid = waiting.pop()
        waiting.extend(children.get(pid, ()))
        threads, resident = figures[pid]
        tasks += threads
        memory += resident
    return Usage(tasks, memory)
