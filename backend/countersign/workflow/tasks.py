"""Celery tasks: they carry ids, nothing else."""

from __future__ import annotations

import os
import socket

from celery import shared_task
from django.db import close_old_connections

from countersign.approvals.deadlines import reminders_send
from countersign.approvals.services import requests_expire
from countersign.jobs.dispatch import dispatch
from countersign.jobs.selectors import jobs_due
from countersign.runs.services import slots_expire
from countersign.shared.actor import service_actor
from countersign.workflow.engine import job_step
from countersign.workflow.watching import queues_look


@shared_task(ignore_result=True, acks_late=False)
def job_run(job_id: str) -> None:
    """Carry out the next step of a job; a repeated or late message finds nothing to do."""
    close_old_connections()
    job_step(job_id, owner=f"{socket.gethostname()}:{os.getpid()}")


@shared_task(ignore_result=True)
def jobs_dispatch() -> None:
    """Send every job that is due and has no live lease: whatever was lost on the way is found here."""
    close_old_connections()
    for job_id in jobs_due():
        dispatch(job_id)
    requests_expire(actor=service_actor("beat"))
    slots_expire(actor=service_actor("beat"))
    reminders_send(actor=service_actor("beat"))


@shared_task(ignore_result=True)
def queues_watch() -> None:
    """Notice what nobody pressed a button for: a push from elsewhere, other rules, roles that are gone."""
    close_old_connections()
    queues_look()
