"""The sequencer process: ``python -m countersign.audit.sequencer``."""

from __future__ import annotations

import logging
import signal
import threading

import django
from django.db import OperationalError, close_old_connections

from countersign.shared.env import django_settings_ensure

logger = logging.getLogger("countersign.audit.sequencer")

IDLE_SECONDS = 0.05
TROUBLE_SECONDS = 1.0
WITNESS_SECONDS = 0.5


def run(stop: threading.Event) -> None:
    """Sequence until ``stop`` is set; a database that is away is waited for."""
    from countersign.audit.sequencing import sequence_batch  # noqa: PLC0415 - models need django.setup()

    while not stop.is_set():
        try:
            batch = sequence_batch()
        except OperationalError:
            logger.warning("the database does not answer; waiting", exc_info=True)
            close_old_connections()
            stop.wait(TROUBLE_SECONDS)
            continue
        if batch.added:
            logger.info("sequenced", extra={"added": batch.added, "tree_size": batch.size})
        else:
            stop.wait(IDLE_SECONDS)


def witnesses_run(stop: threading.Event) -> None:
    """Offer new checkpoints to the witnesses until ``stop`` is set; sequencing never waits for them."""
    from countersign.audit.witness_client import witnesses_ask  # noqa: PLC0415 - models need django.setup()
    from countersign.audit.witness_policy import witness_policy  # noqa: PLC0415

    policy = witness_policy()
    while policy.witnesses and not stop.is_set():
        try:
            signed = witnesses_ask(policy)
        except OperationalError:
            logger.warning("the database does not answer; waiting", exc_info=True)
            close_old_connections()
            signed = 0
        stop.wait(IDLE_SECONDS if signed else WITNESS_SECONDS)


def main() -> None:
    """Run until the process is asked to stop."""
    django_settings_ensure()
    django.setup()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    witnesses = threading.Thread(target=witnesses_run, args=(stop,), name="witnesses")
    witnesses.start()
    try:
        run(stop)
    finally:
        stop.set()
        witnesses.join()


if __name__ == "__main__":
    main()
