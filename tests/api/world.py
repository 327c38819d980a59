"""What the API is asked about."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from countersign.shared.actor import Actor, service_actor

if TYPE_CHECKING:
    from countersign.accounts.contracts import UserData
    from countersign.jobs.contracts import Lease

ROLES = ("director", "cab_member", "security_reviewer", "admin", "operator", "auditor", "ci", "agent")
COMMIT = "c" * 40
PLAN = """\
code: PLAN
title: A plan
phases:
  - code: P1
    title: Hygiene
    deliverables:
      - code: P1.1
        title: No unused imports
        selector: {tool: ruff, rules: [F401]}
        acceptance_criteria:
          - text: None is left that can be removed safely.
            check: {kind: findings_zero, fixable_only: true}
  - code: P2
    title: Security
    depends_on: [P1]
    deliverables:
      - code: P2.1
        title: No weaknesses
        selector: {tool: bandit, rules: [B]}
        acceptance_criteria:
          - text: None is left.
            check: {kind: findings_zero}
inputs:
  - {name: Style, optional: true}
"""
WORKER = service_actor("worker")


@dataclass
class World:
    """Ids of what there is, and a token for each role."""

    tokens: dict[str, str] = field(default_factory=dict)
    users: dict[str, UserData] = field(default_factory=dict)
    project_id: str = ""
    plan_id: str = ""
    phase_id: str = ""
    session_id: str = ""
    work_item_id: str = ""

    def actor(self, role: str) -> Actor:
        user = self.users[role]
        return Actor(
            kind="person", id=user.id, label=user.name, person_id=user.person_id, roles=frozenset({role})
        )


def lease_take(kind: str = "test") -> Lease:
    """Return the lease of a job of its own, as a worker's step holds one."""
    from countersign.jobs.services import job_claim, job_submit

    job_id = job_submit(actor=WORKER, kind=kind, subject=("test", "test"), payload={})
    claimed = job_claim(job_id=job_id, owner="test")
    assert claimed is not None
    return claimed.lease


def people_build() -> World:
    """Make a user of every role."""
    from countersign.accounts.services import roles_sync

    roles_sync(actor=WORKER)
    world = World()
    for role in ROLES:
        _user(world, role)
    return world


def world_build(world: World) -> World:
    """Add what people work on."""
    from countersign.workflow.installation import installation_sync

    installation_sync()
    _project(world)
    _session(world)
    return world


def _user(world: World, role: str) -> None:
    from countersign.accounts.services import role_grant, token_issue, user_create

    user = user_create(actor=WORKER, email=f"{role}@example.org", name=f"Test {role}")
    role_grant(actor=WORKER, person_id=user.person_id, role=role)
    world.users[role] = user
    own = Actor(kind="person", id=user.id, label=user.name, person_id=user.person_id)
    issued = token_issue(actor=own, user_id=user.id, label="test", valid=timedelta(hours=1))
    world.tokens[role] = issued.secret


def _project(world: World) -> None:
    from countersign.plans.services import plan_import
    from countersign.projects.contracts import BaselineData, EnvironmentData
    from countersign.projects.services import (
        baseline_record,
        environment_record,
        project_create,
        project_imported,
    )

    lease = lease_take()
    project = project_create(
        actor=WORKER,
        slug="sample",
        name="Sample",
        source_path="/srv/sample",
        repository_path="/srv/sample.git",
        isolation="bubblewrap",
    )
    world.project_id = project.id
    project_imported(actor=WORKER, lease=lease, project_id=project.id, branch="main", commit=COMMIT)
    environment = EnvironmentData(
        path="/srv/env", digest="sha256:" + "e" * 64, python_version="3.11", requirements=(), status="ready"
    )
    environment_record(actor=WORKER, lease=lease, project_id=project.id, environment=environment)
    baseline = BaselineData(
        status="failed",
        reason="one test fails",
        tests={"t::a": "passed", "t::b": "failed", "t::c": "error", "t::d": "skipped"},
        duration_ms=12,
        commit=COMMIT,
    )
    baseline_record(actor=WORKER, lease=lease, project_id=project.id, baseline=baseline)
    plan = plan_import(actor=WORKER, project_id=project.id, text=PLAN)
    world.plan_id = plan.id
    world.phase_id = plan.phases[0].id


def _session(world: World) -> None:
    from countersign.findings.contracts import FindingData, HookResult, HookStatus, Severity
    from countersign.findings.selectors import finding_list
    from countersign.findings.services import hook_record, session_complete, session_create, session_start
    from countersign.plans.contracts import WorkItemDraft
    from countersign.plans.selectors import phase_get
    from countersign.plans.services import work_items_create

    lease = lease_take()
    session = session_create(actor=WORKER, project_id=world.project_id, commit=COMMIT)
    world.session_id = session.id
    session_start(actor=WORKER, lease=lease, session_id=session.id, commit=session.commit)
    findings = tuple(
        FindingData(
            id="",
            tool="ruff",
            rule="F401",
            path=f"pkg/m{number}.py",
            line=number + 1,
            column=1,
            end_line=number + 1,
            message="unused import",
            severity=Severity.LOW,
            fixable=True,
            fingerprint=f"sha256:{number:064x}",
            snippet_digest=f"sha256:{number:064x}",
        )
        for number in range(3)
    )
    for tool, found in (("ruff", findings), ("bandit", ())):
        result = HookResult(
            tool=tool,
            version="1",
            argv=(tool, "check"),
            exit_code=1,
            duration_ms=5,
            status=HookStatus.OK,
            reason="",
            findings=found,
            output_digest="sha256:" + "0" * 64,
        )
        hook_record(actor=WORKER, lease=lease, session_id=session.id, result=result)
    session_complete(actor=WORKER, lease=lease, session_id=session.id)
    stored = finding_list(actor=WORKER, session_id=session.id)
    phase = phase_get(actor=WORKER, phase_id=world.phase_id)
    draft = WorkItemDraft(
        key="ruff:unused-imports:pkg",
        title="Remove unused imports in pkg",
        rules=("F401",),
        paths=tuple(finding.path for finding in stored),
        finding_ids=tuple(finding.id for finding in stored),
        tool="ruff",
        deliverable_id=phase.deliverables[0].id,
        persona=_persona(),
        adapter="ruff",
        reason="the same rule in one place",
    )
    items = work_items_create(
        actor=WORKER, project_id=world.project_id, session_id=session.id, items=[draft], lease=lease
    )
    world.work_item_id = items[0].id


def _persona() -> str:
    from countersign.prompts.selectors import persona_list

    return persona_list(WORKER)[0].code


def phase_request(world: World, *, excluded: frozenset[str] = frozenset(), count: int = 1) -> tuple[str, str]:
    """Ask for the sign-off of the first phase; return the request's id and the digest to decide on."""
    from countersign.approvals.contracts import PolicySnapshot, QuorumRule
    from countersign.approvals.services import request_open
    from countersign.plans.contracts import PhaseFacts
    from countersign.plans.services import phase_evaluate

    facts = PhaseFacts(head_commit=COMMIT, findings=None, analysis_digest=None)
    evaluated = phase_evaluate(actor=WORKER, phase_id=world.phase_id, evidence=facts)
    digest = evaluated.proof_digest
    request = request_open(
        actor=WORKER,
        lease=lease_take(),
        project_id=world.project_id,
        subject=("phase", world.phase_id),
        subject_digest=digest,
        title="Phase P1 is complete",
        phase_code="P1",
        policy=PolicySnapshot(
            tier="director",
            quorum=(QuorumRule("director", count),),
            reasons=({"rule": "PHASE", "text": "a phase is signed off by a Director"},),
            blocked=False,
        ),
        binding=None,
        excluded=excluded,
        carry_over_allowed=False,
    )
    return request.id, digest


def unknown_id() -> str:
    return str(uuid.uuid4())
