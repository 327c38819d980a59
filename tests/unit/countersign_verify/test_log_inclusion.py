"""One event of a log, proved from a few tiles."""

import json
from pathlib import Path

import pytest

from countersign_verify.cli import FAILED, OK, main
from countersign_verify.log_files import LogFiles, checkpoint_read
from countersign_verify.log_inclusion import entry_prove, event_verify
from countersign_verify.notes import ALGORITHM_COSIGNATURE, verifier_key
from countersign_verify.report import Report, Status
from countersign_verify.tiles import tile_path
from countersign_verify.trust import Trust
from tests.unit.countersign_verify.samples import KEYS, refused, trust
from tests.unit.countersign_verify.second import event_case
from tests.unit.countersign_verify.worlds import World, agree


def event_checked(directory: Path, index: int, trusted: Trust) -> Report:
    """What is said of one event; the browser's verifier has to say the same."""
    report = Report("", trusted.describe())
    event_verify(directory, index, trusted, report)
    agree(event_case(directory, index, trusted.raw), report)
    return report


def export_of(directory: Path, count: int) -> tuple[Path, World]:
    world = World()
    world.filler(count)
    return world.write(directory / "export"), world


@pytest.mark.parametrize("count", [1, 2, 7, 256, 257, 700])
def test_entry_prove_gives_every_entry(tmp_path: Path, trusted: Trust, count: int) -> None:
    directory, world = export_of(tmp_path, count)
    files = LogFiles(directory)
    head, _ = checkpoint_read(files, trusted)
    assert [entry_prove(files, head, index) for index in range(count)] == world.entries
    for index in (-1, count):
        with refused("merkle.index"):
            entry_prove(files, head, index)


@pytest.mark.parametrize("count", [1, 2, 7, 256, 257, 700])
def test_event_verify_holds_for_the_first_and_the_last(tmp_path: Path, trusted: Trust, count: int) -> None:
    directory, _ = export_of(tmp_path, count)
    for index in {0, count // 2, count - 1}:
        assert event_checked(directory, index, trusted).holds
    for index in (-1, count):
        assert not event_checked(directory, index, trusted).holds


@pytest.mark.parametrize(
    ("name", "at", "code"),
    [
        (tile_path("entries", 0), 40, "merkle.inclusion"),
        (tile_path(1, 0, 2), 40, "merkle.inclusion"),
        (tile_path(0, 2, 188), 40, "merkle.inclusion"),
        (tile_path("entries", 0), 0, "tile.bundle"),
    ],
)
def test_entry_prove_refuses_what_was_changed(
    tmp_path: Path, trusted: Trust, name: str, at: int, code: str
) -> None:
    directory, _ = export_of(tmp_path, 700)
    target = directory / name
    changed = bytearray(target.read_bytes())
    changed[at] ^= 1
    target.write_bytes(bytes(changed))
    files = LogFiles(directory)
    head, _ = checkpoint_read(files, trusted)
    with refused(code):
        entry_prove(files, head, 0)
    assert not event_checked(directory, 0, trusted).holds


def test_entry_prove_refuses_a_tile_that_is_missing(tmp_path: Path, trusted: Trust) -> None:
    directory, _ = export_of(tmp_path, 700)
    (directory / tile_path(1, 0, 2)).unlink()
    files = LogFiles(directory)
    head, _ = checkpoint_read(files, trusted)
    with refused("export.missing"):
        entry_prove(files, head, 0)


def test_entry_prove_refuses_an_entry_that_is_no_event(tmp_path: Path, trusted: Trust) -> None:
    world = World(entries=[b"{}"])
    files = LogFiles(world.write(tmp_path / "export"))
    head, _ = checkpoint_read(files, trusted)
    with refused("field.missing"):
        entry_prove(files, head, 0)


def test_event_command_says_which_event_was_proved(
    tmp_path: Path, trust_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    directory, _ = export_of(tmp_path, 300)
    arguments = ["event", str(directory), "270", "--trust", str(trust_file)]
    assert main(arguments) == OK
    text = capsys.readouterr().out
    assert "270: run.claimed on run other-270 at 2026-02-01T00:04:30" in text
    assert "self-attested" in text
    assert "only this event was looked at" in text
    assert main([*arguments[:2], "300", *arguments[3:], "--json"]) == FAILED
    checks = {check["name"]: check for check in json.loads(capsys.readouterr().out)["checks"]}
    assert "there is no leaf 300" in checks["event"]["detail"]


def test_event_verify_goes_no_further_than_what_holds(tmp_path: Path, trusted: Trust) -> None:
    directory, _ = export_of(tmp_path, 3)
    (directory / "checkpoint").write_text("nothing\n")
    report = event_checked(directory, 0, trusted)
    assert not report.holds
    assert [check.name for check in report.checks] == ["files", "checkpoint", "event"]
    (directory / "checkpoint").unlink()
    (directory / "checkpoint").symlink_to(directory / "index.json")
    report = event_checked(directory, 0, trusted)
    assert [check.name for check in report.checks] == ["files"]


def test_event_verify_asks_for_the_witnesses_that_the_trust_file_names(tmp_path: Path) -> None:
    witness = verifier_key("witness.example", KEYS["witness"].public_key(), ALGORITHM_COSIGNATURE)
    directory, _ = export_of(tmp_path, 3)
    report = event_checked(directory, 0, trust(mode="witnessed", witnesses=[witness], quorum=1))
    assert [check.name for check in report.checks if check.status is Status.FAILED] == ["witnesses"]
