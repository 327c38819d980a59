"""One event of a log: that the newest checkpoint covers it, from a handful of tiles."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

from countersign_verify.canonical import canonical_object
from countersign_verify.encoding import field
from countersign_verify.log_events import event_read
from countersign_verify.log_files import LogFiles, checkpoint_read
from countersign_verify.merkle import inclusion_ranges, leaf_hash, range_root, verify_inclusion
from countersign_verify.notes import Checkpoint
from countersign_verify.report import Report
from countersign_verify.tiles import MAX_BUNDLE_BYTES, TILE_WIDTH, bundle_decode, tile_node, tile_path
from countersign_verify.trust import SELF_ATTESTED, Trust

_TILE_BYTES = TILE_WIDTH * 32


def event_verify(directory: Path, index: int, trust: Trust, report: Report) -> None:
    """Check that one event of an export is part of the log that its newest checkpoint signs.

    Args:
        directory: The export, or a mirror in the same layout.
        index: Place of the event in the log, from 0.
        trust: The keys to believe.
        report: Where every check is noted.
    """
    files = report.attempt("files", lambda: LogFiles(directory), lambda found: f"{len(found.names)} files")
    if files is None:
        return
    head = report.attempt(
        "checkpoint",
        lambda: checkpoint_read(files, trust),
        lambda found: f"{found[0].size} events of {found[0].origin}",
    )
    if head is None:
        report.not_covered("event", "not reached: an earlier check failed")
        return
    if trust.mode == SELF_ATTESTED:
        report.not_covered("witnesses", "self-attested: the trust file names no independent witness")
    else:
        report.attempt(
            "witnesses",
            lambda: trust.witnesses_check(head[1]),
            lambda count: f"{count} cosigned the newest checkpoint",
        )
    report.attempt("event", lambda: entry_prove(files, head[0], index), lambda entry: _detail(entry, index))
    report.not_covered("rest", "only this event was looked at: 'log' checks them all and what lies beside")


def entry_prove(files: LogFiles, head: Checkpoint, index: int) -> bytes:
    """Return the entry at a place of the log, proved to be there (RFC 6962 section 2.1.1).

    Args:
        files: The export.
        head: Its newest checkpoint, opened.
        index: Place of the entry, from 0.

    Raises:
        RefusedError: There is no such entry, a tile is missing or cut, the entry is not the one that the
            checkpoint covers, or it is no event.
    """
    ranges = inclusion_ranges(index, head.size)
    number = index // TILE_WIDTH
    width = min(TILE_WIDTH, head.size - number * TILE_WIDTH)
    bundle = files.read(tile_path("entries", number, width), MAX_BUNDLE_BYTES)
    entry = bundle_decode(bundle, width)[index % TILE_WIDTH]
    node = _nodes(files, head.size)
    proof = [range_root(begin, end, node) for begin, end in ranges]
    verify_inclusion(leaf_hash(entry), index, head.size, proof, head.root)
    event_read(entry, index)
    return entry


def _nodes(files: LogFiles, size: int) -> Callable[[int, int], bytes]:
    """Return a reader of the tree's stored hashes that reads each tile once."""

    @cache
    def read(path: str) -> bytes:
        return files.read(path, _TILE_BYTES)

    return lambda level, index: tile_node(read, size, level, index)


def _detail(entry: bytes, index: int) -> str:
    event = canonical_object(entry)
    subject = field(event, "subject", dict, "the event")
    return f"{index}: {event['type']} on {subject['type']} {subject['id']} at {event['time']}, proved"
