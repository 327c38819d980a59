"""Who is away when, and who stands in."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now


class Absence(models.Model):
    """A time in which a person is not asked; it takes no right from them and gives none to their delegate.

    Attributes:
        delegate: who is asked meanwhile, in the roles that they hold themselves.
        declared_by: the person who said so: the absent one, or an administrator.
        ended_at: when it was ended early, or called off before it began.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    person = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="absences")
    delegate = models.ForeignKey(
        "accounts.Person", on_delete=models.PROTECT, null=True, related_name="standing_in"
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    declared_by = models.UUIDField()
    created_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """It ends after it begins, and nobody stands in for themselves."""

        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="absence_ends_after_it_begins"
            ),
            models.CheckConstraint(
                condition=Q(delegate__isnull=True) | ~Q(delegate=F("person")),
                name="absence_delegate_is_another",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["ends_at"], name="absence_open", condition=Q(ended_at__isnull=True)),
        ]

    def __str__(self) -> str:
        """Name the absence."""
        return f"{self.person_id} is away until {self.ends_at:%Y-%m-%d %H:%M}"
