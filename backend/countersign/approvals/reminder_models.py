"""Who is told what about a request that waits, and when."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models


class ReminderKind(models.TextChoices):
    """Half of the time is over, four fifths are, or an owner is told."""

    HALF = "half"
    FOUR_FIFTHS = "four_fifths"
    ESCALATION = "escalation"


class Reminder(models.Model):
    """One thing to tell: planned with the request, told once.

    Attributes:
        person_id: the owner whom an escalation tells.
        told: who was told, and instead of whom; null where it was told before that was kept.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    request = models.ForeignKey(
        "approvals.ApprovalRequest", on_delete=models.PROTECT, related_name="reminders"
    )
    kind = models.CharField(max_length=20, choices=ReminderKind)
    position = models.PositiveSmallIntegerField(default=0)
    person_id = models.UUIDField(null=True)
    due_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    told = models.JSONField(null=True)

    class Meta:
        """Each once a request."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["request", "kind", "position"], name="reminder_once"),
            models.CheckConstraint(
                condition=models.Q(kind__in=ReminderKind.values), name="reminder_kind_known"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], name="reminder_due", condition=models.Q(sent_at__isnull=True)),
        ]

    def __str__(self) -> str:
        """Name the reminder."""
        return f"{self.kind} of {self.request_id}"
