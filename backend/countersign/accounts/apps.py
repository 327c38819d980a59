"""Django's name for this room."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Accounts."""

    name = "countersign.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
