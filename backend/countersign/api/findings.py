"""Findings of an analysis session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers

from countersign.api.authentication import actor_of
from countersign.api.base import ApiView, Output, query_of
from countersign.api.pagination import PAGE_PARAMETERS, PageInput, page_answer, paginated
from countersign.findings.selectors import finding_list
from countersign.shared.paging import sequence_page

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.response import Response

SEVERITIES = ("info", "low", "medium", "high", "critical")


class Finding(Output):
    """A finding; its fingerprint stays when its line moves."""

    id = serializers.CharField()
    tool = serializers.CharField()
    rule = serializers.CharField()
    path = serializers.CharField()
    line = serializers.IntegerField()
    column = serializers.IntegerField()
    end_line = serializers.IntegerField()
    message = serializers.CharField()
    severity = serializers.ChoiceField(choices=SEVERITIES)
    fixable = serializers.BooleanField()
    fingerprint = serializers.CharField()


FindingPage = paginated(Finding)


class FindingQuery(PageInput):
    """Which session's findings, and which of them."""

    session = serializers.UUIDField()
    tool = serializers.CharField(required=False, max_length=100)
    rule = serializers.CharField(required=False, max_length=100)


class FindingListView(ApiView):
    """Findings."""

    @extend_schema(
        operation_id="findings_list",
        parameters=[
            OpenApiParameter("session", str, required=True, description="id of an analysis session"),
            OpenApiParameter("tool", str),
            OpenApiParameter("rule", str),
            *PAGE_PARAMETERS,
        ],
        responses=FindingPage,
        summary="List the findings of a session",
    )
    def get(self, request: Request) -> Response:
        """Answer a page of findings."""
        query = query_of(FindingQuery, request)
        findings = finding_list(
            actor=actor_of(request),
            session_id=str(query["session"]),
            tool=query.get("tool"),
            rule=query.get("rule"),
        )
        page = sequence_page(findings, after=query["cursor"], limit=query["limit"])
        return page_answer(request, FindingPage, page)
