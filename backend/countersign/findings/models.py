"""Analysis sessions, what was run in them, and what was found."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from countersign.findings.contracts import HookStatus, Severity


class SessionState(models.TextChoices):
    """A session's life: pending -> running -> completed | failed."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


OPEN_STATES = (SessionState.PENDING, SessionState.RUNNING)


class AnalysisSession(models.Model):
    """One look at one commit of a project.

    Moves: ``session_start`` pending -> running (again for the worker that takes over), ``session_complete``
    running -> completed, ``session_fail`` pending | running -> failed.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    commit = models.CharField(max_length=64)
    state = models.CharField(max_length=16, choices=SessionState, default=SessionState.PENDING)
    counts = models.JSONField(default=dict)
    reason = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        """Values are checked by the database as well."""

        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state__in=SessionState.values), name="analysis_session_state_known"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["project", "-created_at"], name="analysis_session_newest"),
        ]

    def __str__(self) -> str:
        """Name the session."""
        return f"analysis {self.id}"


class HookExecution(models.Model):
    """One run of one tool in a session."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    session = models.ForeignKey(AnalysisSession, on_delete=models.PROTECT, related_name="hooks")
    tool = models.CharField(max_length=64)
    version = models.CharField(max_length=64)
    command = models.TextField()
    exit_code = models.IntegerField(null=True)
    duration_ms = models.PositiveIntegerField()
    findings_count = models.PositiveIntegerField()
    output_digest = models.CharField(max_length=80, blank=True)
    config_digest = models.CharField(max_length=80, blank=True)
    status = models.CharField(max_length=16, choices=[(one.value, one.value) for one in HookStatus])
    reason = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """A tool runs once in a session."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["session", "tool"], name="hook_execution_once"),
            models.CheckConstraint(
                condition=models.Q(status__in=[one.value for one in HookStatus]),
                name="hook_execution_status_known",
            ),
        ]

    def __str__(self) -> str:
        """Name the tool that ran."""
        return f"{self.tool} {self.version}"


class Finding(models.Model):
    """Something a tool found in a session's commit."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    session = models.ForeignKey(AnalysisSession, on_delete=models.PROTECT, related_name="findings")
    tool = models.CharField(max_length=64)
    rule = models.CharField(max_length=64)
    path = models.TextField()
    line = models.PositiveIntegerField()
    column = models.PositiveIntegerField()
    end_line = models.PositiveIntegerField()
    message = models.TextField()
    severity = models.CharField(max_length=16, choices=[(one.value, one.value) for one in Severity])
    fixable = models.BooleanField()
    fingerprint = models.CharField(max_length=80)
    snippet_digest = models.CharField(max_length=80)

    class Meta:
        """One row a finding and session."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["session", "fingerprint"], name="finding_once"),
            models.CheckConstraint(
                condition=models.Q(severity__in=[one.value for one in Severity]),
                name="finding_severity_known",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["session", "tool", "rule"], name="finding_by_rule"),
        ]

    def __str__(self) -> str:
        """Name rule and place."""
        return f"{self.rule} {self.path}:{self.line}"
