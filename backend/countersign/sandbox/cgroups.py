"""Control groups, where this process may make them: limits for a whole tree of processes."""

from __future__ import annotations

import contextlib
import itertools
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from countersign.sandbox.supervise import memory_failure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from countersign.sandbox.contracts import Limits

ROOT = Path("/sys/fs/cgroup")
_NUMBERS = itertools.count()
# bwrap itself is two processes, the shell that joins the group becomes one of them.
_OWN_TASKS = 4
_REMOVE_SECONDS = 2.0
# Joins the groups named before `--`, then becomes the command after it.
_JOIN = 'while [ "$1" != -- ]; do echo $$ > "$1/cgroup.procs" || exit 126; shift; done; shift; exec "$@"'


@dataclass(frozen=True, slots=True)
class Group:
    """The directories of one control group: one in version 2, one for each controller in version 1."""

    directories: tuple[Path, ...]

    def joined(self, argv: tuple[str, ...]) -> tuple[str, ...]:
        """Return ``argv`` so that it runs, from its first instruction on, inside the group."""
        return ("/bin/sh", "-c", _JOIN, "sh", *map(str, self.directories), "--", *argv)

    def check(self, pid: int, limits: Limits) -> str | None:
        """Say whether the kernel killed something because the group's memory was used up.

        The number of processes needs no look: in a full group, starting another one simply fails.
        """
        del pid  # the group knows its members
        for directory in self.directories:
            for name in ("memory.events", "memory.oom_control"):
                with contextlib.suppress(OSError):
                    for line in (directory / name).read_text().splitlines():
                        key, _, value = line.partition(" ")
                        if key == "oom_kill" and value.strip() != "0":
                            return memory_failure(limits)
        return None

    def remove(self) -> None:
        """Kill what is left in the group and remove it."""
        deadline = time.monotonic() + _REMOVE_SECONDS
        for directory in self.directories:
            with contextlib.suppress(OSError):
                (directory / "cgroup.kill").write_text("1")
            while True:
                try:
                    directory.rmdir()
                    break
                except FileNotFoundError:
                    break
                except OSError:
                    # The kernel takes a moment to bury what was killed.
                    if time.monotonic() > deadline:
                        break
                    time.sleep(0.005)


def _write(directory: Path, name: str, value: int | str) -> None:
    (directory / name).write_text(str(value))


def _create(root: Path, limits: Limits) -> Group | None:
    name = f"countersign-{os.getpid()}-{next(_NUMBERS)}"
    made: list[Path] = []
    try:
        if (root / "cgroup.controllers").is_file():
            directory = root / name
            directory.mkdir()
            made.append(directory)
            _write(directory, "pids.max", limits.processes + _OWN_TASKS)
            _write(directory, "memory.max", limits.memory_bytes)
            with contextlib.suppress(OSError):
                _write(directory, "memory.swap.max", 0)
        else:
            for controller, setting, value in (
                ("pids", "pids.max", limits.processes + _OWN_TASKS),
                ("memory", "memory.limit_in_bytes", limits.memory_bytes),
            ):
                directory = root / controller / name
                directory.mkdir()
                made.append(directory)
                _write(directory, setting, value)
    except OSError:
        Group(tuple(made)).remove()
        return None
    return Group(tuple(made))


@contextlib.contextmanager
def group_for(limits: Limits, root: Path = ROOT) -> Iterator[Group | None]:
    """Yield a control group with these limits, or ``None`` where none can be made."""
    group = _create(root, limits)
    try:
        yield group
    finally:
        if group is not None:
            group.remove()
