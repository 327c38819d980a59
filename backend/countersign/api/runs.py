"""Runs: one attempt after the other at one work item."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers

from countersign.api.authentication import actor_of
from countersign.api.base import ApiView, Output, answer, query_of
from countersign.api.pagination import PAGE_PARAMETERS, PageInput, page_answer, paginated
from countersign.api.parts import Flattening, GateCount, GateReport, ProjectRef, Risk
from countersign.api.projects import PROJECT_FILTER
from countersign.workflow import queries

if TYPE_CHECKING:
    import uuid

    from rest_framework.request import Request
    from rest_framework.response import Response


STEP_STATES = ("pending", "running", "done", "failed")


class Run(Output):
    """A run in a list."""

    id = serializers.CharField()
    title = serializers.CharField()
    work_item_id = serializers.CharField()
    work_item_key = serializers.CharField()
    project = ProjectRef()
    state = serializers.CharField()
    attempt = serializers.IntegerField()
    persona = serializers.CharField()
    adapter = serializers.CharField()
    risk_score = serializers.IntegerField(allow_null=True)
    pack_digest = serializers.CharField(allow_null=True)
    approval_request_id = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    merge_commit = serializers.CharField(allow_null=True)
    tag = serializers.CharField(allow_null=True)
    incident_reason = serializers.CharField(allow_null=True)
    gates = GateCount()


class RunStep(Output):
    """One step of a run."""

    name = serializers.CharField()
    state = serializers.ChoiceField(choices=STEP_STATES)
    summary = serializers.CharField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class Attempt(Output):
    """One attempt of a run."""

    number = serializers.IntegerField()
    seed = serializers.IntegerField()
    outcome = serializers.CharField()
    reason = serializers.CharField()
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class Cost(Output):
    """What a run cost, in millionths; a deterministic tool has no model."""

    tokens_in = serializers.IntegerField()
    tokens_out = serializers.IntegerField()
    cost_micros = serializers.IntegerField()
    model = serializers.CharField(allow_null=True)


class RunDetail(Run, Flattening):
    """A run with its steps, gates, risk and attempts."""

    inner = "run"

    branch = serializers.CharField()
    base_commit = serializers.CharField()
    result_tree = serializers.CharField(allow_null=True)
    isolation = serializers.CharField()
    prompt_id = serializers.CharField(allow_null=True)
    step = serializers.CharField()
    steps = RunStep(many=True)
    gate_reports = GateReport(many=True)
    risk = Risk(allow_null=True)
    attempts = Attempt(many=True)
    cost = Cost()
    allowed_actions = serializers.ListField(child=serializers.CharField())


class RunEvent(Output):
    """Something that happened to a run; ``null`` for a person who was erased from the log."""

    id = serializers.CharField()
    time = serializers.DateTimeField()
    type = serializers.CharField()
    summary = serializers.CharField()
    actor_label = serializers.CharField(allow_null=True)


RunPage = paginated(Run)
RunEventPage = paginated(RunEvent)


class RunQuery(PageInput):
    """What the list of runs can be narrowed by."""

    project = serializers.CharField(default="", max_length=200)
    state = serializers.CharField(default="", max_length=50)


class RunListView(ApiView):
    """Runs."""

    @extend_schema(
        operation_id="runs_list",
        parameters=[PROJECT_FILTER, OpenApiParameter("state", str), *PAGE_PARAMETERS],
        responses=RunPage,
        summary="List runs",
    )
    def get(self, request: Request) -> Response:
        """Answer a page of runs, newest first."""
        query = query_of(RunQuery, request)
        page = queries.run_page(
            actor=actor_of(request),
            project=query["project"],
            state=query["state"],
            after=query["cursor"],
            limit=query["limit"],
        )
        return page_answer(request, RunPage, page)


class RunView(ApiView):
    """One run."""

    @extend_schema(operation_id="runs_get", responses=RunDetail, summary="Read a run")
    def get(self, request: Request, id: uuid.UUID) -> Response:  # noqa: A002 - the name in the address
        """Answer the run with its steps."""
        return answer(RunDetail, queries.run_detail(actor=actor_of(request), run_id=str(id)))


class RunDiffView(ApiView):
    """The change that a run proposes."""

    @extend_schema(
        operation_id="runs_diff",
        responses={(200, "text/x-diff"): OpenApiResponse(OpenApiTypes.STR, description="unified diff")},
        summary="Read the diff of a run",
    )
    def get(self, request: Request, id: uuid.UUID) -> HttpResponse:  # noqa: A002 - the name in the address
        """Answer the unified diff."""
        diff = queries.run_diff(actor=actor_of(request), run_id=str(id))
        return HttpResponse(diff, content_type="text/x-diff; charset=utf-8")


class RunEventsView(ApiView):
    """What happened to a run."""

    @extend_schema(
        operation_id="runs_events",
        parameters=PAGE_PARAMETERS,
        responses=RunEventPage,
        summary="List a run's events",
    )
    def get(self, request: Request, id: uuid.UUID) -> Response:  # noqa: A002 - the name in the address
        """Answer a page of the run's events, newest first."""
        query = query_of(PageInput, request)
        page = queries.run_event_page(
            actor=actor_of(request), run_id=str(id), after=query["cursor"], limit=query["limit"]
        )
        return page_answer(request, RunEventPage, page)
