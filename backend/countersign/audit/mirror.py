"""The log's copy in the object store: tiles, entries and checkpoints (C2SP tlog-tiles), under its lock.

Nothing there is ever replaced, so a database that was cut off, rolled back or rewritten, even one that was
signed again, no longer fits its mirror. A step copies up to a signed checkpoint: what it is about to write
is first proved to extend what lies there and to have the signed root; the checkpoint is written last. A step
that was interrupted is simply taken again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from countersign.audit.errors import MirrorDisagrees
from countersign.audit.models import AuditCheckpoint
from countersign.audit.selectors import entries_iterate
from countersign.audit.sequencing import ORIGIN
from countersign.shared.clock import now
from countersign.shared.keys import public_key
from countersign.shared.storage import ObjectMissing
from countersign_verify.errors import RefusedError
from countersign_verify.merkle import EMPTY_ROOT, HASH_SIZE, leaf_hash, perfect_root, range_root
from countersign_verify.notes import Checkpoint, checkpoint_open, verifier_key
from countersign_verify.tiles import TILE_WIDTH, bundle_encode, tile_node, tile_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from countersign.shared.storage import ObjectStore

PREFIX = "log"
RETAIN_DAYS = 365
# A step holds the hashes of so many leaves, unless a single checkpoint is further away.
STEP = 1 << 16


@dataclass(frozen=True, slots=True)
class Mirrored:
    """The newest checkpoint of the mirror.

    Attributes:
        number: which one it is, counted from 1; 0 for an empty mirror.
        size: how many events it covers.
        root: the root of their tree.
    """

    number: int
    size: int
    root: bytes


def checkpoint_key(number: int) -> str:
    """Return where the mirror keeps its checkpoint of this number."""
    return f"{PREFIX}/checkpoints/{number:010d}"


def mirror_newest(store: ObjectStore) -> Mirrored:
    """Return the newest checkpoint of the mirror, its signature checked.

    Raises:
        MirrorDisagrees: it was hidden, overwritten, or is not one that this log's key signed.
        StorageRefused: the store does not answer.
    """
    number = _newest_number(store)
    if not number:
        return Mirrored(0, 0, EMPTY_ROOT)
    key = checkpoint_key(number)
    try:
        note = store.get(key)
        signed, _ = checkpoint_open(note, [verifier_key(ORIGIN, public_key("log").public)], origin=ORIGIN)
    except (ObjectMissing, RefusedError) as error:
        message = f"the mirror's checkpoint '{key}' was hidden or overwritten: {error}"
        raise MirrorDisagrees(message, key=key) from error
    return Mirrored(number, signed.size, signed.root)


def _newest_number(store: ObjectStore) -> int:
    """Find the last of the numbered checkpoints by doubling and halving: a store need not list."""
    above = 1
    while store.was_stored(checkpoint_key(above)):
        above *= 2
    below = above // 2
    while above - below > 1:
        middle = (above + below) // 2
        if store.was_stored(checkpoint_key(middle)):
            below = middle
        else:
            above = middle
    return below


def mirror_compare(mirrored: Mirrored) -> int:
    """Hold the database against its mirror; return how many sequenced events are not mirrored yet.

    Raises:
        MirrorDisagrees: the database ends before its mirror, or never had the checkpoint that lies there.
    """
    newest = AuditCheckpoint.objects.order_by("-tree_size").values_list("tree_size", flat=True).first() or 0
    if newest < mirrored.size:
        message = (
            f"the log ends after {newest} events, and its mirror has {mirrored.size}: its end was cut off"
        )
        raise MirrorDisagrees(message, database=newest, mirror=mirrored.size)
    if mirrored.size:
        roots = AuditCheckpoint.objects.filter(tree_size=mirrored.size).values_list("root", flat=True)
        if [bytes(root) for root in roots] != [mirrored.root]:
            message = f"the log's first {mirrored.size} events are not those of its mirror: it was rewritten"
            raise MirrorDisagrees(message, mirror=mirrored.size)
    return newest - mirrored.size


@dataclass(frozen=True, slots=True)
class MirrorStatus:
    """How the mirror stands to the database.

    Attributes:
        size: events in the mirror.
        waiting: sequenced events that are not there yet.
        oldest_seconds: for how long the first checkpoint over one of them has waited, 0 when none does.
    """

    size: int
    waiting: int
    oldest_seconds: float


def mirror_status(store: ObjectStore) -> MirrorStatus:
    """Hold the database against its mirror, and say how far the mirror is behind.

    Raises:
        MirrorDisagrees: the two are not one log.
        StorageRefused: the store does not answer.
    """
    mirrored = mirror_newest(store)
    waiting = mirror_compare(mirrored)
    later = AuditCheckpoint.objects.filter(tree_size__gt=mirrored.size).order_by("tree_size")
    since = later.values_list("created_at", flat=True).first()
    oldest = max(0.0, (now() - since).total_seconds()) if since else 0.0
    return MirrorStatus(mirrored.size, waiting, oldest)


def mirror_advance(store: ObjectStore, mirrored: Mirrored) -> Mirrored:
    """Copy what follows, up to a signed checkpoint; return the mirror's newest one, the same when done.

    Raises:
        MirrorDisagrees: the log does not extend what lies in the mirror; nothing is written then.
        StorageRefused: the store does not answer or did not keep what it was given.
    """
    if not mirror_compare(mirrored):
        return mirrored
    target = _target(mirrored.size)
    try:
        signed, tiles = _tiles_proved(store, mirrored, target)
    except (ObjectMissing, RefusedError) as error:
        message = f"what lies in the mirror and what follows it in the log do not fit together: {error}"
        raise MirrorDisagrees(message, mirror=mirrored.size) from error
    for path, bundle in _bundles(mirrored.size, target.tree_size):
        store.put(f"{PREFIX}/{path}", bundle, retain_days=RETAIN_DAYS)
    for path, tile in tiles.items():
        store.put(f"{PREFIX}/{path}", tile, retain_days=RETAIN_DAYS)
    number = mirrored.number + 1
    store.put(checkpoint_key(number), target.note.encode(), retain_days=RETAIN_DAYS)
    return Mirrored(number, signed.size, signed.root)


def _tiles_proved(
    store: ObjectStore, mirrored: Mirrored, target: AuditCheckpoint
) -> tuple[Checkpoint, dict[str, bytes]]:
    """Return what ``target`` signed and the missing tiles, proved to make the mirror that tree."""
    signed, _ = checkpoint_open(target.note, [verifier_key(ORIGIN, public_key("log").public)], origin=ORIGIN)
    tiles = _tiles(store, mirrored.size, target.tree_size)

    def read(path: str) -> bytes:
        return tiles[path] if path in tiles else store.get(f"{PREFIX}/{path}")

    if signed != Checkpoint(ORIGIN, target.tree_size, _root(read, target.tree_size)):
        raise RefusedError(
            "mirror.root", f"the events up to {target.tree_size} are not those that were signed"
        )
    return signed, tiles


def _target(size: int) -> AuditCheckpoint:
    later = AuditCheckpoint.objects.filter(tree_size__gt=size)
    within = later.filter(tree_size__lte=size + STEP).order_by("-tree_size").first()
    return within or later.order_by("tree_size")[0]


def _tiles(store: ObjectStore, old: int, new: int) -> dict[str, bytes]:
    """Return the hash tiles that a log of ``new`` events has and one of ``old`` had not."""
    tiles: dict[str, bytes] = {}
    row = [leaf_hash(entry) for entry in entries_iterate(start=old - old % TILE_WIDTH, size=new)]
    level = 0
    while row:
        index, width = divmod(old, TILE_WIDTH)
        if width:
            # What lies there comes first: on the lowest level it must be what the database still has.
            kept = _split(store.get(f"{PREFIX}/{tile_path(level, index, width)}"))
            if level == 0 and row[:width] != kept:
                raise RefusedError("mirror.rewritten", f"the events before {old} are not those of the mirror")
            row = [*kept, *(row[width:] if level == 0 else row)]
        chunks = [row[begin : begin + TILE_WIDTH] for begin in range(0, len(row), TILE_WIDTH)]
        for number, chunk in enumerate(chunks, index):
            tiles[tile_path(level, number, len(chunk))] = b"".join(chunk)
        row = [perfect_root(chunk) for chunk in chunks if len(chunk) == TILE_WIDTH]
        old, level = index, level + 1
    return tiles


def _split(tile: bytes) -> list[bytes]:
    return [tile[at : at + HASH_SIZE] for at in range(0, len(tile), HASH_SIZE)]


def _root(read: Callable[[str], bytes], size: int) -> bytes:
    return range_root(0, size, lambda level, index: tile_node(read, size, level, index))


def _bundles(old: int, new: int) -> Iterator[tuple[str, bytes]]:
    """Yield the entry bundles that go with the new tiles, one at a time."""
    index, bundle = old // TILE_WIDTH, list[bytes]()
    for entry in entries_iterate(start=index * TILE_WIDTH, size=new):
        bundle.append(entry)
        if len(bundle) == TILE_WIDTH:
            yield tile_path("entries", index), bundle_encode(bundle)
            index, bundle = index + 1, []
    if bundle:
        yield tile_path("entries", index, len(bundle)), bundle_encode(bundle)
