"""Trial mode: one person alone tries the product, and nothing of it counts elsewhere."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from countersign_verify.canonical import canonical_bytes, canonical_loads
from countersign_verify.report import Report
from countersign_verify.trust import trust_read
from tests.workflow.conftest import Scene
from tests.workflow.sample import FILES, source_make
from tests.workflow.world import PLAN, PLATFORM, World, drive, events, failed_jobs, hurry, sequence

if TYPE_CHECKING:
    from countersign.shared.actor import Actor

pytestmark = pytest.mark.needs("bwrap")


@pytest.fixture(scope="module")
def tried(
    scene_after: Callable[[str, Callable[[World], World]], Scene], tmp_path_factory: pytest.TempPathFactory
) -> Scene:
    """A trial of one person, who asked for a change and for nobody else."""
    source = source_make(tmp_path_factory.mktemp("trial") / "elsewhere", FILES)
    return scene_after("registered", lambda _world: trial_begin(World(source)))


@pytest.fixture
def alone(tried: Scene, scenes: dict[str, Scene], scene: Callable[[str], World]) -> World:
    scenes["trial"] = tried
    return scene("trial")


def trial_begin(world: World) -> World:
    from countersign.jobs.selectors import job_get
    from countersign.plans.selectors import work_item_list
    from countersign.projects.selectors import project_get
    from countersign.workflow.commands import plan_import, project_register, session_begin

    person = world.person("solo", "operator", "director")
    project_register(actor=person, source=str(world.source.path), name="Alone", trial=True)
    drive()
    world.project_id = project_get(actor=PLATFORM, slug="alone").id
    plan_import(actor=person, project="alone", text=PLAN.read_text(), format="yaml")
    begun = session_begin(actor=person, project="alone")
    drive()
    session_id = str(job_get(actor=PLATFORM, job_id=begun).result["session_id"])
    items = {item.rules[0]: item for item in work_item_list(actor=PLATFORM, session_id=session_id)}
    world.people["olu"] = person  # whoever begins a run: here the one who decides
    world.begin("F401", items["F401"])
    drive()
    return world


def decide(world: World, person: Actor | None = None) -> None:
    from countersign.workflow.commands import decision_submit

    request = world.request("F401")
    decision_submit(
        actor=person or world.people["solo"],
        request_id=request.id,
        verdict="approve",
        reason="I tried it",
        digest=request.subject_digest,
    )


def insider(dsn: str, sql: str, *values: object) -> None:
    """Write as a superuser of the database: no trigger stops them."""
    import psycopg

    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(sql.encode(), values)


def test_trial_initiator_decides_alone_and_it_goes_to_the_trial_branch(alone: World) -> None:
    before = alone.source.git("rev-parse", "main")
    assert alone.source.git("branch", "--list", "trial/*") == ""
    request = alone.request("F401")
    assert alone.people["solo"].person_id in request.excluded
    assert request.policy.trial == "trial/main"
    decide(alone)
    drive()
    assert failed_jobs() == []
    assert alone.run("F401").state == "merged"
    merge = alone.merge("F401")
    assert merge is not None
    assert alone.source.git("rev-parse", "main") == before
    assert alone.source.git("rev-parse", "trial/main") == merge.state_commit
    assert alone.source.git("rev-parse", f"{merge.merge_commit}^1") == before
    assert "Countersign-Approval: self-approved" in alone.source.git(
        "log", "-1", "--format=%B", merge.merge_commit
    )
    assert alone.project.head_commit == merge.state_commit


def test_trial_pack_statement_and_log_say_self_approved(alone: World) -> None:
    from countersign.evidence.selectors import pack_file
    from countersign_verify.pack import pack_read

    decide(alone)
    trial = {"approval": "self-approved", "branch": "trial/main"}
    with pack_file(actor=PLATFORM, digest=alone.run("F401").pack_digest) as file:
        assert pack_read(file).subject["trial"] == trial
    envelope = alone.request("F401").decisions[0].envelope
    statement = canonical_loads(base64.b64decode(str(envelope["payload"])))
    assert isinstance(statement, dict)
    predicate = statement["predicate"]
    assert isinstance(predicate, dict)
    assert predicate["trial"] == trial
    assert events(alone.project_id)["trial.begun"] == 1


def test_trial_export_verifies_and_its_report_says_self_approved(alone: World) -> None:
    decide(alone)
    drive()
    directory = export(alone)
    report = verified(directory)
    assert report.failures == ()
    said = "\n".join(check.detail for check in report.checks)
    assert "1 self-approved, in a trial" in said
    assert "1 self-approved, to branches of trials only" in said


def export(world: World) -> Path:
    from countersign.jobs.selectors import job_get
    from countersign.workflow.commands import export_begin

    job_id = export_begin(actor=world.people["solo"])
    drive()
    return Path(str(job_get(actor=PLATFORM, job_id=job_id).result["directory"]))


def verified(directory: Path) -> Report:
    from countersign_verify.log import log_verify

    report = Report()
    log_verify(directory, trust_read((directory / "trust.json").read_bytes()), report)
    return report


def test_trial_turned_off_by_settings_is_refused(alone: World) -> None:
    from countersign.projects.errors import TrialFixed
    from countersign.workflow.commands import project_configure

    with pytest.raises(TrialFixed):
        project_configure(actor=alone.people["solo"], project="alone", settings={"trial": False})
    with pytest.raises(TrialFixed):
        project_configure(actor=alone.people["solo"], project="sample", settings={"trial": True})
    project_configure(
        actor=alone.people["solo"], project="alone", settings={"trial": True, "slot_minutes": 5}
    )
    assert alone.project.trial


def test_trial_turned_off_in_the_database_is_refused_by_the_trigger(alone: World) -> None:
    from django.db import IntegrityError

    from countersign.projects.models import Project

    rows = Project.objects.filter(pk=alone.project_id)
    with pytest.raises(IntegrityError, match="chosen when it is registered"):
        rows.update(settings={**alone.project.settings, "trial": False})
    with pytest.raises(IntegrityError, match="under trial/ only"):
        rows.update(default_branch="main")


@pytest.mark.parametrize(
    "attack",
    [
        """UPDATE projects_project SET settings = settings || '{"trial": false}', default_branch = 'main'""",
        """UPDATE projects_project SET settings = settings || '{"trial": false}'""",
        "UPDATE projects_project SET default_branch = 'main'",
    ],
)
@pytest.mark.parametrize("late", [False, True], ids=["before-the-intent", "after-the-intent"])
def test_trial_turned_off_under_an_approval_merges_nothing(
    alone: World, superuser_dsn: str, attack: str, *, late: bool
) -> None:
    before = alone.source.git("rev-parse", "main")
    decide(alone)
    if late:
        drive(lambda: alone.merge("F401") is not None)
    insider(superuser_dsn, f"{attack} WHERE id = %s", alone.project_id)
    for _ in range(3):
        step_all()
    assert alone.source.git("rev-parse", "main") == before
    assert alone.source.git("branch", "--list", "trial/*") == ""
    assert alone.run("F401").state != "merged"


def step_all() -> None:
    """Carry out every due job once; what hinders a merge is tried again for good, so nothing ends here."""
    from countersign.jobs.selectors import jobs_due
    from countersign.workflow.engine import job_step

    for _ in range(8):
        sequence()
        hurry()
        for job_id in jobs_due():
            job_step(job_id, owner="test")


def test_trial_claimed_of_a_normal_request_does_not_merge(waiting: World) -> None:
    """The request says trial, so the initiator can sign; but the pack is the one of a normal project."""
    from countersign.accounts.services import role_grant
    from countersign.approvals.models import ApprovalRequest
    from countersign.evidence.errors import PackDamaged
    from countersign.workflow.commands import decision_submit
    from countersign.workflow.verification import approved_pack_verify

    before = waiting.source.head
    request = waiting.request("F401")
    row = ApprovalRequest.objects.get(pk=request.id)
    ApprovalRequest.objects.filter(pk=row.pk).update(policy={**row.policy, "trial": "trial/main"})
    role_grant(actor=PLATFORM, person_id=str(waiting.operator.person_id), role="director")
    both = replace(waiting.operator, roles=frozenset({"operator", "director"}))
    decision_submit(
        actor=both, request_id=request.id, verdict="approve", reason="mine", digest=request.subject_digest
    )
    sequence()
    with pytest.raises(PackDamaged, match="self-approved"):
        approved_pack_verify(waiting.run("F401"), waiting.request("F401"))
    drive()
    assert waiting.source.head == before
    assert waiting.run("F401").state == "failed"


def test_trial_page_says_self_approved(alone: World) -> None:
    from countersign.workflow.queries import request_detail

    policy = request_detail(actor=alone.people["solo"], request_id=alone.request("F401").id).policy
    assert policy.decision_text == "Self-approved: a trial, merged to trial/main only."
    assert policy.trial_branch == "trial/main"
    assert any("Otherwise this change needs: 1 x director" in reason.text for reason in policy.reasons)


def test_trial_decision_whose_envelope_was_changed_merges_nothing(alone: World, superuser_dsn: str) -> None:
    """The trial cut out of the signed statement: the signature does not hold any more."""
    from countersign.approvals.models import Decision
    from countersign.workflow.trial import TrialMoved, target_require

    decide(alone)
    target_require(alone.project, alone.request("F401"))
    row = Decision.objects.get(pk=alone.request("F401").decisions[0].id)
    statement = canonical_loads(base64.b64decode(row.envelope["payload"]))
    assert isinstance(statement, dict)
    predicate = statement["predicate"]
    assert isinstance(predicate, dict)
    del predicate["trial"]
    payload = base64.b64encode(canonical_bytes(statement)).decode()
    insider(
        superuser_dsn,
        "UPDATE approvals_decision SET envelope = %s::jsonb WHERE id = %s",
        json.dumps({**row.envelope, "payload": payload}),
        str(row.id),
    )
    with pytest.raises(TrialMoved, match="does not verify"):
        target_require(alone.project, alone.request("F401"))
