"""PostgreSQL from a Python package: own cluster, SCRAM on the loopback address, one role a purpose."""

from __future__ import annotations

import functools
import os
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, LiteralString

import psycopg
from psycopg import sql

from countersign.cli.embedded.binaries import postgres_binary
from countersign.cli.embedded.network import LOOPBACK
from countersign.cli.embedded.processes import STAGE_LAST, ProcessSpec
from countersign.cli.embedded.secrets import ServerPasswords
from countersign.cli.errors import CommandFailed

if TYPE_CHECKING:
    from collections.abc import Callable

SUPERUSER = "postgres"
OWNER = "countersign_owner"
APP = "countersign_app"
SEQUENCER = "countersign_sequencer"
SIGNER = "countersign_signer"

# A server that lives only as long as a test run need not survive the loss of power.
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")

# Runaway statements and forgotten transactions would stall the sequencer, whoever sends them.
_ROLE_SETTINGS: dict[LiteralString, dict[LiteralString, LiteralString]] = {
    OWNER: {"lock_timeout": "30s"},
    APP: {
        "statement_timeout": "30s",
        "lock_timeout": "10s",
        "idle_in_transaction_session_timeout": "30s",
        "transaction_timeout": "2min",
    },
    SEQUENCER: {
        "statement_timeout": "60s",
        "idle_in_transaction_session_timeout": "30s",
        "transaction_timeout": "2min",
    },
    SIGNER: {
        "statement_timeout": "30s",
        "idle_in_transaction_session_timeout": "30s",
        "transaction_timeout": "2min",
    },
}
# What older servers do not know.
_SETTING_SINCE = {"transaction_timeout": 170_000}


@functools.cache
def user_prefix() -> tuple[str, ...]:
    """Return what lets PostgreSQL, which refuses root, run for root: a user namespace of its own.

    Raises:
        CommandFailed: this is root, and the machine allows no user namespace.
    """
    if os.geteuid() != 0:
        return ()
    prefix = ("unshare", "--user", "--map-user=1000", "--map-group=1000")
    tool = shutil.which("unshare")
    if tool is None or subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode != 0:
        message = "PostgreSQL refuses root and this machine allows no user namespace; run as an ordinary user"
        raise CommandFailed(message)
    return (tool, *prefix[1:])


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """One cluster in one directory."""

    directory: Path
    port: int
    passwords: ServerPasswords = field(repr=False)
    durable: bool = True

    def initialise(self) -> None:
        """Make the cluster unless it is there.

        Raises:
            CommandFailed: ``initdb`` failed, or this machine can't run PostgreSQL for this user.
        """
        if (self.directory / "PG_VERSION").is_file():
            return
        # A cluster is only ever renamed into place whole, so that an interruption leaves none behind.
        self.directory.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        making = Path(tempfile.mkdtemp(prefix=f".{self.directory.name}-", dir=self.directory.parent))
        try:
            with tempfile.NamedTemporaryFile("w", dir=self.directory.parent) as password:
                password.write(self.passwords.superuser)
                password.flush()
                self._initdb(making, Path(password.name))
            if self.directory.exists():
                shutil.rmtree(self.directory)
            making.rename(self.directory)
        finally:
            shutil.rmtree(making, ignore_errors=True)

    def _initdb(self, directory: Path, password_file: Path) -> None:
        command = [
            *user_prefix(),
            str(postgres_binary("initdb")),
            f"--pgdata={directory}",
            f"--username={SUPERUSER}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-instructions",
            *(() if self.durable else ("--no-sync",)),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            cause = (done.stderr.strip().splitlines() or ["no message"])[-1]
            message = f"PostgreSQL could not make its data directory {self.directory}: {cause}"
            raise CommandFailed(message)

    def spec(self, log: Path) -> ProcessSpec:
        """Return how the server is started; SIGINT is PostgreSQL's fast, orderly shutdown."""
        settings = [
            f"listen_addresses={LOOPBACK}",
            f"port={self.port}",
            "unix_socket_directories=",
            "max_connections=100",
            "log_line_prefix=%m [%p] %u@%d ",
            # A statement that fails, and the row it fails on, may name a person; neither belongs into a file.
            "log_min_error_statement=panic",
            "log_error_verbosity=terse",
            *(() if self.durable else _FAST),
        ]
        argv = [*user_prefix(), str(postgres_binary("postgres")), "-D", str(self.directory)]
        for setting in settings:
            argv += ["-c", setting]
        return ProcessSpec(
            name="postgres", argv=tuple(argv), log=log, stop_signal=signal.SIGINT, stage=STAGE_LAST
        )

    def dsn(self, database: str = "postgres") -> str:
        """Return the superuser's connection string, for provisioning and for tests."""
        return psycopg.conninfo.make_conninfo(
            host=LOOPBACK,
            port=self.port,
            user=SUPERUSER,
            password=self.passwords.superuser,
            dbname=database,
            connect_timeout=5,
        )

    def answers(self) -> bool:
        """Say whether the server takes connections.

        Raises:
            CommandFailed: it does, but not with this installation's password.
        """
        try:
            psycopg.connect(self.dsn()).close()
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                message = f"PostgreSQL on port {self.port} does not know this installation's password"
                raise CommandFailed(message) from error
            return False
        return True

    def provision(self, database: str) -> None:
        """Make the roles and the database what they should be; a repeat changes nothing."""
        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            roles_provision(connection, self.passwords)
            database_ensure(connection, database)
        with psycopg.connect(self.dsn(database), autocommit=True) as connection:
            privileges_provision(connection)


def roles_provision(connection: psycopg.Connection[tuple[object, ...]], passwords: ServerPasswords) -> None:
    """Create the roles: migrations own the schema, the runtime does not, sequencer and signer even less."""
    for role, password in (
        (OWNER, passwords.owner),
        (APP, passwords.app),
        (SEQUENCER, passwords.sequencer),
        (SIGNER, passwords.signer),
    ):
        name = sql.Identifier(role)
        known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
        if known is None:
            connection.execute(sql.SQL("CREATE ROLE {}").format(name))
        connection.execute(
            sql.SQL(
                "ALTER ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
                " PASSWORD {}"
            ).format(name, sql.Literal(password))
        )
        for setting, value in _ROLE_SETTINGS[role].items():
            if connection.info.server_version < _SETTING_SINCE.get(setting, 0):
                continue
            connection.execute(
                sql.SQL("ALTER ROLE {} SET {} = {}").format(name, sql.Identifier(setting), sql.Literal(value))
            )


def database_ensure(connection: psycopg.Connection[tuple[object, ...]], database: str) -> None:
    """Create the database unless it is there; only the platform's roles may connect to it."""
    name = sql.Identifier(database)
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone() is None:
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, sql.Identifier(OWNER)))
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
    connection.execute(
        sql.SQL("GRANT CONNECT ON DATABASE {} TO {}, {}, {}").format(
            name, sql.Identifier(APP), sql.Identifier(SEQUENCER), sql.Identifier(SIGNER)
        )
    )


def privileges_provision(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Let the runtime role use, in this database, what the owner will create; migrations take away more."""
    owner, app = sql.Identifier(OWNER), sql.Identifier(APP)
    connection.execute(
        sql.SQL(
            "ALTER DEFAULT PRIVILEGES FOR ROLE {} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {}"
        ).format(owner, app)
    )
    connection.execute(
        sql.SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {} GRANT USAGE, SELECT ON SEQUENCES TO {}").format(
            owner, app
        )
    )
    connection.execute(
        sql.SQL("GRANT USAGE ON SCHEMA public TO {}, {}, {}").format(
            app, sql.Identifier(SEQUENCER), sql.Identifier(SIGNER)
        )
    )


def wait_until(ready: Callable[[], bool], seconds: float, what: str) -> None:
    """Ask ``ready`` until it says yes.

    Raises:
        CommandFailed: it did not within ``seconds``.
    """
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            message = f"{what} did not answer well within {seconds:.0f} seconds; its log says why"
            raise CommandFailed(message)
        time.sleep(0.03)
