"""Exceptions from rules, and their early ends."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Waiver(models.Model):
    """An exception from one rule: it ends, it is compensated, and a security reviewer granted it.

    Attributes:
        reviewer_id: the account that granted it.
        reviewer_person: the person whose account it is.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    rule_code = models.CharField(max_length=80)
    run_id = models.UUIDField(null=True)
    paths = models.JSONField(default=list)
    reason = models.TextField()
    compensating_controls = models.JSONField()
    expires_at = models.DateTimeField()
    reviewer_id = models.CharField(max_length=100)
    reviewer_person = models.UUIDField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """The newest first."""

        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=models.F("created_at")), name="governance_waiver_expires"
            ),
            models.CheckConstraint(
                condition=~Q(compensating_controls=[]), name="governance_waiver_is_compensated"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["rule_code", "expires_at"], name="governance_waiver_rule")]

    def __str__(self) -> str:
        """Name the waiver."""
        return f"{self.rule_code} until {self.expires_at:%Y-%m-%d}"


class WaiverRevocation(models.Model):
    """The early end of an exception; like the exception it is never changed."""

    waiver = models.OneToOneField(
        Waiver, on_delete=models.PROTECT, primary_key=True, related_name="revocation"
    )
    reason = models.TextField()
    revoked_by = models.UUIDField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        """Name it."""
        return f"revoked at {self.created_at:%Y-%m-%d %H:%M}"
