"""Public halves for those who must not sign, and secrets from files."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from countersign.shared.env import database_address, environment
from countersign.shared.keys import SigningKeyMissing, keys_ensure, public_key, public_keys, signing_key


@pytest.fixture
def directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """Return an empty directory that is this process's keys directory for one test."""
    with monkeypatch.context() as patch:
        patch.setenv("COUNTERSIGN_KEYS_DIR", str(tmp_path))
        environment.cache_clear()
        yield tmp_path
    environment.cache_clear()


def test_public_key_needs_no_private_half(directory: Path) -> None:
    keys_ensure(directory)
    public = signing_key("log").public_bytes
    (directory / "log.ed25519.pub").write_bytes(base64.b64encode(public))
    (directory / "log.ed25519").unlink()
    assert public_key("log").public.public_bytes_raw() == public
    assert public_keys()["log"].public.public_bytes_raw() == public


@pytest.mark.parametrize("content", [b"not base64!", b"c2hvcnQ="])
def test_public_key_that_is_no_key_is_missing(directory: Path, content: bytes) -> None:
    (directory / "gates.ed25519.pub").write_bytes(content)
    with pytest.raises(SigningKeyMissing, match="public key 'gates'"):
        public_key("gates")


def test_public_keys_need_all_of_them(directory: Path) -> None:
    with pytest.raises(SigningKeyMissing):
        public_keys()


def test_passwords_come_from_files_where_the_variable_names_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "password").write_text("from the file\n")
    monkeypatch.setenv("COUNTERSIGN_DATABASE_PASSWORD_FILE", str(tmp_path / "password"))
    assert database_address("app").password == "from the file"
