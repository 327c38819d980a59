"""What a supervisor tells others about itself: a private file, replaced whole at every change."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Literal

from countersign.cli.embedded.secrets import file_write_private
from countersign.cli.errors import PlatformNotRunning

if TYPE_CHECKING:
    from countersign.cli.home import Home

Phase = Literal["starting", "ready", "stopping"]


@dataclass(slots=True)
class ServiceState:
    """One process of the platform."""

    pid: int
    log: str
    restarts: int = 0
    state: Literal["running", "restarting"] = "running"


@dataclass(slots=True)
class PlatformState:
    """The whole platform, with what a process needs to join it (hence the file's mode)."""

    supervisor: int
    url: str
    phase: Phase = "starting"
    waiting_for: str = ""
    services: dict[str, ServiceState] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict, repr=False)

    def write(self, home: Home) -> None:
        """Replace the file."""
        file_write_private(home.state, json.dumps(asdict(self), indent=1))

    def public(self) -> dict[str, object]:
        """Return what may be shown: everything but the environment, which carries passwords."""
        return {key: value for key, value in asdict(self).items() if key != "environment"}


def state_read(home: Home) -> PlatformState:
    """Return the state of the platform that runs in this home.

    Raises:
        PlatformNotRunning: none does.
    """
    message = f"no platform runs in {home.root}; start it with 'countersign up'"
    if not home.supervised():
        raise PlatformNotRunning(message, home=str(home.root))
    try:
        data = json.loads(home.state.read_text())
        services = {name: ServiceState(**service) for name, service in data.pop("services").items()}
        return PlatformState(services=services, **data)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise PlatformNotRunning(message, home=str(home.root)) from error
