"""Events, leaves and checkpoints: three tables that only grow."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models.functions import Cast, Now


class AuditEvent(models.Model):
    """One thing that happened, in the transaction in which it happened.

    ``body`` is the RFC 8785 canonical JSON that becomes a leaf; the other columns repeat parts of it for
    searching. Nothing points at or from this table by foreign key, so that nothing can cascade into it.
    """

    id = models.BigAutoField(primary_key=True)
    event_id = models.UUIDField(unique=True)
    transaction_id = models.BigIntegerField(
        db_default=Cast(
            Cast(models.Func(function="pg_current_xact_id"), models.TextField()), models.BigIntegerField()
        ),
    )
    recorded_at = models.DateTimeField(db_default=Now())
    type = models.CharField(max_length=100)
    actor_kind = models.CharField(max_length=16)
    actor_id = models.CharField(max_length=100)
    person_id = models.UUIDField(null=True)
    subject_type = models.CharField(max_length=50)
    subject_id = models.CharField(max_length=200)
    correlation_id = models.CharField(max_length=64, blank=True)
    body = models.BinaryField()

    class Meta:
        """Indexes follow the questions that are asked, each in the order of time; see ``search``."""

        indexes: ClassVar = [
            models.Index(fields=["transaction_id", "id"], name="audit_event_sequence"),
            models.Index(fields=["subject_type", "type", "recorded_at", "id"], name="audit_event_by_kind"),
            models.Index(fields=["subject_id", "recorded_at", "id"], name="audit_event_by_subject"),
            models.Index(fields=["actor_id", "recorded_at", "id"], name="audit_event_by_actor"),
            models.Index(fields=["correlation_id", "recorded_at", "id"], name="audit_event_by_request"),
        ]

    def __str__(self) -> str:
        """Name the event."""
        return f"{self.type} {self.event_id}"


class AuditLeaf(models.Model):
    """The place of one event in the Merkle tree, written by the sequencer alone."""

    leaf_index = models.BigIntegerField(primary_key=True)
    event_position = models.BigIntegerField(unique=True)
    transaction_id = models.BigIntegerField()
    leaf_hash = models.BinaryField()

    def __str__(self) -> str:
        """Name the leaf."""
        return f"leaf {self.leaf_index}"


class AuditCheckpoint(models.Model):
    """A signed head of the tree with what is needed to extend it."""

    tree_size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField()
    note = models.TextField()
    frontier = models.JSONField()
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        """Name the checkpoint."""
        return f"checkpoint of {self.tree_size} leaves"


class AuditCosignature(models.Model):
    """A witness's signature over a checkpoint: that it extends all that this witness saw before."""

    id = models.BigAutoField(primary_key=True)
    tree_size = models.BigIntegerField()
    witness = models.CharField(max_length=300)
    line = models.TextField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """Once a checkpoint and witness."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tree_size", "witness"], name="cosignature_once"),
        ]

    def __str__(self) -> str:
        """Name checkpoint and witness."""
        return f"{self.witness} on {self.tree_size} leaves"


class PersonKey(models.Model):
    """The key under which one person's name stands in the log; destroying it erases the person.

    The row stays without its secret, so that nobody makes a new key for a person who was erased.
    """

    key_id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    person_id = models.UUIDField(unique=True)
    secret = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now())
    destroyed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        """Name the key, not the person."""
        return f"person key {self.key_id}"
