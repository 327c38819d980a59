"""Who must decide, as data: versions of the platform's policy and of those of projects."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now


class QuorumPolicyState(models.TextChoices):
    """A policy's life: proposed -> set, or proposed -> withdrawn; what asks for more is set at once."""

    PROPOSED = "proposed"
    SET = "set"
    WITHDRAWN = "withdrawn"


class QuorumPolicy(models.Model):
    """One version of who must decide, of a project or (without one) of the platform.

    Attributes:
        version: counted from 1 within its scope, once it is set.
        replaces: the version that it was written against; 0 where there was none.
        tiers: numbers by role and tier; null where a project goes back to the platform's.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, null=True, related_name="+")
    version = models.PositiveIntegerField(null=True)
    replaces = models.PositiveIntegerField()
    tiers = models.JSONField(null=True)
    reason = models.TextField()
    state = models.CharField(max_length=12, choices=QuorumPolicyState, default=QuorumPolicyState.PROPOSED)
    proposed_by = models.UUIDField()
    decided_by = models.UUIDField(null=True)
    event_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    decided_at = models.DateTimeField(null=True)

    class Meta:
        """One version once, and one proposal at a time, in each scope."""

        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state__in=QuorumPolicyState.values), name="quorum_policy_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state=QuorumPolicyState.SET)
                | Q(version=F("replaces") + 1, event_id__isnull=False, decided_at__isnull=False),
                name="quorum_policy_set_is_logged",
            ),
            models.CheckConstraint(
                condition=Q(project__isnull=False) | Q(tiers__isnull=False),
                name="quorum_policy_platform_follows_nobody",
            ),
            models.UniqueConstraint(
                fields=["project", "version"],
                condition=Q(version__isnull=False),
                name="quorum_policy_version",
                nulls_distinct=False,
            ),
            models.UniqueConstraint(
                fields=["project"],
                condition=Q(state=QuorumPolicyState.PROPOSED),
                name="quorum_policy_proposed_once",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        """Name the policy."""
        return f"quorum policy {self.id} ({self.state})"
