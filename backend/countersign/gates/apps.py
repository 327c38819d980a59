"""Django's name for this room."""

from django.apps import AppConfig


class GatesConfig(AppConfig):
    """Gates."""

    name = "countersign.gates"
    label = "gates"
    default_auto_field = "django.db.models.BigAutoField"
