"""One real PostgreSQL and one real Valkey for the whole run, started before Django reads its settings.

The database is created and migrated by the role that owns the schema; the tests then run as the
runtime role, so that a test sees exactly what the platform may do.
"""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from psycopg import sql

from countersign.cli.embedded.network import port_choose
from countersign.cli.embedded.postgres import (
    APP,
    OWNER,
    SEQUENCER,
    SIGNER,
    PostgresServer,
    privileges_provision,
    roles_provision,
    wait_until,
)
from countersign.cli.embedded.processes import ProcessGroup
from countersign.cli.embedded.secrets import ServerPasswords
from countersign.cli.embedded.valkey import ValkeyServer
from tests.refusal_walk import WALK, trigger_create

if TYPE_CHECKING:
    from pytest_django import DjangoDbBlocker

    from countersign.shared.storage import ObjectStore

# How fast a machine is, is no property of what is tested: no deadline, and no limit to how long input takes.
hypothesis_settings.register_profile("usual", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("usual")
# For what takes minutes: `./scripts/test --nightly`. Tests look at its name for how far they go.
hypothesis_settings.register_profile(
    "nightly", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)

_SERVERS = "COUNTERSIGN_TEST_SERVERS"
_SUPERUSER_PASSWORD = "COUNTERSIGN_TEST_SUPERUSER_PASSWORD"
_SECONDS = 60.0


def _servers_start() -> None:
    """Start both servers and leave their addresses in the environment, where xdist's workers find them."""
    directory = Path(tempfile.mkdtemp(prefix="countersign-tests-"))
    passwords = ServerPasswords()
    postgres = PostgresServer(directory / "postgres", port_choose(), passwords, durable=False)
    valkey = ValkeyServer(directory / "valkey", port_choose(), passwords.valkey, durable=False)
    group = ProcessGroup()

    def stop() -> None:
        group.stop()
        shutil.rmtree(directory, ignore_errors=True)

    atexit.register(stop)
    group.start(valkey.spec(directory / "valkey.log"))
    postgres.initialise()
    group.start(postgres.spec(directory / "postgres.log"))
    wait_until(postgres.answers, _SECONDS, "PostgreSQL")
    with psycopg.connect(postgres.dsn(), autocommit=True) as connection:
        roles_provision(connection, passwords)
        connection.execute(sql.SQL("ALTER ROLE {} CREATEDB").format(sql.Identifier(OWNER)))
    # Databases of the tests are copies of this one, and so get its default privileges.
    with psycopg.connect(postgres.dsn("template1"), autocommit=True) as connection:
        privileges_provision(connection)
    wait_until(valkey.answers, _SECONDS, "Valkey")
    os.environ.update(
        {
            _SERVERS: str(directory),
            _SUPERUSER_PASSWORD: passwords.superuser,
            "COUNTERSIGN_HOME": str(directory / "home"),
            "COUNTERSIGN_KEYS_DIR": str(directory / "home" / "keys"),
            "COUNTERSIGN_OBJECT_STORE": str(directory / "home" / "objects"),
            "COUNTERSIGN_SECRET_KEY": "only-the-tests-use-this-key-" + passwords.app,
            "COUNTERSIGN_DATABASE_HOST": "127.0.0.1",
            "COUNTERSIGN_DATABASE_PORT": str(postgres.port),
            "COUNTERSIGN_DATABASE_NAME": "postgres",
            "COUNTERSIGN_DATABASE_ROLE": "app",
            "COUNTERSIGN_DATABASE_USER": APP,
            "COUNTERSIGN_DATABASE_PASSWORD": passwords.app,
            "COUNTERSIGN_DATABASE_OWNER_USER": OWNER,
            "COUNTERSIGN_DATABASE_OWNER_PASSWORD": passwords.owner,
            "COUNTERSIGN_DATABASE_SEQUENCER_USER": SEQUENCER,
            "COUNTERSIGN_DATABASE_SEQUENCER_PASSWORD": passwords.sequencer,
            "COUNTERSIGN_DATABASE_SIGNER_USER": SIGNER,
            "COUNTERSIGN_DATABASE_SIGNER_PASSWORD": passwords.signer,
            "COUNTERSIGN_REDIS_URL": valkey.url(),
            "COUNTERSIGN_ALLOWED_HOSTS": "127.0.0.1,localhost,testserver",
        }
    )
    os.environ.pop("COUNTERSIGN_SECRET_KEY_FILE", None)


def _worker_index() -> int:
    """Return 0 without xdist, else the worker's number from 1 up."""
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw-1").removeprefix("gw")) + 1


if _SERVERS not in os.environ:
    _servers_start()
if index := _worker_index():
    # Each worker has files and a numbered Valkey database of its own; the PostgreSQL database follows below.
    home = Path(os.environ[_SERVERS]) / f"home-{index}"
    os.environ["COUNTERSIGN_HOME"] = str(home)
    os.environ["COUNTERSIGN_KEYS_DIR"] = str(home / "keys")
    os.environ["COUNTERSIGN_OBJECT_STORE"] = str(home / "objects")
    os.environ["COUNTERSIGN_REDIS_URL"] = os.environ["COUNTERSIGN_REDIS_URL"].removesuffix("/0") + f"/{index}"
os.environ["DJANGO_SETTINGS_MODULE"] = "countersign.config.settings"
WALK.install()


def pytest_configure(config: pytest.Config) -> None:
    """Load the settings, with the addresses from above; pytest-django then sets Django up."""
    from django.conf import settings

    assert settings.DATABASES
    config.pluginmanager.register(WALK)


_PACKAGES = {
    "bwrap": "bubblewrap",
    "chromium": "chromium",
    "radosgw": "ceph-mon ceph-osd radosgw",
}


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip, by name and with the mend, what needs a tool that this machine lacks.

    Where the set-up could install everything a missing tool is a failure. The one exception is
    bubblewrap on a machine whose kernel does not let it start, which only running it can tell.
    """
    for marker in item.iter_markers("needs"):
        for tool in marker.args:
            reason = _tool_missing(tool)
            if reason and os.environ.get("COUNTERSIGN_TESTS_COMPLETE") and shutil.which(tool) is None:
                pytest.fail(reason, pytrace=False)
            elif reason:
                pytest.skip(reason)


@functools.cache
def _tool_missing(tool: str) -> str:
    """Return why a tool can't be used, or nothing."""
    if shutil.which(tool) is None:
        return f"{tool} is not here: sudo apt-get install -y --no-install-recommends {_PACKAGES[tool]}"
    if tool == "bwrap":
        from countersign.sandbox.isolation import IsolationKind, isolation_probe

        probe = isolation_probe(IsolationKind.BUBBLEWRAP)
        return "" if probe.ok else f"bubblewrap does not start here: {probe.reason}; {probe.mend}"
    return ""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Let the workers read this file before their settings, as this process did.

    With the name of the settings in its environment, a worker's pytest-django would load them first,
    and all workers would share the files and the Valkey database of this process.
    """
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)


_SLOW_FIRST = ("faults", "docs", "workflow")


def _place(file: Path) -> int:
    for place, directory in enumerate(_SLOW_FIRST):
        if file.is_relative_to(Path(__file__).parent / directory):
            return place
    return len(_SLOW_FIRST)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse tests that flush the database: the runtime role can't TRUNCATE, and the log must not be.

    The slow ones come first: where two processes share the tests, neither then waits long for the other's
    last file.
    """
    items.sort(key=lambda item: _place(item.path))
    for item in items:
        marker = item.get_closest_marker("django_db")
        fixtures = set(getattr(item, "fixturenames", ()))
        if (marker is not None and marker.kwargs.get("transaction")) or fixtures & {
            "transactional_db",
            "live_server",
            "django_db_reset_sequences",
        }:
            message = (
                f"{item.nodeid}: transaction=True needs TRUNCATE, which the runtime role must not have; "
                "ask for the fixture committed_db instead"
            )
            raise pytest.UsageError(message)


def _connect_as(user: str, password: str) -> None:
    from django.db import connection

    connection.close()
    connection.settings_dict["USER"] = user
    connection.settings_dict["PASSWORD"] = password


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None,
    django_db_blocker: DjangoDbBlocker,
    django_db_modify_db_settings: None,
) -> Iterator[None]:
    """Create and migrate this worker's database as the owner, then run as the runtime role."""
    from django.db import connection
    from django.test.utils import setup_databases, teardown_databases

    from countersign.shared.env import environment
    from countersign.shared.keys import keys_ensure
    from countersign.shared.wrapping import wrapping_key_ensure

    keys_ensure(environment().keys_directory)
    wrapping_key_ensure(environment().keys_directory)
    owner = OWNER, os.environ["COUNTERSIGN_DATABASE_OWNER_PASSWORD"]
    runtime = APP, os.environ["COUNTERSIGN_DATABASE_PASSWORD"]
    # The owner's long work is not what the runtime's timeouts are for.
    options: dict[str, Any] = connection.settings_dict["OPTIONS"]
    connection.settings_dict["OPTIONS"] = {key: value for key, value in options.items() if key != "options"}
    with django_db_blocker.unblock():
        _connect_as(*owner)
        created = setup_databases(verbosity=0, interactive=False, serialized_aliases=())
        _connect_as(*runtime)
        connection.settings_dict["OPTIONS"] = options
    os.environ["COUNTERSIGN_DATABASE_NAME"] = connection.settings_dict["NAME"]
    _log_empty()
    trigger_create(_dsn("postgres", os.environ[_SUPERUSER_PASSWORD]))
    yield
    with django_db_blocker.unblock():
        _connect_as(*owner)
        teardown_databases(created, verbosity=0)


def _log_empty() -> None:
    """Forget what the migrations themselves told the log: tests count from nothing."""
    with psycopg.connect(_dsn("postgres", os.environ[_SUPERUSER_PASSWORD])) as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute("TRUNCATE audit_auditevent RESTART IDENTITY")


@pytest.fixture(scope="session")
def superuser_dsn(django_db_setup: None) -> str:
    """Return the connection string of the database's superuser, who is nobody in the platform."""
    return _dsn("postgres", os.environ[_SUPERUSER_PASSWORD])


@pytest.fixture(scope="session")
def owner_dsn(django_db_setup: None) -> str:
    """Return the connection string of the role that owns the schema."""
    return _dsn(OWNER, os.environ["COUNTERSIGN_DATABASE_OWNER_PASSWORD"])


def _dsn(user: str, password: str) -> str:
    return psycopg.conninfo.make_conninfo(
        host=os.environ["COUNTERSIGN_DATABASE_HOST"],
        port=os.environ["COUNTERSIGN_DATABASE_PORT"],
        dbname=os.environ["COUNTERSIGN_DATABASE_NAME"],
        user=user,
        password=password,
    )


@pytest.fixture
def owner_connection(owner_dsn: str) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """Return a connection of the role that owns the schema; what it does is committed at once."""
    with psycopg.connect(owner_dsn, autocommit=True) as connection:
        yield connection


class _Snapshot:
    """What the migrations left in the database, to come back to after a test that committed."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        with psycopg.connect(dsn) as connection:
            self._tables = [
                sql.Identifier("public", str(name))
                for (name,) in connection.execute(
                    "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
                )
            ]
            self._seeds = [(table, self._dump(connection, table)) for table in self._filled(connection)]
            self._sequences = connection.execute(
                "SELECT format('%I.%I', schemaname, sequencename), last_value"
                " FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL"
            ).fetchall()

    @staticmethod
    def _dump(connection: psycopg.Connection[tuple[Any, ...]], table: sql.Identifier) -> bytes:
        with connection.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(table)) as copy:
            return b"".join(bytes(block) for block in copy)

    def _filled(self, connection: psycopg.Connection[tuple[Any, ...]]) -> list[sql.Identifier]:
        columns = sql.SQL(", ").join(
            sql.SQL("EXISTS (SELECT FROM {})").format(table) for table in self._tables
        )
        row = connection.execute(sql.SQL("SELECT {}").format(columns)).fetchone() or ()
        return [table for table, filled in zip(self._tables, row, strict=True) if filled]

    def restore(self) -> None:
        """Empty what was filled and put the migrations' rows back, past every trigger."""
        from countersign.audit import reading

        # Another log is in its place now: this process has read nothing of it.
        reading._read = reading._Read()
        with psycopg.connect(self._dsn) as connection:
            connection.execute("SET session_replication_role = replica")
            # A connection that a test forgot would make this wait; say so instead of hanging.
            connection.execute("SET lock_timeout = '10s'")
            filled = self._filled(connection)
            if filled:
                connection.execute(
                    sql.SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(sql.SQL(", ").join(filled))
                )
            for table, rows in self._seeds:
                connection.execute(sql.SQL("DELETE FROM {}").format(table))
                with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(table)) as copy:
                    copy.write(rows)
            for name, value in self._sequences:
                connection.execute("SELECT setval(%s::regclass, %s)", [name, value])


@pytest.fixture(scope="session")
def _database_snapshot(superuser_dsn: str) -> _Snapshot:
    return _Snapshot(superuser_dsn)


@pytest.fixture
def committed_db(_database_snapshot: _Snapshot, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Let a test really commit, as processes and threads beside it must see it; undone afterwards."""
    from django.db import connections

    with django_db_blocker.unblock():
        try:
            yield
        finally:
            connections.close_all()
            _database_snapshot.restore()


@pytest.fixture
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectStore]:
    """Give this test an object store of its own: what another one wrote is never replaced there."""
    from countersign.shared.env import environment
    from countersign.shared.storage import object_store

    monkeypatch.setenv("COUNTERSIGN_OBJECT_STORE", str(tmp_path / "own-objects"))
    environment.cache_clear()
    yield object_store()
    monkeypatch.undo()
    environment.cache_clear()


@pytest.fixture
def process_environment(django_db_setup: None) -> dict[str, str]:
    """Return the environment with which a process of the platform joins this test's database and Valkey."""
    return dict(os.environ)


@pytest.fixture(autouse=True)
def _mail_and_cache_are_empty(request: pytest.FixtureRequest) -> Iterator[None]:
    """Leave nothing in the shared cache for the next test that uses the database."""
    yield
    if {"db", "committed_db"} & set(request.fixturenames):
        from django.core.cache import cache

        cache.clear()
