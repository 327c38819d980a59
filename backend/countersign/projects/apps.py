"""Django's name for this room."""

from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    """Projects."""

    name = "countersign.projects"
    label = "projects"
    default_auto_field = "django.db.models.BigAutoField"
