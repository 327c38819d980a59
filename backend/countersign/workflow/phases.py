"""Whether a phase is complete: recomputed from a fresh analysis and from what was merged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.approvals.contracts import PolicySnapshot, QuorumRule
from countersign.approvals.services import request_open
from countersign.findings.analysis import analysis_run
from countersign.plans.contracts import ChangeFact, FindingFact, PhaseFacts, PhaseState
from countersign.plans.selectors import plan_current, work_item_list
from countersign.plans.services import phase_evaluate
from countersign.projects.selectors import project_get
from countersign.runs.selectors import merge_of, run_list
from countersign.sandbox.isolation import IsolationKind
from countersign.workflow.change import repository_of
from countersign.workflow.executor import EXECUTOR
from countersign.workflow.gate_results import gate_results_on
from countersign.workflow.places import workspace
from countersign_verify.canonical import digest_of

if TYPE_CHECKING:
    from countersign.findings.contracts import HookResult
    from countersign.plans.contracts import PhaseData
    from countersign.projects.contracts import ProjectData
    from countersign.runs.contracts import RunData
    from countersign.workflow.outcomes import StepContext


def phase_recompute(context: StepContext, run: RunData) -> tuple[bool, tuple[str, ...]]:
    """Judge the phase that a merged run belongs to; return whether it is complete and what is missing."""
    project = project_get(actor=EXECUTOR, project_id=run.project_id)
    plan = plan_current(actor=EXECUTOR, project_id=project.id)
    phase = next((item for item in plan.phases if item.code == run.phase_code), None) if plan else None
    if phase is None:
        return False, ("this change belongs to no phase of a plan",)
    evaluation = phase_evaluate(
        actor=EXECUTOR, phase_id=phase.id, evidence=phase_facts(project, phase), lease=context.lease
    )
    if evaluation.phase.state is PhaseState.AWAITING_SIGNOFF:
        _signoff_ask(context, project, evaluation.phase, evaluation.proof_digest)
    return evaluation.complete, evaluation.missing


def phase_facts(project: ProjectData, phase: PhaseData) -> PhaseFacts:
    """Gather the evidence that a phase is judged by: the head analysed now, the merges, the gates."""
    results = _head_analyse(project)
    usable = all(result.status.value == "ok" for result in results)
    items = work_item_list(actor=EXECUTOR, project_id=project.id, phase_id=phase.id)
    runs = run_list(actor=EXECUTOR, project_id=project.id, work_item_ids=tuple(item.id for item in items))
    return PhaseFacts(
        head_commit=project.head_commit,
        findings=tuple(
            FindingFact(finding.tool, finding.rule, finding.path, finding.fixable)
            for result in results
            for finding in result.findings
        )
        if usable
        else None,
        analysis_digest=digest_of(
            {result.tool: {"version": result.version, "output": result.output_digest} for result in results}
        )
        if usable
        else None,
        changes=tuple(_change_fact(run) for run in runs),
    )


def _head_analyse(project: ProjectData) -> tuple[HookResult, ...]:
    with workspace("phase") as directory:
        tree = directory / "tree"
        repository_of(project).archive(project.head_commit, tree)
        return analysis_run(tree, isolation=IsolationKind(project.isolation))


def _change_fact(run: RunData) -> ChangeFact:
    merge = merge_of(actor=EXECUTOR, run_id=run.id)
    results = gate_results_on(actor=EXECUTOR, run_id=run.id, result_tree=run.result_tree)
    return ChangeFact(
        work_item_id=run.work_item_id,
        run_id=run.id,
        pack_digest=run.pack_digest or None,
        merge_commit=merge.merge_commit if merge and merge.state == "delivered" else None,
        gates={result.name: result.status.value for result in results},
    )


def _signoff_ask(context: StepContext, project: ProjectData, phase: PhaseData, proof_digest: str) -> None:
    request_open(
        actor=EXECUTOR,
        lease=context.lease,
        project_id=project.id,
        subject=("phase", phase.id),
        subject_digest=proof_digest,
        title=f"Phase {phase.code} is complete but for your word: {phase.title}",
        phase_code=phase.code,
        policy=PolicySnapshot(
            tier="director",
            quorum=(QuorumRule("director", 1),),
            reasons=(
                {
                    "rule": "phase-signoff",
                    "text": "A phase is complete only when the Director says so.",
                },
            ),
            blocked=False,
        ),
        binding=None,
        excluded=frozenset(),
        carry_over_allowed=False,
    )
