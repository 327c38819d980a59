"""Decisions that wait for the signature of a passkey."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Now


class PreparedDecision(models.Model):
    """A statement as it was shown to one person; it can be signed once, within minutes."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    request = models.ForeignKey(
        "approvals.ApprovalRequest", on_delete=models.PROTECT, related_name="prepared"
    )
    person_id = models.UUIDField()
    nonce = models.CharField(max_length=64, unique=True)
    statement_digest = models.CharField(max_length=80, unique=True)
    decided_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        """Name the preparation."""
        return f"prepared decision on {self.request_id}"
