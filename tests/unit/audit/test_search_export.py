"""Taking found events away: every line proves itself, and what was changed is never passed on."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from countersign.audit.contracts import EVERYTHING, EventFilter
from countersign.audit.errors import CheckpointMissing, LogDamaged, MirrorDisagrees, SearchInvalid
from countersign.audit.mirror import checkpoint_key
from countersign.audit.search_export import SearchExport
from countersign.audit.selectors import event_list
from countersign.audit.sequencing import Batch
from countersign.audit.services import search_export_record
from countersign.shared.actor import Actor
from countersign.shared.errors import PermissionDenied
from countersign.shared.storage import DirectoryStore, ObjectStore
from countersign_verify.log_lines import events_verify
from countersign_verify.report import Report
from tests.unit.audit.test_mirror import as_superuser, mirrored_to_the_end, write
from tests.unit.audit.test_sequencing import trust_of_the_log

Sequence = Callable[[], Batch]


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return DirectoryStore(tmp_path / "objects")


@pytest.fixture
def mirrored(store: ObjectStore, sequence: Sequence, worker: Actor, alice: Actor) -> ObjectStore:
    """A log of 600 events in its mirror, and 5 that are newer."""
    write(worker, 300)
    sequence()
    mirrored_to_the_end(store)
    write(alice, 300)
    sequence()
    mirrored_to_the_end(store)
    write(worker, 2)
    sequence()
    write(worker, 3)
    return store


def exported(store: ObjectStore, actor: Actor, wanted: EventFilter, limit: int = 10_000) -> SearchExport:
    return SearchExport(actor=actor, wanted=wanted, limit=limit, store=store)


def verified(tmp_path: Path, lines: list[bytes]) -> Report:
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"".join(lines))
    report = Report()
    events_verify(file, trust_of_the_log(), report)
    return report


def test_export_proves_every_line_against_the_newest_mirrored_checkpoint(
    mirrored: ObjectStore, alice: Actor, tmp_path: Path
) -> None:
    export = exported(mirrored, alice, EVERYTHING)
    lines = list(export.lines())
    report = verified(tmp_path, lines)
    assert report.holds, report.lines()
    assert (export.head.size, export.written, export.later) == (600, 600, 5)
    assert [json.loads(line)["leaf_index"] for line in lines[1:]] == list(reversed(range(600)))


def test_export_takes_what_the_search_finds_and_says_what_was_asked(
    mirrored: ObjectStore, alice: Actor, tmp_path: Path
) -> None:
    wanted = EventFilter(actor_id=alice.id, type="run.")
    lines = list(exported(mirrored, alice, wanted, limit=70).lines())
    assert verified(tmp_path, lines).holds
    assert json.loads(lines[0])["search"] == {"actor_id": alice.id, "type": "run."}
    assert len(lines) == 71
    assert {json.loads(line)["event"]["actor"]["id"] for line in lines[1:]} == {alice.id}
    assert b"Liddell" not in b"".join(lines)


def test_export_of_a_time_that_ends_or_begins_takes_just_that(mirrored: ObjectStore, worker: Actor) -> None:
    middle = event_list(actor=worker, limit=400)[-1].time
    before = exported(mirrored, worker, EventFilter(until=middle))
    after = exported(mirrored, worker, EventFilter(since=middle))
    never = exported(mirrored, worker, EventFilter(since=middle + timedelta(days=9)))
    assert [len(list(each.lines())) - 1 for each in (before, after, never)] == [205, 395, 0]


def test_export_of_an_erased_person_still_verifies(
    mirrored: ObjectStore, alice: Actor, worker: Actor, tmp_path: Path
) -> None:
    from countersign.audit.services import person_erase

    assert alice.person_id is not None
    person_erase(actor=worker, person_id=alice.person_id)
    assert verified(tmp_path, list(exported(mirrored, worker, EventFilter(actor_id=alice.id)).lines())).holds


def test_export_waits_for_the_mirror(
    store: ObjectStore, sequence: Sequence, worker: Actor, committed_db: None
) -> None:
    write(worker, 3)
    sequence()
    with pytest.raises(CheckpointMissing, match="try again"):
        exported(store, worker, EVERYTHING)


def test_export_passes_nothing_on_that_was_changed_in_the_tables(
    mirrored: ObjectStore, worker: Actor, superuser_dsn: str
) -> None:
    from django.db import connection

    name = connection.settings_dict["NAME"]
    as_superuser(
        superuser_dsn.replace("dbname=postgres", f"dbname={name}"),
        "UPDATE audit_auditevent SET body = replace(convert_from(body, 'UTF8'), 'run.claimed', 'run.merged')"
        "::bytea WHERE id = (SELECT event_position FROM audit_auditleaf WHERE leaf_index = 7)",
    )
    export = exported(mirrored, worker, EventFilter(subject_id="7"))
    with pytest.raises(LogDamaged, match="event 7"):
        list(export.lines())


@pytest.mark.parametrize("tile", ["tile/0/000", "tile/0/002.p/88", "tile/1/000.p/2"])
def test_export_passes_nothing_on_from_a_mirror_that_was_changed(
    mirrored: DirectoryStore, worker: Actor, tile: str
) -> None:
    file = mirrored.root / "log" / tile
    assert file.is_file()
    file.chmod(0o600)
    file.write_bytes(file.read_bytes()[::-1])
    with pytest.raises(LogDamaged):
        list(exported(mirrored, worker, EVERYTHING).lines())
    file.unlink()
    with pytest.raises(LogDamaged):
        list(exported(mirrored, worker, EVERYTHING).lines())


def test_export_refuses_a_mirror_whose_checkpoint_was_overwritten(
    mirrored: DirectoryStore, worker: Actor
) -> None:
    file = mirrored.root / checkpoint_key(2)
    file.chmod(0o600)
    file.write_text("nothing\n")
    with pytest.raises(MirrorDisagrees):
        exported(mirrored, worker, EVERYTHING)


def test_export_needs_a_role_that_reads_and_a_search_that_can_be(
    store: ObjectStore, committed_db: None, alice: Actor
) -> None:
    with pytest.raises(PermissionDenied):
        exported(store, replace(alice, roles=frozenset({"ci"})), EVERYTHING)
    with pytest.raises(SearchInvalid):
        exported(store, alice, EventFilter(type="No"))


def test_search_export_record_says_who_took_what(db: None, alice: Actor) -> None:
    search_export_record(actor=alice, wanted=EventFilter(type="run."), size=600)
    (event,) = event_list(actor=alice, type="audit.exported")
    assert event.data == {"search": {"type": "run."}, "size": 600}
    assert event.actor_id == alice.id
