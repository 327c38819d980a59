"""The audit log: events and the signed head."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers

from countersign.api.authentication import actor_of
from countersign.api.base import ApiView, Output, answer, query_of
from countersign.api.pagination import PAGE_PARAMETERS, PageInput, page_answer, paginated
from countersign.api.parts import TRUST_MODES
from countersign.audit.selectors import checkpoint_latest, event_page, sequencing_lag
from countersign.workflow import queries

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.response import Response


ACTOR_KINDS = ("person", "service", "agent")


class AuditEvent(Output):
    """An event of the log; ``leaf_index`` is ``null`` until it is sequenced."""

    id = serializers.CharField()
    leaf_index = serializers.IntegerField(allow_null=True)
    time = serializers.DateTimeField()
    type = serializers.CharField()
    actor_kind = serializers.ChoiceField(choices=ACTOR_KINDS)
    actor_id = serializers.CharField()
    actor_label = serializers.CharField(allow_null=True)
    subject_type = serializers.CharField()
    subject_id = serializers.CharField()
    correlation_id = serializers.CharField()
    data = serializers.DictField()  # type: ignore[assignment]  # DRF takes declared fields off the class


AuditEventPage = paginated(AuditEvent)


class AuditEventQuery(PageInput):
    """What the log can be searched by."""

    type = serializers.CharField(default="", max_length=100)
    subject_type = serializers.CharField(default="", max_length=50)
    subject_id = serializers.CharField(default="", max_length=200)
    actor_id = serializers.CharField(default="", max_length=100)
    correlation_id = serializers.CharField(default="", max_length=64)


class SignedHead(Output):
    """The newest signed checkpoint; ``pending`` events are not covered by it yet."""

    origin = serializers.CharField()
    size = serializers.IntegerField()
    root = serializers.CharField()  # type: ignore[assignment]  # DRF takes declared fields off the class
    note = serializers.CharField()
    created_at = serializers.DateTimeField()
    mode = serializers.ChoiceField(choices=TRUST_MODES)
    pending = serializers.IntegerField()


class AuditEventListView(ApiView):
    """Events."""

    reading = "audit.read"

    @extend_schema(
        operation_id="audit_events_list",
        parameters=[
            *(
                OpenApiParameter(name, str)
                for name in ("type", "subject_type", "subject_id", "actor_id", "correlation_id")
            ),
            *PAGE_PARAMETERS,
        ],
        responses=AuditEventPage,
        summary="Search the audit log",
    )
    def get(self, request: Request) -> Response:
        """Answer a page of events, newest first."""
        query = query_of(AuditEventQuery, request)
        page = event_page(
            actor=actor_of(request),
            subject=(query["subject_type"], query["subject_id"]) if query["subject_type"] else None,
            type=query["type"],
            actor_id=query["actor_id"],
            correlation_id=query["correlation_id"],
            after=query["cursor"],
            limit=query["limit"],
        )
        return page_answer(request, AuditEventPage, page)


class AuditCheckpointView(ApiView):
    """The head of the log."""

    @extend_schema(
        operation_id="audit_checkpoint_get", responses=SignedHead, summary="Read the newest signed checkpoint"
    )
    def get(self, request: Request) -> Response:  # noqa: ARG002 - Django passes it
        """Answer the newest signed checkpoint."""
        head = checkpoint_latest()
        installation = queries.installation_get()
        return answer(
            SignedHead,
            {
                "origin": installation.origin,
                "size": head.size,
                "root": head.root,
                "note": head.note,
                "created_at": head.created_at,
                "mode": installation.mode,
                "pending": sequencing_lag().pending,
            },
        )
