"""What follows from a decision that is no approval, and from one that can't be carried out."""

from __future__ import annotations

from pathlib import Path

import pytest

from countersign.shared.env import environment
from tests.workflow.world import World, drive, events, failed_jobs

pytestmark = pytest.mark.needs("bwrap")


def test_rejected_change_is_never_merged(waiting: World) -> None:
    base = waiting.source.head
    waiting.decide(waiting.request("F401"), "reject")
    drive()
    assert waiting.run("F401").state == "rejected"
    assert waiting.item("F401").state == "rejected"
    assert waiting.source.head == base
    assert failed_jobs() == []


def test_requested_changes_go_back_with_the_reason(waiting: World) -> None:
    from countersign.prompts.selectors import prompt_get
    from countersign.workflow.commands import run_begin

    waiting.decide(waiting.request("F401"), "request_changes")
    drive()
    item = waiting.item("F401")
    assert waiting.run("F401").state == "changes_requested"
    assert (item.state, item.reason) == ("ready", "looked at")
    waiting.runs["F401"] = run_begin(actor=waiting.operator, work_item_id=item.id).run_id
    prompt = prompt_get(actor=waiting.operator, prompt_id=waiting.run("F401").prompt_id)
    assert "looked at" in prompt.text
    drive()
    assert waiting.run("F401").state == "waiting_approval"


def test_nothing_acts_before_the_decision_is_in_a_checkpoint(waiting: World) -> None:
    from countersign.jobs.selectors import jobs_due
    from countersign.workflow.engine import job_step

    waiting.approve("F401")
    [job_id] = jobs_due()
    assert job_step(job_id, owner="test")
    assert waiting.execution("F401").step == "checkpoint"
    assert waiting.run("F401").state == "waiting_approval"
    drive()
    assert waiting.run("F401").state == "merged"


def test_damaged_pack_is_never_merged_and_holds_up_nobody(waiting: World) -> None:
    run = waiting.run("F401")
    waiting.approve("F401")
    [stored] = Path(environment().object_store).rglob(f"*{run.pack_digest.removeprefix('sha256:')}*")
    intact = stored.read_bytes()
    stored.chmod(0o644)
    stored.write_bytes(intact.replace(b"import os", b"import io", 1))
    try:
        drive()
    finally:
        stored.write_bytes(intact)
    failed = waiting.run("F401")
    assert failed.state == "failed"
    assert waiting.source.merges == []
    assert waiting.item("F401").state == "ready"
    assert events(run.id)["run.failed"] == 1
    waiting.approve("E713")
    drive()
    assert waiting.run("E713").state == "merged"


def test_decision_of_another_version_is_refused(waiting: World) -> None:
    from countersign.approvals.errors import DigestMismatch
    from countersign.workflow.commands import decision_submit

    request = waiting.request("F401")
    with pytest.raises(DigestMismatch):
        decision_submit(
            actor=waiting.director,
            request_id=request.id,
            verdict="approve",
            reason="looked at",
            digest="sha256:" + "0" * 64,
        )
