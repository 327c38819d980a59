"""Connections as one of the platform's database roles."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from countersign.audit.sequencing import Batch

_PATIENCE = 600


@contextmanager
def database_role(name: str) -> Iterator[None]:
    """Run this thread's connection as one of the platform's database roles."""
    from django.db import connection

    connection.close()
    before = dict(connection.settings_dict)
    connection.settings_dict = {
        **before,
        "USER": os.environ[f"COUNTERSIGN_DATABASE_{name}_USER"],
        "PASSWORD": os.environ[f"COUNTERSIGN_DATABASE_{name}_PASSWORD"],
    }
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict = before


def sequencer_role() -> AbstractContextManager[None]:
    """Run this thread's connection as the sequencer's database role."""
    return database_role("SEQUENCER")


def sequence_all() -> Batch:
    """Sequence everything that is committed, as the sequencer's own role.

    Transactions of the whole server hold the sequencer back, those of tests running beside this one too.
    """
    from countersign.audit.selectors import sequencing_lag
    from countersign.audit.sequencing import Batch, sequence_batch

    added = size = 0
    pause = threading.Event()
    for _ in range(_PATIENCE):
        with sequencer_role():
            batch = sequence_batch()
        added, size = added + batch.added, batch.size
        if sequencing_lag().pending == 0:
            break
        pause.wait(0.05)
    return Batch(added, size)
