"""How much the logs of ended jobs hold."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from countersign.jobs.retention import job_logs_old
from countersign.jobs.services import job_cancel
from countersign.shared.actor import Actor
from countersign.shared.clock import now


@pytest.mark.usefixtures("db")
def test_job_logs_old_counts_bytes(enqueue: Callable[..., str], worker: Actor) -> None:
    for payload in ({"word": "Grosse"}, {"word": "Größe"}):
        job_cancel(actor=worker, job_id=enqueue(payload=payload))
    plain, accented = job_logs_old(before=now() + timedelta(days=1), limit=9)
    assert (plain.size, accented.size) == (26, 27)
