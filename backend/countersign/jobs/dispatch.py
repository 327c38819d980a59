"""How a stored job reaches a worker: the workflow room registers the carrier, this room knows no broker.

Losing a message loses nothing: the job is in the database, and the beat finds what is due.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.db import transaction

from countersign.shared.clock import now

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    Carrier = Callable[[str, float], None]

logger = logging.getLogger(__name__)

_CARRIERS: list[Carrier] = []


def carrier_register(carrier: Carrier) -> None:
    """Let ``carrier(job_id, delay_seconds)`` take every job to a worker from now on."""
    _CARRIERS[:] = [carrier]


def dispatch(job_id: str, delay_seconds: float = 0) -> None:
    """Hand the job to the carrier; a broker that is away is logged, the beat repeats it."""
    for carrier in _CARRIERS:
        try:
            carrier(job_id, delay_seconds)
        except OSError:
            logger.warning("the broker does not answer; the beat will dispatch it", extra={"job_id": job_id})


def dispatch_on_commit(job_id: str, run_after: datetime | None, delay_seconds: float = 0) -> None:
    """Hand the job to the carrier once the surrounding transaction has committed."""
    delay = max(delay_seconds, (run_after - now()).total_seconds() if run_after else 0)
    transaction.on_commit(lambda: dispatch(job_id, delay))
