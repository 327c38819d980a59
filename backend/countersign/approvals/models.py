"""Requests and decisions."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

# Django looks for a room's models here and nowhere else.
from countersign.approvals.break_glass_models import BreakGlass
from countersign.approvals.comment_models import Comment
from countersign.approvals.prepared_models import PreparedDecision
from countersign.approvals.reminder_models import Reminder, ReminderKind
from countersign.approvals.signature_models import DecisionSignature

__all__ = [
    "ApprovalRequest",
    "BreakGlass",
    "Comment",
    "Decision",
    "DecisionSignature",
    "PreparedDecision",
    "Reminder",
    "ReminderKind",
    "RequestState",
]


class RequestState(models.TextChoices):
    """A request's life: pending -> approved | rejected | changes_requested | expired | void.

    An approved request becomes void when its base moved and the decision could not be carried over.
    """

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    CHANGES_REQUESTED = "changes_requested"
    EXPIRED = "expired"
    VOID = "void"


class ApprovalRequest(models.Model):
    """Somebody must decide: on which digest, who, until when."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    subject_kind = models.CharField(max_length=20)
    subject_id = models.CharField(max_length=100)
    subject_digest = models.CharField(max_length=80)
    title = models.CharField(max_length=300)
    phase_code = models.CharField(max_length=50, blank=True)
    state = models.CharField(max_length=20, choices=RequestState, default=RequestState.PENDING)
    policy = models.JSONField()
    binding = models.JSONField(null=True)
    excluded = models.JSONField(default=list)
    carry_over_allowed = models.BooleanField(default=False)
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField(db_default=Now())
    decided_at = models.DateTimeField(null=True)
    void_reason = models.TextField(blank=True)
    supersedes = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="successors")

    class Meta:
        """One pending request a subject and digest."""

        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state__in=RequestState.values), name="approval_request_state_known"
            ),
            models.UniqueConstraint(
                fields=["subject_kind", "subject_id"],
                condition=models.Q(state=RequestState.PENDING),
                name="approval_request_pending_once",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["state", "expires_at"], name="approval_request_inbox")]

    def __str__(self) -> str:
        """Name the request."""
        return self.title


class Decision(models.Model):
    """One person's signed word on exactly one digest."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    request = models.ForeignKey(ApprovalRequest, on_delete=models.PROTECT, related_name="decisions")
    person_id = models.UUIDField()
    user_id = models.UUIDField()
    role = models.CharField(max_length=50)
    verdict = models.CharField(max_length=20)
    reason = models.TextField()
    # What was asked for one by one, where the verdict is "request_changes": path, line, text.
    items = models.JSONField(default=list)
    unattended = models.BooleanField(default=False)
    nonce = models.CharField(max_length=64, unique=True)
    statement_digest = models.CharField(max_length=80, unique=True)
    envelope = models.JSONField()
    assertion = models.JSONField(null=True)
    # The break-glass window under which it was made, if any.
    break_glass = models.UUIDField(null=True)
    event_id = models.UUIDField()
    decided_at = models.DateTimeField()

    class Meta:
        """One decision a person and request."""

        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(verdict__in=["approve", "reject", "request_changes"]),
                name="decision_verdict_known",
            ),
            models.UniqueConstraint(fields=["request", "person_id"], name="decision_once_per_person"),
        ]

    def __str__(self) -> str:
        """Name the decision."""
        return f"{self.verdict} on {self.request_id}"
