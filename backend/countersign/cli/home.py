"""Where an embedded platform keeps what is its own: one directory, readable by its user alone."""

from __future__ import annotations

import fcntl
import os
import secrets
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from countersign.cli.embedded.secrets import file_write_private
from countersign.cli.errors import CommandFailed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Home:
    """The layout of one home directory."""

    root: Path

    @property
    def state(self) -> Path:
        """What runs, where, and how to reach it."""
        return self.root / "state.json"

    @property
    def lock(self) -> Path:
        """Held by the supervisor as long as it lives."""
        return self.root / "supervisor.lock"

    @property
    def passwords(self) -> Path:
        """The passwords of the embedded servers."""
        return self.root / "passwords.json"

    @property
    def secret_key(self) -> Path:
        """Django's secret key."""
        return self.root / "secret_key"

    @property
    def keys(self) -> Path:
        """The signing keys."""
        return self.root / "keys"

    @property
    def objects(self) -> Path:
        """The write-once object store."""
        return self.root / "objects"

    @property
    def logs(self) -> Path:
        """One file a process."""
        return self.root / "logs"

    @property
    def schema(self) -> Path:
        """What was last put into the database."""
        return self.root / "schema"

    @property
    def postgres(self) -> Path:
        """PostgreSQL's cluster."""
        return self.root / "postgres"

    @property
    def valkey(self) -> Path:
        """Valkey's append-only file."""
        return self.root / "valkey"

    def log(self, name: str) -> Path:
        """Return the log of one process."""
        return self.logs / f"{name}.log"

    def prepare(self) -> None:
        """Make the directory and what must be there before anything starts.

        Raises:
            CommandFailed: this user can't write there.
        """
        try:
            for directory in (self.root, self.logs, self.valkey, self.objects):
                directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not self.secret_key.exists():
                file_write_private(self.secret_key, secrets.token_urlsafe(48))
        except OSError as error:
            message = f"{self.root} can't be written ({error.strerror}); choose another with --home DIRECTORY"
            raise CommandFailed(message, home=str(self.root)) from error

    @contextmanager
    def locked(self) -> Iterator[bool]:
        """Hold the supervisor's lock; yields ``False`` when another supervisor holds it."""
        descriptor = os.open(self.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True
        finally:
            os.close(descriptor)

    def supervised(self) -> bool:
        """Say whether a supervisor lives in this home now."""
        if not self.lock.exists():
            return False
        with self.locked() as free:
            return not free

    def log_tail(self, name: str, lines: int = 3) -> str:
        """Return the last lines of a log, for a message."""
        try:
            text = self.log(name).read_text(errors="replace")
        except OSError:
            return ""
        return "\n".join([line for line in text.splitlines() if line.strip()][-lines:])
