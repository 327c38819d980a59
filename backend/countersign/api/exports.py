"""Exports: the log, the packs and the decisions as files, for a verifier without this platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from countersign.api.authentication import actor_of
from countersign.api.base import Accepted, ApiView, Input, accepted, body_of
from countersign.api.idempotency import idempotent
from countersign.workflow import commands

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.response import Response


class ExportInput(Input):
    """What to export: one project, or everything."""

    project = serializers.CharField(max_length=200, required=False, help_text="slug or id of a project")


class ExportListView(ApiView):
    """Exports."""

    writing = "export.write"

    @extend_schema(
        operation_id="exports_start",
        request=ExportInput,
        responses={202: Accepted},
        summary="Start an export",
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Start an export; the task's result names the directory."""
        body = body_of(ExportInput, request)
        return accepted(commands.export_begin(actor=actor_of(request), **body))
