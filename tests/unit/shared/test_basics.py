"""Actor, errors, clock, correlation, logs, keys and environment."""

from __future__ import annotations

import logging
import os
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countersign.shared import env
from countersign.shared.actor import Actor, service_actor
from countersign.shared.clock import isoformat, now
from countersign.shared.correlation import correlation_id, correlation_scope, new_correlation_id
from countersign.shared.errors import DomainError, StateConflict
from countersign.shared.keys import KEY_NAMES, SigningKeyMissing, keys_ensure, public_keys, signing_key
from countersign.shared.logs import ContextFilter, log_user


def test_actor_has_role_needs_only_one_of_them() -> None:
    actor = Actor(kind="person", id="u", label="Alice", roles=frozenset({"director"}))
    assert actor.has_role("cab_member", "director")
    assert not actor.has_role("admin")


def test_actor_participants_are_the_persons_behind_it() -> None:
    agent = Actor(kind="agent", id="a", label="agent", person_id="p1", minted_by="p2")
    assert agent.participants == {"p1", "p2"}
    assert service_actor("worker").participants == frozenset()


def test_domain_error_carries_code_status_and_data() -> None:
    error = StateConflict("it moved on", expected="ready")
    assert isinstance(error, DomainError)
    assert (error.code, error.status, error.message, error.data) == (
        "state_conflict",
        409,
        "it moved on",
        {"expected": "ready"},
    )


def test_clock_is_aware_and_in_utc() -> None:
    assert now().tzinfo is UTC


def test_isoformat_turns_any_zone_into_utc() -> None:
    moment = datetime(2026, 1, 1, 1, 0, tzinfo=timezone(timedelta(hours=1)))
    assert isoformat(moment) == "2026-01-01T00:00:00.000000Z"


def test_correlation_scope_keeps_a_good_id_and_restores_the_old_one() -> None:
    assert correlation_id() == ""
    with correlation_scope("outer-0001"):
        with correlation_scope("inner-0001") as inner:
            assert correlation_id() == inner == "inner-0001"
        assert correlation_id() == "outer-0001"
    assert correlation_id() == ""


@given(st.text())
def test_correlation_scope_never_takes_what_could_break_a_log_line(text: str) -> None:
    with correlation_scope(text) as identifier:
        assert identifier.isascii()
        assert identifier.isprintable()
        assert 8 <= len(identifier) <= 64


def test_new_correlation_ids_differ() -> None:
    assert new_correlation_id() != new_correlation_id()


def test_log_records_carry_their_context() -> None:
    line = logging.LogRecord("n", logging.INFO, "p", 1, "m", None, None)
    log_user("user-1")
    with correlation_scope("request-0001"):
        assert ContextFilter().filter(line)
    log_user("")
    assert line.__dict__["correlation_id"] == "request-0001"
    assert line.__dict__["user_id"] == "user-1"
    assert line.__dict__["service_name"] == "countersign"


def test_keys_ensure_creates_each_key_once_for_its_user_alone(tmp_path: Path) -> None:
    keys_ensure(tmp_path / "keys")
    first = {path.name: path.read_bytes() for path in (tmp_path / "keys").iterdir()}
    assert set(first) == {f"{name}.ed25519" for name in KEY_NAMES}
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "keys").iterdir())
    keys_ensure(tmp_path / "keys")
    assert first == {path.name: path.read_bytes() for path in (tmp_path / "keys").iterdir()}


def test_signing_key_signs_for_its_public_half(django_db_setup: None) -> None:
    key = signing_key("log")
    key.public.verify(key.private.sign(b"text"), b"text")
    assert key.key_id.startswith("sha256:")
    assert len(key.public_bytes) == 32
    assert set(public_keys()) == set(KEY_NAMES)
    assert "private" not in repr(key)


@pytest.mark.parametrize("content", [None, b"not base64!", b"c2hvcnQ="])
def test_signing_key_that_is_not_there_or_no_key_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "log.ed25519").write_bytes(content)
    monkeypatch.setenv("COUNTERSIGN_KEYS_DIR", str(tmp_path))
    env.environment.cache_clear()
    try:
        with pytest.raises(SigningKeyMissing, match="countersign up"):
            signing_key("log")
    finally:
        monkeypatch.undo()
        env.environment.cache_clear()


@pytest.fixture
def fresh_environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Let a test change variables and read them anew."""
    reader = env.environment.__wrapped__
    monkeypatch.setattr(env, "environment", reader)
    return monkeypatch


def test_environment_refuses_an_unknown_database_role(fresh_environment: pytest.MonkeyPatch) -> None:
    fresh_environment.setenv("COUNTERSIGN_DATABASE_ROLE", "root")
    with pytest.raises(ValueError, match="must be app, owner, sequencer or signer"):
        env.environment()


def test_environment_marks_cookies_secure_behind_tls(fresh_environment: pytest.MonkeyPatch) -> None:
    fresh_environment.setenv("COUNTERSIGN_BASE_URL", "https://countersign.example/")
    assert env.environment().secure_cookies
    assert env.environment().base_url == "https://countersign.example"


def test_environment_reads_the_secret_key_from_its_file(
    fresh_environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text("from the file\n")
    fresh_environment.setenv("COUNTERSIGN_SECRET_KEY_FILE", str(tmp_path / "key"))
    assert env.environment().secret_key == "from the file"
    assert "from the file" not in repr(env.environment())


@pytest.mark.parametrize(
    ("role", "user"), [("app", "A"), ("owner", "O"), ("sequencer", "S"), ("signer", "N")]
)
def test_database_address_has_a_user_a_role(
    monkeypatch: pytest.MonkeyPatch, role: env.DatabaseRole, user: str
) -> None:
    for name, value in (("", "A"), ("_OWNER", "O"), ("_SEQUENCER", "S"), ("_SIGNER", "N")):
        monkeypatch.setenv(f"COUNTERSIGN_DATABASE{name}_USER", value)
    assert env.database_address(role).user == user


def test_package_index_environment_hands_on_only_what_pip_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://index.example/simple")
    monkeypatch.setenv("COUNTERSIGN_S3_SECRET_KEY", "secret")
    handed = env.package_index_environment()
    assert handed["PIP_INDEX_URL"] == "https://index.example/simple"
    assert "COUNTERSIGN_S3_SECRET_KEY" not in handed


def test_child_environment_adds_to_this_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HERE", "1")
    child = env.child_environment(MORE="2")
    assert (child["HERE"], child["MORE"]) == ("1", "2")


def test_s3_credentials_come_from_files_or_variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from-file\n")
    monkeypatch.setenv("COUNTERSIGN_S3_ACCESS_KEY", "access")
    monkeypatch.setenv("COUNTERSIGN_S3_SECRET_KEY_FILE", str(tmp_path / "secret"))
    assert env.s3_credentials() == ("access", "from-file")


def test_django_settings_ensure_keeps_what_is_set() -> None:
    env.django_settings_ensure()
    assert os.environ["DJANGO_SETTINGS_MODULE"] == "countersign.config.settings"


def test_demo_installation_is_said_by_a_file(fresh_environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fresh_environment.setenv("COUNTERSIGN_HOME", str(tmp_path))
    assert not env.demo_installation()
    (tmp_path / "demo-installation").touch()
    assert env.demo_installation()


def test_environment_adopt_takes_the_variables_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTERSIGN_LOG_LEVEL", "INFO")
    try:
        env.environment_adopt({"COUNTERSIGN_LOG_LEVEL": "WARNING"})
        assert env.environment().log_level == "WARNING"
    finally:
        monkeypatch.undo()
        env.environment.cache_clear()
