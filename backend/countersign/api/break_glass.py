"""Break-glass: asking for it, countersigning, ending it early, reviewing it."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.status import HTTP_201_CREATED

from countersign.accounts.policies import may
from countersign.accounts.selectors import person_names
from countersign.api.authentication import actor_of
from countersign.api.base import ApiView, Input, Output, answer, body_of
from countersign.api.idempotency import idempotent
from countersign.approvals.windows import window_list
from countersign.projects.selectors import project_list
from countersign.workflow import break_glass

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable

    from rest_framework.request import Request
    from rest_framework.response import Response

    from countersign.approvals.contracts import BreakGlassData
    from countersign.shared.actor import Actor

STATES = ("requested", "lapsed", "open", "review_due", "review_overdue", "reviewed")


class BreakGlass(Output):
    """One window."""

    id = serializers.CharField()
    project = serializers.CharField(help_text="slug of the project")
    project_id = serializers.CharField()
    state = serializers.ChoiceField(choices=STATES)
    reason = serializers.CharField()
    minutes = serializers.IntegerField()
    permits = serializers.ListField(
        child=serializers.CharField(), help_text="`quorum`: one of the two approves without the quorum"
    )
    requested_by = serializers.CharField(help_text="name of the person who asked")
    requested_at = serializers.DateTimeField()
    opened_by = serializers.CharField(allow_null=True, help_text="name of the person who countersigned")
    opened_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    review_due_at = serializers.DateTimeField(allow_null=True)
    reviewed_by = serializers.CharField(allow_null=True)
    reviewed_at = serializers.DateTimeField(allow_null=True)
    review = serializers.CharField()
    mine = serializers.BooleanField(help_text="you are one of the two")
    may_confirm = serializers.BooleanField()
    may_close = serializers.BooleanField()
    may_review = serializers.BooleanField()


class BreakGlassList(Output):
    """All windows, the newest first."""

    may_open = serializers.BooleanField()
    results = BreakGlass(many=True)


class BreakGlassInput(Input):
    """What is asked for."""

    project = serializers.CharField(max_length=100)
    reason = serializers.CharField(max_length=4_000)
    minutes = serializers.IntegerField(default=60, help_text="1 to 60, from the countersignature")


class ReviewInput(Input):
    """What a third person found."""

    review = serializers.CharField(max_length=4_000)


def _views(actor: Actor, windows: Iterable[BreakGlassData]) -> list[dict[str, object]]:
    found = list(windows)
    names = person_names(
        [
            person
            for item in found
            for person in (item.requested_by, item.opened_by, item.reviewed_by)
            if person
        ]
    )
    slugs = {project.id: project.slug for project in project_list(actor=actor)}
    opens, reviews = may(actor, "break_glass.open"), may(actor, "break_glass.review")

    def view(item: BreakGlassData) -> dict[str, object]:
        mine = actor.person_id in {item.requested_by, item.opened_by}
        shown = {field.name: getattr(item, field.name) for field in fields(item)}
        people = {
            name: names.get(shown[name], shown[name])
            for name in ("requested_by", "opened_by", "reviewed_by")
            if shown[name]
        }
        return {
            **shown,
            **people,
            "project": slugs.get(item.project_id, item.project_id),
            "mine": mine,
            "may_confirm": opens and not mine and item.state == "requested",
            "may_close": opens and item.state == "open",
            "may_review": reviews and not mine and item.state in {"review_due", "review_overdue"},
        }

    return [view(item) for item in found]


class BreakGlassListView(ApiView):
    """The windows."""

    writing = "break_glass.open"

    @extend_schema(
        operation_id="break_glass_list", responses=BreakGlassList, summary="List break-glass windows"
    )
    def get(self, request: Request) -> Response:
        """Answer all of them."""
        actor = actor_of(request)
        results = _views(actor, window_list(actor=actor))
        return answer(BreakGlassList, {"may_open": may(actor, "break_glass.open"), "results": results})

    @extend_schema(
        operation_id="break_glass_request",
        request=BreakGlassInput,
        responses={201: BreakGlass},
        summary="Ask for break-glass in a project; another person has to countersign",
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Keep the request and answer it."""
        actor = actor_of(request)
        asked = break_glass.window_ask(actor=actor, **body_of(BreakGlassInput, request))
        return answer(BreakGlass, _views(actor, [asked])[0], status=HTTP_201_CREATED)


class BreakGlassConfirmView(ApiView):
    """The second signature."""

    writing = "break_glass.open"

    @extend_schema(
        operation_id="break_glass_confirm",
        request=None,
        responses=BreakGlass,
        summary="Countersign and so open break-glass",
    )
    @idempotent
    def post(self, request: Request, id: uuid.UUID) -> Response:  # noqa: A002 - the name in the address
        """Open it."""
        actor = actor_of(request)
        return answer(
            BreakGlass, _views(actor, [break_glass.window_confirm(actor=actor, window_id=str(id))])[0]
        )


class BreakGlassCloseView(ApiView):
    """An early end."""

    writing = "break_glass.open"

    @extend_schema(
        operation_id="break_glass_close",
        request=None,
        responses=BreakGlass,
        summary="End break-glass before its time",
    )
    @idempotent
    def post(self, request: Request, id: uuid.UUID) -> Response:  # noqa: A002 - the name in the address
        """Close it."""
        actor = actor_of(request)
        return answer(
            BreakGlass, _views(actor, [break_glass.window_close(actor=actor, window_id=str(id))])[0]
        )


class BreakGlassReviewView(ApiView):
    """A third person's word."""

    writing = "break_glass.review"

    @extend_schema(
        operation_id="break_glass_review",
        request=ReviewInput,
        responses=BreakGlass,
        summary="Review a break-glass window that is over",
    )
    @idempotent
    def post(self, request: Request, id: uuid.UUID) -> Response:  # noqa: A002 - the name in the address
        """Keep the review."""
        actor = actor_of(request)
        body = body_of(ReviewInput, request)
        reviewed = break_glass.window_review(actor=actor, window_id=str(id), **body)
        return answer(BreakGlass, _views(actor, [reviewed])[0])
