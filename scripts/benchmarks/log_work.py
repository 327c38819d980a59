"""What the processes do that the audit log is measured with: ``python -m benchmarks.log_work WHAT ...``."""

from __future__ import annotations

import sys
import threading
import time
import uuid
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:
    from collections.abc import Callable

# Events of one transaction when a load is offered: what a service that changes several things records.
EVENTS_EACH = 10


def prepare() -> None:
    """Make the signing keys, and the person whom django-auditlog can name."""
    from countersign.accounts.services import user_create  # noqa: PLC0415
    from countersign.shared.actor import service_actor  # noqa: PLC0415
    from countersign.shared.env import environment  # noqa: PLC0415 - needs the environment of this process
    from countersign.shared.keys import keys_ensure  # noqa: PLC0415

    keys_ensure(environment().keys_directory)
    user_create(actor=service_actor("bench"), email="bench@example.org", name="Bench")


def sequence() -> None:
    """Sequence all that waits; print the events and the seconds it took."""
    from django.db import connection  # noqa: PLC0415

    from countersign.audit.sequencing import sequence_batch  # noqa: PLC0415
    from countersign.shared.keys import signing_key  # noqa: PLC0415

    # A sequencer that is behind has been running: neither connecting nor reading the key belongs to it.
    connection.ensure_connection()
    signing_key("log")
    added = 0
    started = time.perf_counter()
    while batch := sequence_batch().added:
        added += batch
    print(added, time.perf_counter() - started)


def offer(rate: str, seconds: str, start: str) -> None:
    """Record so many events a second, in transactions of ten, for so long, from a monotonic moment on."""
    from django.db import transaction  # noqa: PLC0415

    from countersign.audit.services import record  # noqa: PLC0415
    from countersign.shared.actor import service_actor  # noqa: PLC0415

    actor = service_actor("bench")
    pause = threading.Event()
    interval = EVENTS_EACH / float(rate)
    started = float(start)
    for number in range(int(float(seconds) / interval)):
        pause.wait(max(0.0, started + number * interval - time.monotonic()))
        with transaction.atomic(durable=True):
            for _ in range(EVENTS_EACH):
                record(actor=actor, type="bench.appended", subject=("bench", str(uuid.uuid4())))


WORK: dict[str, Callable[..., None]] = {"prepare": prepare, "sequence": sequence, "offer": offer}

if __name__ == "__main__":
    django.setup()
    WORK[sys.argv[1]](*sys.argv[2:])
