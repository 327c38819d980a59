"""Break-glass: a window of at most an hour that two people open, and that a third one reviews."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import ClassVar, Final

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

MAX_MINUTES: Final = 60


class BreakGlass(models.Model):
    """Asked for by one person, opened by another one, over by itself, reviewed by a third."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    minutes = models.PositiveSmallIntegerField()
    permits = models.JSONField(default=list)
    requested_by = models.UUIDField()
    requested_at = models.DateTimeField(db_default=Now())
    opened_by = models.UUIDField(null=True)
    opened_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    event_id = models.UUIDField(null=True)
    closed_by = models.UUIDField(null=True)
    closed_at = models.DateTimeField(null=True)
    reviewed_by = models.UUIDField(null=True)
    reviewed_at = models.DateTimeField(null=True)
    review = models.TextField(blank=True)

    class Meta:
        """Two people, an hour, and a third person: the database holds it as well."""

        ordering: ClassVar = ["-requested_at", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(minutes__gte=1, minutes__lte=MAX_MINUTES), name="break_glass_at_most_an_hour"
            ),
            models.CheckConstraint(
                condition=Q(opened_by__isnull=True) | ~Q(opened_by=F("requested_by")),
                name="break_glass_two_people",
            ),
            models.CheckConstraint(
                condition=Q(opened_at__isnull=True)
                | Q(expires_at__lte=F("opened_at") + timedelta(minutes=MAX_MINUTES)),
                name="break_glass_ends_within_an_hour",
            ),
            models.CheckConstraint(
                condition=Q(reviewed_by__isnull=True)
                | (~Q(reviewed_by=F("requested_by")) & ~Q(reviewed_by=F("opened_by"))),
                name="break_glass_third_person_reviews",
            ),
        ]

    def __str__(self) -> str:
        """Name the window."""
        return f"break-glass {self.id}"
