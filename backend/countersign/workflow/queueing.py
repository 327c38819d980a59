"""Asking for the merge queue of a project to be verified ahead of time."""

from __future__ import annotations

from typing import Final

from countersign.jobs.services import job_submit_once
from countersign.workflow.executor import EXECUTOR

KIND: Final = "queue.verify"


def queue_ask(project_id: str) -> str:
    """Put a verification of a project's queue in line, unless one is open; return the job's id.

    One that is open looks at everything once more before it ends. What happens after that last look and
    before its end, the beat finds.
    """
    subject = ("project", project_id)
    return job_submit_once(actor=EXECUTOR, kind=KIND, subject=subject, payload={"project_id": project_id})
