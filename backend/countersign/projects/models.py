"""Projects."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models.functions import Now


class ProjectState(models.TextChoices):
    """A project's life: registering -> ready | failed; after that it is registered anew."""

    REGISTERING = "registering"
    READY = "ready"
    FAILED = "failed"


class Isolation(models.TextChoices):
    """How its code is kept apart; the values of ``countersign.sandbox.contracts.IsolationKind``."""

    BUBBLEWRAP = "bubblewrap"
    PROCESS = "process"
    UNCONFINED = "unconfined"


class Project(models.Model):
    """A Git repository that is governed, and the platform's own bare copy of it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    slug = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    source_path = models.CharField(max_length=4096)
    repository_path = models.CharField(max_length=4096)
    default_branch = models.CharField(max_length=255, blank=True)
    head_commit = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=16, choices=ProjectState, default=ProjectState.REGISTERING)
    reason = models.TextField(blank=True)
    isolation = models.CharField(max_length=16, choices=Isolation)
    environment = models.JSONField(default=dict)
    baseline = models.JSONField(default=dict)
    settings = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        """Values are checked by the database as well."""

        ordering: ClassVar = ["created_at", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state__in=ProjectState.values), name="project_state_known"
            ),
            models.CheckConstraint(
                condition=models.Q(isolation__in=Isolation.values), name="project_isolation_known"
            ),
            models.CheckConstraint(
                condition=~models.Q(state=ProjectState.READY) | ~models.Q(head_commit=""),
                name="project_ready_has_head",
            ),
        ]

    def __str__(self) -> str:
        """Return the slug."""
        return self.slug
