"""Connections as one of the platform's database roles."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def sequencer_role() -> Iterator[None]:
    """Run this thread's connection as the sequencer's database role."""
    from django.db import connection

    connection.close()
    before = dict(connection.settings_dict)
    connection.settings_dict = {
        **before,
        "USER": os.environ["COUNTERSIGN_DATABASE_SEQUENCER_USER"],
        "PASSWORD": os.environ["COUNTERSIGN_DATABASE_SEQUENCER_PASSWORD"],
    }
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict = before
