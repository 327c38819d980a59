"""Jobs and idempotency keys."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models.functions import Now


class JobState(models.TextChoices):
    """A job's life: queued -> running -> (waiting -> running)* -> succeeded | failed | cancelled."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN_STATES = (JobState.QUEUED, JobState.RUNNING, JobState.WAITING)


class Job(models.Model):
    """Something that must be carried out, step by step, exactly once in effect.

    The lease says who works on it and until when; the fencing token grows with every claim, and whoever holds
    an old one can record nothing.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    kind = models.CharField(max_length=64)
    state = models.CharField(max_length=16, choices=JobState, default=JobState.QUEUED)
    step = models.CharField(max_length=64, blank=True)
    subject_type = models.CharField(max_length=50)
    subject_id = models.CharField(max_length=200)
    payload = models.JSONField(default=dict)
    memory = models.JSONField(default=dict)
    progress = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    error = models.JSONField(default=dict)
    actor = models.JSONField(default=dict)
    correlation_id = models.CharField(max_length=64, blank=True)
    dedupe_key = models.CharField(max_length=200, null=True, unique=True)  # noqa: DJ001 - NULLs don't collide
    run_after = models.DateTimeField(db_default=Now())
    attempts = models.PositiveIntegerField(default=0)
    fencing_token = models.BigIntegerField(default=0)
    lease_owner = models.CharField(max_length=100, blank=True)
    lease_expires_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    # When its log was cleaned away; the row stays, so that nothing is put in line twice.
    emptied_at = models.DateTimeField(null=True)

    class Meta:
        """Values are checked by the database as well."""

        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(state__in=JobState.values), name="job_state_known"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["run_after"],
                name="job_due",
                condition=models.Q(state__in=[JobState.QUEUED, JobState.RUNNING, JobState.WAITING]),
            ),
            models.Index(fields=["subject_type", "subject_id"], name="job_subject"),
        ]

    def __str__(self) -> str:
        """Name the job."""
        return f"{self.kind} {self.id}"


class IdempotencyKey(models.Model):
    """The answer that a repeated POST gets again (Idempotency-Key header)."""

    id = models.BigAutoField(primary_key=True)
    key = models.CharField(max_length=200)
    user_id = models.CharField(max_length=100)
    request_digest = models.CharField(max_length=80)
    status = models.PositiveSmallIntegerField(null=True)
    response = models.JSONField(null=True)
    headers = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """One answer a user and key."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user_id", "key"], name="idempotency_key_once"),
        ]

    def __str__(self) -> str:
        """Name the key."""
        return self.key
