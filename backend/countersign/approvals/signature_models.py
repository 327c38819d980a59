"""What the signer said of a decision."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now


class DecisionSignature(models.Model):
    """The signer's answer to one decision: an envelope, or why it signs none. It is given once."""

    decision = models.OneToOneField(
        "approvals.Decision", on_delete=models.PROTECT, primary_key=True, related_name="signature"
    )
    envelope = models.JSONField(null=True)
    refused = models.TextField(blank=True)
    answered_at = models.DateTimeField(db_default=Now())

    class Meta:
        """Either or."""

        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(envelope__isnull=True) ^ models.Q(refused=""),
                name="decision_signed_or_refused",
            ),
        ]

    def __str__(self) -> str:
        """Name the decision."""
        return f"the signer's answer to {self.decision_id}"
