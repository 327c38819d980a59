"""Entry bundles of a log: their events and hashes, one bundle after the other or on several processors.

Every bundle can be judged by itself; what binds bundles to each other (ids that occur once, the upper levels
of the tree, the roots of checkpoints) is checked by :mod:`countersign_verify.log_events`, in order.
"""

import binascii
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import repeat

from countersign_verify.canonical import objects_canonical
from countersign_verify.errors import RefusedError
from countersign_verify.log_clock import event_time
from countersign_verify.log_events import LoggedEvent, event_read
from countersign_verify.log_files import LogFiles
from countersign_verify.merkle import leaf_hash, perfect_root
from countersign_verify.tiles import MAX_BUNDLE_BYTES, TILE_WIDTH, bundle_decode, tile_path
from countersign_verify.vocabulary import EVENT_DATA, PROOF_DIGEST

HASHES_BYTES = TILE_WIDTH * 32
ID_BYTES = 16
# Below this many entries starting other processes takes longer than they save.
PARALLEL_ABOVE = 100_000
_CHUNK = 128  # bundles that one process takes at a time
_MAX_PROCESSES = 8

# Printable ASCII without quote and backslash. Classes name what they allow, and texts give nothing back once
# they have matched: a pattern that says the same with classes that exclude takes almost twice as long.
_TEXT = rb'"[ !#-\[\]-~]*+"'
_BASE64 = rb'"([A-Za-z0-9+/]*={0,2})"'
_LABEL = rb'\{"ciphertext":' + _BASE64 + rb',"key":' + _TEXT + rb',"nonce":' + _BASE64 + rb"\}"
# The canonical form of an event whose texts need no escape: what nearly every event looks like. It decides
# nothing by itself: an event that it does not fit is read step by step.
_PLAIN_EVENT = re.compile(
    rb'\{"actor":\{"id":' + _TEXT + rb',"kind":' + _TEXT + rb',"label":'
    rb"(?:" + _LABEL + rb',"person_id":' + _TEXT + rb"|" + _TEXT + rb',"person_id":null)'
    rb',"roles":\[(?:' + _TEXT + rb"(?:," + _TEXT + rb')*)?\],"token_id":(?:null|' + _TEXT + rb")"
    rb',"unattended":(?:true|false)\},"correlation_id":' + _TEXT + rb',"data":(\{[ -~]*\})'
    rb',"id":"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"'
    rb',"subject":\{"id":' + _TEXT + rb',"type":' + _TEXT + rb"\}"
    rb',"time":"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z)"'
    rb',"type":"([a-z_]+(?:\.[a-z_]+)+)","v":1\}'
)
_HELD_AGAINST_FILES = frozenset(name.encode() for name in EVENT_DATA)
_PROOF = PROOF_DIGEST.encode()
_PLAIN_BRACKETS = 32
_of_process: list[LogFiles] = []


@dataclass(slots=True)
class Bundle:
    """What one entry bundle gave.

    Attributes:
        first: Index of its first entry.
        width: Number of its entries; 0 when they could not all be read.
        ids: The ids of its events, 16 bytes each; up to the first event that is malformed.
        times: The times of its events, 27 bytes each; none when an event is malformed.
        events: Those that the files of an export are held against.
        hashes: The leaf hashes, where they are needed: in the last tile and where a checkpoint ends.
        root: Root of the whole tile, when it is full.
        error: The first thing that does not hold.
    """

    first: int
    width: int = 0
    ids: bytes = b""
    times: bytes = b""
    events: list[LoggedEvent] = field(default_factory=list)
    hashes: list[bytes] = field(default_factory=list)
    root: bytes | None = None
    error: RefusedError | None = None


def bundles_read(files: LogFiles, size: int, ends: Sequence[int]) -> Iterator[Bundle]:
    """Read all entry bundles of a log, in order.

    Args:
        files: The export.
        size: Number of entries.
        ends: Sizes at which a root is known, ascending.

    Yields:
        The bundles; the first that carries an error is the last.
    """
    wanted = frozenset((end - 1) // TILE_WIDTH for end in ends if end % TILE_WIDTH)
    count = -(-size // TILE_WIDTH)
    processes = min(_MAX_PROCESSES, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1)
    if size < PARALLEL_ABOVE or processes == 1:
        for number in range(count):
            yield bundle_read(files, number, size, hashes_wanted=number in wanted)
        return
    starts = range(0, count, _CHUNK)
    chunks = [(start, min(count, start + _CHUNK)) for start in starts]
    needs = [wanted & frozenset(range(*chunk)) for chunk in chunks]
    # Only a large log needs them; on some systems they bring the network modules with them.
    import multiprocessing  # noqa: PLC0415
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415

    # Spawned, not forked: this may run in a program that has threads.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, _files_open, (files,)) as pool:
        try:
            for found in pool.map(_chunk_read, chunks, repeat(size), needs):
                yield from found
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def bundle_read(files: LogFiles, number: int, size: int, *, hashes_wanted: bool) -> Bundle:
    """Read one entry bundle and the tile of its hashes.

    Args:
        files: The export.
        number: Which bundle.
        size: Number of entries of the log.
        hashes_wanted: Give the leaf hashes of a full tile as well.
    """
    first = number * TILE_WIDTH
    width = min(TILE_WIDTH, size - first)
    path = tile_path("entries", number, width)
    bundle = Bundle(first)
    try:
        entries = bundle_decode(files.read(path, MAX_BUNDLE_BYTES), width)
    except RefusedError as error:
        bundle.error = RefusedError(error.code, f"{path}: {error.message}")
        return bundle
    _events_read(entries, path, bundle)
    if bundle.error is not None:
        return bundle
    bundle.width = width
    hashes = [leaf_hash(entry) for entry in entries]
    if hashes_wanted or width < TILE_WIDTH:
        bundle.hashes = hashes
    if width == TILE_WIDTH:
        bundle.root = perfect_root(hashes)
        bundle.error = _tile_check(files, tile_path(0, number), hashes)
    return bundle


def _tile_check(files: LogFiles, path: str, hashes: Sequence[bytes]) -> RefusedError | None:
    try:
        same = files.read(path, HASHES_BYTES) == b"".join(hashes)
    except RefusedError as error:
        return error
    return None if same else tile_refusal(path)


def tile_refusal(path: str) -> RefusedError:
    """Return the error for a tile that holds other hashes."""
    return RefusedError("tile.hash", f"the tile {path} does not hold the hashes of its entries")


def _events_read(entries: Sequence[bytes], path: str, bundle: Bundle) -> None:
    ids: list[bytes] = []
    data: list[bytes] = []
    times: list[bytes] = []
    try:
        for offset, entry in enumerate(entries):
            plain = _plain_event(entry)
            if plain is not None:
                data.append(plain[0])
                ids.append(plain[1])
                times.append(plain[2])
                continue
            event_id, event = event_read(entry, bundle.first + offset)
            ids.append(event_id.encode())
            times.append(event_time(entry))
            if event is not None:
                bundle.events.append(event)
        whole = objects_canonical(data)
    except RefusedError:
        whole = False
    if whole:
        bundle.ids = _ids_join(ids)
        bundle.times = b"".join(times)
    else:
        _first_error(entries, path, bundle)


def _first_error(entries: Sequence[bytes], path: str, bundle: Bundle) -> None:
    """Read every event step by step, to say which is the first that does not hold, and why."""
    ids: list[bytes] = []
    bundle.events = []
    for offset, entry in enumerate(entries):
        index = bundle.first + offset
        try:
            event_id, event = event_read(entry, index)
        except RefusedError as error:
            bundle.error = RefusedError(error.code, f"{path}, event {index}: {error.message}")
            break
        ids.append(event_id.encode())
        if event is not None:
            bundle.events.append(event)
    else:
        bundle.times = b"".join(map(event_time, entries))
    bundle.ids = _ids_join(ids)


def _ids_join(ids: Sequence[bytes]) -> bytes:
    return bytes.fromhex(b"".join(ids).replace(b"-", b"").decode())


def _plain_event(entry: bytes) -> tuple[bytes, bytes, bytes] | None:
    """Return data, id and time of an event in the common form, ``None`` for any other."""
    found = _PLAIN_EVENT.fullmatch(entry)
    if found is None:
        return None
    ciphertext, nonce, data, event_id, time, kind = found.groups()
    if kind in _HELD_AGAINST_FILES or _PROOF in data:
        return None
    if data.count(b"{") + data.count(b"[") > _PLAIN_BRACKETS:
        return None
    if ciphertext is not None and not (_base64_canonical(ciphertext) and _base64_canonical(nonce)):
        return None
    return data, event_id, time


def _base64_canonical(text: bytes) -> bool:
    try:
        return binascii.b2a_base64(binascii.a2b_base64(text), newline=False) == text
    except binascii.Error:
        return False


def _files_open(files: LogFiles) -> None:
    """Prepare a process of the pool: it reads the same export."""
    _of_process.append(files)


def _chunk_read(chunk: tuple[int, int], size: int, wanted: frozenset[int]) -> list[Bundle]:
    found: list[Bundle] = []
    for number in range(*chunk):
        found.append(bundle_read(_of_process[-1], number, size, hashes_wanted=number in wanted))
        if found[-1].error is not None:
            break
    return found
