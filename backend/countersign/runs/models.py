"""Runs, attempts, merges, incidents."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

# Django looks for a room's models here and nowhere else.
from countersign.runs.queue_models import SlotReservation, Standing

__all__ = ["Attempt", "Incident", "Merge", "Run", "RunState", "SlotReservation", "Standing"]


class RunState(models.TextChoices):
    """A run's life.

    queued -> proposing -> checking -> sealing -> waiting_approval -> approved -> merging -> merged;
    checking -> proposing when a gate failed and a try is left, else -> incident;
    waiting_approval -> rejected | changes_requested; waiting_approval | approved | merging -> checking, or
    -> proposing where its own files moved, when the base moved and the decision could not be carried over, or
    when its request expired and was asked for again; any state before a decision -> failed.
    """

    QUEUED = "queued"
    PROPOSING = "proposing"
    CHECKING = "checking"
    SEALING = "sealing"
    WAITING_APPROVAL = "waiting_approval"
    APPROVED = "approved"
    MERGING = "merging"
    MERGED = "merged"
    REJECTED = "rejected"
    CHANGES_REQUESTED = "changes_requested"
    INCIDENT = "incident"
    FAILED = "failed"


class Run(models.Model):
    """One work item on its way from a prompt to a merge."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    work_item_id = models.UUIDField()
    title = models.CharField(max_length=200)
    slug = models.SlugField(max_length=80)
    phase_code = models.CharField(max_length=50)
    persona = models.CharField(max_length=50)
    adapter = models.CharField(max_length=50)
    prompt_id = models.UUIDField()
    ruleset_digest = models.CharField(max_length=80)
    state = models.CharField(max_length=20, choices=RunState, default=RunState.QUEUED)
    revision = models.PositiveIntegerField(default=1)
    attempt = models.PositiveIntegerField(default=0)
    base_commit = models.CharField(max_length=64, blank=True)
    change_commit = models.CharField(max_length=64, blank=True)
    result_tree = models.CharField(max_length=64, blank=True)
    branch = models.CharField(max_length=200, blank=True)
    snapshot_tag = models.CharField(max_length=200, blank=True)
    entries = models.JSONField(default=list)
    patch_digest = models.CharField(max_length=80, blank=True)
    patch_lines = models.PositiveIntegerField(default=0)
    score = models.PositiveSmallIntegerField(null=True)
    pack_digest = models.CharField(max_length=80, blank=True)
    request_id = models.UUIDField(null=True)
    # Since when it is approved and waits for the merge slot.
    queued_at = models.DateTimeField(null=True)
    participants = models.JSONField(default=list)
    # While it is being sealed: no other change of its session to the same files is.
    seal_turn = models.BooleanField(default=False)
    # The changes that its pack is scored together with: run_id, patch_digest.
    beside = models.JSONField(default=list)
    failure = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        """One open run a work item, one merge at a time a project."""

        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(state__in=RunState.values), name="run_state_known"),
            models.UniqueConstraint(
                fields=["project"],
                condition=models.Q(state=RunState.MERGING),
                name="run_merging_once_per_project",
            ),
            models.UniqueConstraint(
                fields=["work_item_id"],
                condition=~models.Q(
                    state__in=[
                        RunState.MERGED,
                        RunState.REJECTED,
                        RunState.CHANGES_REQUESTED,
                        RunState.FAILED,
                        RunState.INCIDENT,
                    ]
                ),
                name="run_open_once_per_work_item",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["project", "state", "created_at"], name="run_by_project"),
        ]

    def __str__(self) -> str:
        """Name the run."""
        return f"{self.slug} {self.id}"


class Attempt(models.Model):
    """One try of the agent, with the seed that it was given."""

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="attempts")
    number = models.PositiveIntegerField()
    seed = models.PositiveIntegerField()
    outcome = models.CharField(max_length=40)
    summary = models.TextField(blank=True)
    transcript_digest = models.CharField(max_length=80, blank=True)
    duration_ms = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """Numbered from 1."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "number"], name="attempt_number_once"),
        ]

    def __str__(self) -> str:
        """Name the attempt."""
        return f"attempt {self.number} of {self.run_id}"


class Merge(models.Model):
    """The commits that are intended to mean "merged", recorded before any ref moves."""

    run = models.OneToOneField(Run, on_delete=models.PROTECT, primary_key=True, related_name="merge")
    base_before = models.CharField(max_length=64)
    merge_commit = models.CharField(max_length=64, unique=True)
    state_commit = models.CharField(max_length=64, unique=True)
    tag = models.CharField(max_length=200)
    result_tree = models.CharField(max_length=64)
    addendum_digest = models.CharField(max_length=80, null=True)  # noqa: DJ001 - most merges have none
    event_id = models.UUIDField()
    delivered_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        """Name the merge."""
        return f"merge {self.merge_commit[:12]}"


class Incident(models.Model):
    """Something that only a person can resolve; what depends on it stands still until then."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="incidents")
    title = models.CharField(max_length=200)
    detail = models.TextField()
    state = models.CharField(max_length=10, default="open")
    created_at = models.DateTimeField(db_default=Now())
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        """Open or resolved."""

        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state__in=["open", "resolved"]), name="incident_state_known"
            ),
        ]

    def __str__(self) -> str:
        """Name the incident."""
        return self.title
