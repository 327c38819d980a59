"""Starts the platform's processes, starts them again when they die, and stops them in order."""

from __future__ import annotations

import functools
import http.client
import os
import select
import signal
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from countersign.cli.embedded.network import LOOPBACK, port_choose, port_free
from countersign.cli.embedded.postgres import wait_until
from countersign.cli.embedded.processes import ProcessGroup, ProcessSpec
from countersign.cli.embedded.secrets import passwords_ensure
from countersign.cli.errors import CommandFailed
from countersign.cli.platform import DATABASE, Platform, UpOptions
from countersign.cli.schema import SchemaStamp
from countersign.cli.state import PlatformState, ServiceState
from countersign.shared.keys import keys_ensure
from countersign.shared.wrapping import wrapping_key_ensure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from countersign.cli.home import Home

    Say = Callable[[str], None]

BACK_OFF_SECONDS = (0.1, 0.3, 1.0, 2.0, 5.0, 10.0)
HEALTHY_SECONDS = 30.0
START_SECONDS = 90.0
POLL_SECONDS = 1.0
DEATHS_BEFORE_READY = 3


class StopRequested(Exception):
    """A signal asked the supervisor to stop."""


class _Signals:
    """Signals as something to wait for, so that none ever interrupts the middle of a step."""

    def __init__(self) -> None:
        self.stop = False

    @contextmanager
    def installed(self) -> Iterator[None]:
        reader, writer = os.pipe()
        os.set_blocking(reader, False)
        os.set_blocking(writer, False)
        self._reader = reader
        before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        handlers = {
            number: signal.signal(number, self._stop)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        }
        # A child's death must end the wait; Python delivers it only when there is a handler.
        handlers[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        try:
            yield
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(before)
            os.close(reader)
            os.close(writer)

    def _stop(self, *_: object) -> None:
        self.stop = True

    def wait(self, seconds: float) -> None:
        select.select([self._reader], [], [], seconds)
        with suppress(BlockingIOError):
            os.read(self._reader, 4096)


class _Restarts:
    """When a process that died may start again."""

    def __init__(self) -> None:
        self.deaths = 0
        self.started = time.monotonic()
        self.due: float | None = None

    def died(self, now: float) -> None:
        self.deaths = 0 if now - self.started > HEALTHY_SECONDS else self.deaths
        self.due = now + BACK_OFF_SECONDS[min(self.deaths, len(BACK_OFF_SECONDS) - 1)]
        self.deaths += 1

    def restarted(self, now: float) -> None:
        self.started, self.due = now, None


class Supervisor:
    """The one parent of an embedded platform's processes."""

    def __init__(self, home: Home, options: UpOptions, say: Say) -> None:
        """Keep what was chosen; nothing starts yet."""
        self._home = home
        self._options = options
        self._say = say
        self._signals = _Signals()
        self._group = ProcessGroup()
        self._specs: dict[str, ProcessSpec] = {}
        self._restarts: dict[str, _Restarts] = {}
        self._state = PlatformState(supervisor=os.getpid(), url="")

    def run(self, ready: Callable[[PlatformState], None]) -> None:
        """Start everything, call ``ready``, and keep it running until a signal asks to stop.

        Raises:
            CommandFailed: something did not start; what did start is stopped again.
        """
        with self._signals.installed():
            try:
                self._start()
                ready(self._state)
                while not self._signals.stop:
                    self._tend()
                    self._signals.wait(self._next_wait())
            except StopRequested:
                pass
            finally:
                self._stop()

    def _start(self) -> None:
        if not port_free(self._options.port):
            message = (
                f"port {self._options.port} on {LOOPBACK} is taken by another program; "
                "stop that one, or choose another port with --port"
            )
            raise CommandFailed(message, port=self._options.port)
        self._home.prepare()
        platform = Platform(
            home=self._home,
            options=self._options,
            postgres_port=port_choose(),
            valkey_port=port_choose(),
            passwords=passwords_ensure(self._home.passwords),
        )
        self._state.url = platform.url
        self._state.environment = platform.environment()
        keys_ensure(self._home.keys)
        wrapping_key_ensure(self._home.keys)
        with self._step("Valkey and PostgreSQL"):
            self._spawn(platform.valkey.spec(self._home.log("valkey")))
            platform.postgres.initialise()
            self._spawn(platform.postgres.spec(self._home.log("postgres")))
            self._wait("postgres", platform.postgres.answers)
            self._wait("valkey", platform.valkey.answers)
        with self._step("the database schema"):
            platform.postgres.provision(DATABASE)
            stamp = SchemaStamp(self._home.schema, platform.postgres, DATABASE)
            if not stamp.fresh():
                self._run_to_end(platform.migration())
                self._run_to_end(platform.installation())
                stamp.write()
        with self._step("web, sequencer, signer, worker and beat"):
            for spec in platform.services():
                self._spawn(spec)
            self._wait("web", functools.partial(web_healthy, self._options.port))
        self._state.phase = "ready"
        self._state.waiting_for = ""
        self._state.write(self._home)

    @contextmanager
    def _step(self, what: str) -> Iterator[None]:
        self._check_stop()
        self._state.waiting_for = what
        self._state.write(self._home)
        began = time.monotonic()
        self._say(f"starting {what} ...")
        yield
        self._say(f"{what}: up after {time.monotonic() - began:.1f} s")

    def _check_stop(self) -> None:
        if self._signals.stop:
            raise StopRequested

    def _spawn(self, spec: ProcessSpec) -> None:
        pid = self._group.start(spec)
        if spec.name in self._specs:
            service = self._state.services[spec.name]
            service.pid, service.state, service.restarts = pid, "running", service.restarts + 1
        else:
            self._specs[spec.name] = spec
            self._restarts[spec.name] = _Restarts()
            self._state.services[spec.name] = ServiceState(pid=pid, log=str(spec.log))
        self._restarts[spec.name].restarted(time.monotonic())
        self._state.write(self._home)

    def _run_to_end(self, spec: ProcessSpec) -> None:
        with ProcessGroup() as group:
            group.start(spec)
            while (code := group.exit_code(spec.name)) is None:
                self._check_stop()
                self._signals.wait(0.05)
        if code != 0:
            message = f"{spec.name} failed: {self._home.log_tail(spec.name, 1)} (log: {spec.log})"
            raise CommandFailed(message)

    def _wait(self, name: str, answers: Callable[[], bool]) -> None:
        def ready() -> bool:
            self._check_stop()
            self._tend()
            if self._restarts[name].deaths >= DEATHS_BEFORE_READY:
                message = (
                    f"{name} does not stay up: {self._home.log_tail(name, 1)} (log: {self._home.log(name)})"
                )
                raise CommandFailed(message)
            return answers()

        wait_until(ready, START_SECONDS, name)

    def _tend(self) -> None:
        """Notice what died, and start again what is due."""
        now = time.monotonic()
        self._group.guard_ensure()
        for name, restarts in self._restarts.items():
            if restarts.due is None and self._group.exit_code(name) is not None:
                restarts.died(now)
                self._state.services[name].state = "restarting"
                self._state.write(self._home)
                self._say(f"{name} stopped; starting it again")
            if restarts.due is not None and now >= restarts.due:
                self._spawn(self._specs[name])

    def _next_wait(self) -> float:
        now = time.monotonic()
        due = [restarts.due - now for restarts in self._restarts.values() if restarts.due is not None]
        return max(0.0, min([POLL_SECONDS, *due]))

    def _stop(self) -> None:
        if self._specs:
            self._say("stopping ...")
            self._state.phase = "stopping"
            self._state.write(self._home)
        self._group.stop()
        self._home.state.unlink(missing_ok=True)


def web_healthy(port: int) -> bool:
    """Say whether the web server answers that it, and what it stands on, is well."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        connection.request("GET", "/api/v1/health/", headers={"Host": f"{LOOPBACK}:{port}"})
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
