"""A database server of the log's own to measure on: durable commits, nothing else running on it."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from secrets import token_hex
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from countersign.cli.embedded.network import LOOPBACK, port_choose
from countersign.cli.embedded.postgres import APP, OWNER, SEQUENCER, PostgresServer, wait_until
from countersign.cli.embedded.processes import ProcessGroup
from countersign.cli.embedded.secrets import ServerPasswords
from countersign.shared.env import child_environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DATABASE = "log"
_ROLES = {"app": APP, "owner": OWNER, "sequencer": SEQUENCER}
_START_SECONDS = 60.0


@dataclass(frozen=True)
class LogServer:
    """The server and the environment of the processes that use it."""

    postgres: PostgresServer
    home: Path
    passwords: ServerPasswords = field(repr=False)

    def environment(self, role: str) -> dict[str, str]:
        """Return the environment of a process under one of the platform's database roles."""
        prefix = "COUNTERSIGN_DATABASE" if role == "app" else f"COUNTERSIGN_DATABASE_{role.upper()}"
        return child_environment(
            **{
                "COUNTERSIGN_HOME": str(self.home),
                "COUNTERSIGN_KEYS_DIR": str(self.home / "keys"),
                "COUNTERSIGN_OBJECT_STORE": str(self.home / "objects"),
                "COUNTERSIGN_SECRET_KEY": token_hex(),
                "COUNTERSIGN_WITNESS_POLICY": "",
                "COUNTERSIGN_DATABASE_HOST": LOOPBACK,
                "COUNTERSIGN_DATABASE_PORT": str(self.postgres.port),
                "COUNTERSIGN_DATABASE_NAME": DATABASE,
                "COUNTERSIGN_DATABASE_ROLE": role,
                f"{prefix}_USER": _ROLES[role],
                f"{prefix}_PASSWORD": str(getattr(self.passwords, role)),
                "DJANGO_SETTINGS_MODULE": "benchmarks.log_settings",
                "PYTHONPATH": ":".join(path for path in sys.path if path),
            }
        )

    @cached_property
    def superuser(self) -> psycopg.Connection[tuple[object, ...]]:
        """A connection of the superuser, for what is prepared and read off."""
        return psycopg.connect(self.postgres.dsn(DATABASE), autocommit=True)

    def python(self, role: str, *arguments: str) -> str:
        """Run a module to its end under a role; return what it printed."""
        command = [sys.executable, "-m", *arguments]
        done = subprocess.run(
            command, env=self.environment(role), check=True, stdout=subprocess.PIPE, text=True
        )
        return done.stdout


@contextmanager
def log_server(directory: Path) -> Iterator[LogServer]:
    """Start a server below ``directory``, bring the schema in, and stop it at the end."""
    passwords = ServerPasswords()
    postgres = PostgresServer(directory / "postgres", port_choose(), passwords)
    server = LogServer(postgres, directory / "home", passwords)
    postgres.initialise()
    spec = postgres.spec(directory / "postgres.log")
    with ProcessGroup() as group:
        # When a checkpoint was committed is then the server's word, not a reader's.
        group.start(replace(spec, argv=(*spec.argv, "-c", "track_commit_timestamp=on")))
        wait_until(postgres.answers, _START_SECONDS, "PostgreSQL")
        postgres.provision(DATABASE)
        server.python("owner", "django", "migrate", "--noinput", "--verbosity=0")
        server.superuser.execute(
            sql.SQL("GRANT ALL ON ALL TABLES IN SCHEMA public TO {}").format(sql.Identifier(OWNER))
        )
        server.python("app", "benchmarks.log_work", "prepare")
        try:
            yield server
        finally:
            server.superuser.close()
