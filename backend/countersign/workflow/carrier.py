"""Celery as the carrier of job ids: losing a message loses nothing (DESIGN section 4, rule 3)."""

from __future__ import annotations

import logging

from celery import current_app
from kombu.exceptions import OperationalError

from countersign.jobs.dispatch import carrier_register

logger = logging.getLogger(__name__)

TASK = "countersign.workflow.tasks.job_run"


def carry(job_id: str, delay_seconds: float) -> None:
    """Send the id of a job to the workers; when the broker is away the beat sends it later."""
    try:
        current_app.send_task(TASK, args=[job_id], countdown=delay_seconds or None, retry=False)
    except OperationalError:
        logger.warning("the broker does not answer; the beat will dispatch the job", extra={"job_id": job_id})


def carrier_install() -> None:
    """Register Celery as the carrier of this process."""
    carrier_register(carry)
