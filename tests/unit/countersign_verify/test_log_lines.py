"""Events that were taken out of a log, each line checked by itself."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from countersign_verify.canonical import canonical_bytes, canonical_object
from countersign_verify.cli import FAILED, OK, USAGE, main
from countersign_verify.log_lines import MAX_LINE_BYTES, event_line, events_verify, header_line
from countersign_verify.merkle import inclusion_ranges, leaf_hash, root_of
from countersign_verify.notes import ALGORITHM_COSIGNATURE, verifier_key
from countersign_verify.report import Report, Status
from countersign_verify.trust import Trust
from tests.unit.countersign_verify.samples import KEYS, trust
from tests.unit.countersign_verify.second import events_case
from tests.unit.countersign_verify.worlds import World, agree

SIZE = 300
PLACES = (299, 256, 255, 7, 0)
SEARCH = {"type": "run.", "since": "2026-02-01T00:00:00+00:00"}


def line_of(world: World, index: int, size: int) -> bytes:
    hashes = [leaf_hash(entry) for entry in world.entries[:size]]
    proof = [root_of(hashes[begin:end]) for begin, end in inclusion_ranges(index, size)]
    return event_line(world.entries[index], index, proof)


@pytest.fixture(scope="module")
def lines() -> list[bytes]:
    """A header and five events. Tests must not change them."""
    world = World()
    world.filler(SIZE)
    return [header_line(world.note(SIZE), SEARCH), *(line_of(world, place, SIZE) for place in PLACES)]


def check(tmp_path: Path, lines: list[bytes], trusted: Trust) -> Report:
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"".join(lines))
    report = Report("", trusted.describe())
    events_verify(file, trusted, report)
    agree(events_case(file, trusted.raw), report)
    return report


def failed(report: Report) -> dict[str, str]:
    return {each.name: each.detail for each in report.failures}


def test_events_verify_proves_every_line(tmp_path: Path, lines: list[bytes], trusted: Trust) -> None:
    report = check(tmp_path, lines, trusted)
    told = {each.name: (each.status, each.detail) for each in report.checks}
    assert told["checkpoint"] == (Status.OK, "300 events of log.example/test")
    assert told["events"] == (Status.OK, "5, each once and proved to be in the log")
    assert told["witnesses"][0] is told["completeness"][0] is Status.NOT_COVERED
    assert report.holds


def test_events_verify_takes_a_search_that_found_nothing(
    tmp_path: Path, lines: list[bytes], trusted: Trust
) -> None:
    report = check(tmp_path, lines[:1], trusted)
    assert report.holds
    assert "0, each once" in "\n".join(report.lines())


def test_event_line_is_canonical_json(lines: list[bytes]) -> None:
    for line in lines:
        assert canonical_bytes(canonical_object(line[:-1])) + b"\n" == line


def test_events_verify_names_each_of_the_lines_that_were_changed(
    tmp_path: Path, lines: list[bytes], trusted: Trust
) -> None:
    bent = [lines[0], lines[1], lines[2].replace(b'"n":256', b'"n":257'), lines[3], lines[4]]
    bent.append(lines[5].replace(b'"leaf_index":0', b'"leaf_index":1'))
    report = check(tmp_path, bent, trusted)
    assert set(failed(report)) == {"line 3", "line 6"}
    assert all("merkle" in detail for detail in failed(report).values())


Bend = Callable[[dict[str, Any]], object]
BENDS: list[tuple[str, Bend]] = [
    ("merkle.inclusion", lambda line: line["proof"].reverse()),
    ("merkle.proof", lambda line: line["proof"].pop()),
    ("merkle.index", lambda line: line.update(leaf_index=SIZE)),
    ("merkle.index", lambda line: line.update(leaf_index=-1)),
    ("field.type", lambda line: line.update(leaf_index="7")),
    ("field.type", lambda line: line.update(proof=[7])),
    ("encoding.base64", lambda line: line.update(proof=["?"])),
    ("field.type", lambda line: line.update(event="an event")),
    ("field.missing", lambda line: line.pop("proof")),
    ("field.missing", lambda line: line["event"].pop("actor")),
    ("field.unknown", lambda line: line.update(more=1)),
    ("merkle.inclusion", lambda line: line["event"].update(time="2026-02-02T00:00:00.000000Z")),
]


@pytest.mark.parametrize(("code", "bend"), BENDS)
def test_events_verify_refuses_a_bent_line(
    tmp_path: Path, lines: list[bytes], trusted: Trust, code: str, bend: Bend
) -> None:
    data: dict[str, Any] = canonical_object(lines[4][:-1])
    bend(data)
    report = check(tmp_path, [*lines[:4], canonical_bytes(data) + b"\n"], trusted)
    (name, detail), *others = failed(report).items()
    assert (name, others) == ("line 5", [])
    assert code in detail


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"\n", "json"),
        (b"{}\n", "field.missing"),
        (b"x" * (MAX_LINE_BYTES + 5) + b"\n", "events.line"),
        (b'{"event": 1}\n', "json"),
    ],
)
def test_events_verify_refuses_what_is_no_such_line_and_reads_on(
    tmp_path: Path, lines: list[bytes], trusted: Trust, line: bytes, code: str
) -> None:
    report = check(tmp_path, [lines[0], line, lines[1]], trusted)
    assert set(failed(report)) == {"line 2"}
    assert code in failed(report)["line 2"]


def test_events_verify_refuses_a_line_that_was_cut(
    tmp_path: Path, lines: list[bytes], trusted: Trust
) -> None:
    assert "events.line" in failed(check(tmp_path, [*lines[:2], lines[2][:-9]], trusted))["line 3"]
    assert "events.line" in failed(check(tmp_path, [*lines[:2], lines[2][:-1]], trusted))["line 3"]


def test_events_verify_refuses_an_event_that_stands_there_twice(
    tmp_path: Path, lines: list[bytes], trusted: Trust
) -> None:
    assert "events.twice" in failed(check(tmp_path, [*lines, lines[2]], trusted))["line 7"]


def test_events_verify_names_only_the_first_of_many(
    tmp_path: Path, lines: list[bytes], trusted: Trust
) -> None:
    told = failed(check(tmp_path, [lines[0], *([b"{}\n"] * 50)], trusted))
    assert len(told) == 21
    assert told["events"].startswith("50 lines do not hold")


@pytest.mark.parametrize(
    ("bend", "code"),
    [
        (lambda head: head.update(format="other"), "events.format"),
        (lambda head: head.update(search="all"), "field.type"),
        (lambda head: head.update(more=1), "field.unknown"),
        (lambda head: head.update(checkpoint=head["checkpoint"].replace("300", "301")), "note"),
    ],
)
def test_events_verify_goes_no_further_than_its_header(
    tmp_path: Path, lines: list[bytes], trusted: Trust, bend: Bend, code: str
) -> None:
    head: dict[str, Any] = canonical_object(lines[0][:-1])
    bend(head)
    report = check(tmp_path, [canonical_bytes(head) + b"\n", *lines[1:]], trusted)
    assert set(failed(report)) == {"checkpoint"}
    assert code in failed(report)["checkpoint"]
    assert report.checks[-1].detail.startswith("not reached")


def test_events_verify_refuses_an_empty_file(tmp_path: Path, trusted: Trust) -> None:
    assert "events.header" in failed(check(tmp_path, [], trusted))["checkpoint"]


def test_events_verify_asks_for_the_witnesses_that_the_trust_file_names(
    tmp_path: Path, lines: list[bytes]
) -> None:
    witness = verifier_key("witness.example", KEYS["witness"].public_key(), ALGORITHM_COSIGNATURE)
    report = check(tmp_path, lines, trust(mode="witnessed", witnesses=[witness], quorum=1))
    assert set(failed(report)) == {"witnesses"}


def test_events_command_says_what_holds_and_what_does_not(
    tmp_path: Path, lines: list[bytes], trust_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"".join(lines))
    assert main(["events", str(file), "--trust", str(trust_file)]) == OK
    assert "5, each once and proved" in capsys.readouterr().out
    file.write_bytes(b"".join([lines[0], b"{}\n"]))
    assert main(["events", str(file), "--trust", str(trust_file), "--json"]) == FAILED
    assert json.loads(capsys.readouterr().out)["failed"] == ["line 2"]
    assert main(["events", str(tmp_path), "--trust", str(trust_file)]) == USAGE
    assert "is not a file" in capsys.readouterr().err
