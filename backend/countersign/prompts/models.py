"""Personas and templates in immutable versions, and prompts under their digest."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Persona(models.Model):
    """One version of a persona; the newest is in force."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    code = models.CharField(max_length=60)
    version = models.PositiveIntegerField()
    name = models.CharField(max_length=1000)
    title = models.CharField(max_length=1000)
    introduction = models.TextField()
    expertise = models.JSONField()
    focus = models.TextField()
    routing = models.JSONField()
    adapters = models.JSONField()
    template = models.CharField(max_length=60)
    digest = models.CharField(max_length=71)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """One row a version."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["code", "version"], name="prompts_persona_version"),
        ]

    def __str__(self) -> str:
        """Name the persona."""
        return f"{self.code} v{self.version}"


class PromptTemplate(models.Model):
    """A template, whose text lives in its versions."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    code = models.CharField(max_length=60, unique=True)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        """Name the template."""
        return self.code


class TemplateVersion(models.Model):
    """One immutable version of a template. Only its label ever moves."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    template = models.ForeignKey(PromptTemplate, on_delete=models.PROTECT, related_name="versions")
    version = models.PositiveIntegerField()
    digest = models.CharField(max_length=71)
    title = models.CharField(max_length=200)
    body = models.TextField()
    front_matter = models.JSONField()
    label = models.CharField(max_length=20, blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """One row a version and a digest; at most one version of a template carries a label."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["template", "version"], name="prompts_template_version"),
            models.UniqueConstraint(fields=["template", "digest"], name="prompts_template_digest"),
            models.UniqueConstraint(
                fields=["template", "label"], condition=~Q(label=""), name="prompts_template_label"
            ),
            models.CheckConstraint(condition=Q(label__in=("", "production")), name="prompts_template_labels"),
        ]

    def __str__(self) -> str:
        """Name the version."""
        return f"{self.template_id} v{self.version}"


class Prompt(models.Model):
    """What an agent was told, named by the digest of its text."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    digest = models.CharField(max_length=71, unique=True)
    project_id = models.UUIDField()
    work_item_id = models.UUIDField()
    persona = models.ForeignKey(Persona, on_delete=models.PROTECT, related_name="+")
    template_version = models.ForeignKey(TemplateVersion, on_delete=models.PROTECT, related_name="+")
    frame_version = models.ForeignKey(TemplateVersion, on_delete=models.PROTECT, related_name="+")
    ruleset_digest = models.CharField(max_length=71)
    text = models.TextField()
    context = models.JSONField()
    priority = models.IntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """The question that is asked: the prompts of a work item, the newest first."""

        indexes: ClassVar = [
            models.Index(fields=["work_item_id", "-created_at"], name="prompts_prompt_work_item")
        ]

    def __str__(self) -> str:
        """Name the prompt."""
        return self.digest
