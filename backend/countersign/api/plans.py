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
from countersign.api.phases import Phase, PlanNote
from countersign.api.plan_inputs import PlanInputState
from countersign.api.projects import PROJECT_FILTER
from countersign.workflow import commands, queries

if TYPE_CHECKING:
    import uuid

    from rest_framework.request import Request
    from rest_framework.response import Response


FORMATS = ("yaml", "markdown")
CHANGES = ("added", "changed", "removed")
# The same number of bytes is the limit, which is told with its place.
MAX_TEXT = 2_000_000


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


class PlanRisk(Output):
    """A risk of the plan."""

    risk = serializers.CharField()
    probability = serializers.CharField()
    impact = serializers.CharField()
    mitigation = serializers.CharField()


class PlanReport(Output):
    """A report or review that the plan asks for."""

    title = serializers.CharField()
    text = serializers.CharField()
    items = serializers.ListField(child=serializers.CharField())


class PlanPlace(Output):
    """Something about a place of the text, with what to do."""

    line = serializers.IntegerField()
    column = serializers.IntegerField()
    message = serializers.CharField()


class PlanDetail(Plan, Flattening):
    """A plan with its phases, in order, and what it says beside them."""

    inner = "plan"

    phases = Phase(many=True)
    source_format = serializers.ChoiceField(choices=FORMATS)
    authority = serializers.CharField()
    stated_status = serializers.CharField()
    created_on = serializers.CharField()
    inputs = PlanInputState(many=True)
    risks = PlanRisk(many=True)
    escalation = serializers.ListField(child=serializers.CharField())
    reports = PlanReport(many=True)
    notes = PlanNote(many=True)
    remarks = PlanPlace(many=True)


PlanPage = paginated(Plan)


class PlanInput(Input):
    """A plan to import."""

    project = serializers.CharField(max_length=200, help_text="slug or id of the project")
    format = serializers.ChoiceField(choices=FORMATS, default="yaml")
    text = serializers.CharField(max_length=MAX_TEXT, trim_whitespace=False, allow_blank=True)


class PlanImportInput(PlanInput):
    """A plan to import, and the version that it was previewed against."""

    based_on = serializers.CharField(
        max_length=64,
        allow_blank=True,
        allow_null=True,
        default=None,
        help_text="`based_on` of the preview: the import is refused when another version was imported since",
    )


class PlanLines(Output):
    """What became of the lines of the text."""

    total = serializers.IntegerField()
    blank = serializers.IntegerField()
    understood = serializers.IntegerField()
    note = serializers.IntegerField()
    problem = serializers.IntegerField()


class FieldChange(Output):
    """One thing that is said of a part: what it was, and what it would be."""

    name = serializers.CharField()
    before = serializers.CharField()
    after = serializers.CharField()


class PlanChange(Output):
    """A part that would differ."""

    kind = serializers.ChoiceField(choices=CHANGES)
    part = serializers.CharField()
    phase = serializers.CharField()
    deliverable = serializers.CharField()
    name = serializers.CharField()
    fields_changed = FieldChange(many=True, source="fields")


class PlanUnchanged(Output):
    """How much would stay as it is."""

    phases = serializers.IntegerField()
    deliverables = serializers.IntegerField()


class PlanDifference(Output):
    """What an import would change against the current version."""

    code = serializers.CharField()
    version = serializers.IntegerField()
    replaces = serializers.CharField()
    replaces_version = serializers.IntegerField()
    same_text = serializers.BooleanField()
    changes = PlanChange(many=True)
    unchanged = PlanUnchanged()


class PlanCounts(Output):
    """How many parts a plan has, and its demands by how they are checked."""

    phases = serializers.IntegerField()
    deliverables = serializers.IntegerField()
    acceptance_criteria = serializers.IntegerField()
    gates = serializers.IntegerField()
    every_phase = serializers.IntegerField()
    inputs_known = serializers.IntegerField()
    inputs_missing = serializers.IntegerField()
    inputs_optional = serializers.IntegerField()
    risks = serializers.IntegerField()
    notes = serializers.IntegerField()
    checks = serializers.DictField(child=serializers.IntegerField())


class PlanPreview(Output):
    """What a plan text would do to a project."""

    understood = serializers.BooleanField()
    problems = PlanPlace(many=True)
    remarks = PlanPlace(many=True)
    lines = PlanLines()
    counts = PlanCounts(allow_null=True)
    difference = PlanDifference(allow_null=True)
    based_on = serializers.CharField()
    completed = serializers.ListField(child=serializers.CharField())
    running = serializers.IntegerField()


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
        operation_id="plans_import",
        request=PlanImportInput,
        responses={201: PlanDetail},
        summary="Import a plan",
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Import the plan and answer it with its phases."""
        actor = actor_of(request)
        plan = commands.plan_import(actor=actor, **body_of(PlanImportInput, request))
        detail = queries.plan_detail(actor=actor, plan_id=plan.id)
        return answer(PlanDetail, detail, status=HTTP_201_CREATED)


class PlanPreviewView(ApiView):
    """Looking at what an import would change."""

    writing = "read"

    @extend_schema(
        operation_id="plans_preview",
        request=PlanInput,
        responses=PlanPreview,
        summary="Preview the import of a plan",
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Answer what would change; nothing is saved, and a text that is not understood is no error here."""
        preview = queries.plan_preview(actor=actor_of(request), **body_of(PlanInput, request))
        return answer(PlanPreview, preview)


class PlanView(ApiView):
    """One plan."""

    @extend_schema(operation_id="plans_get", responses=PlanDetail, summary="Read a plan")
    def get(self, request: Request, id: uuid.UUID) -> Response:  # noqa: A002 - the name in the address
        """Answer the plan with its phases."""
        return answer(PlanDetail, queries.plan_detail(actor=actor_of(request), plan_id=str(id)))
