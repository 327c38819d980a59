"""The signer process: ``python -m countersign.workflow.signer``. It alone holds the key for decisions."""

from __future__ import annotations

import logging
import signal
import threading

import django
from django.db import OperationalError, close_old_connections

from countersign.shared.actor import service_actor
from countersign.shared.env import demo_installation, django_settings_ensure
from countersign.shared.errors import DomainError

logger = logging.getLogger("countersign.workflow.signer")

SIGNER = service_actor("signer")
# A decision waits for a checkpoint first, which takes some ten milliseconds.
PAUSE_SECONDS = 0.05
TROUBLE_SECONDS = 1.0


def decisions_answer() -> int:
    """Answer every decision that a checkpoint covers; return how many there were.

    Raises:
        SigningKeyMissing: a key can't be read.
        WitnessPolicyInvalid: the witness policy can't be read.
    """
    from countersign.approvals.signing import decision_answer, decisions_unanswered  # noqa: PLC0415 - needs setup
    from countersign.workflow.trust import trust_current  # noqa: PLC0415

    waiting = decisions_unanswered()
    if not waiting:
        return 0
    trust = trust_current(allow_unattended=demo_installation())
    return sum(decision_answer(actor=SIGNER, decision_id=each, trust=trust) for each in waiting)


def run(stop: threading.Event) -> None:
    """Answer until ``stop`` is set; a database that is away is waited for."""
    while not stop.is_set():
        pause = PAUSE_SECONDS
        try:
            if answered := decisions_answer():
                logger.info("answered", extra={"decisions": answered})
        except OperationalError:
            logger.warning("the database does not answer; waiting", exc_info=True)
            close_old_connections()
            pause = TROUBLE_SECONDS
        except DomainError as error:
            logger.error("nothing is signed", extra={"reason": error.message})  # noqa: TRY400 - told, not ours
            pause = TROUBLE_SECONDS
        stop.wait(pause)


def main() -> None:
    """Run until the process is asked to stop."""
    django_settings_ensure()
    django.setup()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    run(stop)


if __name__ == "__main__":
    main()
