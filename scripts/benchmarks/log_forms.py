"""The same small transaction with the event written in several ways, in a process that is told which to run.

``python -m benchmarks.log_forms`` reads lines ``FORM SECONDS START`` and answers each with the number of
durable transactions that it committed; ``START`` is a reading of the machine's monotonic clock.
"""

from __future__ import annotations

import hashlib
import sys
import threading
import time
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from countersign.jobs.models import IdempotencyKey

# Any constant will do: who holds it may append to the chain.
_CHAIN_LOCK = 0x636861696E
_CHAIN_INSERT = """
INSERT INTO bench_chain
    (event_id, type, actor_kind, actor_id, subject_type, subject_id, correlation_id, hash, body)
VALUES (%s, 'bench.appended', 'service', 'bench', 'bench', %s, '', %s, %s)
"""
_BARE_INSERT = (
    "INSERT INTO jobs_idempotencykey (key, user_id, request_digest, headers)"
    " VALUES (%s, %s, %s, '{}') RETURNING 1"
)


def plain() -> None:
    """Change something and tell nobody."""
    _row_make()


def recorded() -> None:
    """Let ``record()`` write the event, as services do."""
    from countersign.audit.services import record  # noqa: PLC0415 - models need django.setup()
    from countersign.shared.actor import service_actor  # noqa: PLC0415

    row = _row_make()
    record(
        actor=service_actor("bench"),
        type="bench.appended",
        subject=("bench", str(row)),
        data={"user_id": "bench", "request_digest": "bench"},
    )


def own() -> None:
    """Let the change's own statement write the event, as services do where they can."""
    from countersign.audit.changes import insert_recorded  # noqa: PLC0415 - models need django.setup()
    from countersign.shared.actor import service_actor  # noqa: PLC0415

    row = _row()
    insert_recorded(
        row,
        actor=service_actor("bench"),
        type="bench.appended",
        subject=("bench", row.key),
        data={"user_id": "bench", "request_digest": "bench"},
    )


def bare() -> None:
    """Run the very statement of the form above without the event in it."""
    from countersign.audit.prepared import prepared_run  # noqa: PLC0415 - models need django.setup()
    from countersign.audit.writing import link_open  # noqa: PLC0415

    row = _row()
    prepared_run(link_open(), _BARE_INSERT, (row.key, row.user_id, row.request_digest))


def chained() -> None:
    """Hash the event onto the one before it: a chain in the database, whose end has to be locked."""
    _chain(_row_make())


def _chain(row: int) -> None:
    from django.db import connection  # noqa: PLC0415

    from countersign.audit.bodies import event_body  # noqa: PLC0415
    from countersign.shared.actor import service_actor  # noqa: PLC0415

    event_id = uuid.uuid4()
    body = event_body(
        event_id=str(event_id),
        time="2026-01-01T00:00:00.000000Z",
        type="bench.appended",
        actor=service_actor("bench"),
        subject=("bench", str(row)),
        correlation_id="",
        data={"user_id": "bench", "request_digest": "bench"},
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CHAIN_LOCK])
        cursor.execute("SELECT hash FROM bench_chain ORDER BY id DESC LIMIT 1")
        last = cursor.fetchone()
        hashed = hashlib.sha256((bytes(last[0]) if last else b"") + body).digest()
        cursor.execute(_CHAIN_INSERT, [str(event_id), str(row), hashed, body])


FORMS: dict[str, Callable[[], object]] = {
    "plain": plain,
    "own": own,
    "bare": bare,
    "record": recorded,
    "chain": chained,
    "auditlog": plain,
}


def _row_make() -> int:
    from countersign.jobs.models import IdempotencyKey  # noqa: PLC0415

    made = IdempotencyKey.objects.create(key=str(uuid.uuid4()), user_id="bench", request_digest="bench")
    return int(made.pk)


def _row() -> IdempotencyKey:
    from countersign.jobs.models import IdempotencyKey  # noqa: PLC0415

    return IdempotencyKey(key=str(uuid.uuid4()), user_id="bench", request_digest="bench")


@contextmanager
def _auditlog(form: str) -> Iterator[None]:
    """Let django-auditlog follow the table while its forms run, and know who acts, as its middleware does."""
    from auditlog.context import set_actor  # type: ignore[import-untyped]  # noqa: PLC0415
    from auditlog.registry import auditlog  # type: ignore[import-untyped]  # noqa: PLC0415
    from django.contrib.auth import get_user_model  # noqa: PLC0415

    from countersign.jobs.models import IdempotencyKey  # noqa: PLC0415

    if form != "auditlog":
        yield
        return
    auditlog.register(IdempotencyKey)
    try:
        with set_actor(get_user_model().objects.get()):
            yield
    finally:
        auditlog.unregister(IdempotencyKey)


def work(form: str, seconds: float, start: float) -> int:
    """Commit for so long, one transaction after the other; return how many."""
    from django.db import transaction  # noqa: PLC0415

    change, count = FORMS[form], 0
    with _auditlog(form):
        threading.Event().wait(max(0.0, start - time.monotonic()))
        while time.monotonic() < start + seconds:
            with transaction.atomic(durable=True):
                change()
            count += 1
    return count


if __name__ == "__main__":
    django.setup()
    for line in sys.stdin:
        chosen, lasting, starting = line.split()
        print(work(chosen, float(lasting), float(starting)), flush=True)
