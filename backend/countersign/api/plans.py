"""Plans: phases, deliverables and what proves them, as imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.status import HTTP_201_CREATED

from countersign.api.authentication import actor_of
from countersign.api.base import ApiView, Input, Output, answer, body_of, query_of
from countersign.api.idempotency import idempotent
from countersign.api.pagination import PAGE_PARAMETERS, PageInput, page_answer, paginated
from countersign.api.parts import Flattening, ProjectRef
from countersign.api.phases import Phase
from countersign.api.projects import PROJECT_FILTER
from countersign.workflow import commands, queries

if TYPE_CHECKING:
    import uuid

    from rest_framework.request import Request
    from rest_framework.response import Response


FORMATS = ("yaml",)


class Plan(Output):
    """A plan in a list."""

    id = serializers.CharField()
    code = serializers.CharField()
    title = serializers.CharField()
    version = serializers.CharField()
    project = ProjectRef()
    source_digest = serializers.CharField()
    created_at = serializers.DateTimeField()
    phases_total = serializers.IntegerField()
    phases_complete = serializers.IntegerField()


class PlanDetail(Plan, Flattening):
    """A plan with its phases, in order."""

    inner = "plan"

    phases = Phase(many=True)


PlanPage = paginated(Plan)


class PlanInput(Input):
    """A plan to import."""

    project = serializers.CharField(max_length=200, help_text="slug or id of the project")
    format = serializers.ChoiceField(choices=FORMATS, default="yaml")
    text = serializers.CharField(max_length=1_000_000, trim_whitespace=False)


class PlanQuery(PageInput):
    """What the list of plans can be narrowed by."""

    project = serializers.CharField(default="", max_length=200)


class PlanListView(ApiView):
    """Plans, and importing one."""

    writing = "plan.write"

    @extend_schema(
        operation_id="plans_list",
        parameters=[PROJECT_FILTER, *PAGE_PARAMETERS],
        responses=PlanPage,
        summary="List plans",
    )
    def get(self, request: Request) -> Response:
        """Answer a page of plans, newest first."""
        query = query_of(PlanQuery, request)
        page = queries.plan_page(
            actor=actor_of(request), project=query["project"], after=query["cursor"], limit=query["limit"]
        )
        return page_answer(request, PlanPage, page)

    @extend_schema(
        operation_id="plans_import", request=PlanInput, responses={201: PlanDetail}, summary="Import a plan"
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Import the plan and answer it with its phases."""
        actor = actor_of(request)
        plan = commands.plan_import(actor=actor, **body_of(PlanInput, request))
        detail = queries.plan_detail(actor=actor, plan_id=plan.id)
        return answer(PlanDetail, detail, status=HTTP_201_CREATED)


class PlanView(ApiView):
    """One plan."""

    @extend_schema(operation_id="plans_get", responses=PlanDetail, summary="Read a plan")
    def get(self, request: Request, id: uuid.UUID) -> Response:  # noqa: A002 - the name in the address
        """Answer the plan with its phases."""
        return answer(PlanDetail, queries.plan_detail(actor=actor_of(request), plan_id=str(id)))
