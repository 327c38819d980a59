"""Django's name for this room."""

from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    """Approvals."""

    name = "countersign.approvals"
    label = "approvals"
    default_auto_field = "django.db.models.BigAutoField"
