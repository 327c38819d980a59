"""Django's name for this room."""

from django.apps import AppConfig


class RunsConfig(AppConfig):
    """Runs."""

    name = "countersign.runs"
    label = "runs"
    default_auto_field = "django.db.models.BigAutoField"
