"""Writing the log to a directory in the C2SP tlog-tiles layout, for a verifier without a database."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from countersign.audit.selectors import checkpoint_latest, checkpoints_iterate, entries_iterate
from countersign_verify.tiles import export_tiles

if TYPE_CHECKING:
    from pathlib import Path

    from countersign.audit.contracts import CheckpointData


def log_export(directory: Path) -> CheckpointData:
    """Write checkpoint, checkpoints, tiles and entries below ``directory``; return the exported head.

    Raises:
        CheckpointMissing: nothing has been sequenced yet.
    """
    directory.mkdir(parents=True, exist_ok=True)
    head = checkpoint_latest()
    export_tiles(directory, entries_iterate(size=head.size))
    (directory / "checkpoint").write_text(head.note, encoding="utf-8")
    with (directory / "checkpoints.jsonl").open("w", encoding="utf-8") as stream:
        for checkpoint in checkpoints_iterate():
            if checkpoint.size <= head.size:
                stream.write(json.dumps({"size": checkpoint.size, "note": checkpoint.note}) + "\n")
    return head
