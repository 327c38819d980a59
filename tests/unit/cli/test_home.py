"""What an embedded platform keeps, and who may read it."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from countersign.cli.embedded.secrets import file_write_private, passwords_ensure
from countersign.cli.errors import CommandFailed, PlatformNotRunning
from countersign.cli.home import Home
from countersign.cli.platform import Platform, UpOptions
from countersign.cli.state import PlatformState, ServiceState, state_read


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.prepare()
    return home


@pytest.fixture
def platform(home: Home) -> Platform:
    return Platform(
        home=home,
        options=UpOptions(isolation="process"),
        postgres_port=1,
        valkey_port=2,
        passwords=passwords_ensure(home.passwords),
    )


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_prepare_keeps_everything_private(home: Home) -> None:
    assert mode(home.root) == 0o700
    assert mode(home.secret_key) == 0o600
    assert len(home.secret_key.read_text()) >= 50


def test_prepare_keeps_the_secret_key(home: Home) -> None:
    before = home.secret_key.read_text()
    home.prepare()
    assert home.secret_key.read_text() == before


def test_prepare_refuses_a_home_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandFailed, match="--home"):
        Home(tmp_path / "file" / "home").prepare()


def test_locked_lets_one_supervisor_in(home: Home) -> None:
    assert not home.supervised()
    with home.locked() as first:
        assert first
        assert home.supervised()
        with home.locked() as second:
            assert not second
    assert not home.supervised()


def test_log_tail_is_empty_without_a_log(home: Home) -> None:
    assert home.log_tail("web") == ""
    home.log("web").write_text("one\n\ntwo\nthree\nfour\n")
    assert home.log_tail("web", 2) == "three\nfour"


def test_passwords_are_made_once(home: Home) -> None:
    first = passwords_ensure(home.passwords)
    assert passwords_ensure(home.passwords) == first


def test_passwords_of_an_older_installation_gain_those_that_are_new(home: Home) -> None:
    first = passwords_ensure(home.passwords)
    known = {
        name: value for name, value in json.loads(home.passwords.read_text()).items() if name != "signer"
    }
    home.passwords.write_text(json.dumps(known))
    later = passwords_ensure(home.passwords)
    assert (later.app, later.owner) == (first.app, first.owner)
    assert later.signer
    assert later.signer != first.signer
    assert passwords_ensure(home.passwords) == later
    assert mode(home.passwords) == 0o600
    assert len({first.superuser, first.owner, first.app, first.sequencer, first.valkey}) == 5
    assert first.app not in repr(first)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"owner": 1'])
def test_passwords_refuse_a_broken_file(home: Home, content: str) -> None:
    home.passwords.write_text(content)
    with pytest.raises(CommandFailed, match="restore the file"):
        passwords_ensure(home.passwords)


def test_file_write_private_replaces_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file"
    file_write_private(path, "one")
    file_write_private(path, "two")
    assert path.read_text() == "two"
    assert [entry.name for entry in path.parent.iterdir()] == ["file"]


def test_state_read_needs_a_supervisor(home: Home) -> None:
    PlatformState(supervisor=1, url="http://127.0.0.1:1").write(home)
    with pytest.raises(PlatformNotRunning, match="countersign up"):
        state_read(home)


@pytest.mark.parametrize("content", [None, "", "{}", '{"services": {"web": {"unknown": 1}}}'])
def test_state_read_refuses_a_broken_file(home: Home, content: str | None) -> None:
    if content is not None:
        home.state.write_text(content)
    with home.locked(), pytest.raises(PlatformNotRunning):
        state_read(home)


def test_state_comes_back_as_written_and_is_private(home: Home) -> None:
    state = PlatformState(supervisor=1, url="u", services={"web": ServiceState(2, "log")})
    state.environment["COUNTERSIGN_DATABASE_PASSWORD"] = "secret"
    state.write(home)
    with home.locked():
        assert state_read(home) == state
    assert mode(home.state) == 0o600
    assert "secret" not in json.dumps(state.public())


def test_only_the_migration_knows_the_owners_password(platform: Platform) -> None:
    passwords = platform.passwords
    for spec in platform.services():
        assert spec.environment
        values = set(spec.environment.values())
        assert passwords.owner not in values
        assert passwords.superuser not in values
        assert (passwords.sequencer in values) == (spec.name == "sequencer")
        assert (passwords.signer in values) == (spec.name == "signer")
        assert (passwords.app in values) == (spec.name not in {"sequencer", "signer"})
    migration = platform.migration().environment
    assert migration
    assert migration["COUNTERSIGN_DATABASE_OWNER_PASSWORD"] == passwords.owner


def test_no_password_is_on_a_command_line(platform: Platform) -> None:
    servers = (platform.postgres.spec(Path("log")), platform.valkey.spec(Path("log")))
    lines = " ".join(word for spec in (*servers, *platform.services()) for word in spec.argv)
    for password in (platform.passwords.superuser, platform.passwords.app, platform.passwords.valkey):
        assert password not in lines


def test_isolation_that_was_chosen_reaches_every_process(platform: Platform) -> None:
    assert platform.environment()["COUNTERSIGN_ISOLATION"] == "process"
