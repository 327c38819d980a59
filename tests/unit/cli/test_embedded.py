"""Real servers from Python packages."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from countersign.cli.embedded import binaries, postgres
from countersign.cli.embedded.network import LOOPBACK, port_answers, port_choose, port_free
from countersign.cli.embedded.postgres import PostgresServer, user_prefix, wait_until
from countersign.cli.embedded.processes import ProcessGroup
from countersign.cli.embedded.secrets import ServerPasswords
from countersign.cli.embedded.valkey import ValkeyServer
from countersign.cli.errors import CommandFailed

DATABASE = "platform"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    directory = tmp_path_factory.mktemp("postgres")
    server = PostgresServer(directory / "data", port_choose(), ServerPasswords(), durable=False)
    server.initialise()
    with ProcessGroup() as group:
        group.start(server.spec(directory / "postgres.log"))
        wait_until(server.answers, 30, "PostgreSQL")
        server.provision(DATABASE)
        yield server


def connect(server: PostgresServer, role: str, password: str, database: str = DATABASE) -> psycopg.Connection:
    return psycopg.connect(
        host=LOOPBACK, port=server.port, user=role, password=password, dbname=database, autocommit=True
    )


def test_initialise_keeps_a_cluster_that_is_there(server: PostgresServer) -> None:
    before = (server.directory / "PG_VERSION").stat().st_mtime_ns
    server.initialise()
    assert (server.directory / "PG_VERSION").stat().st_mtime_ns == before


def test_initialise_replaces_what_is_no_cluster(tmp_path: Path) -> None:
    directory = tmp_path / "data"
    directory.mkdir()
    (directory / "half").write_text("made")
    PostgresServer(directory, 1, ServerPasswords(), durable=False).initialise()
    assert (directory / "PG_VERSION").read_text().strip() == "18"
    assert not (directory / "half").exists()


def test_initialise_says_why_it_could_not(tmp_path: Path) -> None:
    server = PostgresServer(tmp_path / "data", 1, ServerPasswords(superuser=""), durable=False)
    with pytest.raises(CommandFailed, match="could not make its data directory"):
        server.initialise()
    assert list(tmp_path.iterdir()) == []


def test_answers_is_false_when_nothing_listens(server: PostgresServer) -> None:
    assert not PostgresServer(server.directory, port_choose(), server.passwords).answers()


def test_answers_says_that_the_password_is_another(server: PostgresServer) -> None:
    stranger = PostgresServer(server.directory, server.port, ServerPasswords())
    with pytest.raises(CommandFailed, match="password"):
        stranger.answers()


def test_provision_repeated_changes_nothing(server: PostgresServer) -> None:
    server.provision(DATABASE)
    with connect(server, postgres.OWNER, server.passwords.owner) as owner:
        assert owner.execute("SELECT current_user").fetchone() == (postgres.OWNER,)


def test_runtime_uses_what_the_owner_made_and_owns_nothing(server: PostgresServer) -> None:
    with (
        connect(server, postgres.OWNER, server.passwords.owner) as owner,
        connect(server, postgres.APP, server.passwords.app) as app,
    ):
        owner.execute("CREATE TABLE thing (id bigserial PRIMARY KEY, name text)")
        app.execute("INSERT INTO thing (name) VALUES ('one')")
        app.execute("UPDATE thing SET name = 'two'")
        assert app.execute("DELETE FROM thing RETURNING name").fetchone() == ("two",)
        for forbidden in (
            "TRUNCATE thing",
            "DROP TABLE thing",
            "ALTER TABLE thing DISABLE TRIGGER ALL",
            "CREATE TABLE mine (id int)",
            "SET session_replication_role = replica",
            f"SET ROLE {postgres.OWNER}",
            "CREATE TEMPORARY TABLE mine (id int)",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute(forbidden)


def test_sequencer_gets_nothing_by_default(server: PostgresServer) -> None:
    with (
        connect(server, postgres.OWNER, server.passwords.owner) as owner,
        connect(server, postgres.SEQUENCER, server.passwords.sequencer) as sequencer,
    ):
        owner.execute("CREATE TABLE other (id int)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            sequencer.execute("SELECT * FROM other")


def test_runaway_statements_of_the_runtime_end(server: PostgresServer) -> None:
    with connect(server, postgres.APP, server.passwords.app) as app:
        assert app.execute("SHOW statement_timeout").fetchone() == ("30s",)
        assert app.execute("SHOW idle_in_transaction_session_timeout").fetchone() == ("30s",)


def test_user_prefix_fails_for_root_without_user_namespaces(monkeypatch: pytest.MonkeyPatch) -> None:
    user_prefix.cache_clear()
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(CommandFailed, match="ordinary user"):
        user_prefix()
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert user_prefix() == ()
    user_prefix.cache_clear()


def test_wait_until_gives_up(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="did not answer"):
        wait_until(lambda: False, 0.05, "nothing")


def test_valkey_answers_only_with_its_password(tmp_path: Path) -> None:
    server = ValkeyServer(tmp_path / "with space", port_choose(), "one")
    assert not server.answers()
    with ProcessGroup() as group:
        group.start(server.spec(tmp_path / "valkey.log"))
        wait_until(server.answers, 30, "Valkey")
        assert not ValkeyServer(server.directory, server.port, "two").answers()
        assert server.url(3) == f"redis://:one@127.0.0.1:{server.port}/3"


def test_valkey_answers_is_false_for_a_port_that_closes() -> None:
    with socket.create_server((LOOPBACK, 0)) as listener:
        port = listener.getsockname()[1]
        import threading

        def close_at_once() -> None:
            connection, _ = listener.accept()
            connection.recv(256)
            connection.close()

        thread = threading.Thread(target=close_at_once)
        thread.start()
        assert not ValkeyServer(Path("unused"), port, "x").answers()
        thread.join()


def test_ports_are_told_apart() -> None:
    with socket.create_server((LOOPBACK, 0)) as listener:
        taken = listener.getsockname()[1]
        assert not port_free(taken)
        assert port_answers(taken)
        assert port_choose(taken) != taken
    assert port_free(taken)
    assert not port_answers(taken)
    assert port_choose(taken) == taken


def test_binaries_name_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandFailed, match="carries no no-such-program"):
        binaries.postgres_binary("no-such-program")
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(CommandFailed, match="is not installed"):
        binaries.valkey_binary()
    with pytest.raises(CommandFailed, match="is not installed"):
        binaries.postgres_binary("postgres")
