"""Whether a decision still holds on a base that has moved (DESIGN section 9).

Every condition is checked; the first that does not hold is the reason why the decision is void.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from countersign.evidence.masking import diff_mask
from countersign.evidence.sealing import addendum_digest, addendum_sign, gate_summaries
from countersign.evidence.services import addendum_record
from countersign.gates.configuration import gate_configuration_paths
from countersign.governance.selectors import ruleset_get
from countersign.runs.selectors import merges_of_project, run_get
from countersign.sandbox.errors import RepositoryInvalid
from countersign.shared.clocks import moment_agreed
from countersign.workflow.answers import answers_kept
from countersign.workflow.assessment import GATES, gates_check
from countersign.workflow.change import FrozenChange, change_freeze, change_message, repository_of
from countersign.workflow.executor import EXECUTOR
from countersign.workflow.intents import IntentForged, intent_logged
from countersign.workflow.relaxing import relaxations_signed, relaxers_of
from countersign.workflow.sealing import assessment_of, frozen_change, gate_evidence
from countersign.workflow.standing import carry_over_hindrance, moved_why
from countersign.workflow.together import beside_sealed
from countersign_verify.canonical import digest_bytes, digest_of
from countersign_verify.risk import CAB_ABOVE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from countersign.approvals.contracts import RequestData
    from countersign.plans.contracts import WorkItemData
    from countersign.projects.contracts import ProjectData
    from countersign.runs.contracts import RunData, StandingData
    from countersign.sandbox.repository import Repository
    from countersign.shared.types import JSON
    from countersign.workflow.answers import Reports
    from countersign.workflow.assessment import Assessment
    from countersign.workflow.outcomes import StepContext


class CarryOverRefused(Exception):
    """The decision does not hold on the new base; the message says why.

    Attributes:
        reports: the gates' answers, when it is one of them that forbids it.
        key: names what the gates were asked about.
    """

    def __init__(self, message: str, *, reports: Reports = (), key: str = "") -> None:
        """Say why."""
        super().__init__(message)
        self.reports = reports
        self.key = key


@dataclass(frozen=True, slots=True)
class Step:
    """A commit between the base of the decision and the new one."""

    commit: str
    kind: str
    run_id: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A decision that holds on another base.

    Attributes:
        predicate: of the addendum that says so.
        digest: of that addendum.
        reports: the gates' answers on the merged tree.
        key: names what the gates were asked about.
        result_tree: what the branch will hold.
    """

    predicate: Mapping[str, JSON]
    digest: str
    reports: Reports
    key: str
    result_tree: str


def carry_over_judge(
    *,
    project: ProjectData,
    run: RunData,
    item: WorkItemData,
    request: RequestData,
    new_base: str,
    ahead: tuple[Step, ...] = (),
    standing: StandingData | None = None,
) -> Judged:
    """Verify an approved change on another base; records nothing.

    Args:
        project: the change's project.
        run: the change.
        item: what it was made for.
        request: the decision.
        new_base: the branch as it is, or as it will be.
        ahead: the commits that will be made before, where ``new_base`` is not there yet.
        standing: what was verified ahead of time. The gates are not asked again about the
            very same, where the signed log bears their answers out.

    Raises:
        CarryOverRefused: a condition does not hold.
        ClocksDisagree: no clock can be trusted to say that the decision still holds.
    """
    repository = repository_of(project)
    _statement_check(project, run, request)
    steps = _intervening(project, repository, old=run.base_commit, new=new_base, ahead=ahead)
    _files_check(repository, run, new_base)
    moved = change_freeze(
        repository,
        base_commit=new_base,
        entries=run.entries,
        message=change_message(run),
        moment=run.created_at,
    )
    original = frozen_change(project, run)
    if moved.diff != original.diff:
        message = "the patch is not the same to the byte on the new base"
        raise CarryOverRefused(message)
    key = gates_key(project, run, moved, target_rules=item.rules)
    kept = answers_kept(run, standing, key=key, result_tree=moved.result_tree)
    reports: Reports = kept or gates_check(project, moved, target_rules=item.rules)
    _gates_pass(reports, key)
    judged = partial(assessment_of, project, run, reports=reports, beside=beside_sealed(run))
    assessment = judged(change=moved)
    score = _score_check(assessment, request)
    _relaxed_check(run, assessment, request)
    union_score = _union_check(project, run, moved, steps=steps, judged=judged, request=request)
    predicate: dict[str, JSON] = {
        "v": 1,
        "run_id": run.id,
        "pack": run.pack_digest,
        "request_id": request.id,
        "previous_base": run.base_commit,
        "new_base": new_base,
        "intervening": [{"commit": step.commit, "kind": step.kind, "run_id": step.run_id} for step in steps],
        "entries": [entry.as_json() for entry in run.entries],
        "result_tree": moved.result_tree,
        "gates": gate_summaries(gate_evidence(reports)),
        "risk": {"score": score, "union_score": union_score},
        "patch_digest": digest_bytes(diff_mask(original.diff).diff),  # of the patch as it is sealed
        "touched_unchanged": True,
        "gate_configuration_unchanged": True,
    }
    return Judged(predicate, addendum_digest(predicate), reports, key, moved.result_tree)


def addendum_seal(context: StepContext, *, run: RunData, request: RequestData, judged: Judged) -> None:
    """Sign and keep the addendum of a decision that is carried over.

    Raises:
        LeaseLost: another worker carries the decision out.
        SigningKeyMissing: a signing key can't be read.
    """
    digest, envelope = addendum_sign(judged.predicate)
    addendum_record(
        actor=EXECUTOR,
        lease=context.lease,
        addendum_id=str(uuid.uuid5(uuid.NAMESPACE_URL, digest)),
        run_id=run.id,
        pack=run.pack_digest,
        request_id=request.id,
        digest=digest,
        envelope=envelope,
    )


def gates_key(
    project: ProjectData, run: RunData, change: FrozenChange, *, target_rules: tuple[str, ...]
) -> str:
    """Name what the gates are asked about: the base, the patch, the rules, and what the gates go by."""
    repository = repository_of(project)
    entries = {entry.path: entry for entry in repository.tree_entries(change.base_commit)}
    environment, baseline = project.environment, project.baseline
    return digest_of(
        {
            "base_tree": repository.commit_tree_id(change.base_commit),
            "patch": change.patch_digest,
            "ruleset": run.ruleset_digest,
            "gates": list(GATES),
            "configuration": {
                path: entries[path].blob for path in sorted(gate_configuration_paths(tuple(entries)))
            },
            "targets": sorted(target_rules),
            "environment": environment.digest if environment else None,
            "baseline": digest_of(baseline.dump()) if baseline else None,
            "isolation": project.isolation,
        }
    )


def _statement_check(project: ProjectData, run: RunData, request: RequestData) -> None:
    if why := carry_over_hindrance(project, request) or moved_why(run, request):
        raise CarryOverRefused(why)
    if request.expires_at <= moment_agreed():
        message = "the decision has expired meanwhile"
        raise CarryOverRefused(message)


def _intervening(
    project: ProjectData, repository: Repository, *, old: str, new: str, ahead: tuple[Step, ...]
) -> tuple[Step, ...]:
    """Return the first-parent commits after ``old`` up to ``new``, oldest first, all of them logged."""
    merges = {merge.run_id: merge for merge in merges_of_project(actor=EXECUTOR, project_id=project.id)}
    known = {step.commit: step for step in ahead}
    for merge in merges.values():
        known[merge.merge_commit] = Step(merge.merge_commit, "merge", merge.run_id)
        known[merge.state_commit] = Step(merge.state_commit, "state", merge.run_id)
    steps: list[Step] = []
    try:
        commits = repository.commits_between(old, new)
    except RepositoryInvalid as error:
        message = "the branch does not contain the base of the decision any more"
        raise CarryOverRefused(message) from error
    for commit in commits:
        if commit not in known:
            message = f"commit {commit[:12]} on the branch is not one that was merged here"
            raise CarryOverRefused(message)
        steps.append(known[commit])
    # What is not there yet is of no log; whoever merges asks again, with nothing ahead.
    for run_id in {step.run_id for step in steps} - {step.run_id for step in ahead}:
        try:
            intent_logged(merges[run_id])
        except IntentForged as forged:
            message = f"a commit on the branch was merged here only as the table tells: {forged.message}"
            raise CarryOverRefused(message) from forged
    return tuple(steps)


def entries_untouched(repository: Repository, run: RunData, new_base: str) -> bool:
    """Say whether every path of the change is on the new base as it was on the old one."""
    before = {entry.path: entry for entry in repository.tree_entries(run.base_commit)}
    after = {entry.path: entry for entry in repository.tree_entries(new_base)}
    return all(before.get(entry.path) == after.get(entry.path) for entry in run.entries)


def _files_check(repository: Repository, run: RunData, new_base: str) -> None:
    before = {entry.path: entry for entry in repository.tree_entries(run.base_commit)}
    after = {entry.path: entry for entry in repository.tree_entries(new_base)}
    touched = {entry.path for entry in run.entries}
    for path in sorted(touched):
        if before.get(path) != after.get(path):
            message = f"{path} was changed by another merge"
            raise CarryOverRefused(message)
    for path in sorted(gate_configuration_paths(tuple(before.keys() | after.keys()))):
        if before.get(path) != after.get(path):
            message = f"{path} configures the gates and was changed by another merge"
            raise CarryOverRefused(message)


def _gates_pass(reports: Reports, key: str) -> None:
    passed = {report.name for report in reports if report.status.value == "pass"}
    lacking = sorted(set(GATES) - passed)
    if lacking:
        message = f"on the new base these gates do not pass: {', '.join(lacking)}"
        raise CarryOverRefused(message, reports=reports, key=key)


def _score_check(assessment: Assessment, request: RequestData) -> int:
    if assessment.score > CAB_ABOVE or assessment.policy.quorum != request.policy.quorum:
        message = f"on the new base the score is {assessment.score} and the quorum is another"
        raise CarryOverRefused(message)
    return assessment.score


def _relaxed_check(run: RunData, assessment: Assessment, request: RequestData) -> None:
    """No rule stops it that did not before, and nobody let it pass there who could have decided."""
    if assessment.policy.blocked and not request.policy.blocked:
        rules = ", ".join(rule for rule, _ in assessment.policy.stopped)
        message = f"on the new base it breaks what it did not break before: {rules}"
        raise CarryOverRefused(message)
    ruleset = ruleset_get(actor=EXECUTOR, digest=run.ruleset_digest)
    relaxers = relaxers_of(run.id, ruleset, assessment.violations, relaxations_signed())
    if set(assessment.policy.exceptions) - set(request.policy.exceptions) or relaxers.keys() - set(
        request.excluded
    ):
        message = "on the new base an exception or a weakened rule lets it pass that did not before"
        raise CarryOverRefused(message)


def _union_check(
    project: ProjectData,
    run: RunData,
    moved: FrozenChange,
    *,
    steps: tuple[Step, ...],
    judged: Callable[..., Assessment],
    request: RequestData,
) -> int:
    """Score the intervening changes and this one as if they were one: splitting a change does not help."""
    repository = repository_of(project)
    entries = {entry.path: entry for entry in run.entries}
    for run_id in {step.run_id for step in steps}:
        entries.update({entry.path: entry for entry in run_get(actor=EXECUTOR, run_id=run_id).entries})
    union = FrozenChange(
        base_commit=run.base_commit,
        change_commit=moved.change_commit,
        result_tree=moved.result_tree,
        entries=tuple(sorted(entries.values(), key=lambda entry: entry.path)),
        diff=repository.diff(run.base_commit, moved.change_commit),
    )
    assessment = judged(change=union)
    if assessment.score > CAB_ABOVE or assessment.policy.tier != request.policy.tier:
        message = f"together with what was merged meanwhile the score is {assessment.score}"
        raise CarryOverRefused(message)
    return assessment.score
