"""What a plan asks for: listed, and answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.status import HTTP_201_CREATED

from countersign.api.authentication import actor_of
from countersign.api.base import ApiView, Input, Output, answer, body_of, query_of
from countersign.api.idempotency import idempotent
from countersign.api.pagination import PAGE_PARAMETERS, PageInput, page_answer, paginated
from countersign.workflow import queries
from countersign.workflow.inputs import input_answer

if TYPE_CHECKING:
    import uuid

    from rest_framework.request import Request
    from rest_framework.response import Response

INPUT_STATES = ("known", "missing")
INPUT_KINDS = ("configuration", "requirement")
# More than an answer may have: what is too long is refused with its field by the platform, not by the form.
MAX_ANSWER = 10_000


class PlanInputAnswer(Output):
    """What somebody answered; the one that counts says so."""

    number = serializers.IntegerField()
    version = serializers.IntegerField(help_text="of the plan that it was given to")
    value = serializers.CharField()
    pointer = serializers.CharField()
    by_label = serializers.CharField()
    created_at = serializers.DateTimeField()
    counts = serializers.BooleanField()


class PlanInputState(Output):
    """Something that work of a plan needs to know; of a secret, only where it lies."""

    id = serializers.CharField()
    name = serializers.CharField()
    text = serializers.CharField()
    state = serializers.ChoiceField(choices=INPUT_STATES)
    value = serializers.CharField()
    pointer = serializers.CharField()
    secret = serializers.BooleanField()
    optional = serializers.BooleanField(help_text="work does not wait for it")
    kind = serializers.ChoiceField(choices=INPUT_KINDS)
    needed_by = serializers.ListField(
        child=serializers.CharField(),
        help_text="phases and deliverables; empty where the whole plan needs it",
    )
    waiting = serializers.ListField(
        child=serializers.CharField(), help_text="titles of the work items that wait for it"
    )
    answers = PlanInputAnswer(many=True)


PlanInputPage = paginated(PlanInputState)


class PlanAnswerInput(Input):
    """An answer: a value, or a pointer to where a secret lies."""

    name = serializers.CharField(max_length=100, help_text="of the input")
    value = serializers.CharField(default="", allow_blank=True, max_length=MAX_ANSWER)
    pointer = serializers.CharField(
        default="",
        allow_blank=True,
        max_length=MAX_ANSWER,
        help_text="`env:`, `file:`, `vault:`, `docker:` or `store:`; never the secret itself",
    )


class PlanInputListView(ApiView):
    """The inputs of a plan, and answering one."""

    writing = "input.answer"

    @extend_schema(
        operation_id="plan_inputs_list",
        parameters=PAGE_PARAMETERS,
        responses=PlanInputPage,
        summary="List what a plan asks for",
    )
    def get(self, request: Request, id: uuid.UUID) -> Response:  # noqa: A002 - the name in the address
        """Answer a page of inputs: first what work waits for."""
        query = query_of(PageInput, request)
        page = queries.input_page(
            actor=actor_of(request), plan_id=str(id), after=query["cursor"], limit=query["limit"]
        )
        return page_answer(request, PlanInputPage, page)

    @extend_schema(
        operation_id="plan_inputs_answer",
        request=PlanAnswerInput,
        responses={201: PlanInputState},
        summary="Answer what a plan asks for",
    )
    @idempotent
    def post(self, request: Request, id: uuid.UUID) -> Response:  # noqa: A002 - the name in the address
        """Keep the answer; an earlier one stays, and counts no more."""
        actor = actor_of(request)
        given = input_answer(actor=actor, plan_id=str(id), **body_of(PlanAnswerInput, request))
        view = queries.input_get(actor=actor, plan_id=str(id), name=given.name)
        return answer(PlanInputState, view, status=HTTP_201_CREATED)
