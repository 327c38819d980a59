"""Reading a whole log: every entry, every tile, the root at every checkpoint."""

from collections.abc import Sequence

from countersign_verify.errors import RefusedError
from countersign_verify.log_bundles import HASHES_BYTES, ID_BYTES, Bundle, bundles_read, tile_refusal
from countersign_verify.log_clock import Clock
from countersign_verify.log_events import LogContent
from countersign_verify.log_files import LogFiles
from countersign_verify.merkle import CompactRange
from countersign_verify.notes import Checkpoint
from countersign_verify.tiles import TILE_WIDTH, TileTree, tile_path


def log_read(files: LogFiles, checkpoints: Sequence[Checkpoint], clock: Clock) -> LogContent:
    """Read every entry, recompute every tile and the root at every checkpoint.

    Memory holds the id of every event (about 100 bytes each), to see that none occurs twice, and little else.

    Args:
        files: The export.
        checkpoints: The checkpoints to hold the tree against, by ascending size; the last is the newest.
        clock: Given the times of the events, in order.

    Returns:
        The events that other checks need.

    Raises:
        RefusedError: A tile or a root is another, or an event is malformed or occurs twice.
    """

    def compare(path: str, data: bytes) -> None:
        if files.read(path, HASHES_BYTES) != data:
            raise tile_refusal(path)

    tree = TileTree(compare)
    content = LogContent(checkpoints[-1].size)
    seen: set[bytes] = set()
    waiting = list(reversed(checkpoints))
    _roots_check(tree, Bundle(0), waiting)  # of the empty log
    for bundle in bundles_read(files, content.size, [item.size for item in checkpoints]):
        _ids_check(bundle, seen, content.size)
        clock.take(bundle.first, bundle.times)
        content.events += bundle.events
        if bundle.width == 0 and bundle.error is not None:
            raise bundle.error
        _roots_check(tree, bundle, waiting)
        if bundle.error is not None:
            raise bundle.error
        if bundle.root is None:
            for hashed in bundle.hashes:
                tree.append(hashed)
        else:
            tree.append_tile(bundle.root)
    tree.close()
    return content


def _ids_check(bundle: Bundle, seen: set[bytes], size: int) -> None:
    ids = [bundle.ids[at : at + ID_BYTES] for at in range(0, len(bundle.ids), ID_BYTES)]
    if seen.isdisjoint(ids) and len(set(ids)) == len(ids):
        seen.update(ids)
        return
    for offset, event_id in enumerate(ids):
        if event_id in seen:
            path = tile_path("entries", bundle.first // TILE_WIDTH, min(TILE_WIDTH, size - bundle.first))
            raise RefusedError("event.twice", f"{path}, event {bundle.first + offset}: its id occurs twice")
        seen.add(event_id)


def _roots_check(tree: TileTree, bundle: Bundle, waiting: list[Checkpoint]) -> None:
    """Compare the roots of the checkpoints whose last leaf lies in this bundle."""
    rest = CompactRange()
    while waiting and waiting[-1].size <= bundle.first + bundle.width:
        checkpoint = waiting.pop()
        if bundle.root is not None and checkpoint.size == bundle.first + TILE_WIDTH:
            root = tree.root_after(bundle.root)
        else:
            rest.extend(bundle.hashes[rest.size : checkpoint.size - bundle.first])
            root = tree.root_with(rest)
        if root != checkpoint.root:
            raise RefusedError(
                "tree.root", f"the entries do not give the root signed at size {checkpoint.size}"
            )
