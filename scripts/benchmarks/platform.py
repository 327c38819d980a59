"""A platform of its own to measure on: the real one, on a free port, gone afterwards."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import django

from countersign.cli.down import platform_down
from countersign.cli.embedded.network import port_choose
from countersign.cli.home import Home
from countersign.cli.platform import UpOptions
from countersign.cli.up import platform_up
from countersign.shared.env import environment_adopt

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from countersign.cli.state import PlatformState


@contextmanager
def platform_running(directory: Path) -> Iterator[PlatformState]:
    """Start a platform below ``directory``, join it, and stop it at the end."""
    home = Home(directory / "home")
    home.prepare()
    (home.root / "demo-installation").touch()
    try:
        state = platform_up(home, UpOptions(port=port_choose()), lambda _: None)
        environment_adopt(state.environment)
        django.setup()
        yield state
    finally:
        platform_down(home)
