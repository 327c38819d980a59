"""What recording an event costs inside a transaction that changes something."""

from __future__ import annotations

import time
import uuid

from django.db import transaction

from benchmarks.harness import Bar, Benchmark, Measurement
from countersign.audit.services import record
from countersign.jobs.models import IdempotencyKey
from countersign.shared.actor import Actor, service_actor

TRANSACTIONS = 300


def audit_append() -> Benchmark:
    """Time durable transactions that insert a row and record an event, against the same without the event."""
    actor = service_actor("bench")
    return Benchmark(
        "audit.append",
        "ms per transaction",
        lambda: Measurement(_seconds(actor) / TRANSACTIONS * 1000, _seconds(None) / TRANSACTIONS * 1000),
        Bar("ratio", "most", 1.4),
    )


def _seconds(actor: Actor | None) -> float:
    started = time.perf_counter()
    for _ in range(TRANSACTIONS):
        with transaction.atomic(durable=True):
            row = IdempotencyKey.objects.create(
                key=str(uuid.uuid4()), user_id="bench", request_digest="bench"
            )
            if actor is not None:
                record(actor=actor, type="bench.appended", subject=("bench", str(row.pk)), data={"n": 1})
    return time.perf_counter() - started
