"""The files of an exported log: which there may be, and reading them safely."""

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from countersign_verify.canonical import canonical_bytes, canonical_object
from countersign_verify.encoding import field, keys_exact
from countersign_verify.errors import RefusedError
from countersign_verify.notes import Checkpoint, OpenedNote, checkpoint_open
from countersign_verify.tiles import tile_paths
from countersign_verify.trust import Trust

CHECKPOINT = "checkpoint"
CHECKPOINTS = "checkpoints.jsonl"
INDEX = "index.json"
TRUST = "trust.json"
FIXED = frozenset({CHECKPOINT, CHECKPOINTS, INDEX, TRUST})
ENVELOPE_SUFFIX = ".dsse.json"
MAX_FILES = 2_000_000
MAX_NOTE_BYTES = 128 * 1024
_LINE = frozenset({"size", "note"})
_SHOWN = 5


class LogFiles:
    """A directory whose files are known by name and read with a limit; links are never followed."""

    def __init__(self, directory: Path) -> None:
        """List the files of the directory.

        Raises:
            RefusedError: It holds links, devices or too many files.
        """
        self.directory = directory
        self.names = frozenset(_walk(directory))

    def read(self, name: str, limit: int) -> bytes:
        """The bytes of a file.

        Raises:
            RefusedError: It is not there, or larger than the limit.
        """
        if name not in self.names:
            raise RefusedError("export.missing", f"the file {name!a} is missing")
        descriptor = os.open(self.directory / name, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        with os.fdopen(descriptor, "rb") as stream:
            data = stream.read(limit + 1)
        if len(data) > limit:
            raise RefusedError("export.size", f"the file {name!a} is larger than {limit} bytes")
        return data

    def expect(self, expected: Iterable[str], *, beneath: str = "") -> int:
        """Require that exactly these files lie beneath a prefix; returns how many.

        Raises:
            RefusedError: One is missing, or one is there that nothing in the log accounts for.
        """
        wanted = frozenset(expected)
        present = {name for name in self.names if name.startswith(beneath)}
        if missing := sorted(wanted - present):
            raise RefusedError("export.missing", f"missing: {_shown(missing)}")
        if extra := sorted(present - wanted):
            raise RefusedError("export.extra", f"nothing in the log accounts for {_shown(extra)}")
        return len(wanted)

    def beneath(self, prefix: str, suffix: str) -> dict[str, str]:
        """The files beneath a prefix, by their name without prefix and suffix."""
        return {
            name.removeprefix(prefix).removesuffix(suffix): name
            for name in sorted(self.names)
            if name.startswith(prefix)
        }


def tiles_expect(files: LogFiles, size: int) -> int:
    """Require exactly the tiles and entry bundles of a log of this size; returns how many.

    Raises:
        RefusedError: One is missing or too many.
    """
    bundles = sum(name.startswith("tile/entries/") for name in files.names)
    if size > bundles * 256:  # before listing what a checkpoint of a giant log would call for
        raise RefusedError("export.missing", f"{bundles} entry bundles can't hold {size} entries")
    return files.expect((path for path, _ in tile_paths(size)), beneath="tile/")


def trust_copy_check(files: LogFiles, trust: Trust) -> None:
    """Require that the export's copy of the trust file is the one in use.

    Raises:
        RefusedError: It is another.
    """
    copy = files.read(TRUST, 1024 * 1024)
    if copy not in {trust.raw, canonical_bytes(trust.data)}:
        raise RefusedError("trust.copy", "the trust file in the export is not the one given")


def checkpoint_line(size: int, note: str) -> bytes:
    """One line of ``checkpoints.jsonl``: canonical JSON and a newline."""
    return canonical_bytes({"size": size, "note": note}) + b"\n"


def checkpoint_read(files: LogFiles, trust: Trust) -> tuple[Checkpoint, OpenedNote]:
    """Open the newest checkpoint.

    Raises:
        RefusedError: No key of the trust file signed it, or it is of another log.
    """
    return checkpoint_verify(files.read(CHECKPOINT, MAX_NOTE_BYTES), trust)


def checkpoint_verify(note: str | bytes, trust: Trust) -> tuple[Checkpoint, OpenedNote]:
    """Open a checkpoint note with the keys of the trust file; the log itself must have signed.

    Raises:
        RefusedError: It did not, or the note is malformed or of another log.
    """
    checkpoint, opened = checkpoint_open(note, (*trust.log_keys, *trust.witnesses), origin=trust.origin)
    if not any(item.verifier in trust.log_keys for item in opened.signatures):
        raise RefusedError("note.unsigned", "the log itself did not sign the checkpoint")
    return checkpoint, opened


def checkpoints_read(files: LogFiles, trust: Trust) -> list[tuple[Checkpoint, OpenedNote]]:
    """Open every stored checkpoint, oldest first; the last one is the newest checkpoint to the byte.

    Raises:
        RefusedError: One is malformed, not signed, out of order, or the last is another.
    """
    if CHECKPOINTS not in files.names:
        raise RefusedError("export.missing", f"the file {CHECKPOINTS!a} is missing")
    checkpoints: list[tuple[Checkpoint, OpenedNote]] = []
    note = ""
    for number, line in enumerate(_lines(files.directory / CHECKPOINTS), 1):
        data = canonical_object(line)
        keys_exact(data, _LINE, f"line {number} of {CHECKPOINTS}")
        note = field(data, "note", str, f"line {number}")
        checkpoint, opened = checkpoint_verify(note, trust)
        if field(data, "size", int, f"line {number}") != checkpoint.size:
            raise RefusedError("checkpoint.size", f"line {number} of {CHECKPOINTS} states another size")
        if checkpoints and checkpoint.size <= checkpoints[-1][0].size:
            raise RefusedError("checkpoint.order", f"line {number} of {CHECKPOINTS} does not grow the log")
        checkpoints.append((checkpoint, opened))
    if note.encode("utf-8") != files.read(CHECKPOINT, MAX_NOTE_BYTES):
        raise RefusedError("checkpoint.last", f"the last line of {CHECKPOINTS} is not the newest checkpoint")
    return checkpoints


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while line := stream.readline(2 * MAX_NOTE_BYTES):
            if not line.endswith(b"\n"):
                raise RefusedError("checkpoint.line", f"a line of {CHECKPOINTS} is too long or not ended")
            yield line[:-1]


def _walk(directory: Path) -> Iterator[str]:
    """Names of all regular files, relative; refuses everything that is neither file nor directory."""
    pending = [""]
    count = 0
    while pending:
        prefix = pending.pop()
        with os.scandir(directory / prefix) as items:
            for item in items:
                name = f"{prefix}{item.name}"
                mode = item.stat(follow_symlinks=False).st_mode
                count += 1
                if count > MAX_FILES:
                    raise RefusedError("export.files", f"the export holds more than {MAX_FILES} files")
                if stat.S_ISDIR(mode):
                    pending.append(f"{name}/")
                elif stat.S_ISREG(mode):
                    yield name
                else:
                    raise RefusedError("export.link", f"{name[:200]!a} is a link or a device, not a file")


def _shown(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(ascii(name) for name in names[:_SHOWN]) + more
