"""Events of an exported log: one shape, each only once."""

from pathlib import Path
from typing import Any

import pytest

from countersign_verify.canonical import canonical_bytes, canonical_object
from countersign_verify.log_events import event_read
from tests.unit.countersign_verify.samples import (
    refused,
)
from tests.unit.countersign_verify.worlds import (
    World,
    event_bytes,
    failed,
    person_actor,
    verify,
)


def event(**changes: object) -> bytes:
    plain: dict[str, Any] = canonical_object(event_bytes(0, "run.claimed", ("run", "r"), {}))
    plain.update(changes)
    return canonical_bytes(plain)


ACTOR = canonical_object(event())["actor"]
assert isinstance(ACTOR, dict)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (event(v=2), "event.version"),
        (event(more=1), "field.unknown"),
        (event(type="claimed"), "event.type"),
        (event(id="1"), "event.id"),
        (event(id=1), "field.type"),
        (event(time="2026-01-01"), "time.format"),
        (event(subject={"type": "run"}), "field.missing"),
        (event(subject={"type": "run", "id": 1}), "field.type"),
        (event(correlation_id=None), "field.type"),
        (event(data=[]), "field.type"),
        (event(actor={**ACTOR, "more": 1}), "field.unknown"),
        (event(actor={**ACTOR, "unattended": 0}), "field.type"),
        (event(actor={**ACTOR, "roles": [1]}), "event.roles"),
        (event(actor={**ACTOR, "person_id": 1}), "event.person"),
        (event(actor={**ACTOR, "token_id": 1}), "event.token"),
        (event(actor={**ACTOR, "person_id": "p"}), "event.label"),
        (event(actor={**ACTOR, "label": None}), "event.label"),
        (event(actor={**ACTOR, "label": {"key": "k"}}), "field.missing"),
        (event(actor={**ACTOR, "label": {"key": "k", "nonce": "!", "ciphertext": ""}}), "encoding.base64"),
        (event(type="run.merged"), "event.data"),
        (event() + b" ", "json.canonical"),
        (b"\xff", "json.utf8"),
    ],
)
def test_event_read_refuses_with_the_reason(data: bytes, code: str) -> None:
    with refused(code):
        event_read(data, 0)


def test_event_read_keeps_what_other_checks_need() -> None:
    event_id, kept = event_read(event(), 0)
    assert event_id.endswith("1")
    assert kept is None
    _, kept = event_read(event(type="pack.sealed", data={"pack": "p"}, actor=person_actor()), 7)
    assert kept is not None
    assert (kept.index, kept.person_id, kept.text("pack")) == (7, "person-director", "p")
    with refused("field.missing"):
        kept.text("nothing")


def test_malformed_or_repeated_event_is_named_with_its_place(tmp_path: Path) -> None:
    world = World()
    world.filler(300)
    world.entries[270] = b"{}"
    found = failed(verify(world.write(tmp_path / "malformed")))["events"]
    assert "tile/entries/001.p/44, event 270" in found
    world.entries[270] = world.entries[3]
    assert "event 270: its id occurs twice" in failed(verify(world.write(tmp_path / "twice")))["events"]
