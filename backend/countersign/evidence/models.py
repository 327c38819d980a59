"""Packs and addenda by digest."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Now


class Artifact(models.Model):
    """Something that is stored once under its SHA-256: a transcript, a tool's output, a prompt."""

    digest = models.CharField(primary_key=True, max_length=80)
    key = models.CharField(max_length=200)
    size = models.BigIntegerField()
    media_type = models.CharField(max_length=100)
    created_at = models.DateTimeField(db_default=Now())

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
