"""Retention: what is older than the period, and removing it by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from countersign.api.authentication import actor_of
from countersign.api.base import ApiView, Input, Output, answer, body_of
from countersign.api.idempotency import idempotent
from countersign.workflow.retention import ASKED, KINDS, retention_clean, retention_plan

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.response import Response


class RetentionSum(Output):
    """What of one kind and project would go."""

    kind = serializers.ChoiceField(choices=KINDS)
    project = serializers.CharField(help_text="slug; empty for what belongs to no project")
    count = serializers.IntegerField()
    size = serializers.IntegerField(help_text="bytes")
    oldest = serializers.DateTimeField()


class RetentionKept(Output):
    """Transcripts that are old and stay."""

    needed = serializers.IntegerField(help_text="of runs that have not ended")
    locked = serializers.IntegerField(help_text="under Object Lock")
    locked_until = serializers.DateTimeField(allow_null=True, help_text="when the first of these locks ends")


class RetentionPlan(Output):
    """What a cleaning removes: all of it is named by the digest."""

    days = serializers.IntegerField(help_text="how long things are kept")
    before = serializers.DateTimeField(help_text="what ended before is old")
    digest = serializers.CharField()
    size = serializers.IntegerField(help_text="bytes of all that would go")
    sums = RetentionSum(many=True)
    kept = RetentionKept()
    more = serializers.ListField(
        child=serializers.ChoiceField(choices=KINDS),
        help_text="kinds of which there is more than one cleaning takes",
    )
    unexamined = serializers.BooleanField(
        help_text=f"there are old transcripts beyond the {ASKED} that the store is asked about at a time"
    )


class CleaningInput(Input):
    """What was seen, and why it goes."""

    digest = serializers.CharField(max_length=80, help_text="of the plan that was shown")
    reason = serializers.CharField(max_length=2_000)


class RetentionView(ApiView):
    """What is old."""

    reading = "retention.read"

    @extend_schema(
        operation_id="retention_get", responses=RetentionPlan, summary="See what a cleaning would remove"
    )
    def get(self, request: Request) -> Response:
        """Answer what is older than the period, and what is old and stays. It changes nothing."""
        return answer(RetentionPlan, retention_plan(actor=actor_of(request)))


class RetentionCleanView(ApiView):
    """Removing it."""

    writing = "retention.clean"

    @extend_schema(
        operation_id="retention_clean",
        request=CleaningInput,
        responses=RetentionPlan,
        summary="Remove what was shown, for good",
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Remove it and answer what was removed; 409 when something else would go than what was shown."""
        body = body_of(CleaningInput, request)
        done = retention_clean(actor=actor_of(request), plan=body["digest"], reason=body["reason"])
        return answer(RetentionPlan, done)
