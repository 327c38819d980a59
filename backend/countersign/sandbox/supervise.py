"""Running one prepared command: bounded output, bounded time, and an end for its whole tree of processes."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

from countersign.sandbox.usage import tree_usage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from countersign.sandbox.contracts import Limits

_CHUNK = 1 << 16
_WATCH_SECONDS = 0.2
# How long what a finished command left behind may hold its output open.
_DRAIN_SECONDS = 1.0


@dataclass(slots=True)
class Outcome:
    """How the processes ended."""

    returncode: int | None = None
    stdout: bytearray = field(default_factory=bytearray)
    stderr: bytearray = field(default_factory=bytearray)
    timed_out: bool = False
    truncated: bool = False
    duration_ms: int = 0
    failure: str | None = None


def tree_check(pid: int, limits: Limits) -> str | None:
    """Return which limit the tree of processes below ``pid`` breaks as a whole, or ``None``."""
    usage = tree_usage(pid)
    if usage.tasks > limits.processes:
        return f"stopped: more than {limits.processes} processes"
    if usage.memory_bytes > limits.memory_bytes:
        return memory_failure(limits)
    return None


def memory_failure(limits: Limits) -> str:
    """Return what is said when the tree used up its memory."""
    return f"stopped: more than {limits.memory_bytes >> 20} MiB of memory"


def supervise(
    argv: Sequence[str],
    *,
    environment: Mapping[str, str],
    cwd: str,
    stdin: bytes,
    limits: Limits,
    check: Callable[[int, Limits], str | None] = tree_check,
) -> Outcome:
    """Run ``argv`` in a session of its own until it ends or breaks a limit.

    Args:
        argv: the whole command, isolation included.
        environment: all variables that it gets.
        cwd: where it starts.
        stdin: what it reads.
        limits: wall time, output, and what ``check`` looks at.
        check: says, several times a second, which limit the whole tree below a process breaks.
    """
    outcome = Outcome()
    started = time.monotonic()
    with tempfile.TemporaryFile() as feed:
        feed.write(stdin)
        feed.seek(0)
        try:
            process = subprocess.Popen(
                argv,
                stdin=feed,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=cwd,
                env=dict(environment),
                start_new_session=True,
            )
        except OSError as error:
            outcome.failure = f"can't start {argv[0]}: {error.strerror}"
            return outcome
        with process:
            try:
                _follow(process, outcome, started + limits.wall_seconds, limits, check)
            finally:
                _kill(process)
    outcome.returncode = process.returncode
    outcome.duration_ms = int((time.monotonic() - started) * 1000)
    return outcome


def _follow(
    process: subprocess.Popen[bytes],
    outcome: Outcome,
    deadline: float,
    limits: Limits,
    check: Callable[[int, Limits], str | None],
) -> None:
    """Read both streams until they close, the command has ended, or a limit is broken."""
    ended_at: float | None = None
    next_check = time.monotonic() + _WATCH_SECONDS
    with selectors.DefaultSelector() as selector:
        for stream, kept in ((process.stdout, outcome.stdout), (process.stderr, outcome.stderr)):
            if stream is not None:
                os.set_blocking(stream.fileno(), False)
                selector.register(stream, selectors.EVENT_READ, kept)
        while True:
            now = time.monotonic()
            if now >= deadline:
                outcome.timed_out = True
                outcome.failure = f"stopped after {limits.wall_seconds:g} seconds"
                return
            if ended_at is None and process.poll() is not None:
                ended_at = now
            if ended_at is not None and (not selector.get_map() or now - ended_at > _DRAIN_SECONDS):
                return
            if now >= next_check:
                outcome.failure = check(process.pid, limits)
                if outcome.failure:
                    return
                next_check = now + _WATCH_SECONDS
            _read(selector, outcome, limits, min(_WATCH_SECONDS, deadline - now))


def _read(selector: selectors.BaseSelector, outcome: Outcome, limits: Limits, timeout: float) -> None:
    if not selector.get_map():
        time.sleep(min(timeout, 0.005))  # both streams are closed: nothing tells of the end but looking
        return
    for key, _ in selector.select(timeout):
        stream: IO[bytes] = key.fileobj  # type: ignore[assignment]  # only streams were registered
        try:
            data = os.read(stream.fileno(), _CHUNK)
        except BlockingIOError:
            continue
        if not data:
            selector.unregister(stream)
            continue
        kept: bytearray = key.data
        room = limits.output_bytes - len(kept)
        kept.extend(data[:room])
        outcome.truncated = outcome.truncated or len(data) > room


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the session's processes; those in a PID namespace die with its first process."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        process.kill()
