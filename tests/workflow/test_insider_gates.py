"""An insider with superuser rights on the database against what the gates answered before it is signed."""

from __future__ import annotations

import base64
import json
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.workflow.insider import Insider
from tests.workflow.insider_rows import event_insert
from tests.workflow.world import PLATFORM, World, drive, failed_jobs, gates_count, sequence

if TYPE_CHECKING:
    from countersign.jobs.contracts import JobData
    from countersign.runs.contracts import StandingData

pytestmark = pytest.mark.needs("bwrap")


@pytest.fixture
def insider(superuser_dsn: str) -> Insider:
    return Insider(superuser_dsn)


def standing(world: World) -> StandingData:
    from countersign.runs.queue import standings_of

    run_id = world.runs["E713"]
    return standings_of(actor=PLATFORM, run_ids=[run_id])[run_id]


def answers_signed(world: World) -> set[str]:
    """The digests of the gates' answers in the addendum that the merge signed."""
    from countersign.evidence.selectors import addenda_of_runs
    from countersign.workflow.trust import trust_current
    from countersign_verify import dsse
    from countersign_verify.canonical import canonical_bytes

    [addendum] = addenda_of_runs(actor=PLATFORM, run_ids=(world.runs["E713"],))
    trust = trust_current(allow_unattended=False)
    keys = {**trust.roles["gates"], **trust.roles["scorer"]}
    envelope = canonical_bytes(dict(addendum.envelope))
    predicate = dsse.statement_verify(envelope, keys, dsse.REVERIFICATION_V1, threshold=2).predicate
    return {str(gate["report_digest"]) for gate in predicate["gates"]}  # type: ignore[index,union-attr,call-overload]  # its shape is the addendum's


@pytest.mark.parametrize("with_event", [False, True], ids=["row", "row_and_event"])
def test_gate_answers_written_into_the_table_are_not_signed_by_the_merge(
    waiting: World, insider: Insider, monkeypatch: pytest.MonkeyPatch, *, with_event: bool
) -> None:
    """Answers that were taken ahead are replaced, in the second case with an event that tells of them."""
    from countersign_verify.canonical import digest_of

    waiting.approve("F401")
    drive()
    found = standing(waiting)
    forged = [{**report, "status": "pass", "reason": "forged"} for report in found.reports]
    insider.sql("UPDATE runs_standing SET reports = %s WHERE run_id = %s", forged, found.run_id)
    digests = {
        digest_of(dict(before)): digest_of(after) for before, after in zip(found.reports, forged, strict=True)
    }
    if with_event:
        event_forge(waiting, insider, "runs_standing", "run.reverified", digests)
    bases = gates_count(monkeypatch)
    waiting.approve("E713")
    drive()
    assert failed_jobs() == []
    assert waiting.run("E713").state == "merged"
    assert not set(digests.values()) & answers_signed(waiting)
    assert bases[0] == found.base_commit


def event_forge(world: World, insider: Insider, table: str, kind: str, digests: dict[str, str]) -> None:
    """Write the event of answers that never were, and have it sequenced like any other."""
    run_id, event_id = world.runs["E713"], str(uuid.uuid4())
    newest = "SELECT body FROM audit_auditevent WHERE type = %s AND subject_id = %s ORDER BY id DESC LIMIT 1"
    body = insider.one(newest, kind, run_id)
    data = json.dumps(json.loads(body)["data"])
    for true, forged in digests.items():
        assert true in data
        data = data.replace(true, forged)
    event_insert(insider, kind, ("run", run_id), json.loads(data), world.operator, event_id)
    insider.sql(f"UPDATE {table} SET event_id = %s WHERE run_id = %s", event_id, run_id)  # noqa: S608 - of this file
    sequence()


def checked(world: World, rule: str) -> World:
    """Have a change checked again on a base that moved, up to where its new pack is about to be sealed."""
    from countersign.workflow.commands import project_configure
    from countersign.workflow.watching import queues_look

    for other in set(world.runs) - {rule}:
        world.decide(world.request(other), "reject")
    project_configure(actor=world.operator, project="sample", settings={"base_move": "strict"})
    world.source.commit("README.md", "Hello.\n")
    queues_look()
    drive(lambda: world.run(rule).state == "sealing")
    return world


def stepped(run_id: str) -> str:
    """Carry out the next step of what checks a run, before anything is sequenced; return what it says."""
    from countersign.jobs.selectors import job_for_subject
    from countersign.workflow.engine import job_step

    def job() -> JobData:
        found = job_for_subject(actor=PLATFORM, kind="run.recheck", subject=("run", run_id))
        assert found is not None
        return found

    job_step(job().id, owner="test")
    return str(job().progress["summary"])


def gates_sealed(world: World, rule: str) -> dict[str, tuple[str, str]]:
    """What the gates' statement in the pack of a change says: status and digest of the report of each."""
    from countersign.evidence.selectors import pack_file
    from countersign.workflow.trust import trust_current
    from countersign_verify.pack_facts import gates_read
    from countersign_verify.pack_verify import pack_verify
    from countersign_verify.report import Report

    report = Report()
    with pack_file(actor=PLATFORM, digest=world.run(rule).pack_digest) as file:
        verified = pack_verify(file, trust_current(allow_unattended=False), report)
        assert verified is not None
        assert not report.failures
        statement = json.loads(verified.pack.read("attestations/gates.dsse.json"))
    predicate = json.loads(base64.b64decode(statement["payload"]))["predicate"]
    return gates_read(predicate["gates"])


@pytest.mark.parametrize("event", ["true", "forged", "missing"])
def test_gate_answers_written_into_the_table_are_not_signed_by_the_sealing(
    waiting: World, insider: Insider, monkeypatch: pytest.MonkeyPatch, event: str
) -> None:
    """Between the gates and the sealing every answer is replaced, and names some event that tells of it."""
    from countersign.workflow import gate_asking
    from countersign_verify.canonical import digest_of

    run_id = checked(waiting, "E713").runs["E713"]
    assert "waiting for the checkpoint" in stepped(run_id)
    digests = {}
    where = "run_id = %s AND attempt = (SELECT max(attempt) FROM gates_gateresult WHERE run_id = %s)"
    rows = insider.sql(f"SELECT id, report FROM gates_gateresult WHERE {where}", run_id, run_id)  # noqa: S608 - of this file
    for row_id, report in rows:
        forged = {**report, "status": "pass", "reason": "forged"}
        digests[digest_of(report)] = digest_of(forged)
        insider.sql(
            "UPDATE gates_gateresult SET report = %s, report_digest = %s, status = 'pass', reason = 'forged'"
            " WHERE id = %s",
            forged,
            digest_of(forged),
            row_id,
        )
    if event == "forged":
        event_forge(waiting, insider, "gates_gateresult", "gates.recorded", digests)
    if event == "missing":
        named = "UPDATE gates_gateresult SET event_id = %s WHERE run_id = %s"
        insider.sql(named, str(uuid.uuid4()), run_id)
        monkeypatch.setattr(gate_asking, "MAX_WAITS", 3)
    drive()
    assert failed_jobs() == []
    assert waiting.run("E713").state == "waiting_approval"
    sealed = gates_sealed(waiting, "E713")
    assert len(sealed) == len(rows)
    assert not {digest for _, digest in sealed.values()} & set(digests.values())


def test_gate_answers_written_into_the_table_are_not_what_a_phase_or_a_merge_tells(
    waiting: World, insider: Insider
) -> None:
    """The log bears nothing out any more: then the pack says it, and where that is another one's, nothing."""
    from countersign.evidence.errors import PackDamaged
    from countersign.workflow.answers import answers_borne_out, answers_recorded
    from countersign.workflow.gate_results import gate_results_on, gate_results_proved
    from countersign.workflow.merging import state_entry
    from countersign.workflow.phases import _gates

    run = waiting.run("E713")
    true = gate_results_proved(run)
    entry = state_entry(run, waiting.request("E713"), "0" * 40)
    assert answers_borne_out(run, answers_recorded(run))
    insider.sql(
        "UPDATE gates_gateresult SET report = report || %s, status = 'fail', reason = 'forged'"
        " WHERE run_id = %s",
        {"status": "fail", "reason": "forged"},
        run.id,
    )
    assert not answers_borne_out(run, answers_recorded(run))
    shown = gate_results_on(actor=PLATFORM, run_id=run.id, result_tree=run.result_tree)
    assert {result.reason for result in shown} == {"forged"}
    sealed = gate_results_proved(run)
    assert [(one.name, one.reason, one.report_digest) for one in sealed] == [
        (one.name, one.reason, one.report_digest) for one in true
    ]
    assert state_entry(run, waiting.request("E713"), "0" * 40) == entry
    assert _gates(run) == {one.name: "pass" for one in true}
    swapped = replace(run, pack_digest=waiting.run("F401").pack_digest)
    with pytest.raises(PackDamaged, match="another one"):
        gate_results_proved(swapped)
    assert _gates(swapped) == {}
