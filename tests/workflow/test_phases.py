"""A phase is complete when everything is merged and the Director says so; a stranger can check it all."""

from __future__ import annotations

import json
import shutil
import uuid
from dataclasses import replace
from pathlib import Path

import pytest

from countersign.shared.actor import Actor
from countersign_verify.cli import main as verify
from tests.workflow.insider import Insider, steps
from tests.workflow.insider_rows import event_insert
from tests.workflow.world import PLATFORM, World, drive, events, failed_jobs, sequence

pytestmark = pytest.mark.needs("bwrap")


def export(world: World) -> tuple[Path, str]:
    from countersign.jobs.selectors import job_get
    from countersign.workflow.commands import export_begin

    job_id = export_begin(actor=world.auditor, project="sample")
    drive()
    result = job_get(actor=world.auditor, job_id=job_id).result
    return Path(str(result["directory"])), str(result["trust"])


def checks(directory: Path, trust: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    """Verify as a stranger does; return the exit code and what failed."""
    capsys.readouterr()
    code = verify(["log", str(directory), "--trust", trust, "--json"])
    report = json.loads(capsys.readouterr().out)
    return code, [check["name"] for check in report["checks"] if check["status"] == "failed"]


def test_phase_is_signed_off_and_the_export_verifies(
    merged: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    [request] = merged.requests("phase")
    phase = merged.phases()["P1"]
    assert (phase.state, phase.complete) == ("awaiting_signoff", False)
    merged.decide(request)
    drive()
    phases = merged.phases()
    assert phases["P1"].complete
    assert phases["P2"].state == "active"
    assert failed_jobs() == []
    directory, trust = export(merged)
    assert checks(directory, trust, capsys) == (0, [])
    for pack in (directory / "packs").glob("*.tar"):
        assert verify(["pack", str(pack), "--trust", trust]) == 0
    for name, tampered in tamperings(directory, tmp_path):
        code, failed = checks(tampered, trust, capsys)
        assert code == 1, name
        assert failed, name


def made_a_director(world: World) -> Actor:
    """The operator, who had every change of the phase made, becomes a director as well."""
    from countersign.accounts.services import role_grant

    role_grant(actor=PLATFORM, person_id=str(world.operator.person_id), role="director")
    return replace(world.operator, roles=frozenset({"operator", "director"}))


def test_phase_is_not_signed_off_by_who_had_its_changes_made(merged: World) -> None:
    from countersign.approvals.errors import ApproverExcluded

    [request] = merged.requests("phase")
    assert request.excluded == (merged.operator.person_id,)
    with pytest.raises(ApproverExcluded):
        merged.decide(request, actor=made_a_director(merged))


def test_phase_signed_off_by_who_had_its_changes_made_is_not_complete(
    merged: World, superuser_dsn: str
) -> None:
    """The request was opened to everybody in the tables."""
    [request] = merged.requests("phase")
    statement = "UPDATE approvals_approvalrequest SET excluded = '[]' WHERE id = %s"
    Insider(superuser_dsn).sql(statement, request.id)
    merged.decide(request, actor=made_a_director(merged))
    steps()
    assert not merged.phases()["P1"].complete
    [(_, _, error)] = failed_jobs()
    assert "had a change of this phase made" in str(error)


def test_phase_whose_proof_was_changed_under_its_signature_is_not_complete(
    merged: World, superuser_dsn: str
) -> None:
    """The proof in the table leaves out who made what, and still has the digest that was signed."""
    [request] = merged.requests("phase")
    merged.decide(request)
    statement = "UPDATE plans_phase SET proof = proof || %s WHERE id = %s"
    Insider(superuser_dsn).sql(statement, {"evidence": []}, request.subject_id)
    steps()
    assert not merged.phases()["P1"].complete
    [(_, _, error)] = failed_jobs()
    assert "not the one that was signed" in str(error)


def test_phase_signed_off_by_sql_is_refused_and_noticed_by_a_stranger(
    merged: World, superuser_dsn: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Decision, event and phase are written into the tables, and signed with a key of the insider's own."""
    from countersign.plans.selectors import phase_proof_stored
    from tests.workflow.insider_attacks import decision_forge

    [request] = merged.requests("phase")
    insider = Insider(superuser_dsn)
    decision_id = decision_forge(merged, insider, request)
    steps()
    assert not merged.phases()["P1"].complete
    [(_, _, error)] = failed_jobs()
    assert "the sign-off does not verify" in str(error)
    proof = dict(phase_proof_stored(actor=PLATFORM, phase_id=request.subject_id))
    signoff = {"request_id": request.id, "decision_id": decision_id, "proof_digest": request.subject_digest}
    insider.sql(
        "UPDATE plans_phase SET state = 'complete', proof = %s, missing = '[]', signed_off_at = now(),"
        " (signoff_request_id, signoff_decision_id, signoff_proof_digest) = (%s, %s, %s) WHERE id = %s",
        {**proof, "signoff": signoff},
        request.id,
        decision_id,
        request.subject_digest,
        request.subject_id,
    )
    subject = ("phase", request.subject_id)
    event_insert(insider, "phase.completed", subject, signoff, merged.director, str(uuid.uuid4()))
    sequence()
    directory, trust = export(merged)
    code, failed = checks(directory, trust, capsys)
    assert code == 1
    assert {"decisions", "phases"} <= set(failed)


def tamperings(directory: Path, place: Path) -> list[tuple[str, Path]]:
    """Return copies of an export, each with one thing changed."""
    made = []

    def copy(name: str) -> Path:
        target = place / name
        shutil.copytree(directory, target)
        made.append((name, target))
        return target

    index = copy("index") / "index.json"
    merges = json.loads(index.read_text())
    merges["merges"].pop()
    index.write_text(json.dumps(merges, sort_keys=True, separators=(",", ":")))
    bundle = next((copy("entries") / "tile" / "entries").rglob("*[0-9]"))
    bundle.write_bytes(bundle.read_bytes().replace(b"run.merged", b"run.marged", 1))
    decision = next((copy("decision") / "decisions").iterdir())
    decision.write_bytes(decision.read_bytes().replace(b'"sig":"', b'"sig":"A', 1))
    next((copy("pack") / "packs").iterdir()).unlink()
    proof = next(path for path in (copy("phase") / "phases").iterdir() if b'"met":true' in path.read_bytes())
    proof.write_bytes(proof.read_bytes().replace(b'"met":true', b'"met":false', 1))
    next((copy("addendum") / "addenda").iterdir()).unlink()
    return made


def test_rejected_signoff_leaves_the_phase_open(merged: World) -> None:
    [request] = merged.requests("phase")
    merged.decide(request, "reject")
    drive()
    assert merged.phases()["P1"].state == "awaiting_signoff"
    assert failed_jobs() == []


def test_signoff_over_a_proof_that_is_past_is_void_and_asked_for_again(merged: World) -> None:
    from countersign.plans.models import Phase

    [request] = merged.requests("phase")
    merged.decide(request)
    Phase.objects.filter(pk=request.subject_id).update(proof_digest="sha256:" + "0" * 64)
    drive()
    assert failed_jobs() == []
    assert merged.request_by_id(request.id).state == "void"
    assert not merged.phases()["P1"].complete
    [again] = merged.requests("phase")
    merged.decide(again)
    drive()
    assert merged.phases()["P1"].complete


def test_phase_is_judged_on_the_head_that_is_there_at_the_end(
    waiting: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another change is merged while a head is analysed: what was found on it is not what holds."""
    from countersign.findings.analysis import analysis_run as analyse
    from countersign.projects.models import Project
    from countersign.workflow import phases

    analysed: list[int] = []

    def meanwhile(*given: object, **named: object) -> object:
        analysed.append(1)
        if len(analysed) == 1:
            Project.objects.filter(pk=waiting.project_id).update(head_commit=waiting.run("F401").base_commit)
        elif len(analysed) == 2:
            merge = waiting.merge("F401")
            assert merge is not None
            Project.objects.filter(pk=waiting.project_id).update(head_commit=merge.state_commit)
        return analyse(*given, **named)  # type: ignore[arg-type]  # handed on as they are

    monkeypatch.setattr(phases, "analysis_run", meanwhile)
    waiting.approve("F401")
    drive()
    assert len(analysed) == 3
    assert failed_jobs() == []
    merge = waiting.merge("F401")
    assert merge is not None
    from countersign.plans.selectors import phase_proof_stored
    from tests.workflow.world import PLATFORM

    proof = phase_proof_stored(actor=PLATFORM, phase_id=waiting.phases()["P1"].id)
    assert merge.state_commit in json.dumps(proof)


def test_analysis_that_fails_completes_no_phase(waiting: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from countersign.findings.analysis import analysis_run as analyse
    from countersign.findings.contracts import HookStatus
    from countersign.workflow import phases

    monkeypatch.setattr(
        phases,
        "analysis_run",
        lambda *given, **named: tuple(
            replace(item, status=HookStatus.FAILED) for item in analyse(*given, **named)
        ),
    )
    waiting.approve("F401")
    drive()
    assert waiting.requests("phase") == []
    assert not waiting.phases()["P1"].complete
    assert events(waiting.runs["F401"])["run.merged"] == 1
