"""Work items: findings that belong together, or a deliverable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers

from countersign.api.authentication import actor_of
from countersign.api.base import ApiView, Output, RunAccepted, accepted, query_of
from countersign.api.idempotency import idempotent
from countersign.api.pagination import PAGE_PARAMETERS, PageInput, page_answer, paginated
from countersign.api.projects import PROJECT_FILTER
from countersign.workflow import commands, queries

if TYPE_CHECKING:
    import uuid

    from rest_framework.request import Request
    from rest_framework.response import Response

WORK_ITEM_STATES = ("proposed", "ready", "running", "merged", "rejected", "backlog")


class WorkItem(Output):
    """A work item and where it stands."""

    id = serializers.CharField()
    key = serializers.CharField()
    title = serializers.CharField()
    state = serializers.ChoiceField(choices=WORK_ITEM_STATES)
    persona = serializers.CharField()
    adapter = serializers.CharField()
    reason = serializers.CharField()
    finding_count = serializers.IntegerField()
    run_id = serializers.CharField(allow_null=True)
    approval_request_id = serializers.CharField(allow_null=True)
    waits_for = serializers.ListField(
        child=serializers.CharField(), help_text="inputs of the plan without which it does not begin"
    )


WorkItemPage = paginated(WorkItem)


class WorkItemQuery(PageInput):
    """What the list of work items can be narrowed by."""

    project = serializers.CharField(default="", max_length=200)
    state = serializers.ChoiceField(choices=WORK_ITEM_STATES, required=False)


class WorkItemListView(ApiView):
    """Work items."""

    @extend_schema(
        operation_id="work_items_list",
        parameters=[
            PROJECT_FILTER,
            OpenApiParameter("state", str, enum=WORK_ITEM_STATES),
            *PAGE_PARAMETERS,
        ],
        responses=WorkItemPage,
        summary="List work items",
    )
    def get(self, request: Request) -> Response:
        """Answer a page of work items."""
        query = query_of(WorkItemQuery, request)
        page = queries.work_item_page(
            actor=actor_of(request),
            project=query["project"],
            state=query.get("state", ""),
            after=query["cursor"],
            limit=query["limit"],
        )
        return page_answer(request, WorkItemPage, page)


class WorkItemRunsView(ApiView):
    """The runs of a work item."""

    writing = "run.write"

    @extend_schema(
        operation_id="work_items_run", request=None, responses={202: RunAccepted}, summary="Start a run"
    )
    @idempotent
    def post(self, request: Request, id: uuid.UUID) -> Response:  # noqa: A002 - the name in the address
        """Start a run of the work item."""
        begun = commands.run_begin(actor=actor_of(request), work_item_id=str(id))
        return accepted(begun.job_id, run_id=begun.run_id, warnings=begun.warnings)
