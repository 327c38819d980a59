"""Tables of the providers room."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from countersign.providers.contracts import AdapterKind, CallOutcome


class AdapterProfile(models.Model):
    """An agent adapter as data."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    code = models.CharField(max_length=64, unique=True)
    title = models.CharField(max_length=500)
    kind = models.CharField(max_length=16)
    definition = models.JSONField()
    digest = models.CharField(max_length=71)
    enabled = models.BooleanField(default=True)
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        """Known kinds."""

        ordering: ClassVar = ["code"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(kind__in=[kind.value for kind in AdapterKind]),
                name="adapter_profile_kind_known",
            ),
        ]

    def __str__(self) -> str:
        """Name the adapter."""
        return self.code


class AgentCall(models.Model):
    """One call to an agent. Cost and tokens are NULL when nobody knows them: that is not zero."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    run_id = models.UUIDField()
    attempt = models.PositiveIntegerField()
    adapter = models.CharField(max_length=64)
    adapter_digest = models.CharField(max_length=71)
    model = models.CharField(max_length=200, blank=True)
    says = models.CharField(max_length=500)
    prompt_digest = models.CharField(max_length=71)
    transcript_digest = models.CharField(max_length=71)
    argv = models.JSONField(default=list)
    seed = models.BigIntegerField()
    isolation = models.CharField(max_length=16)
    exit_code = models.IntegerField(null=True)
    outcome = models.CharField(max_length=16)
    duration_ms = models.PositiveBigIntegerField()
    tokens_in = models.PositiveBigIntegerField(null=True)
    tokens_out = models.PositiveBigIntegerField(null=True)
    cost_micros = models.PositiveBigIntegerField(null=True)
    correlation_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """One call an attempt."""

        ordering: ClassVar = ["run_id", "attempt"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run_id", "attempt"], name="agent_call_attempt_once"),
            models.CheckConstraint(
                condition=models.Q(outcome__in=[outcome.value for outcome in CallOutcome]),
                name="agent_call_outcome_known",
            ),
        ]

    def __str__(self) -> str:
        """Name the call."""
        return f"{self.adapter} for {self.run_id}, attempt {self.attempt}"
