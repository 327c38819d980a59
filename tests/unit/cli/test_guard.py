"""Nothing outlives its starter."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from countersign.cli.embedded import guard
from countersign.cli.embedded.processes import STAGE_LAST, ProcessGroup, ProcessSpec

SECONDS = 10.0


def wait_for(what: object, *, gone: tuple[int, ...]) -> None:
    """Wait until processes are gone, at most a while."""
    deadline = time.monotonic() + SECONDS
    while any(guard.process_alive(pid) for pid in gone):
        assert time.monotonic() < deadline, what
        select_a_little()


def select_a_little() -> None:
    """Give way to other processes for one slice."""
    import select

    select.select([], [], [], 0.02)


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(["sleep", "60"], start_new_session=True)
    yield process
    process.kill()
    process.wait()


@pytest.fixture
def stubborn() -> Iterator[subprocess.Popen[bytes]]:
    """A process that ignores the polite signal, and its child."""
    process = subprocess.Popen(
        ["sh", "-c", "trap '' TERM; sleep 60 & echo $!; wait; sleep 60"],
        start_new_session=True,
        stdout=subprocess.PIPE,
    )
    yield process
    process.kill()
    process.wait()
    assert process.stdout
    process.stdout.close()


def test_stop_all_asks_first(sleeper: subprocess.Popen[bytes]) -> None:
    guard.stop_all([(0, sleeper.pid, signal.SIGTERM)])
    assert not guard.process_alive(sleeper.pid)


def test_stop_all_kills_the_group_of_what_does_not_listen(stubborn: subprocess.Popen[bytes]) -> None:
    assert stubborn.stdout
    child = int(stubborn.stdout.readline())
    guard.stop_all([(0, stubborn.pid, signal.SIGTERM)], grace=0.2)
    wait_for("the stubborn process and its child", gone=(stubborn.pid, child))


def test_stop_all_goes_stage_by_stage(tmp_path: Path) -> None:
    order = tmp_path / "order"
    table = []
    processes = []
    for stage, name in ((1, "last"), (0, "first")):
        script = f"trap 'echo {name} >> {order}; exit' TERM; echo ready; while :; do sleep 0.05; done"
        process = subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE, start_new_session=True)
        assert process.stdout
        process.stdout.readline()
        process.stdout.close()
        processes.append(process)
        table.append((stage, process.pid, int(signal.SIGTERM)))
    guard.stop_all(table)
    for process in processes:
        process.wait()
    assert order.read_text().split() == ["first", "last"]


def test_watch_stops_the_last_table_and_ignores_a_broken_line(sleeper: subprocess.Popen[bytes]) -> None:
    guard.watch(io.StringIO(json.dumps([[0, sleeper.pid, int(signal.SIGTERM)]]) + "\n[[0, "))
    assert not guard.process_alive(sleeper.pid)


def test_process_alive_knows_zombies_and_strangers() -> None:
    assert guard.process_alive(os.getppid())
    parent = subprocess.Popen(
        # A shell that replaces itself by a program that never reaps the child which ends.
        ["sh", "-c", "sleep 0 & echo $!; exec sleep 60"],
        stdout=subprocess.PIPE,
    )
    assert parent.stdout
    zombie = int(parent.stdout.readline())
    wait_for("the child that ended", gone=(zombie,))
    parent.kill()
    parent.wait()
    parent.stdout.close()


def test_group_stop_stops_everything(tmp_path: Path) -> None:
    with ProcessGroup() as group:
        first = group.start(ProcessSpec("first", ("sleep", "60"), tmp_path / "first.log"))
        last = group.start(ProcessSpec("last", ("sleep", "60"), tmp_path / "last.log", stage=STAGE_LAST))
        assert group.pid("first") == first
        assert group.exit_code("first") is None
    assert not guard.process_alive(first)
    assert not guard.process_alive(last)


def test_group_exit_code_removes_what_a_dead_process_left(tmp_path: Path) -> None:
    log = tmp_path / "leader.log"
    with ProcessGroup() as group:
        group.start(ProcessSpec("leader", ("sh", "-c", "sleep 60 & echo $!; exit 3"), log))
        deadline = time.monotonic() + SECONDS
        while (code := group.exit_code("leader")) is None:
            assert time.monotonic() < deadline
            select_a_little()
        assert code == 3
        wait_for("the child of the leader", gone=(int(log.read_text()),))


def test_group_guard_is_started_again_when_it_was_killed(tmp_path: Path) -> None:
    with ProcessGroup() as group:
        group.start(ProcessSpec("one", ("sleep", "60"), tmp_path / "one.log"))
        assert group._guard
        first = group._guard
        first.kill()
        first.wait()
        group.guard_ensure()
        assert group._guard is not None
        assert group._guard.pid != first.pid
        assert group._guard.poll() is None


def test_group_dies_with_its_starter(tmp_path: Path) -> None:
    script = f"""
from pathlib import Path
from countersign.cli.embedded.processes import ProcessGroup, ProcessSpec
import time
group = ProcessGroup()
print(group.start(ProcessSpec("one", ("sleep", "60"), Path({str(tmp_path / "one.log")!r}))), flush=True)
time.sleep(60)
"""
    starter = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert starter.stdout
    pid = int(starter.stdout.readline())
    assert guard.process_alive(pid)
    starter.kill()
    starter.wait()
    starter.stdout.close()
    wait_for("the process of a starter that was killed", gone=(pid,))


def test_main_outlives_the_terminals_signals() -> None:
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", guard.__file__], stdin=subprocess.PIPE, start_new_session=True
    )
    assert process.stdin
    # The handlers are in place once it reads; a line that it has read tells so.
    process.stdin.write(b"[]\n")
    process.stdin.flush()
    wait_until_reading(process.pid)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    assert process.poll() is None
    process.stdin.close()
    assert process.wait(SECONDS) == 0


def wait_until_reading(pid: int) -> None:
    """Wait until a process ignores SIGTERM, which the kernel tells."""
    deadline = time.monotonic() + SECONDS
    mask = 1 << (signal.SIGTERM - 1)
    while True:
        status = Path(f"/proc/{pid}/status").read_text()
        ignored = int(next(line for line in status.splitlines() if line.startswith("SigIgn:")).split()[1], 16)
        if ignored & mask:
            return
        assert time.monotonic() < deadline
        select_a_little()
