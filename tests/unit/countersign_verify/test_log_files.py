"""Exported logs: a sound one holds, and whatever is done to its files is noticed and named."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from countersign_verify import log_files
from countersign_verify.log import export_checkpoints
from countersign_verify.log_files import LogFiles
from countersign_verify.notes import (
    ALGORITHM_COSIGNATURE,
    Checkpoint,
    checkpoint_sign,
    cosign_note,
    sign_note,
    verifier_key,
)
from countersign_verify.report import Status
from countersign_verify.trust import WITNESSED, trust_read
from tests.unit.countersign_verify.samples import (
    KEYS,
    ORIGIN,
    refused,
    trust,
    trust_bytes,
)
from tests.unit.countersign_verify.second import Second, part_case
from tests.unit.countersign_verify.worlds import (
    FIRST_SECOND,
    World,
    event_bytes,
    failed,
    full_world,
    verify,
)


def test_sound_export_holds_and_names_every_check(sound: Path) -> None:
    report = verify(sound)
    assert failed(report) == {}
    assert [check.name for check in report.checks] == [
        "files",
        "checkpoint",
        "trust file",
        "witnesses",
        "tiles",
        "checkpoints",
        "known",
        "events",
        "clock",
        "packs",
        "people",
        "break-glass",
        "quorums",
        "decisions",
        "participants",
        "relaxed",
        "addenda",
        "merges",
        "phases",
        "nothing else",
        "roles",
        "time",
        "repository",
    ]
    details = {check.name: check.detail for check in report.checks}
    assert "self-attested" in details["witnesses"]
    assert details["merges"].startswith("2 recomputed to their commit ids, 1 on a moved base")
    assert details["phases"].startswith("1 of 1")


def test_empty_log_holds(tmp_path: Path, world: World) -> None:
    assert failed(verify(world.write(tmp_path / "export"))) == {}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_every_changed_byte_is_noticed(sound: Path, tmp_path: Path, data: st.DataObject) -> None:
    names = sorted(str(path.relative_to(sound)) for path in sound.rglob("*") if path.is_file())
    name = data.draw(st.sampled_from(names))
    export = tmp_path / "export"
    shutil.rmtree(export, ignore_errors=True)
    shutil.copytree(sound, export)
    raw = bytearray((export / name).read_bytes())
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    (export / name).write_bytes(raw)
    assert failed(verify(export)), name


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_every_missing_or_shortened_file_is_noticed(sound: Path, tmp_path: Path, data: st.DataObject) -> None:
    names = sorted(str(path.relative_to(sound)) for path in sound.rglob("*") if path.is_file())
    name = data.draw(st.sampled_from(names))
    export = tmp_path / "export"
    shutil.rmtree(export, ignore_errors=True)
    shutil.copytree(sound, export)
    raw = (export / name).read_bytes()
    if data.draw(st.booleans()):
        (export / name).unlink()
    else:
        (export / name).write_bytes(raw[: data.draw(st.integers(0, len(raw) - 1))])
    assert failed(verify(export)), name


@pytest.mark.parametrize(
    "name", ["extra", "packs/extra.tar", "decisions/x.dsse.json", "phases/x.json", "tile/0/005", "tile/9/000"]
)
def test_every_extra_file_is_named(export: Path, name: str) -> None:
    (export / name).parent.mkdir(exist_ok=True)
    (export / name).write_bytes(b"{}")
    found = failed(verify(export))
    assert any(repr(name) in detail for detail in found.values())


def test_links_and_devices_are_refused(export: Path) -> None:
    real = export / "index.json"
    real.rename(export.parent / "index.json")
    real.symlink_to(export.parent / "index.json")
    assert "index.json" in failed(verify(export))["files"]
    real.unlink()
    os.mkfifo(real)
    assert "not a file" in failed(verify(export))["files"]


def test_linked_directory_is_refused(export: Path) -> None:
    (export / "packs").rename(export.parent / "packs")
    (export / "packs").symlink_to(export.parent / "packs", target_is_directory=True)
    assert "'packs'" in failed(verify(export))["files"]


def test_too_many_files_are_refused_by_both(
    export: Path, monkeypatch: pytest.MonkeyPatch, second: Second | None
) -> None:
    names = sorted(LogFiles(export).names)
    # Directories count as well: nesting them must not get around the limit.
    count = sum(1 for _ in export.rglob("*"))
    assert count > len(names)
    data = json.dumps(names).encode()
    if second is not None:
        assert second.judge(part_case("files", data))["made"] == f"{count} of {log_files.MAX_FILES}"
        assert second.judge(part_case("files", data, most=count - 1))["refused"] == ["export.files"]
    monkeypatch.setattr(log_files, "MAX_FILES", count)
    LogFiles(export)
    monkeypatch.setattr(log_files, "MAX_FILES", count - 1)
    with refused("export.files"):
        LogFiles(export)


def test_missing_directory_is_refused(tmp_path: Path) -> None:
    assert "cannot be read" in failed(verify(tmp_path / "missing"))["files"]


def test_files_are_read_with_a_limit(export: Path) -> None:
    files = LogFiles(export)
    with refused("export.size"):
        files.read("index.json", 10)
    with refused("export.missing"):
        files.read("../outside", 10)


def test_cut_tail_is_noticed_with_a_checkpoint_kept_from_earlier(tmp_path: Path) -> None:
    world = World()
    world.filler(300)
    kept = world.note(300).encode()
    world.entries = world.entries[:200]
    export = world.write(tmp_path / "export")
    assert failed(verify(export)) == {}
    assert "its tail is gone" in failed(verify(export, known=[kept]))["known"]


def test_rewritten_past_is_noticed_with_a_checkpoint_kept_from_earlier(tmp_path: Path) -> None:
    world = World()
    world.filler(300)
    kept = [world.note(size).encode() for size in (0, 1, 256, 257, 300)]
    world.filler(10)
    assert failed(verify(world.write(tmp_path / "sound"), known=kept)) == {}
    world.entries[10] = event_bytes(10, "run.claimed", ("run", "other"), {})
    forged = world.write(tmp_path / "forged")
    assert failed(verify(forged)) == {}
    assert "root signed at size 256" in failed(verify(forged, known=kept[2:]))["events"]
    assert "signed" in failed(verify(forged, known=[b"nonsense\n\n- x\n"]))["known"] or failed(
        verify(forged, known=[b"nonsense"])
    )


@pytest.mark.parametrize(
    "damage",
    [
        lambda entries: entries.pop(5),
        lambda entries: entries.insert(5, entries.pop(400)),
        lambda entries: entries.insert(5, event_bytes(9000, "run.claimed", ("run", "x"), {})),
        lambda entries: entries.__setitem__(300, event_bytes(9000, "run.claimed", ("run", "x"), {})),
    ],
    ids=["drop", "swap", "insert", "replace"],
)
def test_log_that_does_not_extend_its_checkpoints_is_noticed(
    tmp_path: Path, damage: Callable[[list[bytes]], object]
) -> None:
    world = World()
    world.filler(600)
    notes = [(size, world.note(size)) for size in (256, 300, 599)]
    damage(world.entries)
    export = world.write(tmp_path / "export")
    for name in ("checkpoint", "checkpoints.jsonl"):
        (export / name).unlink()
    export_checkpoints(export, [*notes, (len(world.entries), world.note(len(world.entries)))])
    found = failed(verify(export))
    assert set(found) <= {"events", "checkpoints"}
    assert found


def rewrite_checkpoints(export: Path, notes: list[tuple[int, str]]) -> None:
    for name in ("checkpoint", "checkpoints.jsonl"):
        (export / name).unlink()
    export_checkpoints(export, notes)


def test_checkpoint_of_another_key_or_log_is_refused(export: Path, world: World) -> None:
    world.origin = "other.example/log"
    rewrite_checkpoints(export, [(0, world.note(0))])
    assert "another log" in failed(verify(export))["checkpoint"]
    rewrite_checkpoints(export, [(0, sign_note("x\n", "stranger", KEYS["stranger"]))])
    assert "not signed" in failed(verify(export))["checkpoint"]
    witnesses = [verifier_key(ORIGIN, KEYS["witness"].public_key(), ALGORITHM_COSIGNATURE)]
    trusted = trust(witnesses=witnesses, quorum=1, mode=WITNESSED)
    foreign = checkpoint_sign(Checkpoint(ORIGIN, 0, bytes(32)), "stranger", KEYS["stranger"])
    rewrite_checkpoints(export, [(0, cosign_note(foreign, ORIGIN, KEYS["witness"], 1))])
    assert "log itself did not sign" in failed(verify(export, trusted))["checkpoint"]


def test_checkpoint_of_a_giant_log_is_refused_at_once(export: Path) -> None:
    rewrite_checkpoints(
        export, [(10**15, checkpoint_sign(Checkpoint(ORIGIN, 10**15, bytes(32)), ORIGIN, KEYS["log"]))]
    )
    assert "can't hold" in failed(verify(export))["tiles"]


def test_stored_checkpoints_must_grow_and_end_in_the_newest(tmp_path: Path) -> None:
    world = World()
    world.filler(10)
    export = world.write(tmp_path / "export")
    newest, older = world.note(10), world.note(5)
    rewrite_checkpoints(export, [(5, older), (5, older), (10, newest)])
    assert "does not grow" in failed(verify(export))["checkpoints"]
    rewrite_checkpoints(export, [(6, older), (10, newest)])
    assert "states another size" in failed(verify(export))["checkpoints"]
    rewrite_checkpoints(export, [(5, older), (10, newest)])
    (export / "checkpoints.jsonl").write_bytes(
        (export / "checkpoints.jsonl").read_bytes().splitlines(keepends=True)[0]
    )
    assert "not the newest" in failed(verify(export))["checkpoints"]
    (export / "checkpoints.jsonl").write_bytes(b'{"note":"x"}')
    assert "not ended" in failed(verify(export))["checkpoints"]
    (export / "checkpoints.jsonl").unlink()
    assert "missing" in failed(verify(export))["checkpoints"]


def test_trust_file_of_the_export_must_be_the_one_given(export: Path, sound: Path) -> None:
    assert "trust file" in failed(verify(export, trust(allow_unattended=True)))
    pretty = trust_bytes().replace(b",", b", ")
    (export / "trust.json").write_bytes(pretty)
    assert "trust file" in failed(verify(export))

    assert failed(verify(export, trust_read(pretty))) == {}
    assert failed(verify(sound, trust_read(pretty))) == {}


def test_witnesses_must_have_cosigned_where_the_trust_file_names_them(tmp_path: Path, world: World) -> None:
    settings_: dict[str, Any] = {
        "witnesses": [verifier_key("w", KEYS["witness"].public_key(), ALGORITHM_COSIGNATURE)],
        "quorum": 1,
        "mode": WITNESSED,
    }
    world.trust_copy = trust_bytes(**settings_)
    world.filler(3)
    export = world.write(tmp_path / "export")
    trusted = trust(**settings_)
    assert list(failed(verify(export, trusted))) == ["witnesses"]
    rewrite_checkpoints(export, [(3, cosign_note(world.note(3), "w", KEYS["witness"], FIRST_SECOND))])
    report = verify(export, trusted)
    assert failed(report) == {}
    assert "independent" in trusted.describe()


def test_not_reached_checks_are_named(export: Path) -> None:
    (export / "checkpoint").write_bytes(b"")
    report = verify(export)
    assert "checkpoint" in failed(report)
    assert {check.name for check in report.checks if check.status is Status.NOT_COVERED} >= {
        "tiles",
        "events",
    }


def test_full_world_is_the_same_every_time(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    assert full_world(one, filler=5).entries == full_world(two, filler=5).entries
