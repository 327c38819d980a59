"""Tasks: what a ``202`` promised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from countersign.api.authentication import actor_of
from countersign.api.base import ApiView, Output, answer
from countersign.jobs.selectors import job_get
from countersign.shared.errors import NotFound
from countersign.workflow import queries

if TYPE_CHECKING:
    import uuid

    from rest_framework.request import Request
    from rest_framework.response import Response

    from countersign.jobs.contracts import JobData
    from countersign.shared.actor import Actor

TASK_STATES = ("queued", "running", "waiting", "waiting_approval", "succeeded", "failed", "cancelled")


class TaskProgress(Output):
    """How far a task is, for people."""

    done = serializers.IntegerField()
    total = serializers.IntegerField()
    summary = serializers.CharField()


class TaskError(Output):
    """Why a task failed."""

    code = serializers.CharField()
    error = serializers.CharField()


class TaskWaiting(Output):
    """The decision that a task waits for."""

    approval_request_id = serializers.CharField()
    url = serializers.CharField()


class Task(Output):
    """A task; ``waiting_approval`` means that a person must decide first."""

    id = serializers.CharField()
    kind = serializers.CharField()
    state = serializers.ChoiceField(choices=TASK_STATES)
    step = serializers.CharField()
    subject_type = serializers.CharField()
    subject_id = serializers.CharField()
    progress = TaskProgress(allow_null=True)
    result = serializers.DictField(allow_null=True)
    error = TaskError(allow_null=True)
    waiting_for = TaskWaiting(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


def task_view(actor: Actor, job: JobData) -> dict[str, object]:
    """Return what the API shows of a job."""
    request_id = _pending_request(actor, job)
    return {
        "id": job.id,
        "kind": job.kind,
        "state": "waiting_approval" if request_id else job.state,
        "step": job.step,
        "subject_type": job.subject_type,
        "subject_id": job.subject_id,
        "progress": _progress(job),
        "result": job.result or None,
        "error": {"code": job.error.get("code", ""), "error": job.error.get("error", "")}
        if job.error
        else None,
        "waiting_for": {"approval_request_id": request_id, "url": f"/decisions/{request_id}"}
        if request_id
        else None,
        "created_at": job.created_at,
        "updated_at": job.updated_at,
    }


def _progress(job: JobData) -> dict[str, object] | None:
    if not job.progress:
        return None
    return {
        "done": job.progress.get("done", 0),
        "total": job.progress.get("total", 0),
        "summary": job.progress.get("summary", ""),
    }


def _pending_request(actor: Actor, job: JobData) -> str | None:
    request_id = job.result.get("approval_request_id") or job.memory.get("approval_request_id")
    if job.state in {"failed", "cancelled"} or not isinstance(request_id, str):
        return None
    try:
        state = queries.request_state(actor=actor, request_id=request_id)
    except NotFound:
        return None
    return request_id if state == "pending" else None


class TaskStatusView(ApiView):
    """The state of one task; who started it may see it without any other permission."""

    reading = None

    @extend_schema(operation_id="tasks_status", responses=Task, summary="Read the state of a task")
    def get(self, request: Request, id: uuid.UUID) -> Response:  # noqa: A002 - the name in the address
        """Answer the task."""
        actor = actor_of(request)
        return answer(Task, task_view(actor, job_get(actor=actor, job_id=str(id))))
