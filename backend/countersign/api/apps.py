"""Django's name for this room."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """REST."""

    name = "countersign.api"
    label = "api"
