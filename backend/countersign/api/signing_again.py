"""Signing again what took the place of a void request, and asking again for an expired one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.status import HTTP_201_CREATED

from countersign.api.approval_requests import ApprovalRequestDetail, AssertionPart
from countersign.api.authentication import actor_of
from countersign.api.base import Accepted, ApiView, Input, Output, accepted, answer, body_of
from countersign.api.idempotency import idempotent
from countersign.workflow import again, expired, queries

if TYPE_CHECKING:
    import uuid

    from rest_framework.request import Request
    from rest_framework.response import Response

FACT_CODES = ("base", "rules", "score", "tier", "quorum", "gate")
PATCH_CHANGES = ("added", "changed", "gone")


class DifferenceFact(Output):
    """One thing that is another now."""

    code = serializers.ChoiceField(choices=FACT_CODES)
    name = serializers.CharField()
    before = serializers.CharField()
    after = serializers.CharField()


class DifferenceFile(Output):
    """A file of which the patch says something else now."""

    path = serializers.CharField()
    change = serializers.ChoiceField(choices=PATCH_CHANGES)


class OwnDecision(Output):
    """What the viewer had signed."""

    role = serializers.CharField()
    reason = serializers.CharField()
    decided_at = serializers.DateTimeField()


class Difference(Output):
    """A request beside an earlier version of it."""

    request_id = serializers.CharField()
    digest = serializers.CharField(help_text="what is signed; send it back with the decision")
    earlier_id = serializers.CharField(
        help_text="the last version that the viewer approved, or the one before this one"
    )
    why = serializers.CharField(help_text="why that one is void; empty where it ended otherwise")
    patch_same = serializers.BooleanField(help_text="the patch is the same to the byte")
    facts = DifferenceFact(many=True)
    files = DifferenceFile(many=True, help_text="where the patch is another")
    own = OwnDecision(allow_null=True, help_text="the viewer's approval of the earlier version")
    hindrance = serializers.CharField(
        allow_null=True, help_text="why signing again is no single step for the viewer; null where it is"
    )


class SignAgainInput(Input):
    """The digest that was shown; the reason is the one that was given before."""

    digest = serializers.CharField(max_length=100)
    assertion = AssertionPart(required=False, allow_null=True, default=None)


class DifferenceView(ApiView):
    """What is different from the version before."""

    @extend_schema(
        operation_id="approval_requests_difference",
        responses=Difference,
        summary="Hold a request against the void one that it took the place of",
    )
    def get(self, request: Request, id: uuid.UUID) -> Response:  # noqa: A002 - the name in the address
        """Answer what is another now."""
        found = again.request_difference(actor=actor_of(request), request_id=str(id))
        return answer(Difference, found)


class SignAgainView(ApiView):
    """The one step."""

    writing = "decision.write"

    @extend_schema(
        operation_id="approval_requests_sign_again",
        request=SignAgainInput,
        responses={201: ApprovalRequestDetail},
        summary="Approve again what is the same to the byte, with the reason that was given before",
    )
    @idempotent
    def post(self, request: Request, id: uuid.UUID) -> Response:  # noqa: A002 - the name in the address
        """Sign, and answer the request as it stands after it."""
        actor = actor_of(request)
        again.decision_again(actor=actor, request_id=str(id), **body_of(SignAgainInput, request))
        detail = queries.request_detail(actor=actor, request_id=str(id))
        return answer(ApprovalRequestDetail, detail, status=HTTP_201_CREATED)


class AskAgainView(ApiView):
    """A new request in the place of an expired one."""

    writing = "run.write"

    @extend_schema(
        operation_id="approval_requests_ask_again",
        request=None,
        responses={202: Accepted},
        summary="Ask again for what expired undecided: a new pack and a new request",
    )
    @idempotent
    def post(self, request: Request, id: uuid.UUID) -> Response:  # noqa: A002 - the name in the address
        """Put the new request in line; two who ask at once are given the same task."""
        return accepted(expired.request_ask_again(actor=actor_of(request), request_id=str(id)))
