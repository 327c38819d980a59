"""The sequencer process: ``python -m countersign.audit.sequencer``."""

from __future__ import annotations

import logging
import signal
import threading
import time
from typing import TYPE_CHECKING

import django
from django.db import OperationalError, close_old_connections

from countersign.shared.env import django_settings_ensure

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

logger = logging.getLogger("countersign.audit.sequencer")

# After a batch the next one gathers for so long; with nothing to do the pause doubles up to the idle one.
BUSY_SECONDS = 0.01
IDLE_SECONDS = 0.05
TROUBLE_SECONDS = 1.0
WITNESS_SECONDS = 0.5
# How often it looks how far it is behind, and from when on it says so.
WATCH_SECONDS = 5.0
LAG_ALARM_SECONDS = 10.0


def run(stop: threading.Event) -> None:
    """Sequence until ``stop`` is set; a database that is away is waited for, a damaged log left alone."""
    from countersign.audit.errors import LogDamaged  # noqa: PLC0415 - models need django.setup()
    from countersign.audit.sequencing import reader_open  # noqa: PLC0415

    while not stop.is_set():
        try:
            with reader_open() as reader:
                _batches(stop, reader)
        except OperationalError:
            logger.warning("the database does not answer; waiting", exc_info=True)
            close_old_connections()
            stop.wait(TROUBLE_SECONDS)
        except LogDamaged as error:
            logger.error("the log is not extended", extra={"reason": error.message})  # noqa: TRY400 - not ours
            stop.wait(TROUBLE_SECONDS)


def _batches(stop: threading.Event, reader: BaseDatabaseWrapper) -> None:
    from countersign.audit.sequencing import BATCH, sequence_batch  # noqa: PLC0415 - models need django.setup()

    pause, watched = BUSY_SECONDS, time.monotonic()
    while not stop.is_set():
        batch = sequence_batch(reader=reader)
        if batch.added:
            logger.info("sequenced", extra={"added": batch.added, "tree_size": batch.size})
        pause = BUSY_SECONDS if batch.added else min(2 * pause, IDLE_SECONDS)
        if time.monotonic() - watched > WATCH_SECONDS:
            lag_watch()
            watched = time.monotonic()
        if batch.added < BATCH:
            stop.wait(pause)


def lag_watch() -> None:
    """Say so when events wait for too long: mostly a transaction that nobody ends holds the log back."""
    from countersign.audit.selectors import sequencing_lag  # noqa: PLC0415 - models need django.setup()

    lag = sequencing_lag()
    if lag.oldest_seconds > LAG_ALARM_SECONDS:
        logger.warning(
            "the log lags; is there a transaction that does not end?",
            extra={"pending": lag.pending, "oldest_seconds": round(lag.oldest_seconds, 1)},
        )


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
