"""Break-glass in the main job: a change merges on one signature of two people, and everything says so."""

from __future__ import annotations

import base64
import uuid
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from countersign.approvals.errors import (
    ApprovalBlocked,
    ApproverExcluded,
    BreakGlassInvalid,
    BreakGlassNotFound,
    BreakGlassOver,
    BreakGlassPending,
    BreakGlassPersons,
    RoleMissing,
)
from countersign.shared.errors import PermissionDenied
from countersign.workflow.break_glass import window_ask, window_close, window_confirm, window_review
from countersign.workflow.commands import decision_submit, export_begin
from countersign_verify.canonical import canonical_loads
from countersign_verify.log_verify import log_verify
from countersign_verify.report import Report
from countersign_verify.trust import trust_read
from tests.workflow.world import PLATFORM, World, drive, failed_jobs, hurry, sequence

if TYPE_CHECKING:
    from countersign.approvals.contracts import BreakGlassData
    from countersign.shared.actor import Actor

pytestmark = pytest.mark.needs("bwrap")


def people(world: World) -> tuple[Actor, Actor]:
    """Two people who may open it, and of whom neither is a Director: the quorum waits for one."""
    return world.person("sam", "security_reviewer"), world.person("cleo", "cab_member")


def opened(world: World, minutes: int = 60) -> BreakGlassData:
    first, second = people(world)
    asked = window_ask(actor=first, project="sample", reason="the login is broken", minutes=minutes)
    window = window_confirm(actor=second, window_id=asked.id)
    sequence()
    return window


def approve(world: World, actor: Actor, window: str, rule: str = "F401", verdict: str = "approve") -> None:
    request = world.request(rule)
    decision_submit(
        actor=actor,
        request_id=request.id,
        verdict=verdict,
        reason="it can't wait",
        digest=request.subject_digest,
        break_glass=window,
    )


def steps() -> None:
    """Carry out what is due, also where something is tried again for good."""
    from countersign.jobs.selectors import jobs_due
    from countersign.workflow.engine import job_step

    for _ in range(12):
        sequence()
        hurry()
        for job_id in jobs_due():
            job_step(job_id, owner="test")


def report_of(world: World) -> Report:
    from tests.workflow.conftest import _result

    job_id = export_begin(actor=world.auditor)
    drive()
    directory = Path(str(_result(job_id)["directory"]))
    report = Report()
    log_verify(directory, trust_read((directory / "trust.json").read_bytes()), report)
    return report


def test_break_glass_merges_without_the_quorum_and_everything_says_so(waiting: World) -> None:
    window = opened(waiting)
    first, second = people(waiting)
    approve(waiting, first, window.id)
    request = waiting.request("F401")
    assert request.state == "approved"
    assert request.decisions[0].break_glass == window.id
    statement = canonical_loads(base64.b64decode(str(request.decisions[0].envelope["payload"])))
    assert isinstance(statement, dict)
    predicate = statement["predicate"]
    assert isinstance(predicate, dict)
    assert predicate["break_glass"] == window.id
    from countersign.workflow.queries import request_detail

    shown = request_detail(actor=first, request_id=request.id).policy.decision_text
    assert shown == "Approved under break-glass: the quorum was not asked for."
    drive()
    assert failed_jobs() == []
    merge = waiting.merge("F401")
    assert merge is not None
    assert waiting.source.head == merge.state_commit
    message = waiting.source.git("log", "-1", "--format=%B", merge.merge_commit)
    assert f"Countersign-Break-Glass: {window.id}" in message
    assert f"UNDER BREAK-GLASS {window.id}" in waiting.source.text("docs/project_state.md")
    window_close(actor=second, window_id=window.id)
    report = report_of(waiting)
    assert report.failures == ()
    [told] = [check.detail for check in report.checks if "BREAK-GLASS:" in check.detail]
    assert f"run {waiting.runs['F401']}" in told
    assert "NOT REVIEWED" in told
    assert str(first.person_id) in told
    window_review(actor=waiting.director, window_id=window.id, review="it had to be")
    report = report_of(waiting)
    assert report.failures == ()
    [told] = [check.detail for check in report.checks if "BREAK-GLASS:" in check.detail]
    assert f"reviewed by {waiting.director.person_id}" in told


def test_break_glass_does_not_act_before_a_checkpoint_covers_it(waiting: World) -> None:
    first, second = people(waiting)
    asked = window_ask(actor=first, project="sample", reason="now", minutes=5)
    window_confirm(actor=second, window_id=asked.id)
    with pytest.raises(BreakGlassPending):
        approve(waiting, first, asked.id)
    sequence()
    approve(waiting, first, asked.id)


def test_break_glass_decision_needs_an_open_window_of_the_two(waiting: World) -> None:
    first, second = people(waiting)
    asked = window_ask(actor=first, project="sample", reason="now", minutes=5)
    with pytest.raises(BreakGlassOver):
        approve(waiting, first, asked.id)
    with pytest.raises(BreakGlassNotFound):
        approve(waiting, first, waiting.project_id)
    with pytest.raises(RoleMissing):
        approve(waiting, first, "")
    window_confirm(actor=second, window_id=asked.id)
    sequence()
    with pytest.raises(BreakGlassPersons):
        approve(waiting, waiting.director, asked.id)
    with pytest.raises(BreakGlassInvalid):
        approve(waiting, first, asked.id, verdict="reject")
    with pytest.raises(PermissionDenied):
        approve(waiting, waiting.operator, asked.id)
    window_close(actor=first, window_id=asked.id)
    with pytest.raises(BreakGlassOver):
        approve(waiting, first, asked.id)
    assert waiting.request("F401").state == "pending"


def test_break_glass_never_lets_a_participant_or_a_blocked_change_pass(waiting: World) -> None:
    from countersign.approvals.models import ApprovalRequest

    window = opened(waiting)
    first, second = people(waiting)
    row = ApprovalRequest.objects.get(pk=waiting.request("F401").id)
    ApprovalRequest.objects.filter(pk=row.pk).update(excluded=[*row.excluded, str(first.person_id)])
    with pytest.raises(ApproverExcluded):
        approve(waiting, first, window.id)
    ApprovalRequest.objects.filter(pk=row.pk).update(policy={**row.policy, "blocked": True})
    with pytest.raises(ApprovalBlocked):
        approve(waiting, second, window.id)


def test_break_glass_of_another_project_opens_nothing_here(
    waiting: World, superuser_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither as it is, nor moved here by SQL, nor where the process that takes decisions was fooled."""
    from countersign.projects.services import project_create

    other = project_create(
        actor=PLATFORM,
        slug="other",
        name="Other",
        source_path="/srv/other",
        repository_path="/srv/other.git",
        isolation="bubblewrap",
    )
    first, second = people(waiting)
    asked = window_ask(actor=first, project=other.slug, reason="elsewhere", minutes=5)
    window_confirm(actor=second, window_id=asked.id)
    sequence()
    with pytest.raises(BreakGlassNotFound):
        approve(waiting, first, asked.id)
    with psycopg.connect(superuser_dsn, autocommit=True) as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute(
            "UPDATE approvals_breakglass SET project_id = %s WHERE id = %s",
            [waiting.request("F401").project_id, asked.id],
        )
    with pytest.raises(BreakGlassOver, match="the log does not tell"):
        approve(waiting, first, asked.id)
    base = waiting.source.head
    monkeypatch.setattr("countersign.approvals.windows._logged_require", bool)
    approve(waiting, first, asked.id)
    steps()
    assert waiting.source.head == base
    assert "another project's" in str(waiting.run("F401").failure)


def test_break_glass_that_was_closed_stays_closed_whatever_a_table_says(
    waiting: World, superuser_dsn: str
) -> None:
    base, window = waiting.source.head, opened(waiting)
    first, second = people(waiting)
    approve(waiting, first, window.id)
    window_close(actor=second, window_id=window.id)
    with psycopg.connect(superuser_dsn, autocommit=True) as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute("UPDATE approvals_breakglass SET closed_at = NULL, closed_by = NULL")
    steps()
    assert waiting.source.head == base
    assert (waiting.run("F401").state, waiting.request("F401").state) == ("waiting_approval", "pending")


@pytest.mark.parametrize("how", ["closed", "expired"])
@pytest.mark.parametrize("late", [False, True], ids=["before-the-intent", "after-the-intent"])
def test_break_glass_that_ends_before_the_merge_merges_nothing(
    waiting: World, superuser_dsn: str, how: str, *, late: bool
) -> None:
    base = waiting.source.head
    window = opened(waiting)
    first, second = people(waiting)
    approve(waiting, first, window.id)
    if late:
        drive(lambda: waiting.merge("F401") is not None)
    if how == "closed":
        window_close(actor=second, window_id=window.id)
    else:
        over(superuser_dsn, window)
    steps()
    assert waiting.source.head == base
    assert waiting.run("F401").state == "waiting_approval"
    assert waiting.request("F401").state == "pending"


def over(dsn: str, window: BreakGlassData) -> None:
    """Let the hour have passed, as if a clock had run."""
    with psycopg.connect(dsn, autocommit=True) as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute(
            "UPDATE approvals_breakglass SET opened_at = opened_at - %(ago)s,"
            " expires_at = expires_at - %(ago)s"
            " WHERE id = %(id)s",
            {"ago": timedelta(hours=1), "id": window.id},
        )


def test_break_glass_written_into_the_tables_alone_merges_nothing(waiting: World, superuser_dsn: str) -> None:
    """An insider marks a lone vote as one under break-glass: the signed statement does not say so."""
    from countersign.approvals.models import ApprovalRequest
    from countersign.evidence.errors import PackDamaged
    from countersign.workflow.verification import approved_pack_verify

    window = opened(waiting)
    cab = waiting.request("F401")
    ApprovalRequest.objects.filter(pk=cab.id).update(
        policy={
            **ApprovalRequest.objects.get(pk=cab.id).policy,
            "quorum": [{"role": "cab_member", "count": 2}],
        }
    )
    approve(waiting, people(waiting)[1], "")
    sequence()
    with psycopg.connect(superuser_dsn, autocommit=True) as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute("UPDATE approvals_decision SET break_glass = %s", [window.id])
    with pytest.raises(PackDamaged, match="break-glass"):
        approved_pack_verify(waiting.run("F401"), waiting.request("F401"))


def test_break_glass_inserted_into_the_table_alone_opens_nothing(waiting: World, superuser_dsn: str) -> None:
    """An insider makes a window of a lone person's account: the log does not tell of it."""
    first, second = people(waiting)
    real = opened(waiting)
    forged = str(uuid.uuid4())
    with psycopg.connect(superuser_dsn, autocommit=True) as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute(
            "INSERT INTO approvals_breakglass (id, project_id, reason, minutes, permits, requested_by,"
            " opened_by,"
            " opened_at, expires_at, event_id, review) SELECT %s, project_id, 'forged', 60, permits,"
            " requested_by, opened_by, opened_at, expires_at, event_id, '' FROM approvals_breakglass",
            [forged],
        )
    with pytest.raises(BreakGlassOver, match="the log does not tell"):
        approve(waiting, first, forged)
    with psycopg.connect(superuser_dsn, autocommit=True) as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute(
            "UPDATE approvals_breakglass SET opened_by = %s WHERE id = %s",
            [waiting.director.person_id, real.id],
        )
    with pytest.raises(BreakGlassOver, match="the log does not tell"):
        approve(waiting, waiting.director, real.id)
    assert second.person_id is not None


def test_break_glass_prolonged_in_the_tables_merges_no_longer_than_was_signed(
    waiting: World, superuser_dsn: str
) -> None:
    from countersign.workflow.break_glass import merge_deadline

    window = opened(waiting, minutes=1)
    approve(waiting, people(waiting)[0], window.id)
    signed = merge_deadline(waiting.request("F401"))
    assert signed == window.expires_at
    with psycopg.connect(superuser_dsn, autocommit=True) as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute("UPDATE approvals_breakglass SET expires_at = expires_at + interval '30 minutes'")
        superuser.execute("UPDATE approvals_approvalrequest SET expires_at = expires_at + interval '9 days'")
    assert merge_deadline(waiting.request("F401")) == signed
