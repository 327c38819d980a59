"""What comes before an installation: a store that keeps what it is given."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from countersign.accounts.models import Role
from countersign.cli import install
from countersign.shared.env import environment
from countersign.shared.storage import StorageRefused


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    place = tmp_path / "objects"
    monkeypatch.setenv("COUNTERSIGN_OBJECT_STORE", str(place))
    environment.cache_clear()
    yield place
    monkeypatch.undo()
    environment.cache_clear()


def test_install_tries_the_store_and_brings_in_what_is_shipped(committed_db: None, store: Path) -> None:
    install.main()
    assert (store / "self-test").is_dir()
    assert Role.objects.filter(code="director").exists()


def test_install_on_a_store_that_keeps_nothing_changes_nothing(committed_db: None, store: Path) -> None:
    store.write_text("a file where a directory should be")
    with pytest.raises(StorageRefused):
        install.main()
    assert not Role.objects.exists()
