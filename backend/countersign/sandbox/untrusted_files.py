"""Touching files that untrusted code has had: no link is followed, nothing but plain files is read."""

from __future__ import annotations

import os
import stat
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK


def plain_file_read(directory: Path, name: str, *, limit: int) -> bytes | None:
    """Return the bytes of a plain file, or ``None`` when there is none or it is larger than ``limit``.

    Args:
        directory: is trusted to be a directory.
        name: below it, with ``/`` between names; no part of it may be a link.
        limit: in bytes.
    """
    *above, last = name.split("/")
    held: list[int] = []
    try:
        held.append(os.open(directory, os.O_RDONLY | os.O_DIRECTORY))
        for part in above:
            held.append(os.open(part, _DIRECTORY, dir_fd=held[-1]))
        held.append(os.open(last, _FILE, dir_fd=held[-1]))
        status = os.fstat(held[-1])
        if not stat.S_ISREG(status.st_mode) or status.st_size > limit:
            return None
        with os.fdopen(held.pop(), "rb") as file:
            return file.read(limit)
    except OSError:
        return None
    finally:
        for descriptor in held:
            os.close(descriptor)


def directory_remove(directory: Path) -> None:
    """Remove a directory however deep it is nested; what can't be removed stays.

    ``shutil.rmtree`` calls itself for each level, so that a deep tree would end the caller instead.
    """
    subprocess.run(
        ["rm", "-rf", "--one-file-system", "--", str(directory)],
        check=False,
        capture_output=True,
        timeout=120,
    )
