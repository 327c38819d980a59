"""Single events of a log, one a line, each with the proof that a signed checkpoint covers it."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from countersign_verify.canonical import MAX_DEPTH, Json, JsonInput, canonical_bytes, canonical_object
from countersign_verify.encoding import base64_decode, base64_encode, field, keys_exact
from countersign_verify.errors import RefusedError
from countersign_verify.log_events import event_read
from countersign_verify.log_files import MAX_NOTE_BYTES, checkpoint_verify
from countersign_verify.merkle import leaf_hash, verify_inclusion
from countersign_verify.notes import Checkpoint, OpenedNote
from countersign_verify.report import Report, Status
from countersign_verify.tiles import MAX_ENTRY_BYTES
from countersign_verify.trust import SELF_ATTESTED, Trust

FORMAT = "countersign/events/v1"
# An event, and a proof of 64 hashes in base64 with quotes and commas.
MAX_LINE_BYTES = MAX_ENTRY_BYTES + 8 * 1024
MAX_HEADER_BYTES = 2 * MAX_NOTE_BYTES
_HEADER = frozenset({"checkpoint", "format", "search"})
_LINE = frozenset({"event", "leaf_index", "proof"})
_FAILURES_SHOWN = 20


@dataclass(slots=True)
class Counted:
    """How the lines did.

    Attributes:
        proved: Lines that hold.
        failed: Lines that do not.
    """

    proved: int = 0
    failed: int = 0


def header_line(note: str, search: Mapping[str, JsonInput]) -> bytes:
    """The first line: the checkpoint that every proof leads to, and what was searched for.

    Args:
        note: The signed note.
        search: The conditions, for whoever reads the file; nothing proves them.
    """
    return canonical_bytes({"checkpoint": note, "format": FORMAT, "search": dict(search)}) + b"\n"


def event_line(event: bytes, index: int, proof: Sequence[bytes]) -> bytes:
    """One event in its canonical form, with its place and its inclusion proof (RFC 6962 section 2.1.1)."""
    hashes = canonical_bytes([base64_encode(each) for each in proof])
    return b'{"event":%b,"leaf_index":%d,"proof":%b}\n' % (event, index, hashes)


def events_verify(path: Path, trust: Trust, report: Report) -> None:
    """Check every line of a file of events.

    Args:
        path: The file.
        trust: The keys to believe.
        report: Where every check is noted; each line that does not hold is named.
    """
    with path.open("rb") as stream:
        head = report.attempt(
            "checkpoint",
            lambda: _header(stream.readline(MAX_HEADER_BYTES), trust),
            lambda found: f"{found[0].size} events of {found[0].origin}",
        )
        if head is None:
            report.not_covered("events", "not reached: an earlier check failed")
            return
        if trust.mode == SELF_ATTESTED:
            report.not_covered("witnesses", "self-attested: the trust file names no independent witness")
        else:
            report.attempt(
                "witnesses",
                lambda: trust.witnesses_check(head[1]),
                lambda count: f"{count} cosigned the checkpoint",
            )
        counted = _lines_check(_lines(stream), head[0], report)
    if counted.failed > _FAILURES_SHOWN:
        report.add("events", Status.FAILED, f"{counted.failed} lines do not hold, and only some were named")
    if not counted.failed:
        report.add("events", Status.OK, f"{counted.proved}, each once and proved to be in the log")
    report.not_covered(
        "completeness",
        "that these are all events of the search: 'log' with the whole log shows what there is",
    )


def _header(line: bytes, trust: Trust) -> tuple[Checkpoint, OpenedNote]:
    if not line.endswith(b"\n"):
        raise RefusedError("events.header", "the first line is too long or not ended")
    data = canonical_object(line[:-1])
    keys_exact(data, _HEADER, "the first line")
    if data["format"] != FORMAT:
        raise RefusedError("events.format", f"the file is not of the format {FORMAT}")
    field(data, "search", dict, "the first line")
    return checkpoint_verify(field(data, "checkpoint", str, "the first line"), trust)


def _lines(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The lines after the first one, numbered as an editor does, cut where one is too long to be one."""
    number = 1
    while line := stream.readline(MAX_LINE_BYTES):
        number += 1
        yield number, line
        while line and not line.endswith(b"\n"):
            line = stream.readline(MAX_LINE_BYTES)


def _lines_check(lines: Iterator[tuple[int, bytes]], head: Checkpoint, report: Report) -> Counted:
    counted = Counted()
    places: set[int] = set()
    for number, line in lines:
        try:
            places.add(_line_check(line, head, places))
        except RefusedError as error:
            counted.failed += 1
            if counted.failed <= _FAILURES_SHOWN:
                report.add(f"line {number}", Status.FAILED, str(error), (error.code,))
        else:
            counted.proved += 1
    return counted


def _line_check(line: bytes, head: Checkpoint, places: AbstractSet[int]) -> int:
    """Return the place of the event in a line that holds."""
    if not line.endswith(b"\n"):
        raise RefusedError("events.line", "the line is too long or not ended")
    # The event is nested once more than it is by itself.
    data = canonical_object(line[:-1], max_depth=MAX_DEPTH + 1)
    keys_exact(data, _LINE, "the line")
    index = field(data, "leaf_index", int, "the line")
    if index in places:
        raise RefusedError("events.twice", f"the event {index} stands here a second time")
    event = canonical_bytes(field(data, "event", dict, "the line"))
    event_read(event, index)
    proof = [_hash(each) for each in field(data, "proof", list, "the line")]
    verify_inclusion(leaf_hash(event), index, head.size, proof, head.root)
    return index


def _hash(text: Json) -> bytes:
    if not isinstance(text, str):
        raise RefusedError("field.type", "the proof of the line is not a list of texts")
    return base64_decode(text)
