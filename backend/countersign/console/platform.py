"""Jobs and the audit log in the console."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.admin import action, display

from countersign.console.base import ReadOnlyAdmin
from countersign.console.site import console_actor
from countersign.jobs.services import job_cancel
from countersign.shared.errors import DomainError

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

    from countersign.audit.models import AuditEvent
    from countersign.jobs.models import Job


class JobAdmin(ReadOnlyAdmin):
    """Shows jobs and stops those that have not ended."""

    search_fields = ("id", "subject_id", "correlation_id")
    actions = ("cancel",)

    @action(description="Cancel before the next step")
    def cancel(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        """Stop the jobs."""
        for job in queryset:
            try:
                job_cancel(actor=console_actor(request), job_id=str(job.pk))
            except DomainError as error:
                messages.error(request, f"{job}: {error.message}")


class AuditEventAdmin(ReadOnlyAdmin):
    """Shows events as they are signed; names of persons stay encrypted here."""

    ordering = ("-id",)
    search_fields = ("event_id", "subject_id", "correlation_id", "actor_id")
    fields = (
        "event_id",
        "recorded_at",
        "type",
        "actor_kind",
        "actor_id",
        "subject_type",
        "subject_id",
        "correlation_id",
        "signed_body",
    )
    readonly_fields = ("signed_body",)

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """Show what happened, when and to what."""
        del request
        return ("recorded_at", "type", "actor_kind", "actor_id", "subject_type", "subject_id")

    @display(description="Body")
    def signed_body(self, event: AuditEvent) -> str:
        """Return the canonical JSON that is a leaf of the log, laid out for reading."""
        return json.dumps(json.loads(bytes(event.body)), indent=1, ensure_ascii=False)
