"""A pack is made unreadable: what waited on it ends, and the export still verifies."""

from __future__ import annotations

from pathlib import Path

import pytest

from countersign.evidence.errors import EvidenceUnmade, ShredRefused
from countersign.evidence.selectors import artifact_bytes, pack_bytes
from countersign.runs.selectors import attempts_of
from countersign.shared.errors import PermissionDenied
from countersign.workflow.commands import export_begin
from countersign.workflow.queries import run_detail
from countersign.workflow.shredding import pack_shred
from tests.workflow.world import World, drive, events, failed_jobs

pytestmark = pytest.mark.needs("bwrap")
WHY = "a token that no scanner knows stood in the transcript"


def shred(world: World, digest: str) -> None:
    reviewer = world.person("sam", "security_reviewer")
    pack_shred(actor=reviewer, digest=digest, confirmation=digest, reason=WHY)
    drive()


def test_shredded_pack_voids_its_request_and_frees_the_work_item(waiting: World) -> None:
    run, request = waiting.run("F401"), waiting.request("F401")
    [attempt] = attempts_of(actor=waiting.auditor, run_id=run.id)
    with pytest.raises(PermissionDenied):
        pack_shred(actor=waiting.director, digest=run.pack_digest, confirmation=run.pack_digest, reason=WHY)
    with pytest.raises(ShredRefused, match="once more"):
        pack_shred(
            actor=waiting.person("sue", "admin"),
            digest=run.pack_digest,
            confirmation=waiting.run("E713").pack_digest,
            reason=WHY,
        )
    shred(waiting, run.pack_digest)
    with pytest.raises(EvidenceUnmade):
        pack_bytes(actor=waiting.auditor, digest=run.pack_digest)
    with pytest.raises(EvidenceUnmade):
        artifact_bytes(actor=waiting.auditor, digest=attempt.transcript_digest)
    ended = waiting.request_by_id(request.id)
    assert (ended.state, ended.void_reason) == ("void", "the key of its evidence pack was destroyed")
    assert waiting.run("F401").state == "failed"
    assert events(run.id)["pack.key_destroyed"] == 1
    assert run_detail(actor=waiting.auditor, run_id=run.id).risk is None
    with pytest.raises(EvidenceUnmade, match="already"):
        shred(waiting, run.pack_digest)
    waiting.approve("E713")
    drive()
    assert waiting.run("E713").state == "merged"


def test_shredded_pack_of_a_merge_leaves_an_export_that_verifies(merged: World, tmp_path: Path) -> None:
    from countersign_verify.log_verify import log_verify
    from countersign_verify.report import Report
    from countersign_verify.trust import trust_read
    from tests.workflow.conftest import _result

    run = merged.run("F401")
    shred(merged, run.pack_digest)
    assert merged.run("F401").state == "merged"
    job_id = export_begin(actor=merged.auditor)
    drive()
    result = _result(job_id)
    trust = trust_read(Path(str(result["trust"])).read_bytes())
    report = Report()
    log_verify(Path(str(result["directory"])), trust, report)
    assert report.failures == ()
    [told] = [check.detail for check in report.checks if check.name == "unmade"]
    assert run.pack_digest in told
    assert WHY in told
    assert failed_jobs() == []
