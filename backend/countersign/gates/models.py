"""The gates, and their answers."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from countersign.gates.contracts import GateStatus


class Gate(models.Model):
    """A gate that this installation has."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    code = models.CharField(max_length=64, unique=True)
    title = models.CharField(max_length=200)
    description = models.TextField()
    enabled = models.BooleanField(default=True)

    def __str__(self) -> str:
        """Name the gate."""
        return self.code


class GateResult(models.Model):
    """One gate's answer on one attempt of a run; written once. Asked again, it is another row.

    The run lives on a higher floor, so its id stands here without a foreign key.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    run_id = models.UUIDField(db_index=True)
    attempt = models.PositiveIntegerField()
    name = models.CharField(max_length=64)
    status = models.CharField(max_length=16, choices=[(one.value, one.value) for one in GateStatus])
    reason = models.TextField()
    report = models.JSONField()
    report_digest = models.CharField(max_length=80)
    result_tree = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_default=Now())
    # The event that tells of this answer; nothing for one of before answers were told with a signature.
    event_id = models.UUIDField(null=True)

    class Meta:
        """A gate answers once each time that the gates are asked."""

        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["run_id", "attempt", "name", "event_id"], name="gate_result_once"
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=[one.value for one in GateStatus]),
                name="gate_result_status_known",
            ),
        ]

    def __str__(self) -> str:
        """Name gate and answer."""
        return f"{self.name}: {self.status}"
