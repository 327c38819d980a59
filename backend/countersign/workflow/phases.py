"""Whether a phase is complete: recomputed from a fresh analysis and from what was merged."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from countersign.approvals.contracts import PolicySnapshot, QuorumRule
from countersign.approvals.services import request_open
from countersign.evidence.errors import EvidenceUnmade, PackDamaged, PackNotFound
from countersign.findings.analysis import analysis_run
from countersign.plans.contracts import ChangeFact, FindingFact, PhaseFacts, PhaseState
from countersign.plans.selectors import plan_current, work_item_list
from countersign.plans.services import phase_evaluate
from countersign.projects.selectors import project_get
from countersign.runs.selectors import merge_of, run_list
from countersign.sandbox.isolation import IsolationKind
from countersign.shared.storage import ObjectMissing
from countersign.workflow.assessment import passkey_wanted
from countersign.workflow.change import repository_of
from countersign.workflow.deadlines import decision_time
from countersign.workflow.executor import EXECUTOR
from countersign.workflow.gate_results import gate_results_proved
from countersign.workflow.places import workspace
from countersign.workflow.trial import trial_policy
from countersign.workflow.verification import phase_initiators
from countersign_verify.canonical import digest_of

if TYPE_CHECKING:
    from countersign.plans.contracts import PhaseData, PhaseEvaluation
    from countersign.projects.contracts import ProjectData
    from countersign.runs.contracts import RunData
    from countersign.shared.types import JSON
    from countersign.workflow.outcomes import StepContext

logger = logging.getLogger(__name__)


def phases_recompute(context: StepContext, *, project_id: str) -> dict[str, JSON] | None:
    """Judge every phase of the project's plan; ask the Director for those that lack only the sign-off.

    Returns:
        What is missing, by the code of the phase; nothing for a complete one. ``None`` when the head moved
        meanwhile: what was gathered is about a head that is past.
    """
    project = project_get(actor=EXECUTOR, project_id=project_id)
    plan = plan_current(actor=EXECUTOR, project_id=project.id)
    if plan is None:
        return {}
    findings = _head_findings(project)
    if not _still_at(project):
        return None
    missing: dict[str, JSON] = {}
    for phase in plan.phases:
        evaluation = phase_evaluate(
            actor=EXECUTOR,
            phase_id=phase.id,
            evidence=_facts(project, phase, findings),
            lease=context.lease,
        )
        if evaluation.phase.state is PhaseState.AWAITING_SIGNOFF:
            _signoff_ask(context, project, evaluation)
        missing[phase.code] = list(evaluation.missing)
    # Whoever merged meanwhile may have judged before us; then theirs was overwritten, and ours is too old.
    return missing if _still_at(project) else None


def _still_at(project: ProjectData) -> bool:
    return project_get(actor=EXECUTOR, project_id=project.id).head_commit == project.head_commit


@dataclass(frozen=True, slots=True)
class _HeadFindings:
    """What the analysis of the head left over; ``None`` when a tool's answer can't be used."""

    findings: tuple[FindingFact, ...] | None
    digest: str | None


def _head_findings(project: ProjectData) -> _HeadFindings:
    with workspace("phase") as directory:
        tree = directory / "tree"
        repository_of(project).archive(project.head_commit, tree)
        results = analysis_run(tree, isolation=IsolationKind(project.isolation))
    if any(result.status.value != "ok" for result in results):
        return _HeadFindings(None, None)
    return _HeadFindings(
        tuple(
            FindingFact(finding.tool, finding.rule, finding.path, finding.fixable)
            for result in results
            for finding in result.findings
        ),
        digest_of(
            {result.tool: {"version": result.version, "output": result.output_digest} for result in results}
        ),
    )


def _facts(project: ProjectData, phase: PhaseData, head: _HeadFindings) -> PhaseFacts:
    items = work_item_list(actor=EXECUTOR, project_id=project.id, phase_id=phase.id)
    runs = run_list(actor=EXECUTOR, project_id=project.id, work_item_ids=tuple(item.id for item in items))
    return PhaseFacts(
        head_commit=project.head_commit,
        findings=head.findings,
        analysis_digest=head.digest,
        changes=tuple(_change_fact(run) for run in runs),
    )


def _change_fact(run: RunData) -> ChangeFact:
    merge = merge_of(actor=EXECUTOR, run_id=run.id)
    delivered = merge is not None and merge.state == "delivered"
    return ChangeFact(
        work_item_id=run.work_item_id,
        run_id=run.id,
        pack_digest=run.pack_digest or None,
        merge_commit=merge.merge_commit if merge and delivered else None,
        gates=_gates(run) if delivered else {},
    )


def _gates(run: RunData) -> dict[str, str]:
    """The verdicts on a merged change; none where nothing proves them any more, and unknown is a failure."""
    try:
        return {result.name: result.status.value for result in gate_results_proved(run)}
    except (PackDamaged, PackNotFound, EvidenceUnmade, ObjectMissing):
        logger.warning("nothing proves what the gates said", extra={"run_id": run.id}, exc_info=True)
        return {}


def _signoff_ask(context: StepContext, project: ProjectData, evaluation: PhaseEvaluation) -> None:
    phase = evaluation.phase
    request_open(
        actor=EXECUTOR,
        lease=context.lease,
        project_id=project.id,
        subject=("phase", phase.id),
        subject_digest=evaluation.proof_digest,
        title=f"Phase {phase.code} is complete but for your word: {phase.title}",
        phase_code=phase.code,
        policy=trial_policy(
            project,
            PolicySnapshot(
                tier="director",
                quorum=(QuorumRule("director", 1),),
                reasons=(
                    {
                        "rule": "phase-signoff",
                        "text": "A phase is complete only when the Director says so.",
                    },
                ),
                blocked=False,
                passkey=passkey_wanted(project, "director"),
            ),
        ),
        binding=None,
        excluded=phase_initiators(evaluation.proof),
        carry_over_allowed=False,
        time=decision_time(project),
    )
