"""Exceptions from rules: what is let pass, until when and why, and by whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.status import HTTP_201_CREATED

from countersign.api.authentication import actor_of
from countersign.api.base import ApiView, Input, Output, answer, body_of
from countersign.api.idempotency import idempotent
from countersign.governance.waivers import MAX_ITEMS, MAX_TEXT
from countersign.workflow.exceptions import exception_grant, exception_revoke
from countersign.workflow.queries.exceptions import exception_view, exceptions_view

if TYPE_CHECKING:
    import uuid

    from rest_framework.request import Request
    from rest_framework.response import Response

EXCEPTION_STATES = ("unsigned", "in_force", "expired", "revoked")


class RuleException(Output):
    """One exception."""

    id = serializers.CharField()
    state = serializers.ChoiceField(
        choices=EXCEPTION_STATES,
        help_text="unsigned: no signed checkpoint covers it yet, and it lets nothing pass until then",
    )
    rule = serializers.CharField()
    rule_title = serializers.CharField()
    run_id = serializers.CharField(allow_null=True, help_text="null: it is for every change")
    run_title = serializers.CharField(allow_null=True)
    request_id = serializers.CharField(allow_null=True)
    paths = serializers.ListField(child=serializers.CharField(), help_text="none: everywhere")
    reason = serializers.CharField()
    compensating_controls = serializers.ListField(child=serializers.CharField())
    granted_by = serializers.CharField()
    granted_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    revoked_by = serializers.CharField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)
    revoke_reason = serializers.CharField()
    may_revoke = serializers.BooleanField()


class ExceptableRule(Output):
    """A rule that an exception can be granted from."""

    code = serializers.CharField()
    title = serializers.CharField()


class RuleExceptions(Output):
    """All exceptions, the newest first."""

    results = RuleException(many=True)
    may_grant = serializers.BooleanField()
    rules = ExceptableRule(many=True, help_text="those that enforce and are not of the governance core")


class ExceptionInput(Input):
    """An exception."""

    rule = serializers.CharField(max_length=80)
    run = serializers.UUIDField(
        allow_null=True, default=None, help_text="whose change it is made for; left out: every change"
    )
    paths = serializers.ListField(
        child=serializers.CharField(max_length=1_000),
        default=list,
        max_length=MAX_ITEMS,
        help_text="paths, or directories with a slash at the end; left out: everywhere",
    )
    reason = serializers.CharField(max_length=MAX_TEXT)
    compensating_controls = serializers.ListField(
        child=serializers.CharField(max_length=MAX_TEXT), min_length=1, max_length=MAX_ITEMS
    )
    expires_at = serializers.DateTimeField()


class RevocationInput(Input):
    """Why it ends early."""

    reason = serializers.CharField(max_length=MAX_TEXT)


class ExceptionListView(ApiView):
    """Exceptions from rules."""

    writing = "exception.write"

    @extend_schema(
        operation_id="exceptions_list",
        responses=RuleExceptions,
        summary="List the exceptions in force and those that were",
    )
    def get(self, request: Request) -> Response:
        """Answer all of them, the newest first."""
        return answer(RuleExceptions, exceptions_view(actor=actor_of(request)))

    @extend_schema(
        operation_id="exceptions_grant",
        request=ExceptionInput,
        responses={201: RuleException},
        summary="Grant an exception; whoever does so does not count in the quorum of what it lets pass",
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Grant it, and answer it."""
        actor = actor_of(request)
        body = body_of(ExceptionInput, request)
        granted = exception_grant(
            actor=actor,
            rule=body["rule"],
            reason=body["reason"],
            compensating_controls=tuple(body["compensating_controls"]),
            expires_at=body["expires_at"],
            run_id=str(body["run"]) if body["run"] else "",
            paths=tuple(body["paths"]),
        )
        return answer(RuleException, exception_view(actor=actor, waiver=granted), status=HTTP_201_CREATED)


class ExceptionRevokeView(ApiView):
    """An early end."""

    writing = "exception.write"

    @extend_schema(
        operation_id="exceptions_revoke",
        request=RevocationInput,
        responses=RuleException,
        summary="End an exception early; what rests on it and is not merged gets a new pack",
    )
    @idempotent
    def post(self, request: Request, id: uuid.UUID) -> Response:  # noqa: A002 - the name in the address
        """End it."""
        actor = actor_of(request)
        ended = exception_revoke(actor=actor, exception_id=str(id), **body_of(RevocationInput, request))
        return answer(RuleException, exception_view(actor=actor, waiver=ended))
