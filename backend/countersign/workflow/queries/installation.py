"""What this installation is and whether its workers answer."""

from __future__ import annotations

from celery import current_app
from kombu.exceptions import OperationalError

from countersign.audit.sequencing import ORIGIN
from countersign.audit.witness_policy import witness_policy
from countersign.shared.env import demo_installation
from countersign.workflow.contracts import Installation


def installation_get() -> Installation:
    """Return the name of the log, how far it can be trusted, and whether the demo made this installation."""
    return Installation(
        origin=ORIGIN,
        mode="witnessed" if witness_policy().quorum else "self-attested",
        demo=demo_installation(),
    )


def workers_alive(*, timeout: float = 1.0) -> tuple[str, ...]:
    """Return the names of the workers that answer within ``timeout`` seconds."""
    try:
        answers = current_app.control.ping(timeout=timeout)
    except (OperationalError, OSError):
        return ()
    return tuple(sorted(name for answer in answers or () for name in answer))
