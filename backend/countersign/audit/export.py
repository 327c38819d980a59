"""Writing the log to a directory in the C2SP tlog-tiles layout, for a verifier without a database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.audit.selectors import checkpoint_exported, checkpoints_iterate, entries_iterate
from countersign_verify.log import export_checkpoints, export_tiles

if TYPE_CHECKING:
    from pathlib import Path

    from countersign.audit.contracts import CheckpointData


def log_export(directory: Path) -> CheckpointData:
    """Write checkpoint, checkpoints, tiles and entries below ``directory``; return the exported head.

    Raises:
        CheckpointMissing: nothing has been sequenced, or witnessed where that is asked for, yet.
    """
    directory.mkdir(parents=True, exist_ok=True)
    head = checkpoint_exported()
    export_tiles(directory, entries_iterate(size=head.size))
    # A checkpoint signed meanwhile would name entries that were not written.
    covered = ((each.size, each.note) for each in checkpoints_iterate() if each.size <= head.size)
    export_checkpoints(directory, covered)
    return head
