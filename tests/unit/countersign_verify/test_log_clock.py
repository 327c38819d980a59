"""Times of events: an event that was dated back or ahead of those around it is named."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countersign_verify.cli import main
from countersign_verify.errors import RefusedError
from countersign_verify.log_clock import Clock, Witnessed, event_time
from countersign_verify.notes import ALGORITHM_COSIGNATURE, cosign_note, verifier_key
from countersign_verify.trust import WITNESSED
from tests.unit.countersign_verify.samples import KEYS, ORIGIN, trust, trust_bytes
from tests.unit.countersign_verify.test_log_files import rewrite_checkpoints
from tests.unit.countersign_verify.worlds import (
    FIRST_SECOND,
    World,
    event_bytes,
    failed,
    verify,
)

NO_TIME = b"2026-13-01T00:00:00.000000Z"


def at(seconds: float) -> bytes:
    moment = datetime.fromtimestamp(FIRST_SECOND, UTC) + timedelta(seconds=seconds)
    return f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}".encode()


def judged(times: list[bytes], *seen: Witnessed, parts: int = 256) -> tuple[str, str] | int:
    """What a clock says of these times, given in bundles of some size."""
    clock = Clock()
    for each in sorted(seen, key=lambda item: item.size):
        clock.witness(each)
    for first in range(0, len(times), parts):
        clock.take(first, b"".join(times[first : first + parts]))
    try:
        return clock.result()
    except RefusedError as error:
        return error.code, error.message


def witnessed(size: int, seconds: int, until: int | None = None) -> Witnessed:
    latest = seconds if until is None else until
    return Witnessed(size, FIRST_SECOND + seconds, FIRST_SECOND + latest)


def test_time_of_an_event_is_the_last_field_of_that_name() -> None:
    entry = event_bytes(7, "run.claimed", ("run", ',"time":"'), {"time": "1999-01-01T00:00:00.000000Z"})
    assert event_time(entry) == b"2026-02-01T00:00:07.000000Z"


def test_events_that_were_under_way_at_once_hold() -> None:
    assert judged([at(0), at(600), at(0), at(599.5), at(1199)]) == 0


def test_event_dated_back_is_named_with_the_one_before_it() -> None:
    code, message = judged([at(0), at(3600), at(2999), at(3600), at(0)])  # type: ignore[misc]  # it is refused
    assert code == "clock.back"
    assert message.startswith("event 2 says 2026-02-01T00:49:59.000000Z, 10 minutes before event 1, which")
    assert message.endswith("; 1 more like it")


def test_event_with_a_time_of_no_calendar_is_named() -> None:
    code, message = judged([at(0), NO_TIME, at(1)])  # type: ignore[misc]  # it is refused
    assert (code, message) == ("time.value", "the time of event 1 is no time of any calendar")


def test_event_dated_before_what_witnesses_saw_is_named() -> None:
    times = [at(0), at(1), at(2), at(3600)]
    assert judged(times, witnessed(2, 602)) == 1
    code, message = judged(times, witnessed(2, 603))  # type: ignore[misc]  # it is refused
    assert code == "clock.witness"
    assert message.startswith("event 2 says 2026-02-01T00:00:02.000000Z, more than 10 minutes before")
    assert message.endswith("at 2 events")


def test_event_dated_after_witnesses_saw_it_is_named() -> None:
    times = [at(0), at(700), at(650)]
    assert judged(times, witnessed(3, 100)) == 1
    code, message = judged(times, witnessed(3, 99))  # type: ignore[misc]  # it is refused
    assert (code, message[:8]) == ("clock.ahead", "event 1 ")


def test_times_are_bound_by_the_witness_that_says_least() -> None:
    """Of a quorum one is honest, and nobody knows which."""
    times = [at(0), at(1000)]
    assert judged(times, witnessed(1, 0, until=5000)) == 1
    assert judged(times, witnessed(2, 0, until=400)) == 1
    assert judged(times, witnessed(2, 0, until=399)) != 1


@pytest.mark.parametrize("seconds", [0, 2**64 - 1 - FIRST_SECOND])
def test_witness_without_a_sensible_clock_ends_nothing(seconds: int) -> None:
    assert judged([at(0)], Witnessed(1, 0, FIRST_SECOND + seconds)) == 1


@settings(max_examples=300, deadline=None)
@given(
    times=st.lists(st.sampled_from([0, 1, 2, 599, 600, 601, 700, 1300, 5000]), max_size=12),
    seen=st.lists(st.tuples(st.integers(0, 12), st.sampled_from([0, 300, 700, 4000])), max_size=3),
    parts=st.integers(1, 12),
)
def test_how_events_are_bundled_changes_nothing(
    times: list[int], seen: list[tuple[int, int]], parts: int
) -> None:
    texts = [at(seconds) for seconds in times]
    notes = [witnessed(size, seconds) for size, seconds in seen if size <= len(times)]
    assert judged(texts, *notes, parts=parts) == judged(texts, *notes, parts=1)


@settings(max_examples=200, deadline=None)
@given(times=st.lists(st.integers(0, 3000), max_size=30))
def test_times_hold_exactly_when_none_is_much_older_than_one_before(times: list[int]) -> None:
    sound = all(max(times[:place], default=0) - time <= 600 for place, time in enumerate(times))
    assert (judged([at(seconds) for seconds in times], parts=7) == 0) == sound


def backdated(world: World) -> None:
    world.filler(3)
    world.log("run.claimed", ("run", "x"), {}, time="2026-01-31T00:00:00.000000Z")
    world.filler(300)


def test_export_with_an_event_dated_back_fails_in_that_check_alone(tmp_path: Path, world: World) -> None:
    backdated(world)
    found = failed(verify(world.write(tmp_path / "export")))
    assert list(found) == ["clock"]
    assert "event 3 says 2026-01-31" in found["clock"]


def test_reader_who_knows_of_a_wrong_clock_can_leave_times_out(
    tmp_path: Path, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    backdated(world)
    export = world.write(tmp_path / "export")
    (tmp_path / "trust.json").write_bytes(world.trust_copy)
    arguments = ["log", str(export), "--trust", str(tmp_path / "trust.json")]
    assert main(arguments) == 1
    assert main([*arguments, "--times-unchecked"]) == 0
    assert "left out as asked" in capsys.readouterr().out


def test_export_says_how_many_checkpoints_witnesses_bound(tmp_path: Path, world: World) -> None:
    settings_: dict[str, Any] = {
        "witnesses": [verifier_key("w", KEYS["witness"].public_key(), ALGORITHM_COSIGNATURE)],
        "quorum": 1,
        "mode": WITNESSED,
    }
    world.trust_copy = trust_bytes(**settings_)
    world.filler(3)
    export = world.write(tmp_path / "export")
    cosigned = [
        (2, world.note(2)),
        (3, cosign_note(world.note(3), "w", KEYS["witness"], FIRST_SECOND)),
    ]
    rewrite_checkpoints(export, cosigned)
    details = {check.name: check.detail for check in verify(export, trust(**settings_)).checks}
    assert details["clock"].endswith("; 1 checkpoints bound them by the clocks of witnesses")
    assert ORIGIN in details["checkpoint"]
