"""Analysis sessions: tools over one commit, and what they found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from countersign.api.authentication import actor_of
from countersign.api.base import Accepted, ApiView, Input, Output, accepted, answer, body_of, query_of
from countersign.api.idempotency import idempotent
from countersign.api.pagination import PAGE_PARAMETERS, PageInput, page_answer, paginated
from countersign.api.projects import PROJECT_FILTER
from countersign.findings.selectors import session_get, session_list
from countersign.projects.selectors import project_get
from countersign.shared.paging import sequence_page
from countersign.workflow import commands

if TYPE_CHECKING:
    import uuid

    from rest_framework.request import Request
    from rest_framework.response import Response


HOOK_STATUSES = ("ok", "failed")
SESSION_STATES = ("pending", "running", "completed", "failed")


class Hook(Output):
    """One run of one tool."""

    id = serializers.CharField()
    tool = serializers.CharField()
    version = serializers.CharField()
    command = serializers.CharField()
    exit_code = serializers.IntegerField(allow_null=True)
    duration_ms = serializers.IntegerField()
    findings_count = serializers.IntegerField()
    output_digest = serializers.CharField()
    status = serializers.ChoiceField(choices=HOOK_STATUSES)
    reason = serializers.CharField()


class Session(Output):
    """An analysis session; ``counts`` are findings by tool."""

    id = serializers.CharField()
    project_id = serializers.CharField()
    commit = serializers.CharField()
    state = serializers.ChoiceField(choices=SESSION_STATES)
    counts = serializers.DictField(child=serializers.IntegerField())
    reason = serializers.CharField()
    hooks = Hook(many=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


SessionPage = paginated(Session)


class SessionInput(Input):
    """The project to analyse."""

    project = serializers.CharField(max_length=200, help_text="slug or id of the project")


class SessionQuery(PageInput):
    """What the list of sessions can be narrowed by."""

    project = serializers.CharField(default="", max_length=200)


# Older ones are found through their project's runs.
MAX_SESSIONS = 1_000


class SessionListView(ApiView):
    """Analysis sessions, and starting one."""

    writing = "session.write"

    @extend_schema(
        operation_id="sessions_list",
        parameters=[PROJECT_FILTER, *PAGE_PARAMETERS],
        responses=SessionPage,
        summary="List analysis sessions",
    )
    def get(self, request: Request) -> Response:
        """Answer a page of sessions, newest first."""
        query = query_of(SessionQuery, request)
        actor = actor_of(request)
        project_id = project_get(actor=actor, project=query["project"]).id if query["project"] else None
        sessions = session_list(actor=actor, project_id=project_id, limit=MAX_SESSIONS)
        page = sequence_page(sessions, after=query["cursor"], limit=query["limit"])
        return page_answer(request, SessionPage, page)

    @extend_schema(
        operation_id="sessions_start",
        request=SessionInput,
        responses={202: Accepted},
        summary="Start an analysis session",
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Start an analysis of the project's head."""
        body = body_of(SessionInput, request)
        return accepted(commands.session_begin(actor=actor_of(request), project=body["project"]))


class SessionView(ApiView):
    """One analysis session."""

    @extend_schema(operation_id="sessions_get", responses=Session, summary="Read an analysis session")
    def get(self, request: Request, id: uuid.UUID) -> Response:  # noqa: A002 - the name in the address
        """Answer the session with its tools."""
        return answer(Session, session_get(actor=actor_of(request), session_id=str(id)))
