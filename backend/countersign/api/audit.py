"""The audit log: events and the signed head."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers

from countersign.api.authentication import actor_of
from countersign.api.base import ApiView, Input, Output, answer, query_of
from countersign.api.pagination import PAGE_PARAMETERS, PageInput, page_answer, paginated
from countersign.api.parts import TRUST_MODES
from countersign.audit.contracts import EventFilter
from countersign.audit.search_export import SearchExport
from countersign.audit.selectors import checkpoint_latest, event_page, sequencing_lag
from countersign.audit.services import search_export_record
from countersign.shared.storage import object_store
from countersign.workflow import queries

if TYPE_CHECKING:
    from collections.abc import Mapping

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


# One request is answered by one process; whoever wants more takes it at the command line.
EXPORT_LIMIT = 100_000
SEARCH_PARAMETERS = [
    OpenApiParameter("type", str, description="what happened; `run.` takes all types that begin so"),
    OpenApiParameter("subject_type", str, description="kind of what it happened to"),
    OpenApiParameter("subject_id", str, description="id of what it happened to"),
    OpenApiParameter("actor_id", str, description="id of who did it"),
    OpenApiParameter("correlation_id", str, description="the request or job that it belongs to"),
    OpenApiParameter("from", OpenApiTypes.DATETIME, description="not before this moment"),
    OpenApiParameter("until", OpenApiTypes.DATETIME, description="before this moment"),
]


class SearchInput(Input):
    """What the log can be searched by."""

    type = serializers.CharField(default="", max_length=100)
    subject_type = serializers.CharField(default="", max_length=50)
    subject_id = serializers.CharField(default="", max_length=200)
    actor_id = serializers.CharField(default="", max_length=100)
    correlation_id = serializers.CharField(default="", max_length=64)
    until = serializers.DateTimeField(default=None)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Add what can't be written as an attribute: `from` is a word of the language."""
        return {**super().get_fields(), "from": serializers.DateTimeField(default=None)}


class AuditEventQuery(SearchInput, PageInput):
    """What the log can be searched by, and which page."""


class AuditExportQuery(SearchInput):
    """What the log can be searched by, and how much is taken."""

    limit = serializers.IntegerField(default=EXPORT_LIMIT, min_value=1, max_value=EXPORT_LIMIT)


def search_of(query: Mapping[str, Any]) -> EventFilter:
    """Return what is searched for."""
    return EventFilter(
        subject_type=query["subject_type"],
        subject_id=query["subject_id"],
        type=query["type"],
        actor_id=query["actor_id"],
        correlation_id=query["correlation_id"],
        since=query["from"],
        until=query["until"],
    )


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
        parameters=[*SEARCH_PARAMETERS, *PAGE_PARAMETERS],
        responses=AuditEventPage,
        summary="Search the audit log",
    )
    def get(self, request: Request) -> Response:
        """Answer a page of events, newest first.

        A search that takes long is answered in parts: a page may hold fewer events than asked for, even none,
        while `next` says where to go on.
        """
        query = query_of(AuditEventQuery, request)
        page = event_page(
            actor=actor_of(request),
            wanted=search_of(query),
            after=query["cursor"],
            limit=query["limit"],
        )
        return page_answer(request, AuditEventPage, page)


class AuditExportView(ApiView):
    """Events as a file that a stranger can check."""

    reading = "audit.read"

    @extend_schema(
        operation_id="audit_events_export",
        parameters=[
            *SEARCH_PARAMETERS,
            OpenApiParameter("limit", int, description=f"at most so many events, and {EXPORT_LIMIT}"),
        ],
        responses={(200, "application/jsonl"): OpenApiTypes.STR},
        summary="Take found events away with their proofs",
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        """Answer JSON Lines, newest first: a signed checkpoint, then each event with its inclusion proof.

        `countersign-verify events` checks each line. Events that no mirrored checkpoint covers yet are left
        out.
        """
        query = query_of(AuditExportQuery, request)
        actor, wanted = actor_of(request), search_of(query)
        export = SearchExport(actor=actor, wanted=wanted, limit=query["limit"], store=object_store())
        search_export_record(actor=actor, wanted=wanted, size=export.head.size)
        return StreamingHttpResponse(
            export.lines(),
            content_type="application/jsonl",
            headers={"Content-Disposition": 'attachment; filename="events.jsonl"'},
        )


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
