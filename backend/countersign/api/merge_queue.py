"""The merge queue of a project: what waits, in which order, how it stands, and who has the next slot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.status import HTTP_201_CREATED

from countersign.api.authentication import actor_of
from countersign.api.base import ApiView, Input, Output, answer, body_of
from countersign.api.idempotency import idempotent
from countersign.api.parts import TIERS, ProjectRef
from countersign.projects.settings import BASE_MOVES, MAX_SLOT_MINUTES
from countersign.workflow import reserving
from countersign.workflow.queries.queue import queue_get

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.response import Response

PLACE_STATES = ("merging", "approved", "waiting_approval")
PLACE_VERDICTS = ("holds", "void", "unknown", "unverified")


class Reservation(Output):
    """The next merge slot, kept for one change."""

    run_id = serializers.CharField()
    request_id = serializers.CharField(allow_null=True, help_text="null while the change makes a new pack")
    title = serializers.CharField()
    by_label = serializers.CharField(help_text="who asked for it")
    reserved_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(help_text="from then on the slot is free, by the database's clock")


class Place(Output):
    """One change in the line."""

    position = serializers.IntegerField()
    run_id = serializers.CharField()
    request_id = serializers.CharField()
    title = serializers.CharField()
    state = serializers.ChoiceField(choices=PLACE_STATES)
    since = serializers.DateTimeField()
    tier = serializers.ChoiceField(choices=TIERS)
    risk_score = serializers.IntegerField(allow_null=True)
    votes = serializers.IntegerField()
    votes_required = serializers.IntegerField()
    verdict = serializers.ChoiceField(
        choices=PLACE_VERDICTS,
        help_text="whether its decision holds on the branch as it will be when it is its turn",
    )
    why = serializers.CharField(help_text="why it does not hold, or why nobody knows; else empty")
    behind = serializers.ListField(
        child=serializers.CharField(), help_text="titles of the changes that are merged before it"
    )
    checked_at = serializers.DateTimeField(allow_null=True)
    reserved = serializers.BooleanField(help_text="the next slot is kept for it")
    reservable = serializers.BooleanField(help_text="the next slot can be kept for it")


class MergeQueue(Output):
    """What waits in a project."""

    project = ProjectRef()
    branch = serializers.CharField()
    head_commit = serializers.CharField()
    base_move = serializers.ChoiceField(choices=BASE_MOVES)
    slot_minutes = serializers.IntegerField(help_text="the longest that a slot is kept; 0: never")
    merge_seconds = serializers.FloatField(help_text="how long a merge takes here; 0 before the first one")
    may_reserve = serializers.BooleanField()
    may_configure = serializers.BooleanField()
    reservation = Reservation(allow_null=True)
    places = Place(many=True, help_text="in order")


class ReservationInput(Input):
    """For which change the slot is kept."""

    request_id = serializers.UUIDField(help_text="its decision request; the CAB decides on it")
    minutes = serializers.IntegerField(
        min_value=1,
        max_value=MAX_SLOT_MINUTES,
        required=False,
        allow_null=True,
        default=None,
        help_text="how long; left out: as long as the project allows",
    )


class MergeQueueView(ApiView):
    """The line."""

    @extend_schema(
        operation_id="projects_queue_get", responses=MergeQueue, summary="Read the merge queue of a project"
    )
    def get(self, request: Request, slug: str) -> Response:
        """Answer what waits, in order."""
        return answer(MergeQueue, queue_get(actor=actor_of(request), project=slug))


class SlotReservationView(ApiView):
    """The next slot."""

    writing = "slot.keep"

    @extend_schema(
        operation_id="projects_queue_reserve",
        request=ReservationInput,
        responses={201: MergeQueue},
        summary="Keep the next merge slot for a change that the CAB decides on, for a bounded time",
    )
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        """Keep it, and answer the line as it is then."""
        actor = actor_of(request)
        body = body_of(ReservationInput, request)
        reserving.slot_keep(
            actor=actor, project=slug, request_id=str(body["request_id"]), minutes=body["minutes"]
        )
        return answer(MergeQueue, queue_get(actor=actor, project=slug), status=HTTP_201_CREATED)


class SlotReleaseView(ApiView):
    """The way back."""

    writing = "slot.keep"

    @extend_schema(
        operation_id="projects_queue_release",
        request=None,
        responses=MergeQueue,
        summary="Give the kept merge slot back before its time",
    )
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        """Free it, and answer the line as it is then."""
        actor = actor_of(request)
        reserving.slot_give_back(actor=actor, project=slug)
        return answer(MergeQueue, queue_get(actor=actor, project=slug))
