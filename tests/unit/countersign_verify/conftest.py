"""What the tests of the verifier share: one sound export, written once, and a copy of it to damage."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from countersign_verify.trust import Trust
from tests.unit.countersign_verify.samples import trust, trust_bytes
from tests.unit.countersign_verify.second import Second
from tests.unit.countersign_verify.worlds import Case, World, beside, full_world


@pytest.fixture(scope="session", autouse=True)
def second() -> Iterator[Second | None]:
    """The browser's verifier, which has to agree on every export that a test of this directory makes.

    Without Node there is none; the test of both verifiers says so by name.
    """
    if shutil.which("node") is None:
        yield None
        return
    with Second() as other:
        beside.append(other)
        yield other
        beside.remove(other)


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound export. Tests must not change it."""
    directory = tmp_path_factory.mktemp("sound")
    return full_world(directory).write(directory / "export")


@pytest.fixture
def export(sound: Path, tmp_path: Path) -> Path:
    """A copy of the sound export."""
    return Path(shutil.copytree(sound, tmp_path / "export"))


@pytest.fixture
def world() -> World:
    """An empty world."""
    return World()


@pytest.fixture
def trusted() -> Trust:
    """The keys of the samples."""
    return trust()


@pytest.fixture
def trust_file(tmp_path: Path) -> Path:
    """The trust file of the samples."""
    file = tmp_path / "trust-given.json"
    file.write_bytes(trust_bytes())
    return file


@pytest.fixture
def case(tmp_path: Path) -> Case:
    """A world with one change, sealed but not yet decided on."""
    return Case(tmp_path)
