"""What is put together once Django has loaded every room."""

from __future__ import annotations

from django.apps import AppConfig
from django.db import connection

from countersign.shared.boundary import transaction_watch_register


def transaction_open() -> bool:
    """Say whether this thread has a transaction open, by the measure of Django's ``durable=True``.

    The blocks that a test case wraps around a whole test are not counted, just as Django does not.
    """
    blocks = connection.atomic_blocks
    return any(not block._from_testcase for block in blocks)  # type: ignore[attr-defined]  # noqa: SLF001 - Django has it


class PlatformConfig(AppConfig):
    """The platform as a whole."""

    name = "countersign.config"
    label = "platform"

    def ready(self) -> None:
        """Let no call to the outside be made inside a transaction."""
        transaction_watch_register(transaction_open)
