"""Exported logs: writing one, and checking one."""

from collections.abc import Iterable
from pathlib import Path

from countersign_verify.log_files import CHECKPOINT, CHECKPOINTS, checkpoint_line
from countersign_verify.log_verify import log_verify
from countersign_verify.tiles import export_tiles

__all__ = ["export_checkpoints", "export_tiles", "log_verify"]


def export_checkpoints(directory: Path, checkpoints: Iterable[tuple[int, str]]) -> str:
    """Write ``checkpoints.jsonl`` and, from its last line, ``checkpoint``.

    Args:
        directory: The export.
        checkpoints: Size and signed note of every stored checkpoint, by ascending size.

    Returns:
        The newest note (empty when there was none).

    Raises:
        FileExistsError: They are there already.
    """
    note = ""
    with (directory / CHECKPOINTS).open("xb") as stream:
        for size, note in checkpoints:
            stream.write(checkpoint_line(size, note))
    with (directory / CHECKPOINT).open("xb") as stream:
        stream.write(note.encode("utf-8"))
    return note
