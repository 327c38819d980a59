"""The sequencer process: ``python -m countersign.audit.sequencer``."""

from __future__ import annotations

import logging
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING

import django
from django.db import OperationalError, close_old_connections, connection

from countersign.shared.env import django_settings_ensure
from countersign.shared.errors import DomainError

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

logger = logging.getLogger("countersign.audit.sequencer")

# After a batch the next one gathers for so long; with nothing to do the pause doubles up to the idle one.
BUSY_SECONDS = 0.01
IDLE_SECONDS = 0.05
TROUBLE_SECONDS = 1.0
WITNESS_SECONDS = 0.5
# Each step leaves some partial tiles under the lock for good, so steps are not small.
MIRROR_SECONDS = 10.0
# For how long a thread that computes may keep the others waiting.
SWITCH_SECONDS = 0.0005
# How often it looks how far it is behind, and from when on it says so.
WATCH_SECONDS = 5.0
LAG_ALARM_SECONDS = 10.0


def run(stop: threading.Event, disagrees: threading.Event | None = None) -> None:
    """Sequence until ``stop`` is set; a database that is away is waited for, a damaged log left alone.

    Args:
        stop: ends it.
        disagrees: set while the log is not that of its mirror; nothing is signed then.
    """
    from countersign.audit.errors import LogDamaged  # noqa: PLC0415 - models need django.setup()
    from countersign.audit.sequencing import reader_open  # noqa: PLC0415

    halted = disagrees or threading.Event()
    while not stop.is_set():
        try:
            with reader_open() as reader:
                _batches(stop, halted, reader)
        except OperationalError:
            logger.warning("the database does not answer; waiting", exc_info=True)
            close_old_connections()
            stop.wait(TROUBLE_SECONDS)
        except LogDamaged as error:
            logger.error("the log is not extended", extra={"reason": error.message})  # noqa: TRY400 - not ours
            stop.wait(TROUBLE_SECONDS)


def _batches(stop: threading.Event, halted: threading.Event, reader: BaseDatabaseWrapper) -> None:
    from countersign.audit.errors import LogDamaged  # noqa: PLC0415 - models need django.setup()
    from countersign.audit.sequencing import BATCH, sequence_batch  # noqa: PLC0415 - models need django.setup()

    pause, watched = BUSY_SECONDS, time.monotonic()
    while not stop.is_set():
        if halted.is_set():
            message = "it is not the log of its mirror in the object store"
            raise LogDamaged(message)
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


def mirror_run(stop: threading.Event, disagrees: threading.Event) -> None:
    """Copy the log to the object store until ``stop`` is set; sequencing never waits for it.

    ``disagrees`` is set while the two are not one log, and cleared when they are again.
    """
    from countersign.audit.errors import MirrorDisagrees  # noqa: PLC0415 - models need django.setup()
    from countersign.audit.mirror import STEP, mirror_advance, mirror_newest  # noqa: PLC0415
    from countersign.shared.storage import object_store  # noqa: PLC0415

    mirrored = None
    while not stop.is_set():
        pause = MIRROR_SECONDS
        try:
            before = mirrored or mirror_newest(object_store())
            mirrored = mirror_advance(object_store(), before)
            disagrees.clear()
            if mirrored != before:
                logger.info("mirrored", extra={"tree_size": mirrored.size})
            # With a long way to go there is nothing to gather.
            pause = 0.0 if mirrored.size - before.size > STEP // 2 else MIRROR_SECONDS
        except MirrorDisagrees as error:
            mirrored = None
            disagrees.set()
            logger.error("the log and its mirror disagree", extra={"reason": error.message})  # noqa: TRY400
        except (DomainError, OperationalError, OSError) as error:
            mirrored = None
            logger.warning("the log is not mirrored; trying again", extra={"reason": str(error)[:200]})
            close_old_connections()
        stop.wait(pause)
    connection.close()


def main() -> None:
    """Run until the process is asked to stop."""
    django_settings_ensure()
    django.setup()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    # The threads beside it hash much at once; sequencing gets its turn soon after each answer of the server.
    sys.setswitchinterval(SWITCH_SECONDS)
    disagrees = threading.Event()
    beside = (
        threading.Thread(target=witnesses_run, args=(stop,), name="witnesses"),
        threading.Thread(target=mirror_run, args=(stop, disagrees), name="mirror"),
    )
    for thread in beside:
        thread.start()
    try:
        run(stop, disagrees)
    finally:
        stop.set()
        for thread in beside:
            thread.join()


if __name__ == "__main__":
    main()
