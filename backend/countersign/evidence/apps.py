"""Django's name for this room."""

from django.apps import AppConfig


class EvidenceConfig(AppConfig):
    """Evidence."""

    name = "countersign.evidence"
    label = "evidence"
    default_auto_field = "django.db.models.BigAutoField"
