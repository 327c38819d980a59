"""An export of 10,000 events, and everything that can be done to its files: each is noticed and named."""

import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from countersign_verify.errors import RefusedError
from countersign_verify.log_files import LogFiles, checkpoint_read
from countersign_verify.log_inclusion import entry_prove
from countersign_verify.tiles import TILE_WIDTH, bundle_decode, bundle_encode, tile_path
from countersign_verify.trust import Trust
from tests.unit.countersign_verify.worlds import World, failed, verify

COUNT = 10_000
SEED = 6962
# Which checks may be the ones that name what was done to a file.
NAMED_BY = {
    "checkpoint": {"checkpoint", "checkpoints"},
    "checkpoints.jsonl": {"checkpoints"},
    "trust.json": {"trust file"},
    "tile": {"tiles", "events", "files"},
    "index.json": {"merges", "packs", "phases"},
}


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    world = World()
    world.filler(COUNT)
    export = world.write(tmp_path_factory.mktemp("tamper") / "export")
    assert failed(verify(export)) == {}
    return export


@pytest.fixture
def export(original: Path, tmp_path: Path) -> Path:
    return shutil.copytree(original, tmp_path / "export")


def files_of(export: Path) -> list[str]:
    return sorted(str(path.relative_to(export)) for path in export.rglob("*") if path.is_file())


def noticed(export: Path, name: str) -> None:
    """The export is refused by a check that such a file belongs to, in words that are not empty."""
    found = failed(verify(export, alone=True))
    expected = NAMED_BY[name.split("/", maxsplit=1)[0]]
    assert expected & found.keys(), (name, found)
    assert all(found.values())


def restore(export: Path, original: Path, name: str) -> None:
    shutil.copy2(original / name, export / name)


def byte_changes(data: bytes) -> Iterator[bytes]:
    """Change the first, the last and one other byte."""
    for at in {0, len(data) - 1, random.Random(len(data)).randrange(len(data))}:  # noqa: S311 - not a secret
        changed = bytearray(data)
        changed[at] ^= 0x01
        yield bytes(changed)


def test_changed_byte_of_every_file_is_named(export: Path, original: Path) -> None:
    names = files_of(export)
    assert len(names) > 2 * COUNT // TILE_WIDTH
    for name in names:
        for changed in byte_changes((original / name).read_bytes()):
            (export / name).write_bytes(changed)
            noticed(export, name)
        restore(export, original, name)
    assert failed(verify(export)) == {}


def test_every_file_that_is_dropped_or_cut_is_named(export: Path, original: Path) -> None:
    for name in files_of(export):
        data = (original / name).read_bytes()
        (export / name).unlink()
        noticed(export, name)
        (export / name).write_bytes(data[:-1])
        noticed(export, name)
        restore(export, original, name)


@pytest.mark.parametrize("level", ["entries", 0])
def test_tiles_that_are_swapped_are_named(export: Path, original: Path, level: int | str) -> None:
    for number in range(COUNT // TILE_WIDTH - 1):
        one, two = tile_path(level, number), tile_path(level, number + 1)
        shutil.copy2(original / one, export / two)
        shutil.copy2(original / two, export / one)
        noticed(export, one)
        restore(export, original, one)
        restore(export, original, two)


def swap(entries: list[bytes], at: int) -> None:
    entries[at], entries[at + 1] = entries[at + 1], entries[at]


def drop(entries: list[bytes], at: int) -> None:
    del entries[at]
    # As many as before, so that only the content tells.
    entries.append(entries[-1])


def repeat(entries: list[bytes], at: int) -> None:
    entries[at + 1] = entries[at]


@pytest.mark.parametrize("damage", [swap, drop, repeat])
def test_entries_that_are_swapped_dropped_or_repeated_are_named(
    export: Path, original: Path, damage: Callable[[list[bytes], int], None]
) -> None:
    for number in range(COUNT // TILE_WIDTH):
        name = tile_path("entries", number)
        entries = list(bundle_decode((original / name).read_bytes(), TILE_WIDTH))
        damage(entries, (number * 37) % (TILE_WIDTH - 2))
        (export / name).write_bytes(bundle_encode(entries))
        noticed(export, name)
        restore(export, original, name)


def test_changed_byte_of_every_entry_is_noticed(export: Path, original: Path, trusted: Trust) -> None:
    """From the entry's own proof, so that one changed entry costs no walk over the whole log."""
    files = LogFiles(export)
    head, _ = checkpoint_read(files, trusted)
    chance = random.Random(SEED)  # noqa: S311 - the same places every time, not a secret
    for number in range((COUNT + TILE_WIDTH - 1) // TILE_WIDTH):
        width = min(TILE_WIDTH, COUNT - number * TILE_WIDTH)
        name = tile_path("entries", number, width)
        entries = list(bundle_decode((original / name).read_bytes(), width))
        for at in range(width):
            changed = bytearray(entries[at])
            changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
            (export / name).write_bytes(bundle_encode([*entries[:at], bytes(changed), *entries[at + 1 :]]))
            with pytest.raises(RefusedError):
                entry_prove(files, head, number * TILE_WIDTH + at)
        restore(export, original, name)


@pytest.mark.parametrize("left", [0, 1, 255, 256, 257, 5_000, COUNT - 1])
def test_log_that_was_rolled_back_or_cut_is_named_by_a_checkpoint_from_earlier(
    tmp_path: Path, left: int
) -> None:
    """The operator holds every key: what is left is signed anew and holds by itself."""
    world = World()
    world.filler(COUNT)
    kept = world.note(COUNT).encode()
    world.entries = world.entries[:left]
    export = world.write(tmp_path / "export")
    assert failed(verify(export)) == {}
    found = failed(verify(export, known=[kept]))
    assert f"the log once had {COUNT} events and now has {left}" in found["known"]
