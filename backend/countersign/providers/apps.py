"""Django application of the providers room."""

from django.apps import AppConfig


class ProvidersConfig(AppConfig):
    """The providers room."""

    name = "countersign.providers"
    label = "providers"
    default_auto_field = "django.db.models.BigAutoField"
