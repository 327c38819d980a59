"""`countersign up`: the whole platform on this machine, in one command."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from countersign.cli import output
from countersign.cli.embedded.guard import process_alive
from countersign.cli.errors import CommandFailed, PlatformNotRunning
from countersign.cli.home import Home
from countersign.cli.platform import UpOptions
from countersign.cli.state import PlatformState, state_read
from countersign.cli.supervisor import Supervisor
from countersign.shared.env import child_environment, environment

if TYPE_CHECKING:
    from collections.abc import Callable

DETACH_SECONDS = 180.0
POLL_SECONDS = 0.05

HomeOption = Annotated[
    Path | None,
    typer.Option("--home", help="Where the platform keeps its data (COUNTERSIGN_HOME).", show_default=False),
]


def home_chosen(directory: Path | None) -> Home:
    """Return the home that was asked for, else the one that the environment names."""
    return Home((directory or environment().home).expanduser().resolve())


def platform_up(home: Home, options: UpOptions, say: Callable[[str], None]) -> PlatformState:
    """Start the platform in the background and return once it answers; does nothing when it is up.

    Raises:
        CommandFailed: it did not start; the message says why.
    """
    home.prepare()
    supervisor: int | None = None
    if not home.supervised():
        supervisor = _supervisor_spawn(home, options)
    deadline = time.monotonic() + DETACH_SECONDS
    told = ""
    while time.monotonic() < deadline:
        try:
            state = state_read(home)
        except PlatformNotRunning:
            state = None
        if state is not None and state.phase == "ready":
            return state
        if state is not None and state.waiting_for != told:
            told = state.waiting_for
            say(f"starting {told} ...")
        if supervisor is not None and not process_alive(supervisor):
            raise CommandFailed(_last_words(home))
        time.sleep(POLL_SECONDS)
    message = f"the platform did not come up within {DETACH_SECONDS:.0f} s; its logs are in {home.logs}"
    raise CommandFailed(message)


def _supervisor_spawn(home: Home, options: UpOptions) -> int:
    """Start a supervisor that belongs to nobody's terminal; return its process id."""
    log = home.log("supervisor")
    log.unlink(missing_ok=True)
    argv = [
        *(sys.executable, "-m", "countersign.cli.main", "up", "--home", str(home.root)),
        *("--port", str(options.port), "--workers", str(options.workers)),
        *(("--isolation", options.isolation) if options.isolation else ()),
    ]
    # Not subprocess.Popen, which holds that a process must not outlive the object that started it.
    return os.posix_spawn(
        sys.executable,
        argv,
        child_environment(),
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )


def _last_words(home: Home) -> str:
    words = home.log_tail("supervisor", 1) or f"the supervisor stopped; its logs are in {home.logs}"
    return words.removeprefix("countersign: ")


def up(
    home: HomeOption = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port on 127.0.0.1.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="How many jobs run at once.")] = 2,
    isolation: Annotated[
        str, typer.Option(help="How untrusted code is confined: bubblewrap, process or unconfined.")
    ] = "",
    detach: Annotated[bool, typer.Option("--detach", help="Return once the platform answers.")] = False,
) -> None:
    """Start PostgreSQL, Valkey, web, worker, beat, sequencer and signer, and keep them running."""
    chosen = home_chosen(home)
    options = UpOptions(port=port, isolation=isolation, workers=workers)
    if detach:
        state = platform_up(chosen, options, output.progress)
        output.answer(f"Countersign is up at {state.url}")
        return
    chosen.prepare()
    with chosen.locked() as free:
        if free:
            Supervisor(chosen, options, output.progress).run(_announce)
            return
    state = platform_up(chosen, options, output.progress)
    output.answer(f"Countersign is up at {state.url} already (data in {chosen.root})")


def _announce(state: PlatformState) -> None:
    output.answer(f"Countersign is up at {state.url}; Ctrl-C stops it")
