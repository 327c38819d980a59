"""Django's name for this room."""

from django.apps import AppConfig


class PromptsConfig(AppConfig):
    """Prompts."""

    name = "countersign.prompts"
    label = "prompts"
    default_auto_field = "django.db.models.BigAutoField"
