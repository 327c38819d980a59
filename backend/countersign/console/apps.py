"""Django's names for this room, and for its own admin site."""

from __future__ import annotations

from django.apps import AppConfig
from django.contrib.admin.apps import SimpleAdminConfig


class ConsoleConfig(AppConfig):
    """The console."""

    name = "countersign.console"
    label = "console"
    default = True

    def ready(self) -> None:
        """Register every model of every room."""
        from countersign.console.registration import models_register  # noqa: PLC0415 - needs the models loaded

        models_register()


class ConsoleAdminConfig(SimpleAdminConfig):
    """Django's admin with the console's site, and without what other libraries would register there."""

    default_site = "countersign.console.site.ConsoleSite"
    default = False
