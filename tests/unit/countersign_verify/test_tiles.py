"""The tlog-tiles layout: the paths of the specification, and any tree written and read back."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countersign_verify.merkle import (
    consistency_proof,
    consistency_ranges,
    inclusion_ranges,
    leaf_hash,
    range_root,
    root_of,
    verify_inclusion,
)
from countersign_verify.tiles import (
    MAX_ENTRY_BYTES,
    bundle_decode,
    bundle_encode,
    export_tiles,
    tile_node,
    tile_path,
    tile_paths,
)
from tests.unit.countersign_verify.samples import refused


def entries(count: int) -> list[bytes]:
    return [str(number).encode() for number in range(count)]


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        ((0, 0), "tile/0/000"),
        ((0, 1234067), "tile/0/x001/x234/067"),
        ((1, 999), "tile/1/999"),
        ((2, 1000, 7), "tile/2/x001/000.p/7"),
        (("entries", 5, 255), "tile/entries/005.p/255"),
    ],
)
def test_tile_path_is_that_of_the_specification(arguments: tuple[str | int, int], path: str) -> None:
    assert tile_path(*arguments) == path


def test_tile_paths_of_the_specification() -> None:
    # The example of C2SP tlog-tiles: a tree of 70,000.
    paths = [path for path, _ in tile_paths(70_000) if "/entries/" not in path]
    assert len([path for path in paths if path.startswith("tile/0/")]) == 274
    assert paths[-3:] == ["tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1"]
    assert "tile/0/273.p/112" in paths


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 1500) | st.sampled_from([255, 256, 257, 512, 66_000]), st.data())
def test_export_tiles_writes_the_tree_and_gives_every_proof(size: int, data: st.DataObject) -> None:
    leaves = entries(size)
    hashes = [leaf_hash(leaf) for leaf in leaves]
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        assert export_tiles(directory, iter(leaves)) == (size, root_of(hashes))
        written = {str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file()}
        assert written == {path for path, _ in tile_paths(size)}
        if not size:
            return

        def node(level: int, index: int) -> bytes:
            return tile_node(lambda path: (directory / path).read_bytes(), size, level, index)

        index = data.draw(st.integers(0, size - 1))
        proof = [range_root(begin, end, node) for begin, end in inclusion_ranges(index, size)]
        verify_inclusion(hashes[index], index, size, proof, root_of(hashes))
        if size < 1000:
            old = [range_root(begin, end, node) for begin, end in consistency_ranges(index, size)]
            assert old == consistency_proof(hashes, index)
        with refused("tile.absent"):
            node(0, size)


def test_tile_node_refuses_a_tile_that_is_cut() -> None:
    with refused("tile.size"):
        tile_node(lambda _: bytes(31), 1, 0, 0)


def test_export_tiles_never_overwrites(tmp_path: Path) -> None:
    export_tiles(tmp_path, entries(3))
    with pytest.raises(FileExistsError):
        export_tiles(tmp_path, entries(3))


def test_bundles_hold_exactly_their_entries() -> None:
    data = bundle_encode([b"", b"a", b"x" * MAX_ENTRY_BYTES])
    assert bundle_decode(data, 3) == [b"", b"a", b"x" * MAX_ENTRY_BYTES]
    for damaged, width in ((data, 2), (data, 4), (data[:-1], 3), (data + b"\0", 3), (data + b"\0\0", 3)):
        with refused("tile.bundle"):
            bundle_decode(damaged, width)
    with refused("tile.entry"):
        bundle_encode([b"x" * (MAX_ENTRY_BYTES + 1)])
    with refused("tile.entry"):
        export_tiles(Path("unused"), [b"x" * (MAX_ENTRY_BYTES + 1)] * 0 + [b"x" * (MAX_ENTRY_BYTES + 1)])
