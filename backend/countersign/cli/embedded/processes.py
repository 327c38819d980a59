"""Child processes that never outlive their starter."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from countersign.cli.embedded import guard

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Self

STAGE_FIRST = 0
STAGE_LAST = 1


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """How one process is started and asked to stop."""

    name: str
    argv: tuple[str, ...]
    log: Path
    environment: Mapping[str, str] | None = field(default=None, repr=False)
    stop_signal: signal.Signals = signal.SIGTERM
    stage: int = STAGE_FIRST
    directory: Path | None = None


@dataclass(slots=True)
class _Running:
    spec: ProcessSpec
    process: subprocess.Popen[bytes]


class ProcessGroup:
    """The processes of one starter, and the guard that stops them should the starter be killed."""

    def __init__(self) -> None:
        """Start with no processes; the guard is started with the first one."""
        self._running: dict[str, _Running] = {}
        self._guard: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        """Return the group itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything."""
        self.stop()

    def start(self, spec: ProcessSpec) -> int:
        """Start a process in a session of its own, its output appended to its log; return its id."""
        spec.log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with spec.log.open("ab") as log:
            process = subprocess.Popen(
                spec.argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=None if spec.environment is None else dict(spec.environment),
                cwd=spec.directory,
                start_new_session=True,
            )
        self._running[spec.name] = _Running(spec, process)
        self._tell_guard()
        return process.pid

    def exit_code(self, name: str) -> int | None:
        """Return how a process ended (and remove what it left in its group), or ``None`` while it runs."""
        running = self._running[name]
        code = running.process.poll()
        if code is not None:
            guard.group_kill(running.process.pid)
        return code

    def pid(self, name: str) -> int:
        """Return the id of a process that was started."""
        return self._running[name].process.pid

    def stop(self, grace: float = guard.GRACE_SECONDS) -> None:
        """Stop everything in order and wait for it."""
        guard.stop_all(self._table(), grace)
        for running in self._running.values():
            running.process.wait()
        self._running.clear()
        if self._guard is not None:
            self._tell_guard()
            self._guard_close()

    def guard_ensure(self) -> None:
        """Start the guard again when something killed it."""
        if self._guard is not None and self._guard.poll() is not None:
            self._guard_close()
            self._tell_guard()

    def _table(self) -> list[guard.Entry]:
        return [
            (running.spec.stage, running.process.pid, int(running.spec.stop_signal))
            for running in self._running.values()
        ]

    def _tell_guard(self) -> None:
        if self._guard is None:
            self._guard = subprocess.Popen(
                [sys.executable, "-I", "-S", str(Path(guard.__file__))],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                text=True,
            )
        if self._guard.stdin is not None:
            with suppress(BrokenPipeError):
                self._guard.stdin.write(json.dumps(self._table()) + "\n")
                self._guard.stdin.flush()

    def _guard_close(self) -> None:
        if self._guard is None:
            return
        if self._guard.stdin is not None:
            with suppress(BrokenPipeError):
                self._guard.stdin.close()
        self._guard.wait()
        self._guard = None
