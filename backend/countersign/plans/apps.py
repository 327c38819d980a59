"""Django application of the plans room."""

from django.apps import AppConfig


class PlansConfig(AppConfig):
    """The plans room."""

    name = "countersign.plans"
    label = "plans"
    default_auto_field = "django.db.models.BigAutoField"
