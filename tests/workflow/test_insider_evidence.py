"""An insider with superuser rights on the database against evidence: swapped, or said to be unmade."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workflow.insider import Insider, Stranger, export_made, steps, told
from tests.workflow.world import World

pytestmark = pytest.mark.needs("bwrap")

# What the row of a pack is made to say, from that of another one.
SWAPS = {
    "object": "key = (SELECT key FROM evidence_evidencepack WHERE digest = %(other)s)",
    "object_and_its_digest": (
        "(key, object_digest) = (SELECT key, object_digest FROM evidence_evidencepack"
        " WHERE digest = %(other)s)"
    ),
    "content_key": (
        "sealed_with_id = (SELECT sealed_with_id FROM evidence_evidencepack WHERE digest = %(other)s)"
    ),
    "everything": (
        "(key, object_digest, sealed_with_id) = (SELECT key, object_digest, sealed_with_id"
        " FROM evidence_evidencepack WHERE digest = %(other)s)"
    ),
    "recorded_digest": "object_digest = 'sha256:' || repeat('0', 64)",
}


@pytest.fixture
def insider(superuser_dsn: str) -> Insider:
    return Insider(superuser_dsn)


def swap(insider: Insider, world: World, change: str) -> None:
    digest, other = world.run("F401").pack_digest, world.run("E713").pack_digest
    statement = f"UPDATE evidence_evidencepack SET {change} WHERE digest = %(digest)s"  # noqa: S608 - of this file
    insider.named(statement, digest=digest, other=other)


@pytest.mark.parametrize("name", SWAPS)
def test_evidence_that_was_swapped_in_the_tables_merges_nothing(
    waiting: World, insider: Insider, name: str
) -> None:
    waiting.approve("F401")
    swap(insider, waiting, SWAPS[name])
    steps()
    assert waiting.run("F401").state == "failed", told(waiting)
    assert waiting.source.merges == []


def test_evidence_of_another_pack_in_an_export_is_named_by_a_stranger(
    waiting: World, insider: Insider, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The platform itself exports, under the name of one pack, the other one."""
    stranger, digest = Stranger(tmp_path).keep(), waiting.run("F401").pack_digest
    swap(insider, waiting, SWAPS["everything"])
    failed = stranger.verify(export_made(waiting), capsys)
    assert "the file holds the pack" in failed["packs"]
    assert digest.removeprefix("sha256:") in failed["packs"]


def test_evidence_that_only_a_table_says_was_unmade_is_named_by_a_stranger(
    waiting: World, insider: Insider, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A pack is made to vanish: the log does not say that anybody destroyed its key."""
    waiting.approve("F401")
    steps()
    stranger, digest = Stranger(tmp_path).keep(), waiting.run("F401").pack_digest
    assert waiting.run("F401").state == "merged"
    insider.sql(
        "UPDATE evidence_contentkey SET destroyed_at = now(), wrapped = '' WHERE id ="
        " (SELECT sealed_with_id FROM evidence_evidencepack WHERE digest = %s)",
        digest,
    )
    failed = stranger.verify(export_made(waiting), capsys)
    assert f"the sealed pack {digest} is missing" in failed["packs"]
