"""A pack whose key was destroyed is missing by a logged event; everything else still verifies."""

from pathlib import Path
from typing import Any

import pytest

from countersign_verify.canonical import canonical_object
from tests.unit.countersign_verify.worlds import Case, World, failed, full_world, verify

WHY = "a token stood in the transcript"


@pytest.fixture
def case(tmp_path: Path) -> Case:
    made = Case(tmp_path)
    made.decide()
    return made


def unmake(world: World, pack: str, run: str, **changes: Any) -> None:  # noqa: ANN401 - of an event
    world.log("pack.key_destroyed", ("run", run), {"pack": pack, "reason": WHY}, **changes)
    del world.packs[pack]


def test_log_with_unmade_packs_holds_and_says_which_and_why(tmp_path: Path) -> None:
    world = full_world(tmp_path, filler=3)
    packs = list(world.packs)
    for number, pack in enumerate(packs, start=1):
        unmake(world, pack, f"run-{number}")
        report = verify(world.write(tmp_path / f"export-{number}"))
        assert report.failures == ()
        told = [check.detail for check in report.checks if check.name == "unmade"]
        assert len(told) == number
        assert any(pack in text and WHY in text for text in told)


def test_pack_that_is_kept_readable_is_still_checked(case: Case) -> None:
    case.world.merge(case.plan, case.pack, ["d1"])
    kept = case.world.packs[case.pack]
    unmake(case.world, case.pack, "run-1")
    case.world.packs[case.pack] = kept
    report = verify(case.world.write(case.directory / "export"))
    assert report.failures == ()
    assert "unmade" not in {check.name for check in report.checks}
    case.world.packs[case.pack] = kept[:-1]
    assert "packs" in failed(verify(case.world.write(case.directory / "again")))


def test_pack_missing_without_its_event_is_refused(case: Case) -> None:
    del case.world.packs[case.pack]
    assert "missing" in case.verify()["packs"]


@pytest.mark.parametrize("bend", ["another run", "another pack", "before it was sealed"])
def test_event_of_something_else_excuses_nothing(tmp_path: Path, bend: str) -> None:
    case = Case(tmp_path)
    if bend == "another run":
        case.world.log("pack.key_destroyed", ("run", "run-2"), {"pack": case.pack, "reason": WHY})
    elif bend == "another pack":
        case.world.log("pack.key_destroyed", ("run", "run-1"), {"pack": "sha256:" + "0" * 64, "reason": WHY})
    else:
        case.world.entries.clear()
        case.world.log("pack.key_destroyed", ("run", "run-1"), {"pack": case.pack, "reason": WHY})
        case.world.log("pack.sealed", ("run", "run-1"), {"pack": case.pack})
    del case.world.packs[case.pack]
    assert "missing" in case.verify()["packs"]


def test_merge_after_its_pack_was_unmade_is_refused(case: Case) -> None:
    unmake(case.world, case.pack, "run-1")
    case.world.merge(case.plan, case.pack, ["d1"])
    assert "after the key of its pack was destroyed" in case.verify()["merges"]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("base_commit", "9" * 40, "another base or result"),
        ("result_tree", "9" * 40, "another base or result"),
        ("run_id", "run-9", "another pack or run"),
    ],
)
def test_decision_on_something_else_does_not_carry_an_unmade_merge(
    tmp_path: Path, name: str, value: str, words: str
) -> None:
    case = Case(tmp_path)
    bound = {**case.predicate()["change"], name: value}
    subject = {"kind": "change", "id": bound["run_id"], "digest": case.pack}
    case.decide(change=bound, subject=subject)
    case.world.merge(case.plan, case.pack, ["d1"])
    unmake(case.world, case.pack, "run-1")
    assert words in case.verify()["merges"]


def test_unmade_merge_of_an_expired_decision_is_refused(tmp_path: Path) -> None:
    case = Case(tmp_path)
    case.decide(expires_at="2026-02-01T00:00:02.500000Z")
    case.world.filler(3)
    case.world.merge(case.plan, case.pack, ["d1"])
    unmake(case.world, case.pack, "run-1")
    assert "expired" in case.verify()["merges"]


def test_entries_swapped_in_an_unmade_merge_are_found_where_the_base_is_known(tmp_path: Path) -> None:
    world = full_world(tmp_path, filler=3)
    second = list(world.packs)[1]
    unmake(world, second, "run-2")
    world.merges[1]["entries"][0]["path"] = "src/other.py"
    assert "is to be removed but is not there" in failed(verify(world.write(tmp_path / "export")))["merges"]


def test_event_without_a_reason_is_malformed(case: Case) -> None:
    case.world.log("pack.key_destroyed", ("run", "run-1"), {"pack": case.pack})
    assert canonical_object(case.world.entries[-1])["type"] == "pack.key_destroyed"
    assert "reason" in case.verify()["events"]
