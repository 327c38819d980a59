"""What code inside the sandbox can't do, tried for real."""

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import socket
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import pytest

from countersign.sandbox import isolation as isolation_module
from countersign.sandbox.contracts import Bind, IsolationKind, Limits, SandboxCommand, SandboxResult
from countersign.sandbox.errors import IsolationUnavailable
from countersign.sandbox.isolation import isolation_probe, sandbox_run
from countersign.sandbox.process import namespaces_possible

pytestmark = pytest.mark.needs("bwrap")

BUBBLEWRAP = IsolationKind.BUBBLEWRAP
FORK_BOMB = """
import os, sys
made = 0
while True:
    try:
        if os.fork() == 0:
            while True:
                pass
        made += 1
    except OSError:
        print(made, flush=True)
        sys.exit(3)
"""
FORK_SLEEPERS = """
import os, time
for _ in range(400):
    if os.fork() == 0:
        time.sleep(60)
time.sleep(60)
"""
MEMORY_EATERS = """
import os, time
for _ in range(8):
    if os.fork() == 0:
        held = bytearray(60 << 20)
        held[::4096] = b"x" * len(held[::4096])
        time.sleep(60)
time.sleep(60)
"""


def python(code: str, **changes: object) -> SandboxResult:
    """Run Python code in bubblewrap."""
    command = SandboxCommand((sys.executable, "-c", code), **changes)  # type: ignore[arg-type]
    return sandbox_run(command, isolation=BUBBLEWRAP)


def processes() -> int:
    return sum(path.name.isdigit() for path in Path("/proc").iterdir())


def commands_with(argument: str) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            command = path.read_bytes().split(b"\0")
            if argument.encode() in command:
                found.append(str(path))
    return found


def test_probe_runs_bubblewrap_and_says_ok() -> None:
    assert isolation_probe(BUBBLEWRAP).ok


def test_sandbox_returns_output_exit_code_and_isolation() -> None:
    result = python("import sys; print(input()); sys.stderr.write('e'); sys.exit(7)", stdin=b"hello\n")
    assert (result.stdout, result.stderr, result.exit_code) == (b"hello\n", b"e", 7)
    assert result.isolation is BUBBLEWRAP
    assert not result.ok
    assert not result.timed_out


def test_sandbox_sees_no_host_files(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("key")
    code = f"""
import os
import secrets
for path in ({str(secret)!r}, "/etc/shadow", "/root/.ssh", "/home", "/run", "/proc/1/root/home", "/sys"):
    print(path, os.path.exists(path))
print(sorted(os.listdir("/tmp")), os.listdir("/tmp/home"))
"""
    lines = python(code).stdout.decode().splitlines()
    assert [line for line in lines if line.endswith("True")] == []
    # Where the checkout itself lies below /tmp, the way to it is all that is there besides.
    shown = {part.parts[2] for part in (Path(sys.prefix), Path(__file__)) if part.is_relative_to("/tmp")}
    assert lines[-1] == f"{sorted({'home', *shown})} []"


def test_sandbox_environment_holds_nothing_of_the_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTERSIGN_SECRET_KEY", "s3cret")
    monkeypatch.setenv("PIP_INDEX_URL", "file:///nowhere")
    result = python("import json, os; print(json.dumps(dict(os.environ)))", environment={"EXTRA": "1"})
    assert set(json.loads(result.stdout)) == {
        *("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "TZ", "PWD", "EXTRA"),
        *("PYTHONDONTWRITEBYTECODE", "PYTHONNOUSERSITE"),
    }


def test_sandbox_with_index_gets_what_pip_needs_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "file:///nowhere")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret")
    result = python("import json, os; print(json.dumps(dict(os.environ)))", network="package_index")
    variables = json.loads(result.stdout)
    assert variables["PIP_INDEX_URL"] == "file:///nowhere"
    assert "s3cret" not in variables.values()


def test_sandbox_has_no_network() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as abstract:
        abstract.bind(f"\0countersign-test-{os.getpid()}")
        abstract.listen()
        code = f"""
import socket
for family, address in ((socket.AF_INET, ("127.0.0.1", {server.getsockname()[1]})),
                        (socket.AF_INET, ("192.0.2.1", 80)),
                        (socket.AF_UNIX, "\\0countersign-test-{os.getpid()}")):
    with socket.socket(family) as client:
        client.settimeout(2)
        try:
            client.connect(address); print("connected", address)
        except OSError as error:
            print("refused")
print([name for _, name in socket.if_nameindex()])
"""
        assert python(code).stdout.decode().splitlines() == ["refused"] * 3 + ["['lo']"]


def test_sandbox_sees_and_signals_no_other_process() -> None:
    code = f"""
import os
import secrets
print(len([name for name in os.listdir("/proc") if name.isdigit()]) < 5)
try:
    os.kill({os.getpid()}, 0); print("signalled")
except OSError:
    print("no such process")
"""
    assert python(code).stdout.decode().splitlines() == ["True", "no such process"]


def test_sandbox_has_no_capability_and_can_get_none() -> None:
    code = """
import os, re
status = open("/proc/self/status").read()
print(set(re.findall(r"Cap\\w+:\\s(\\w+)", status)), re.search(r"NoNewPrivs:\\s(\\d)", status)[1])
print(os.getuid() != 0, os.system("unshare --user --map-root-user true 2>/dev/null") != 0)
"""
    assert python(code).stdout.decode().splitlines() == ["{'0000000000000000'} 1", "True True"]


def test_sandbox_writes_only_where_it_may(tmp_path: Path) -> None:
    readable, writable = tmp_path / "readable", tmp_path / "writable"
    readable.mkdir()
    writable.mkdir()
    code = """
import sys
for place in ("/", "/usr", "/etc", "/dev", "/bound", sys.prefix, sys.base_prefix, "/written", "/tmp"):
    try:
        open(place + "/made", "w").write("x"); print(place)
    except OSError:
        pass
"""
    binds = (Bind(readable, "/bound"), Bind(writable, "/written", writable=True))
    assert python(code, binds=binds).stdout.decode().splitlines() == ["/written", "/tmp"]
    assert (writable / "made").read_text() == "x"
    assert list(readable.iterdir()) == []


def test_fork_bomb_is_bounded() -> None:
    before = processes()
    result = python(FORK_BOMB, limits=Limits(wall_seconds=10, cpu_seconds=5, processes=40))
    assert result.failure or result.exit_code == 3
    assert result.duration_ms < 9000
    assert processes() < before + 40


def test_fork_bomb_is_bounded_where_the_kernel_counts_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation_module, "group_for", lambda _limits: nullcontext(None))
    result = python(FORK_SLEEPERS, limits=Limits(wall_seconds=10, processes=40))
    assert result.failure == "stopped: more than 40 processes" or os.geteuid() != 0
    assert result.exit_code != 0


def test_memory_of_all_processes_together_is_bounded() -> None:
    result = python(MEMORY_EATERS, limits=Limits(wall_seconds=10, memory_bytes=256 << 20))
    assert result.failure == "stopped: more than 256 MiB of memory"


def test_memory_is_bounded_where_the_kernel_counts_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation_module, "group_for", lambda _limits: nullcontext(None))
    result = python(MEMORY_EATERS, limits=Limits(wall_seconds=10, memory_bytes=256 << 20))
    assert result.failure == "stopped: more than 256 MiB of memory"


def test_address_space_of_one_process_is_bounded() -> None:
    result = python("bytearray(1 << 30)", limits=Limits(memory_bytes=512 << 20))
    assert b"MemoryError" in result.stderr


def test_output_flood_is_read_and_dropped() -> None:
    code = "import sys\nfor _ in range(2000): sys.stdout.write('x' * 10000)\nsys.stderr.write('done')"
    result = python(code, limits=Limits(output_bytes=1000))
    assert len(result.stdout) == 1000
    assert result.truncated
    assert result.ok
    assert result.stderr == b"done"


def test_file_size_and_temporary_directory_are_bounded() -> None:
    code = "open('/tmp/big', 'wb').write(b'x' * (3 << 20))"
    assert not python(code, limits=Limits(file_bytes=1 << 20)).ok


def test_wall_time_kills_detached_children_too(tmp_path: Path) -> None:
    code = """
import fcntl, os, sys, time
file = open("/shared/lock", "w")
fcntl.flock(file, fcntl.LOCK_EX)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(600)
    os._exit(0)
print("locked", flush=True)
time.sleep(600)
"""
    binds = (Bind(tmp_path, "/shared", writable=True),)
    result = python(code, binds=binds, limits=Limits(wall_seconds=0.7))
    assert result.timed_out
    assert result.exit_code is None
    assert result.failure == "stopped after 0.7 seconds"
    assert result.stdout == b"locked\n"
    _lock_is_free(tmp_path / "lock")


def test_children_die_with_the_command(tmp_path: Path) -> None:
    code = """
import fcntl, os, time
file = open("/shared/lock", "w")
fcntl.flock(file, fcntl.LOCK_EX)
if os.fork() == 0:
    os.setsid()
    time.sleep(600)
"""
    assert python(code, binds=(Bind(tmp_path, "/shared", writable=True),)).ok
    _lock_is_free(tmp_path / "lock")


def _lock_is_free(path: Path) -> None:
    """Fail when a process that should be dead still holds the lock; the kernel gets a moment to bury it."""
    deadline = time.monotonic() + 3
    with path.open("w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                assert time.monotonic() < deadline, "a child outlived its sandbox"
            else:
                return


def test_command_that_closes_its_output_is_waited_for() -> None:
    result = python("import os, time\nos.close(1); os.close(2)\ntime.sleep(0.2)\nos._exit(4)")
    assert result.exit_code == 4


def test_sandbox_with_unknown_command_is_a_result_not_an_exception() -> None:
    result = sandbox_run(SandboxCommand(("/no/such/program",)), isolation=BUBBLEWRAP)
    assert not result.ok


def test_sandbox_with_missing_bind_says_why(tmp_path: Path) -> None:
    result = python("pass", binds=(Bind(tmp_path / "missing", "/x"),))
    assert result.failure is not None
    assert "missing" in result.failure
    assert result.exit_code is None


def test_sandbox_without_bubblewrap_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation_module, "bwrap_path", lambda: None)
    isolation_probe.cache_clear()
    try:
        with pytest.raises(IsolationUnavailable, match="apt-get install bubblewrap"):
            python("pass")
        probe = isolation_probe(BUBBLEWRAP)
        assert not probe.ok
        assert "not installed" in probe.reason
        assert probe.mend == "install bubblewrap: apt-get install bubblewrap"
    finally:
        isolation_probe.cache_clear()


def test_probe_says_what_stopped_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/python")
    isolation_probe.cache_clear()
    try:
        probe = isolation_probe(BUBBLEWRAP)
        assert not probe.ok
        assert "can't start" in probe.reason
        assert "--isolation process" in probe.mend
    finally:
        isolation_probe.cache_clear()


def test_unconfined_says_so_and_uses_the_sources_paths(tmp_path: Path) -> None:
    assert "nothing is kept apart" in isolation_probe(IsolationKind.UNCONFINED).reason
    command = SandboxCommand(
        ("/bin/sh", "-c", 'pwd; echo "$PLACE"; cat "$0"', "/tree/file"),
        binds=(Bind(tmp_path, "/tree"), Bind(tmp_path, "/treehouse")),
        cwd="/tree",
        environment={"PLACE": "/tree/a:/tree", "SECRETLESS": "1"},
    )
    (tmp_path / "file").write_text("content\n")
    result = sandbox_run(command, isolation=IsolationKind.UNCONFINED)
    assert result.isolation is IsolationKind.UNCONFINED
    assert result.stdout.decode().splitlines() == [str(tmp_path), f"{tmp_path}/a:{tmp_path}", "content"]


def test_unconfined_leftovers_are_killed_with_their_session() -> None:
    command = SandboxCommand(("/bin/sh", "-c", "sleep 600 & echo started"), limits=Limits(wall_seconds=20))
    result = sandbox_run(command, isolation=IsolationKind.UNCONFINED)
    assert result.stdout == b"started\n"
    assert result.duration_ms < 5000


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
class TestProcess:
    def run(self, script: str, **changes: object) -> SandboxResult:
        command = SandboxCommand(("/bin/sh", "-c", script), **changes)  # type: ignore[arg-type]
        return sandbox_run(command, isolation=IsolationKind.PROCESS)

    def test_process_is_another_user_without_privileges(self, tmp_path: Path) -> None:
        secret = tmp_path / "secret"
        secret.write_text("key")
        secret.chmod(0o600)
        result = self.run(f"id -u; cat {secret}; grep -E 'CapEff|NoNewPrivs' /proc/self/status; ls $HOME")
        lines = result.stdout.decode().split()
        assert 61_184 <= int(lines[0]) <= 65_519
        assert "key" not in lines
        assert lines[1:] == ["CapEff:", "0000000000000000", "NoNewPrivs:", "1"]

    def test_process_has_no_network(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            result = self.run(f"command -v bash >/dev/null && bash -c 'echo > /dev/tcp/127.0.0.1/{port}'")
        assert not result.ok

    @pytest.mark.skipif("--net" not in namespaces_possible(), reason="no network namespace can be made here")
    def test_process_can_talk_to_itself(self) -> None:
        code = (
            "import socket\nserver = socket.create_server(('127.0.0.1', 0))\n"
            "socket.create_connection(server.getsockname())"
        )
        for isolation in (IsolationKind.PROCESS, BUBBLEWRAP):
            assert sandbox_run(SandboxCommand((sys.executable, "-c", code)), isolation=isolation).ok

    def test_process_writes_only_to_what_is_lent_and_gives_it_back(self) -> None:
        directory = Path("/tmp") / f"countersign-lent-{os.getpid()}"
        directory.mkdir(mode=0o755)
        try:
            result = self.run(
                f"echo x > {directory}/made; touch /usr/made",
                binds=(Bind.at_source(directory, writable=True),),
            )
            assert not result.ok
            assert (directory / "made").read_text() == "x\n"
            assert {path.stat().st_uid for path in (directory, directory / "made")} == {0}
        finally:
            shutil.rmtree(directory)

    def test_process_leaves_nothing_running(self) -> None:
        # An argument of its own tells these apart from everything else that runs on the machine.
        seconds = str(secrets.randbelow(10**9) + 10**9)
        self.run(f"setsid sleep {seconds} & setsid sleep {seconds} & exit 0")
        assert commands_with(seconds) == []

    def test_process_probe_says_what_it_is(self) -> None:
        probe = isolation_probe(IsolationKind.PROCESS)
        assert ("another user" in probe.reason) if probe.ok else ("bubblewrap" in probe.mend)

    @pytest.mark.skipif("--mount" not in namespaces_possible(), reason="no mount namespace can be made here")
    def test_process_reaches_what_is_lent_below_closed_directories_and_nothing_beside(
        self, tmp_path: Path
    ) -> None:
        closed = tmp_path / "closed"
        lent = closed / "a b" / "lent"
        lent.mkdir(parents=True)
        (closed / "secret").write_text("key")
        (closed / "file").write_text("one file\n")
        closed.chmod(0o700)
        script = f"cat {closed}/file; echo x > '{lent}/made'; cat {closed}/secret; ls {closed}"
        binds = (Bind.at_source(lent, writable=True), Bind.at_source(closed / "file"))
        result = self.run(script, binds=binds)
        assert result.stdout.decode().splitlines() == ["one file", "a b", "file"]
        assert (lent / "made").read_text() == "x\n"
        assert (closed / "secret").read_text() == "key"

    @pytest.mark.skipif("--mount" not in namespaces_possible(), reason="no mount namespace can be made here")
    def test_process_runs_the_platforms_python_wherever_it_is(self) -> None:
        assert isolation_probe(IsolationKind.PROCESS).ok
        command = SandboxCommand((sys.executable, "-c", "import encodings; print('inside')"))
        assert sandbox_run(command, isolation=IsolationKind.PROCESS).stdout == b"inside\n"

    def test_process_with_index_keeps_the_network(self) -> None:
        assert self.run("true", network="package_index").ok


def test_process_without_root_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(IsolationUnavailable, match="only root"):
        sandbox_run(SandboxCommand(("/bin/true",)), isolation=IsolationKind.PROCESS)
