"""Django's name for this room."""

from django.apps import AppConfig


class GovernanceConfig(AppConfig):
    """Governance."""

    name = "countersign.governance"
    label = "governance"
    default_auto_field = "django.db.models.BigAutoField"
