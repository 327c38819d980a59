"""Reading a whole log: quickly where events look alike, else step by step, with the same answer."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countersign_verify import log_bundles
from countersign_verify.canonical import objects_canonical
from countersign_verify.errors import RefusedError
from countersign_verify.log_bundles import Bundle, bundle_read, bundles_read
from countersign_verify.log_events import event_read
from countersign_verify.log_files import LogFiles
from countersign_verify.merkle import leaf_hash, root_of
from countersign_verify.tiles import TileTree, tile_path
from tests.unit.countersign_verify.samples import refused
from tests.unit.countersign_verify.worlds import World, event_bytes, failed, person_actor, verify

SIZE = 256 * 130 + 7  # more than one process takes at a time

PLAIN = event_bytes(1, "run.claimed", ("run", "r"), {"why": "x", "n": 1}, actor=person_actor())
SERVICE = event_bytes(2, "run.claimed", ("run", "r"), {"list": [{}, 1], "n": -3})


def quick(entry: bytes) -> bool:
    plain = log_bundles._plain_event(entry)
    return plain is not None and objects_canonical([plain[0]])


def slow(entry: bytes) -> bool:
    try:
        event_read(entry, 0)
    except RefusedError:
        return False
    return True


@pytest.mark.parametrize("entry", [PLAIN, SERVICE])
def test_common_events_take_the_quick_way(entry: bytes) -> None:
    assert quick(entry)
    assert slow(entry)


@settings(max_examples=600)
@given(st.sampled_from([PLAIN, SERVICE]), st.data())
def test_quick_way_accepts_nothing_that_is_refused_step_by_step(entry: bytes, data: st.DataObject) -> None:
    mutable = bytearray(entry)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(mutable) - 1))
        part = data.draw(
            st.binary(max_size=3)
            | st.sampled_from(
                [
                    b'"',
                    b"{",
                    b"}",
                    b"\\",
                    b"1.5",
                    b"NaN",
                    b'"n":2,',
                    b'"a":1,',
                    b"9007199254740993",
                    b"=",
                    b" ",
                    b"e1",
                ]
            )
        )
        mutable[at : at + data.draw(st.integers(0, 2))] = part
    if quick(bytes(mutable)):
        assert slow(bytes(mutable))


@pytest.mark.parametrize(
    "data",
    [
        b'{"n":1.5}',
        b'{"n":9007199254740993}',
        b'{"n":NaN}',
        b'{"b":1,"a":2}',
        b'{"a":1,"a":1}',
        b'{"a": 1}',
        b"[]",
        b"{",
    ],
)
def test_objects_canonical_is_false_for_what_is_not(data: bytes) -> None:
    assert objects_canonical([b"{}", b'{"a":1}'])
    assert not objects_canonical([b"{}", data, b"{}"])


def test_objects_canonical_does_not_take_two_halves_for_two_objects() -> None:
    assert not objects_canonical([b'{"a":1},{"b":{}', b'{"c":1}}'])
    assert not objects_canonical([b'{"a":1},{"b":2}', b"{}"])


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    world = World()
    world.filler(200)
    world.checkpoint()
    world.filler(256 * 129 - 200)
    world.checkpoint()
    world.filler(SIZE - 256 * 129)
    return world.write(tmp_path_factory.mktemp("large") / "export")


@pytest.fixture
def several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_bundles, "PARALLEL_ABOVE", 1_000)


def bundles(directory: Path) -> list[Bundle]:
    return list(bundles_read(LogFiles(directory), SIZE, [200, 256 * 129, SIZE]))


def test_several_processes_give_what_one_gives(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = bundles(large)
    monkeypatch.setattr(log_bundles, "PARALLEL_ABOVE", 1_000)
    assert bundles(large) == alone
    assert [len(bundle.hashes) for bundle in alone if bundle.hashes] == [256, 7]


def test_large_log_holds_when_read_by_several(large: Path, several: None) -> None:
    assert "events" not in failed(verify(large))


def _flip(directory: Path, name: str, at: int) -> Callable[[], None]:
    target = directory / name
    before = target.read_bytes()
    changed = bytearray(before)
    changed[at] ^= 1
    target.write_bytes(bytes(changed))
    return lambda: (target.write_bytes(before), None)[1]


@pytest.mark.parametrize(
    ("name", "at", "told"),
    [
        (tile_path("entries", 100), 40, "tile/entries/100, event 25600"),
        (tile_path(0, 129), 5, "tile/0/129 does not hold"),
        (tile_path(1, 0, 130), 5, "tile/1/000.p/130 does not hold"),
        (tile_path(0, 130, 7), 5, "tile/0/130.p/7 does not hold"),
        (tile_path("entries", 3), 0, "tile/entries/003: an entry bundle does not hold exactly 256"),
    ],
)
def test_damage_is_named_alike_by_one_process_and_by_several(
    large: Path, monkeypatch: pytest.MonkeyPatch, name: str, at: int, told: str
) -> None:
    mend = _flip(large, name, at)
    try:
        alone = failed(verify(large))["events"]
        monkeypatch.setattr(log_bundles, "PARALLEL_ABOVE", 1_000)
        assert failed(verify(large))["events"] == alone
    finally:
        mend()
    assert told in alone


def test_ids_that_occur_twice_in_bundles_far_apart_are_named(tmp_path: Path) -> None:
    world = World()
    world.filler(600)
    world.entries[550] = world.entries[3]
    assert "event 550: its id occurs twice" in failed(verify(world.write(tmp_path / "twice")))["events"]


def test_first_event_that_does_not_hold_is_the_one_named(tmp_path: Path) -> None:
    world = World()
    world.filler(20)
    world.entries[5] = world.entries[5].replace(b'"n":5', b'"n":5.5')
    world.entries[9] = b"{}"
    assert "event 5: the number 5.5" in failed(verify(world.write(tmp_path / "first")))["events"]


def test_deep_event_is_refused_and_not_hurried(tmp_path: Path) -> None:
    deep = SERVICE.replace(b'"n":-3', b'"o":' + b"[" * 70 + b"]" * 70)
    assert not quick(deep)
    assert not slow(deep)


def test_tile_that_is_absent_is_an_error_of_its_bundle(large: Path) -> None:
    files = LogFiles(large)
    files.names -= {tile_path(0, 2)}
    bundle = bundle_read(files, 2, SIZE, hashes_wanted=False)
    assert bundle.error is not None
    assert bundle.error.code == "export.missing"


def test_tree_takes_full_tiles_by_their_root() -> None:
    hashes = [leaf_hash(bytes([number % 256])) for number in range(600)]
    tree = TileTree(lambda _path, _data: None)
    first = root_of(hashes[:256])
    assert tree.root_after(first) == first
    tree.append_tile(first)
    assert tree.root_after(root_of(hashes[256:512])) == root_of(hashes[:512])
    tree.append_tile(root_of(hashes[256:512]))
    for hashed in hashes[512:]:
        tree.append(hashed)
    assert tree.root() == root_of(hashes)
    with refused("tile.order"):
        tree.append_tile(first)
