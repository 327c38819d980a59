"""From a checked run to a sealed pack and an open request."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from countersign.approvals.contracts import ChangeBinding
from countersign.approvals.services import request_open
from countersign.evidence.contracts import GateEvidence, PackContents, TreeEntryData
from countersign.evidence.sealing import pack_store
from countersign.evidence.selectors import artifact_bytes
from countersign.evidence.services import pack_record
from countersign.gates.contracts import GateResultData
from countersign.governance.contracts import HistoryFacts
from countersign.governance.forms import ruleset_dump
from countersign.governance.quorums import quorum_in_force
from countersign.governance.selectors import ruleset_get
from countersign.governance.services import violations_record
from countersign.plans.selectors import work_item_get
from countersign.projects.selectors import project_get
from countersign.prompts.selectors import prompt_get
from countersign.providers.selectors import adapter_get, agent_call_list
from countersign.runs.errors import RunStateConflict
from countersign.runs.selectors import attempts_of, history_counts
from countersign.runs.services import run_sealed, seal_turn_take
from countersign.workflow.asked import asked_before, asked_json
from countersign.workflow.assessment import Assessment, Circumstance, change_assess
from countersign.workflow.change import FrozenChange, repository_of
from countersign.workflow.deadlines import decision_time
from countersign.workflow.executor import EXECUTOR
from countersign.workflow.naming import merge_tag
from countersign.workflow.relaxing import (
    exceptions_in_force,
    exceptions_told,
    relaxations_signed,
    relaxers_of,
)
from countersign.workflow.together import beside_now, session_mates
from countersign_verify.canonical import canonical_bytes
from countersign_verify.risk import CAB_ABOVE
from countersign_verify.vocabulary import STOPPED

if TYPE_CHECKING:
    from countersign.evidence.contracts import BesideEvidence
    from countersign.gates.contracts import GateReport
    from countersign.governance.contracts import WaiverData
    from countersign.plans.contracts import WorkItemData
    from countersign.projects.contracts import ProjectData
    from countersign.runs.contracts import RunData
    from countersign.workflow.outcomes import StepContext


def frozen_change(project: ProjectData, run: RunData) -> FrozenChange:
    """Return the run's recorded change with its diff, read back from the repository."""
    return FrozenChange(
        base_commit=run.base_commit,
        change_commit=run.change_commit,
        result_tree=run.result_tree,
        entries=run.entries,
        diff=repository_of(project).diff(run.base_commit, run.change_commit),
    )


def circumstance_of(run: RunData, item: WorkItemData) -> Circumstance:
    """Return what the platform knows about a run's change besides its bytes."""
    adapter = adapter_get(actor=EXECUTOR, code=run.adapter)
    counts = history_counts(project_id=run.project_id)
    return Circumstance(
        finding_types=tuple(f"{item.tool}:{rule}" for rule in item.rules),
        target_rules=item.rules,
        persona=run.persona,
        phase_code=run.phase_code,
        proposer="deterministic_tool" if adapter.deterministic else "cli_agent",
        history=HistoryFacts(
            merged=counts["merged"], rejected=counts["rejected"], incidents=counts["incidents"]
        ),
    )


def gate_evidence(reports: tuple[GateReport, ...] | tuple[GateResultData, ...]) -> tuple[GateEvidence, ...]:
    """Return gate reports, fresh or recorded, in the form in which they are sealed."""
    return tuple(
        GateEvidence(
            name=report.name,
            status=report.status.value,
            reason=report.reason,
            report=report.report if isinstance(report, GateResultData) else report.as_json(),
        )
        for report in reports
    )


def assessment_of(
    project: ProjectData,
    run: RunData,
    change: FrozenChange,
    reports: tuple[GateReport, ...] | tuple[GateResultData, ...],
    *,
    beside: tuple[BesideEvidence, ...],
    waivers: tuple[WaiverData, ...] | None = None,
) -> Assessment:
    """Judge a run's change, on its own base or on a moved one, by the rules that the run was frozen with.

    Raises:
        LogDamaged: the tables of the log are not what was signed.
        RulesUnlogged: the log tells of an exception or a mode that can't be.
    """
    item = work_item_get(actor=EXECUTOR, work_item_id=run.work_item_id)
    return change_assess(
        project,
        change,
        reports=reports,
        circumstance=circumstance_of(run, item),
        ruleset=ruleset_get(actor=EXECUTOR, digest=run.ruleset_digest),
        waivers=exceptions_in_force(run.id) if waivers is None else waivers,
        moment=run.created_at,
        beside=beside,
        quorums=quorum_in_force(project_id=project.id),
    )


def request_for_change(
    context: StepContext, run: RunData, reports: tuple[GateReport, ...] | tuple[GateResultData, ...]
) -> str:
    """Seal the run's evidence, store the pack, open the request; every part is idempotent. Returns its id.

    Args:
        context: of the step that seals.
        run: the run.
        reports: what the gates say, by name; never as a table alone tells it.

    Raises:
        RunStateConflict: the run has ended meanwhile.
        SealTurnTaken: a change that is scored together with this one is being sealed.
    """
    if run.state == "waiting_approval":
        return run.request_id
    if run.state != "sealing":
        message = f"the run is '{run.state}': there is nothing to ask a decision on"
        raise RunStateConflict(message, run_id=run.id, state=run.state)
    mates = session_mates(run)
    seal_turn_take(actor=EXECUTOR, lease=context.lease, run_id=run.id, mates=frozenset(mates))
    project = project_get(actor=EXECUTOR, project_id=run.project_id)
    change = frozen_change(project, run)
    counted = beside_now(run)
    beside = tuple(evidence for _, evidence in counted)
    relaxations = relaxations_signed()
    held = exceptions_in_force(run.id, relaxations)
    assessment = assessment_of(project, run, change, reports, beside=beside, waivers=held)
    ruleset = ruleset_get(actor=EXECUTOR, digest=run.ruleset_digest)
    relaxers = relaxers_of(run.id, ruleset, assessment.violations, relaxations)
    excluded = frozenset(run.participants) | relaxers.keys()
    violations_record(actor=EXECUTOR, lease=context.lease, run_id=run.id, violations=assessment.violations)
    contents = replace(
        _contents(project, run, change, reports, assessment, beside=beside),
        excluded=tuple(sorted(excluded)),
        exceptions=exceptions_told(run.id, held, assessment.violations),
    )
    sealed = pack_store(contents, actor=EXECUTOR)
    pack_record(actor=EXECUTOR, lease=context.lease, run_id=run.id, revision=run.revision, sealed=sealed)
    request = request_open(
        actor=EXECUTOR,
        lease=context.lease,
        project_id=project.id,
        subject=("change", run.id),
        subject_digest=sealed.digest,
        title=run.title,
        phase_code=run.phase_code,
        policy=assessment.policy,
        binding=ChangeBinding(
            run_id=run.id,
            base_commit=run.base_commit,
            result_tree=run.result_tree,
            manifest_digest=sealed.digest,
            score=assessment.score,
            ruleset_digest=run.ruleset_digest,
        ),
        excluded=excluded,
        carry_over_allowed=_carry_over_allowed(project, assessment),
        time=decision_time(project),
    )
    run_sealed(
        actor=EXECUTOR,
        lease=context.lease,
        run_id=run.id,
        pack_digest=sealed.digest,
        score=assessment.score,
        request_id=request.id,
        beside=tuple(data for data, _ in counted),
    )
    return request.id


def _carry_over_allowed(project: ProjectData, assessment: Assessment) -> bool:
    return project.settings.get("base_move") != "strict" and assessment.score <= CAB_ABOVE


def _contents(
    project: ProjectData,
    run: RunData,
    change: FrozenChange,
    reports: tuple[GateReport, ...] | tuple[GateResultData, ...],
    assessment: Assessment,
    *,
    beside: tuple[BesideEvidence, ...],
) -> PackContents:
    repository = repository_of(project)
    prompt = prompt_get(actor=EXECUTOR, prompt_id=run.prompt_id)
    call = agent_call_list(actor=EXECUTOR, run_id=run.id)[-1]
    attempt = attempts_of(actor=EXECUTOR, run_id=run.id)[-1]
    ruleset = ruleset_get(actor=EXECUTOR, digest=run.ruleset_digest)
    environment = project.environment
    return PackContents(
        project=project.slug,
        run_id=run.id,
        title=run.title,
        attempt=run.attempt,
        isolation=project.isolation,
        base_commit=run.base_commit,
        base_commit_object=repository.commit_object(run.base_commit),
        base_tree_id=repository.commit_tree_id(run.base_commit),
        base_tree=tuple(
            TreeEntryData(entry.path, entry.mode, entry.blob)
            for entry in repository.tree_entries(run.base_commit)
        ),
        change_commit=run.change_commit,
        change_commit_object=repository.commit_object(run.change_commit),
        result_tree=run.result_tree,
        entries=tuple(TreeEntryData(entry.path, entry.mode, entry.blob) for entry in run.entries),
        diff=change.diff,
        prompt=prompt.text,
        prompt_record={
            "digest": prompt.digest,
            "persona": prompt.persona,
            "template": prompt.template,
            "template_version": prompt.template_version,
            "template_digest": prompt.template_digest,
            "asked": [asked_json(asked) for asked in asked_before(run)],
        },
        transcript=artifact_bytes(actor=EXECUTOR, digest=attempt.transcript_digest),
        agent_call={
            "adapter": call.adapter,
            "adapter_digest": call.adapter_digest,
            "model": call.model,
            "says": call.says,
            "seed": call.seed,
            "outcome": call.outcome.value,
            "exit_code": call.exit_code,
            "duration_ms": call.duration_ms,
            "tokens_in": call.tokens_in,
            "tokens_out": call.tokens_out,
            "cost_micros": call.cost_micros,
        },
        gates=gate_evidence(reports),
        ruleset=canonical_bytes(ruleset_dump(ruleset.rules)),
        ruleset_digest=ruleset.digest,
        violations=tuple(
            {
                "rule": item.rule,
                "version": item.rule_version,
                "mode": item.mode,
                "text": item.text,
                "blocking": item.blocking,
                "paths": list(item.paths),
                "exception": item.waived_by,
            }
            for item in assessment.violations
        ),
        risk_inputs={name: tuple(inputs) for name, inputs in assessment.inputs.items()},
        score=assessment.score,
        policy={
            "tier": assessment.policy.tier,
            "quorum": [{"role": rule.role, "count": rule.count} for rule in assessment.policy.quorum],
            "reasons": [dict(reason) for reason in assessment.policy.reasons],
            "blocked": assessment.policy.blocked,
            "passkey": assessment.policy.passkey,
            STOPPED: [{"rule": rule, "paths": list(paths)} for rule, paths in assessment.policy.stopped],
        },
        rollback=rollback_plan(run),
        rollout=rollout_plan(project, run),
        environment=environment.requirements if environment else (),
        environment_digest=environment.digest if environment else f"sha256:{'0' * 64}",
        dependency_change=assessment.facts.dependency_change,
        exceptions=(),
        excluded=run.participants,
        started_at=run.created_at,
        finished_at=run.updated_at,
        trial=project.trial_branch,
        session=work_item_get(actor=EXECUTOR, work_item_id=run.work_item_id).session_id,
        beside=beside,
    )


def rollback_plan(run: RunData) -> str:
    """Return how the change is taken back: commands that can be executed as they stand."""
    return "\n".join(
        [
            f"# Taking back: {run.title}",
            "",
            "Before the merge nothing has to be done: the change is in the platform's own repository only.",
            "After the merge, in a clean checkout of the default branch:",
            "",
            "```sh",
            f"git revert --no-edit -m 1 {merge_tag(run.phase_code, run.slug, run.work_item_id)}",
            "```",
            "",
            "This keeps everything that was merged later. In the platform's repository the state",
            f"before the run is commit `{run.base_commit}`, tagged `{run.snapshot_tag}`.",
            "",
        ]
    )


def rollout_plan(project: ProjectData, run: RunData) -> str:
    """Return how the change reaches the project."""
    return "\n".join(
        [
            f"# Rolling out: {run.title}",
            "",
            f"- target: branch `{project.default_branch}` of project `{project.slug}`",
            "- ring: one repository; nothing is deployed by this platform",
            "- schedule: after the decision and its checkpoint, in the order of the project's merge queue",
            "- exclusions: a checked-out branch that is not clean is refused",
            "",
        ]
    )
