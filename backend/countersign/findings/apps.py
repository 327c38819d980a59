"""Django's name for this room."""

from django.apps import AppConfig


class FindingsConfig(AppConfig):
    """Findings."""

    name = "countersign.findings"
    label = "findings"
    default_auto_field = "django.db.models.BigAutoField"
