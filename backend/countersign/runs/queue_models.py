"""What the merge queue keeps: how a waiting change stands on a moved base, and who holds the next slot."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

VERDICTS = ("holds", "void", "unknown")
ENDS = ("merged", "given_back", "expired", "ended")


class Standing(models.Model):
    """Whether the decision on a waiting change would hold on a base, verified before it is its turn."""

    run = models.OneToOneField(
        "runs.Run", on_delete=models.PROTECT, primary_key=True, related_name="standing"
    )
    request_id = models.UUIDField()
    base_commit = models.CharField(max_length=64)
    # What the gates were asked about: base tree, patch, rule set, configuration of the gates.
    key = models.CharField(max_length=80)
    verdict = models.CharField(max_length=10)
    why = models.TextField(blank=True)
    reports = models.JSONField(default=list)
    # The runs that are merged before this one on that base, and what the branch holds once this one is too.
    behind = models.JSONField(default=list)
    next_base = models.CharField(max_length=64, blank=True)
    # Tells of the same, and of the gates' answers by digest: the row alone proves nothing.
    event_id = models.UUIDField(null=True)
    checked_at = models.DateTimeField(db_default=Now())

    class Meta:
        """Known verdicts only."""

        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(verdict__in=VERDICTS), name="standing_verdict_known"),
        ]

    def __str__(self) -> str:
        """Name what stands how."""
        return f"{self.run_id} {self.verdict} on {self.base_commit[:12]}"


class SlotReservation(models.Model):
    """The next merge slot of a project, kept for one change until a moment that everybody sees."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    run = models.ForeignKey("runs.Run", on_delete=models.PROTECT, related_name="reservations")
    person_id = models.UUIDField()
    reserved_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_as = models.CharField(max_length=12, blank=True)

    class Meta:
        """One at a time a project, with an end."""

        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["project"],
                condition=models.Q(ended_at__isnull=True),
                name="slot_reserved_once_per_project",
            ),
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("reserved_at")), name="slot_reservation_ends"
            ),
            models.CheckConstraint(
                condition=models.Q(ended_as__in=["", *ENDS]), name="slot_reservation_end_known"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["project", "reserved_at"], name="slot_by_project")]

    def __str__(self) -> str:
        """Name what is reserved for what."""
        return f"next slot for {self.run_id} until {self.expires_at}"
