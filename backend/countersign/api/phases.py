"""Phases: what is done, what is missing, and whose turn it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers

from countersign.api.authentication import actor_of
from countersign.api.base import ApiView, Output, answer, query_of
from countersign.api.pagination import PAGE_PARAMETERS, PageInput, page_answer, paginated
from countersign.api.parts import Flattening, ProjectRef
from countersign.api.work_items import WorkItem
from countersign.workflow import queries

if TYPE_CHECKING:
    import uuid

    from rest_framework.request import Request
    from rest_framework.response import Response

PHASE_STATES = ("blocked", "active", "awaiting_signoff", "complete")


DELIVERABLE_STATES = ("planned", "in_progress", "done")
GATE_KINDS = ("quality", "go", "no_go", "decision", "standard", "checklist")
WAITING_ON = ("agent", "person", "phase", "nobody")


class PlanRef(Output):
    """A plan as others name it."""

    id = serializers.CharField()
    code = serializers.CharField()
    title = serializers.CharField()


class PlanFile(Output):
    """A file that is to be created or modified; ``null`` where the plan does not say which."""

    path = serializers.CharField()
    action = serializers.CharField(allow_null=True, help_text="`create` or `modify`")
    note = serializers.CharField()


class PlanNote(Output):
    """A piece of the plan's prose, and the line that it began on."""

    title = serializers.CharField()
    text = serializers.CharField()
    line = serializers.IntegerField(allow_null=True)


class DecisionOption(Output):
    """One way to decide a strategic question."""

    name = serializers.CharField()
    text = serializers.CharField()


class PlanDecision(Output):
    """A strategic decision that a phase needs."""

    question = serializers.CharField()
    options = DecisionOption(many=True)
    documented = serializers.CharField()


class Criterion(Output):
    """An acceptance criterion; ``null`` is unknown, which is not a pass."""

    code = serializers.CharField()
    text = serializers.CharField()
    check_kind = serializers.CharField()
    met = serializers.BooleanField(allow_null=True)
    reason = serializers.CharField()


class Deliverable(Output):
    """A deliverable with what proves it and what works on it."""

    code = serializers.CharField()
    title = serializers.CharField()
    state = serializers.ChoiceField(choices=DELIVERABLE_STATES)
    criteria = Criterion(many=True)
    work_items = WorkItem(many=True)
    owner = serializers.CharField()
    condition = serializers.CharField()
    files = PlanFile(many=True)
    technical_notes = serializers.CharField()
    from_findings = serializers.BooleanField(help_text="whether analysis sessions make work items for it")


class PhaseGate(Output):
    """A gate of a phase; ``null`` is unknown, which is not a pass."""

    code = serializers.CharField()
    kind = serializers.ChoiceField(choices=GATE_KINDS)
    text = serializers.CharField()
    check_kind = serializers.CharField()
    met = serializers.BooleanField(allow_null=True)
    reason = serializers.CharField()


class Phase(Output):
    """A phase with its deliverables."""

    id = serializers.CharField()
    code = serializers.CharField()
    title = serializers.CharField()
    order = serializers.IntegerField()
    state = serializers.ChoiceField(choices=PHASE_STATES)
    complete = serializers.BooleanField()
    missing = serializers.ListField(child=serializers.CharField())
    depends_on = serializers.ListField(child=serializers.CharField())
    deliverables_total = serializers.IntegerField()
    deliverables_done = serializers.IntegerField()
    waiting_on = serializers.ChoiceField(choices=WAITING_ON)
    waiting_request_ids = serializers.ListField(child=serializers.CharField())
    gates = PhaseGate(many=True)
    signoff_request_id = serializers.CharField(allow_null=True)
    deliverables = Deliverable(many=True)
    backlog_count = serializers.IntegerField()
    owner = serializers.CharField()
    duration = serializers.CharField()
    planned_start = serializers.DateField(allow_null=True)
    planned_end = serializers.DateField(allow_null=True)
    stated_status = serializers.CharField(help_text="what the plan's author says; `state` is computed")
    prerequisites = serializers.ListField(child=serializers.CharField())
    specification = serializers.CharField()
    files = PlanFile(many=True)
    decisions = PlanDecision(many=True)
    notes = PlanNote(many=True)


class PhaseDetail(Phase, Flattening):
    """A phase with its plan and project."""

    inner = "phase"

    plan = PlanRef()
    project = ProjectRef()


PhasePage = paginated(Phase)


class PhaseQuery(PageInput):
    """What the list of phases can be narrowed by."""

    plan = serializers.UUIDField(required=False)


class PhaseListView(ApiView):
    """Phases."""

    @extend_schema(
        operation_id="phases_list",
        parameters=[OpenApiParameter("plan", str, description="id of a plan"), *PAGE_PARAMETERS],
        responses=PhasePage,
        summary="List phases",
    )
    def get(self, request: Request) -> Response:
        """Answer a page of phases, in the order of their plan."""
        query = query_of(PhaseQuery, request)
        page = queries.phase_page(
            actor=actor_of(request),
            plan_id=str(query.get("plan", "")),
            after=query["cursor"],
            limit=query["limit"],
        )
        return page_answer(request, PhasePage, page)


class PhaseView(ApiView):
    """One phase."""

    @extend_schema(operation_id="phases_get", responses=PhaseDetail, summary="Read a phase")
    def get(self, request: Request, id: uuid.UUID) -> Response:  # noqa: A002 - the name in the address
        """Answer the phase with its deliverables."""
        return answer(PhaseDetail, queries.phase_detail(actor=actor_of(request), phase_id=str(id)))
