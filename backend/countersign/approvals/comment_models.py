"""What people said about a request: rows that are only ever added."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models.functions import Now


class Comment(models.Model):
    """One remark of one person on one version of a request; a trigger refuses changes to it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    request = models.ForeignKey(
        "approvals.ApprovalRequest", on_delete=models.PROTECT, related_name="comments"
    )
    person_id = models.UUIDField()
    user_id = models.UUIDField()
    subject_digest = models.CharField(max_length=80)
    text = models.TextField()
    path = models.CharField(max_length=500, blank=True)
    line = models.PositiveIntegerField(null=True)
    unattended = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """Read in the order in which they were made."""

        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(line__isnull=True) | ~models.Q(path=""), name="comment_line_in_a_file"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["request", "created_at"], name="comment_by_request")]

    def __str__(self) -> str:
        """Name the comment."""
        return f"comment on {self.request_id}"
