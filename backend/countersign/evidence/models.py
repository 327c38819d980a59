"""Packs and addenda by digest."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models.functions import Now


class ContentKey(models.Model):
    """The key of one stored object, kept outside the lock; without it the object can't be read any more.

    ``wrapped`` is closed under the installation's wrapping key and is emptied when the key is destroyed: a
    trigger refuses every other change and every removal.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    digest = models.CharField(max_length=80)
    kind = models.CharField(max_length=16)
    wrapped = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now())
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        """A content has one living key."""

        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["digest"],
                condition=models.Q(destroyed_at__isnull=True),
                name="evidence_one_living_key",
            ),
            models.CheckConstraint(
                condition=models.Q(destroyed_at__isnull=True) ^ models.Q(wrapped=b""),
                name="evidence_destroyed_key_is_empty",
            ),
        ]

    def __str__(self) -> str:
        """Name the key, never its bytes."""
        return f"key {self.id} of {self.digest}"


class Artifact(models.Model):
    """Something that is stored once under its SHA-256: the transcript of an agent.

    One that was cleaned away keeps its row; ``key`` is emptied once its bytes are gone. ``stored_at`` is when
    it was last stored: the same bytes again are a use of their own.
    """

    digest = models.CharField(primary_key=True, max_length=80)
    key = models.CharField(max_length=200)
    size = models.BigIntegerField()
    media_type = models.CharField(max_length=100)
    object_digest = models.CharField(max_length=80, default="")
    sealed_with = models.ForeignKey(ContentKey, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    stored_at = models.DateTimeField(db_default=Now())
    removed_at = models.DateTimeField(null=True)

    class Meta:
        """Looked through by age."""

        indexes: ClassVar = [models.Index(fields=["stored_at", "digest"], name="artifact_by_age")]

    def __str__(self) -> str:
        """Name the artifact."""
        return self.digest


class EvidencePack(models.Model):
    """A sealed pack; its digest names it."""

    digest = models.CharField(primary_key=True, max_length=80)
    run_id = models.UUIDField(db_index=True)
    revision = models.PositiveIntegerField()
    size = models.BigIntegerField()
    key = models.CharField(max_length=200)
    locked = models.BooleanField()
    mode = models.CharField(max_length=40)
    object_digest = models.CharField(max_length=80, default="")
    sealed_with = models.ForeignKey(ContentKey, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        """Name the pack."""
        return self.digest


class Addendum(models.Model):
    """A sealed re-verification on a moved base."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    digest = models.CharField(max_length=80, unique=True)
    run_id = models.UUIDField(db_index=True)
    pack = models.ForeignKey(EvidencePack, on_delete=models.PROTECT, related_name="addenda")
    request_id = models.UUIDField()
    envelope = models.JSONField()
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        """Name the addendum."""
        return self.digest
