"""Asking for the merge queue of a project to be verified ahead of time."""

from __future__ import annotations

from typing import Final

from countersign.jobs.selectors import job_for_subject
from countersign.jobs.services import job_submit
from countersign.workflow.executor import EXECUTOR

KIND: Final = "queue.verify"
_OPEN: Final = frozenset({"queued", "running", "waiting"})


def queue_ask(project_id: str) -> str:
    """Put a verification of a project's queue in line, unless one is open; return the job's id.

    One that is open looks at everything once more before it ends, so nothing is missed by not asking twice;
    what is missed all the same, the beat finds.
    """
    subject = ("project", project_id)
    last = job_for_subject(actor=EXECUTOR, kind=KIND, subject=subject)
    if last is not None and last.state in _OPEN:
        return last.id
    return job_submit(actor=EXECUTOR, kind=KIND, subject=subject, payload={"project_id": project_id})
