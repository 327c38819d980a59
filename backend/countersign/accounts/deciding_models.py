"""Passkeys that sign decisions and open no door."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models.functions import Now


class CredentialState(models.TextChoices):
    """A credential's life: proposed -> active -> revoked; one that nobody confirms may be revoked as well."""

    PROPOSED = "proposed"
    ACTIVE = "active"
    REVOKED = "revoked"


class DecidingCredential(models.Model):
    """The public half of a passkey that signs one person's decisions; it is never used to log in."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    person = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="deciding")
    user_id = models.UUIDField()
    label = models.CharField(max_length=100)
    rp_id = models.CharField(max_length=253)
    credential_id = models.BinaryField(unique=True)
    public_key = models.BinaryField(unique=True)
    # The same key in another spelling is the same key.
    material = models.CharField(max_length=71, unique=True)
    sign_count = models.BigIntegerField(default=0)
    transports = models.JSONField(default=list)
    state = models.CharField(max_length=16, choices=CredentialState, default=CredentialState.PROPOSED)
    confirmed_by = models.UUIDField(null=True)
    confirmed_event = models.UUIDField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    confirmed_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        """Nobody confirms a credential of their own: the database refuses it as well."""

        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state__in=CredentialState.values), name="deciding_state_known"
            ),
            models.CheckConstraint(
                condition=~models.Q(state=CredentialState.ACTIVE)
                | models.Q(confirmed_by__isnull=False, confirmed_event__isnull=False),
                name="deciding_active_is_confirmed",
            ),
            models.CheckConstraint(
                condition=models.Q(confirmed_by__isnull=True) | ~models.Q(confirmed_by=models.F("person")),
                name="deciding_confirmed_by_another",
            ),
        ]

    def __str__(self) -> str:
        """Name the credential by its label."""
        return self.label
