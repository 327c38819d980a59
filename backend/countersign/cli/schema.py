"""Whether a database holds what this very code would put there: then a restart need not ask Django."""

from __future__ import annotations

import hashlib
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

import countersign
from countersign.cli.embedded.secrets import file_write_private
from countersign.shared.env import repository_root

if TYPE_CHECKING:
    from collections.abc import Iterator

    from countersign.cli.embedded.postgres import PostgresServer


def code_digest() -> str:
    """Return the digest of the platform's code, what it ships with it, and the versions it stands on."""
    total = hashlib.sha256()
    for name in sorted(f"{item.name}=={item.version}" for item in metadata.distributions()):
        total.update(f"{name}\n".encode())
    for path in _shipped_files():
        data = path.read_bytes()
        total.update(f"{path}:{len(data)}\n".encode())
        total.update(data)
    return total.hexdigest()


def _shipped_files() -> Iterator[Path]:
    for directory in (Path(countersign.__file__).parent, repository_root() / "prompts"):
        for path in sorted(directory.rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                yield path


class SchemaStamp:
    """What was last put into the database, and by which code."""

    def __init__(self, path: Path, server: PostgresServer, database: str) -> None:
        """Keep where to look."""
        self._path = path
        self._server = server
        self._database = database

    def fresh(self) -> bool:
        """Say whether this code has put everything into this database, and nobody exchanged it since."""
        try:
            written = self._path.read_text()
        except FileNotFoundError:
            return False
        return written == self._value()

    def write(self) -> None:
        """Remember that this code has put everything into this database."""
        file_write_private(self._path, self._value())

    def _value(self) -> str:
        return f"{code_digest()} {self._migrations()}"

    def _migrations(self) -> str:
        """Return what tells a restored or emptied database from the one that was migrated."""
        with psycopg.connect(self._server.dsn(self._database)) as connection:
            try:
                row = connection.execute(
                    "SELECT count(*), max(id), max(applied) FROM django_migrations"
                ).fetchone()
            except psycopg.errors.UndefinedTable:
                row = None
        return str(row)
