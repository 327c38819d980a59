"""`countersign down`: stop the platform that runs in a home directory."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from countersign.cli import output
from countersign.cli.embedded.guard import process_alive
from countersign.cli.errors import CommandFailed, PlatformNotRunning
from countersign.cli.state import state_read
from countersign.cli.up import HomeOption, home_chosen

if TYPE_CHECKING:
    from countersign.cli.home import Home

SECONDS = 40.0
POLL_SECONDS = 0.05


def platform_down(home: Home) -> bool:
    """Stop the platform and wait until it is; ``False`` when none ran.

    Raises:
        CommandFailed: it did not stop in time.
    """
    deadline = time.monotonic() + SECONDS
    try:
        supervisor = state_read(home).supervisor
    except PlatformNotRunning:
        return False
    with suppress(ProcessLookupError):
        os.kill(supervisor, signal.SIGTERM)
    while home.supervised() or process_alive(supervisor):
        if time.monotonic() > deadline:
            message = (
                f"the platform (process {supervisor}) did not stop within {SECONDS:.0f} s; see {home.logs}"
            )
            raise CommandFailed(message)
        time.sleep(POLL_SECONDS)
    return True


def down(home: HomeOption = None) -> None:
    """Stop the platform."""
    stopped = platform_down(home_chosen(home))
    output.answer("Countersign is stopped" if stopped else "Countersign was not running")
