"""Persons, users, roles, tokens."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.db import models
from django.db.models.functions import Now

from countersign.accounts.absence_models import Absence
from countersign.accounts.deciding_models import CredentialState, DecidingCredential

__all__ = (
    "Absence",
    "ApiToken",
    "CredentialState",
    "DecidingCredential",
    "OneTimeLogin",
    "Person",
    "Role",
    "RoleAssignment",
    "User",
)


class Person(models.Model):
    """A human being; may have several users, and counts once in every quorum."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now())
    erased_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        """Name the person."""
        return self.name


class UserManager(DjangoUserManager["User"]):
    """Users are created by services; the manager keeps Django's look-ups."""

    use_in_migrations = False


class User(AbstractUser):
    """A way for a person to log in."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    email = models.EmailField(unique=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="users")
    unattended = models.BooleanField(default=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserManager] = UserManager()

    def __str__(self) -> str:
        """Name the user by address."""
        return self.email


class Role(models.Model):
    """What a person may be: data, so that an installation can see and extend it."""

    code = models.CharField(primary_key=True, max_length=50)
    title = models.CharField(max_length=100)
    description = models.TextField(blank=True)

    def __str__(self) -> str:
        """Name the role."""
        return self.code


class RoleAssignment(models.Model):
    """A person holds a role."""

    id = models.BigAutoField(primary_key=True)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="assignments")
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="assignments")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """Once a person and role."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "role"], name="role_assigned_once"),
        ]

    def __str__(self) -> str:
        """Name the assignment."""
        return f"{self.person_id} is {self.role_id}"


class ApiToken(models.Model):
    """A bearer token: only its digest is stored; it has a responsible person and a minter."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    minted_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="minted_tokens")
    label = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    unattended = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        """Name the token by its label."""
        return self.label


class OneTimeLogin(models.Model):
    """A login that works once, within ten minutes."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="one_time_logins")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        """Name the login, not its secret."""
        return f"one-time login {self.id}"
