"""Django's name for this room."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Audit."""

    name = "countersign.audit"
    label = "audit"
    default_auto_field = "django.db.models.BigAutoField"
