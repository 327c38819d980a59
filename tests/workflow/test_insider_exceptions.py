"""An insider who rules the database against rules and exceptions: no table lets anything pass."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from tests.workflow.insider import Insider, Stranger, export_made, steps, told
from tests.workflow.test_exceptions import RULE, blocked, grant
from tests.workflow.test_insider_decisions import fooled, insider
from tests.workflow.world import PLATFORM, World, drive

__all__ = ["fooled", "insider"]  # fixtures

pytestmark = pytest.mark.needs("bwrap")


def waiver_insert(world: World, insider: Insider) -> str:
    waiver_id = str(uuid.uuid4())
    insider.sql(
        "INSERT INTO governance_waiver (id, rule_code, run_id, paths, reason, compensating_controls,"
        " expires_at, reviewer_id) VALUES (%s, %s, %s, '[]', 'forged', '[\"none\"]',"
        " now() + interval '1 day', %s)",
        waiver_id,
        RULE,
        world.runs["F401"],
        world.director.id,
    )
    return waiver_id


def test_exception_that_only_a_table_tells_of_lets_nothing_pass(waiting: World, insider: Insider) -> None:
    """Neither inserted, nor given another end, nor for more paths, nor with its revocation deleted."""
    from countersign.workflow.exceptions import exception_revoke, queues_ask
    from countersign.workflow.relaxing import exceptions_in_force

    blocked(waiting)
    waiver_insert(waiting, insider)
    queues_ask()
    drive()
    assert waiting.request("F401").policy.blocked
    granted = grant(waiting, paths=("src/sample/beta.py",))
    revoked = grant(waiting)
    exception_revoke(actor=waiting.person("rita"), exception_id=revoked.id, reason="not that")
    drive()
    insider.sql("UPDATE governance_waiver SET paths = '[]' WHERE id = %s", granted.id)
    insider.sql("DELETE FROM governance_waiverrevocation")
    queues_ask()
    drive()
    assert exceptions_in_force(waiting.runs["F401"]) == ()
    assert waiting.request("F401").policy.blocked


@pytest.mark.parametrize("hidden", [False, True])
def test_granter_of_an_exception_who_is_hidden_in_the_tables_is_refused(
    waiting: World, insider: Insider, *, hidden: bool
) -> None:
    """The request excludes them no more, the table tells of another one, the event is put elsewhere."""
    blocked(waiting)
    grant(waiting)
    drive()
    request = waiting.request("F401")
    if hidden:
        insider.sql(
            "UPDATE audit_auditevent SET (type, subject_id) = ('gone.gone', 'gone')"
            " WHERE type = 'waiver.granted'"
        )
    insider.sql("UPDATE governance_waiver SET reviewer_id = %s", waiting.auditor.id)
    insider.sql(
        "UPDATE approvals_approvalrequest SET excluded = excluded - %s WHERE id = %s",
        str(waiting.person("rita").person_id),
        request.id,
    )
    waiting.decide(request, actor=waiting.person("rita"))
    steps()
    assert waiting.run("F401").state != "merged"
    assert "leaves out persons whom the pack excludes" in told(waiting)


@pytest.mark.usefixtures("fooled")
def test_exception_that_was_forged_on_a_fooled_executor_is_noticed_by_a_stranger(
    waiting: World,
    insider: Insider,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The executor takes the tables for the truth, as it seals and as it merges."""

    stranger = Stranger(tmp_path).keep()
    blocked(waiting)
    waiver_insert(waiting, insider)
    monkeypatch.setattr("countersign.workflow.relaxing.exceptions_in_force", _tables_only, raising=True)
    monkeypatch.setattr("countersign.workflow.sealing.exceptions_in_force", _tables_only)
    from countersign.workflow.exceptions import queues_ask

    queues_ask()
    drive()
    waiting.decide(waiting.request("F401"))
    steps()
    assert waiting.run("F401").state == "merged", told(waiting)
    failed = stranger.verify(export_made(waiting), capsys)
    assert "the log does not tell that the exception" in failed["relaxed"]


def _tables_only(run_id: str, _relaxations: object = None) -> object:
    from countersign.governance.selectors import waivers_in_force
    from countersign.workflow.executor import EXECUTOR

    return waivers_in_force(actor=EXECUTOR, run_id=run_id)


def test_rule_weakened_in_the_table_alone_lets_nothing_pass(waiting: World, insider: Insider) -> None:
    """A version of the rule that only advises is inserted, and nothing in the log tells of it."""
    from countersign.jobs.selectors import job_for_subject
    from countersign.workflow.exceptions import queues_ask

    blocked(waiting)
    before = waiting.request("F401")
    insider.sql(
        "INSERT INTO governance_rule (id, code, version, document_id, section, title, scope, text, why,"
        " correction, check_data, mode, severity, core, origin, retired, digest)"
        " SELECT gen_random_uuid(), code,"
        " version + 1, document_id, section, title, scope, text, why, correction, check_data, 'advise',"
        " severity, core, 'local', false, digest FROM governance_rule WHERE code = %s",
        RULE,
    )
    queues_ask()
    steps(60)
    run = waiting.run("F401")
    assert run.state in {"sealing", "failed"}
    assert waiting.request_by_id(before.id).state == "void"
    job = job_for_subject(actor=PLATFORM, kind="run.recheck", subject=("run", run.id))
    assert job is not None
    assert "does not tell of version 2" in str(job.error)
