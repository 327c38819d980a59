"""The C2SP tlog-tiles layout: writing a log's hashes and entries to a directory, and reading them back."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from countersign_verify.errors import RefusedError
from countersign_verify.merkle import EMPTY_ROOT, HASH_SIZE, CompactRange, leaf_hash, node_hash, perfect_root

TILE_WIDTH = 256
MAX_ENTRY_BYTES = 65_535
MAX_BUNDLE_BYTES = TILE_WIDTH * (MAX_ENTRY_BYTES + 2)
_LENGTH_BYTES = 2
_GROUP = 1000

Sink = Callable[[str, bytes], None]


def tile_path(level: int | str, index: int, width: int = TILE_WIDTH) -> str:
    """Path of a tile: ``tile/<level>/<index>``, with ``.p/<width>`` when it is not full.

    Args:
        level: Level of the hashes, or ``"entries"``.
        index: Number of the tile within its level.
        width: How many items it has.
    """
    groups = [f"{index % _GROUP:03d}"]
    while index >= _GROUP:
        index //= _GROUP
        groups.append(f"x{index % _GROUP:03d}")
    partial = "" if width == TILE_WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(reversed(groups))}{partial}"


def tile_paths(size: int) -> Iterator[tuple[str, int]]:
    """Every file that a log of this size consists of, with the number of its items: no more, no fewer."""
    for level in ("entries", 0):
        yield from _level_paths(level, size)
    level_size, level = size // TILE_WIDTH, 1
    while level_size:
        yield from _level_paths(level, level_size)
        level_size, level = level_size // TILE_WIDTH, level + 1


def bundle_encode(entries: Iterable[bytes]) -> bytes:
    """An entry bundle: each entry after its length in two bytes.

    Raises:
        RefusedError: An entry has more than 65,535 bytes.
    """
    parts: list[bytes] = []
    for entry in entries:
        if len(entry) > MAX_ENTRY_BYTES:
            raise RefusedError("tile.entry", f"an entry has at most {MAX_ENTRY_BYTES} bytes")
        parts.append(len(entry).to_bytes(_LENGTH_BYTES, "big"))
        parts.append(entry)
    return b"".join(parts)


def bundle_decode(data: bytes, width: int) -> list[bytes]:
    """The entries of a bundle, which must be exactly as many as it should hold.

    Raises:
        RefusedError: There are fewer or more, or the last one is cut.
    """
    entries: list[bytes] = []
    position = 0
    while position < len(data):
        begin = position + _LENGTH_BYTES
        position = begin + int.from_bytes(data[position:begin], "big")
        if position > len(data) or len(entries) == width:
            raise RefusedError("tile.bundle", f"an entry bundle does not hold exactly {width} entries")
        entries.append(data[begin:position])
    if len(entries) != width:
        raise RefusedError("tile.bundle", f"an entry bundle does not hold exactly {width} entries")
    return entries


class TileTree:
    """A tree that grows by leaf hashes and gives out each of its hash tiles once.

    Writing a log and checking one are the same walk: the sink either stores a tile or compares it.
    """

    def __init__(self, sink: Sink) -> None:
        """Start empty; full tiles go to the sink as they fill."""
        self._sink = sink
        self._levels: list[list[bytes]] = [[]]
        self._counts = [0]
        self._full = CompactRange()  # over the roots of the full tiles of level 0

    @property
    def size(self) -> int:
        """Number of leaves."""
        return self._full.size * TILE_WIDTH + len(self._levels[0])

    def append(self, hashed: bytes) -> None:
        """Add one leaf hash."""
        self._push(0, hashed)

    def append_tile(self, root: bytes) -> None:
        """Add a full tile of leaf hashes by its root; that tile itself does not go to the sink.

        Raises:
            RefusedError: The last tile is not full yet.
        """
        if self._levels[0]:
            raise RefusedError("tile.order", "a tile can only follow a full one")
        self._up(0, root)

    def root(self) -> bytes:
        """Root of the tree so far."""
        rest = CompactRange()
        rest.extend(self._levels[0])
        return self.root_with(rest)

    def root_with(self, rest: CompactRange) -> bytes:
        """Root of the full tiles so far followed by at most one tile of further leaves."""
        hashes = [*self._full.hashes, *rest.hashes]
        if not hashes:
            return EMPTY_ROOT
        result = hashes.pop()
        for hashed in reversed(hashes):
            result = node_hash(hashed, result)
        return result

    def root_after(self, root: bytes) -> bytes:
        """Root of the full tiles so far followed by one more, given by its own root."""
        full = self._full.copy()
        full.append(root)
        return full.root()

    def close(self) -> None:
        """Give out the tiles that are not full."""
        for level, pending in enumerate(self._levels):
            if pending:
                self._sink(tile_path(level, self._counts[level], len(pending)), b"".join(pending))

    def _push(self, level: int, hashed: bytes) -> None:
        if level == len(self._levels):
            self._levels.append([])
            self._counts.append(0)
        pending = self._levels[level]
        pending.append(hashed)
        if len(pending) < TILE_WIDTH:
            return
        self._sink(tile_path(level, self._counts[level]), b"".join(pending))
        root = perfect_root(pending)
        pending.clear()
        self._up(level, root)

    def _up(self, level: int, root: bytes) -> None:
        """Count a full tile and put its root on the next level."""
        self._counts[level] += 1
        if level == 0:
            self._full.append(root)
        self._push(level + 1, root)


def export_tiles(directory: Path, entries: Iterable[bytes]) -> tuple[int, bytes]:
    """Write the tiles and entry bundles of a whole log below a directory, in flat memory.

    Args:
        directory: Where ``tile/`` is written; files that are there already must not be.
        entries: The data of every leaf, in order.

    Returns:
        Size and root of the tree.

    Raises:
        RefusedError: An entry is too long.
        FileExistsError: A tile is there already.
    """

    def store(path: str, data: bytes) -> None:
        target = directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as stream:
            stream.write(data)

    tree = TileTree(store)
    bundle: list[bytes] = []
    for entry in entries:
        bundle.append(entry)
        if len(bundle) == TILE_WIDTH:
            store(tile_path("entries", tree.size // TILE_WIDTH), bundle_encode(bundle))
            bundle.clear()
        tree.append(leaf_hash(entry))
    if bundle:
        path = tile_path("entries", tree.size // TILE_WIDTH, len(bundle))
        store(path, bundle_encode(bundle))
    tree.close()
    return tree.size, tree.root()


def tile_node(read: Callable[[str], bytes], size: int, level: int, index: int) -> bytes:
    """A stored hash of a log: covers the leaves ``[index * 2**level, (index + 1) * 2**level)``.

    With :func:`countersign_verify.merkle.range_root` this makes proofs from a few tiles.

    Args:
        read: Reads a tile by its path.
        size: Number of leaves of the log.
        level: Level of the hash, counted from the leaves.
        index: Its number within the level.

    Raises:
        RefusedError: The log has no such hash, or a tile is cut.
    """
    tile_level, inside = divmod(level, 8)
    row_size = size >> (8 * tile_level)
    first, last = index << inside, (index + 1) << inside
    if last > row_size:
        raise RefusedError("tile.absent", f"a log of {size} has no complete node {index} of level {level}")
    tile, begin = divmod(first, TILE_WIDTH)
    width = min(TILE_WIDTH, row_size - tile * TILE_WIDTH)
    data = read(tile_path(tile_level, tile, width))
    if len(data) != width * HASH_SIZE:
        raise RefusedError("tile.size", "a tile does not have the size it must have")
    end = begin + (last - first)
    hashes = [data[at * HASH_SIZE : (at + 1) * HASH_SIZE] for at in range(begin, end)]
    return perfect_root(hashes)


def _level_paths(level: int | str, size: int) -> Iterator[tuple[str, int]]:
    for index in range(size // TILE_WIDTH):
        yield tile_path(level, index), TILE_WIDTH
    if rest := size % TILE_WIDTH:
        yield tile_path(level, size // TILE_WIDTH, rest), rest
