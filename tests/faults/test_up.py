"""The embedded platform survives the death of each of its parts, and leaves nothing behind."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from countersign.cli.down import platform_down
from countersign.cli.embedded.guard import process_alive
from countersign.cli.embedded.network import LOOPBACK, port_choose, port_free
from countersign.cli.errors import CommandFailed, PlatformNotRunning
from countersign.cli.home import Home
from countersign.cli.platform import UpOptions
from countersign.cli.state import PlatformState, state_read
from countersign.cli.supervisor import web_healthy
from countersign.cli.up import platform_up

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SECONDS = 90.0
SERVICES = ("valkey", "postgres", "web", "sequencer", "signer", "worker", "beat")


def wait(what: str, until: Callable[[], bool]) -> None:
    """Wait for something to become true, and say what never did."""
    deadline = time.monotonic() + SECONDS
    # Nothing tells a stranger that a process came back; the pause only spares the processor.
    pause, other = socket.socketpair()
    pause.settimeout(0.1)
    with pause, other:
        while not until():
            assert time.monotonic() < deadline, what
            try:
                pause.recv(1)
            except TimeoutError:
                continue


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(tmp_path_factory.mktemp("platform") / "home")


@pytest.fixture(scope="module")
def options() -> UpOptions:
    return UpOptions(port=port_choose(), workers=1)


@pytest.fixture
def running(home: Home, options: UpOptions) -> PlatformState:
    """Return a platform that is up, also when the test before took it down."""
    return platform_up(home, options, lambda _: None)


@pytest.fixture(scope="module", autouse=True)
def _down(home: Home) -> Iterator[None]:
    yield
    platform_down(home)


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the real command."""
    return subprocess.run(
        [sys.executable, "-m", "countersign.cli.main", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )


def pids(state: PlatformState) -> tuple[int, ...]:
    """Return the process of each service, and the supervisor's."""
    return (state.supervisor, *(service.pid for service in state.services.values()))


def test_up_starts_every_part_and_answers(running: PlatformState, home: Home, options: UpOptions) -> None:
    assert tuple(sorted(running.services)) == tuple(sorted(SERVICES))
    assert web_healthy(options.port)
    connection = http.client.HTTPConnection(LOOPBACK, options.port, timeout=30)
    connection.request("GET", "/api/v1/health/")
    answer = json.loads(connection.getresponse().read())
    connection.close()
    assert answer["status"] == "ok"
    assert all(part["ok"] for part in answer["parts"])


def test_up_again_uses_what_is_up(running: PlatformState, home: Home, options: UpOptions) -> None:
    assert pids(platform_up(home, options, lambda _: None)) == pids(running)
    done = command("up", "--home", str(home.root), "--port", str(options.port))
    assert done.returncode == 0
    assert "already" in done.stdout
    detached = command("up", "--detach", "--home", str(home.root))
    assert running.url in detached.stdout


def test_status_shows_every_part_and_no_password(running: PlatformState, home: Home) -> None:
    table = command("status", "--home", str(home.root))
    shown = command("status", "--home", str(home.root), "--json")
    assert all(name in table.stdout for name in SERVICES)
    assert json.loads(shown.stdout)["services"]["web"]["pid"] == running.services["web"].pid
    password = running.environment["COUNTERSIGN_DATABASE_PASSWORD"]
    assert password not in shown.stdout + table.stdout


@pytest.mark.parametrize("name", SERVICES)
def test_up_starts_a_killed_part_again(
    running: PlatformState, home: Home, options: UpOptions, name: str
) -> None:
    before = running.services[name]
    os.kill(before.pid, signal.SIGKILL)

    def restarted() -> bool:
        now = state_read(home).services[name]
        return now.restarts > before.restarts and now.state == "running" and now.pid != before.pid

    wait(f"{name} came back", restarted)
    wait("the platform answers again", lambda: web_healthy(options.port))
    others = {key: service.pid for key, service in state_read(home).services.items() if key != name}
    # A part that needs the killed one may have given up and been started again too; the servers never do.
    for server in {"postgres", "valkey"} - {name}:
        assert others[server] == running.services[server].pid


def test_up_keeps_what_valkey_held_when_it_is_killed(
    running: PlatformState, home: Home, options: UpOptions
) -> None:
    url = running.environment["COUNTERSIGN_REDIS_URL"]
    with redis.Redis.from_url(url) as client:
        client.set("kept", "yes")
        # The append-only file is synced once a second; this waits for that.
        assert client.execute_command("WAITAOF", 1, 0, 5000)[0] == 1
    restarts = running.services["valkey"].restarts
    os.kill(running.services["valkey"].pid, signal.SIGKILL)
    wait("valkey came back", lambda: state_read(home).services["valkey"].restarts > restarts)
    wait("the platform answers again", lambda: web_healthy(options.port))
    with redis.Redis.from_url(url) as client:
        assert client.get("kept") == b"yes"
        client.delete("kept")


def test_down_stops_everything_within_seconds(running: PlatformState, home: Home, options: UpOptions) -> None:
    began = time.monotonic()
    assert platform_down(home)
    assert time.monotonic() - began < 20
    assert not [pid for pid in pids(running) if process_alive(pid)]
    assert port_free(options.port)
    assert not home.state.exists()
    assert not platform_down(home)
    with pytest.raises(PlatformNotRunning):
        state_read(home)


def test_status_without_a_platform_fails_with_the_mend(home: Home, tmp_path: Path) -> None:
    done = command("status", "--home", str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.startswith("countersign: no platform runs in")
    assert "countersign up" in done.stderr


def test_nothing_outlives_a_killed_supervisor(running: PlatformState, home: Home, options: UpOptions) -> None:
    os.kill(running.supervisor, signal.SIGKILL)
    wait("every process is gone", lambda: not any(process_alive(pid) for pid in pids(running)))
    wait("the port is free", lambda: port_free(options.port))
    again = platform_up(home, options, lambda _: None)
    assert set(pids(again)).isdisjoint(pids(running))


def test_up_says_that_the_port_is_taken(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as listener:
        port = listener.getsockname()[1]
        done = command("up", "--home", str(tmp_path / "home"), "--port", str(port))
        assert done.returncode == 1
        assert (
            done.stderr.strip().splitlines()[-1].startswith(f"countersign: port {port} on 127.0.0.1 is taken")
        )
        with pytest.raises(CommandFailed, match="--port"):
            platform_up(Home(tmp_path / "other"), UpOptions(port=port), lambda _: None)


def test_up_in_the_foreground_stops_on_ctrl_c(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "countersign.cli.main",
            "up",
            "--home",
            str(home.root),
            "--port",
            str(port_choose()),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )

    def half_up() -> bool:
        try:
            return "postgres" in state_read(home).services
        except PlatformNotRunning:
            return False

    # In the middle of starting, which is when people lose patience.
    wait("the first parts are up", half_up)
    servers = [service.pid for service in state_read(home).services.values()]
    process.send_signal(signal.SIGINT)
    assert process.wait(SECONDS) == 0
    assert process.stderr
    process.stderr.close()
    assert not [pid for pid in servers if process_alive(pid)]
    assert not home.supervised()
