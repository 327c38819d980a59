"""Django's name for this room, and the carrier that takes stored jobs to Celery."""

from django.apps import AppConfig


class WorkflowConfig(AppConfig):
    """Workflow."""

    name = "countersign.workflow"
    label = "workflow"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let every committed job be handed to a worker."""
        from countersign.workflow.carrier import carrier_install  # noqa: PLC0415 - Celery needs the settings

        carrier_install()
