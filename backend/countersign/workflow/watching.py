"""Noticing that something moved under what waits, without anybody pressing a button."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from countersign.projects.selectors import project_list
from countersign.runs.queue import queue_list
from countersign.shared.errors import DomainError
from countersign.workflow.executor import EXECUTOR
from countersign.workflow.following import head_moved
from countersign.workflow.line import next_due
from countersign.workflow.queueing import queue_ask

if TYPE_CHECKING:
    from countersign.projects.contracts import ProjectData

logger = logging.getLogger(__name__)


def queues_look() -> tuple[str, ...]:
    """Look at every project in which something waits; return the jobs that verify what moved.

    A project whose repository can't be read is told and does not hold up the others.
    """
    asked: list[str] = []
    for project in project_list(actor=EXECUTOR):
        if project.state != "ready" or not queue_list(actor=EXECUTOR, project_id=project.id):
            continue
        try:
            if _moved(project):
                asked.append(queue_ask(project.id))
        except DomainError as error:
            logger.warning(
                "a merge queue can't be looked at", extra={"project": project.slug, "error": error.message}
            )
    return tuple(asked)


def _moved(project: ProjectData) -> bool:
    due = next_due(project)
    return (due is not None and due.what != "wait") or head_moved(project)
