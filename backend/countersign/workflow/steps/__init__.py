"""The steps of every kind of job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.shared.errors import NotFound
from countersign.workflow.steps import (
    decision,
    exception,
    expired,
    export,
    project,
    queue,
    recheck,
    run,
    session,
    unmade,
)

if TYPE_CHECKING:
    from countersign.workflow.outcomes import Workflow

_WORKFLOWS: dict[str, Workflow] = {
    workflow.kind: workflow
    for workflow in (
        project.WORKFLOW,
        session.WORKFLOW,
        run.WORKFLOW,
        recheck.WORKFLOW,
        decision.WORKFLOW,
        export.WORKFLOW,
        unmade.WORKFLOW,
        queue.WORKFLOW,
        expired.WORKFLOW,
        exception.WORKFLOW,
    )
}


class WorkflowUnknown(NotFound):
    """No workflow carries out jobs of this kind."""

    code = "workflow_unknown"


def workflow_for(kind: str) -> Workflow:
    """Return the workflow that carries out jobs of ``kind``.

    Raises:
        WorkflowUnknown: there is none.
    """
    try:
        return _WORKFLOWS[kind]
    except KeyError as error:
        message = f"no workflow carries out jobs of kind '{kind}'"
        raise WorkflowUnknown(message, kind=kind) from error
