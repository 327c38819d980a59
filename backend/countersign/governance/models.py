"""Documents, rules, frozen rule sets, violations and waivers. Versions only grow; triggers refuse more."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from countersign.governance.contracts import Authority, RuleMode

# Django looks for a room's models here and nowhere else.
from countersign.governance.quorum_models import QuorumPolicy, QuorumPolicyState
from countersign.governance.waiver_models import Waiver, WaiverRevocation

__all__ = [
    "Document",
    "QuorumPolicy",
    "QuorumPolicyState",
    "Rule",
    "RuleSet",
    "Violation",
    "Waiver",
    "WaiverRevocation",
]

_SEVERITIES = ("info", "low", "medium", "high", "critical")


class Document(models.Model):
    """One version of a document with authority."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    code = models.CharField(max_length=80)
    version = models.PositiveIntegerField()
    title = models.CharField(max_length=2000)
    authority = models.PositiveSmallIntegerField()
    sections = models.JSONField()
    digest = models.CharField(max_length=71)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """One row a version."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["code", "version"], name="governance_document_version"),
            models.CheckConstraint(
                condition=Q(authority__in=[each.value for each in Authority]),
                name="governance_document_authority",
            ),
        ]

    def __str__(self) -> str:
        """Name the document."""
        return f"{self.code} v{self.version}"


class Rule(models.Model):
    """One version of a rule; the newest that is not retired is in force."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    code = models.CharField(max_length=80)
    version = models.PositiveIntegerField()
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="rules")
    section = models.CharField(max_length=40)
    title = models.CharField(max_length=2000)
    scope = models.JSONField()
    text = models.TextField()
    why = models.TextField()
    correction = models.TextField()
    check_data = models.JSONField()
    mode = models.CharField(max_length=10)
    severity = models.CharField(max_length=10)
    core = models.BooleanField(default=False)
    origin = models.CharField(max_length=10)
    retired = models.BooleanField(default=False)
    digest = models.CharField(max_length=71)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """One row a version; a core rule is enforced and never retired."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["code", "version"], name="governance_rule_version"),
            models.CheckConstraint(
                condition=Q(mode__in=[each.value for each in RuleMode]), name="governance_rule_mode"
            ),
            models.CheckConstraint(condition=Q(severity__in=_SEVERITIES), name="governance_rule_severity"),
            models.CheckConstraint(
                condition=Q(origin__in=("shipped", "local")), name="governance_rule_origin"
            ),
            models.CheckConstraint(
                condition=Q(core=False) | Q(mode="enforce", retired=False),
                name="governance_rule_core_stays_on",
            ),
        ]

    def __str__(self) -> str:
        """Name the rule."""
        return f"{self.code} v{self.version}"


class RuleSet(models.Model):
    """Rules frozen under the digest of their canonical JSON."""

    digest = models.CharField(primary_key=True, max_length=71)
    rules = models.JSONField()
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        """Name the set."""
        return self.digest


class Violation(models.Model):
    """A broken rule, as it was answered. ``run_id`` is empty where rules conflict with one another."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    run_id = models.UUIDField(null=True)
    rule_code = models.CharField(max_length=80)
    rule_version = models.PositiveIntegerField()
    document = models.CharField(max_length=80)
    section = models.CharField(max_length=40)
    authority = models.CharField(max_length=20)
    mode = models.CharField(max_length=10)
    severity = models.CharField(max_length=10)
    blocking = models.BooleanField()
    what = models.TextField()
    why = models.TextField()
    correction = models.TextField()
    text = models.TextField()
    paths = models.JSONField(default=list)
    waived_by = models.UUIDField(null=True)
    digest = models.CharField(max_length=71)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """The same answer to the same run is stored once, whichever worker repeats the step."""

        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["run_id", "digest"], name="governance_violation_once", nulls_distinct=False
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["rule_code", "created_at"], name="governance_violation_rule")
        ]

    def __str__(self) -> str:
        """Name the violation."""
        return f"{self.rule_code}: {self.what}"
