"""Whether a decision still holds on a base that has moved (DESIGN section 9).

Every condition is checked; the first that does not hold is the reason why the decision is void.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from countersign.accounts.selectors import roles_of
from countersign.evidence.masking import diff_mask
from countersign.evidence.sealing import addendum_sign, gate_summaries
from countersign.evidence.services import addendum_record
from countersign.gates.configuration import gate_configuration_paths
from countersign.runs.selectors import merges_of_project, run_get
from countersign.sandbox.errors import RepositoryInvalid
from countersign.shared.clocks import moment_agreed
from countersign.workflow.assessment import GATES, gates_check
from countersign.workflow.change import FrozenChange, change_freeze, change_message, repository_of
from countersign.workflow.executor import EXECUTOR
from countersign.workflow.intents import IntentForged, intent_logged
from countersign.workflow.sealing import assessment_of, frozen_change, gate_evidence
from countersign.workflow.together import beside_sealed
from countersign_verify.canonical import digest_bytes
from countersign_verify.risk import CAB_ABOVE

if TYPE_CHECKING:
    from collections.abc import Callable

    from countersign.approvals.contracts import RequestData
    from countersign.gates.contracts import GateReport
    from countersign.plans.contracts import WorkItemData
    from countersign.projects.contracts import ProjectData
    from countersign.runs.contracts import RunData
    from countersign.sandbox.repository import Repository
    from countersign.workflow.assessment import Assessment
    from countersign.workflow.outcomes import StepContext


class CarryOverRefused(Exception):
    """The decision does not hold on the new base; the message says why."""


@dataclass(frozen=True, slots=True)
class CarriedOver:
    """A decision that holds on the new base.

    Attributes:
        digest: of the sealed addendum.
        result_tree: what the branch will hold.
    """

    digest: str
    result_tree: str


@dataclass(frozen=True, slots=True)
class _Step:
    commit: str
    kind: str
    run_id: str


def decision_carry_over(
    context: StepContext,
    *,
    project: ProjectData,
    run: RunData,
    item: WorkItemData,
    request: RequestData,
    new_base: str,
) -> CarriedOver:
    """Re-verify an approved change on a moved base and seal the addendum.

    Raises:
        CarryOverRefused: a condition does not hold.
        ClocksDisagree: no clock can be trusted to say that the decision still holds.
    """
    repository = repository_of(project)
    _statement_check(project, request)
    steps = _intervening(project, repository, old=run.base_commit, new=new_base)
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
    reports = gates_check(project, moved, target_rules=item.rules)
    _gates_pass(reports)
    judged = partial(assessment_of, project, run, reports=reports, beside=beside_sealed(run))
    score = _score_check(judged(change=moved), request)
    union_score = _union_check(project, run, moved, steps=steps, judged=judged, request=request)
    predicate = {
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
    digest, envelope = addendum_sign(predicate)  # type: ignore[arg-type]  # plain JSON
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
    return CarriedOver(digest, moved.result_tree)


def _statement_check(project: ProjectData, request: RequestData) -> None:
    if project.settings.get("base_move") == "strict":
        message = "the project is strict: any move of the base voids a decision"
        raise CarryOverRefused(message)
    if not request.carry_over_allowed:
        message = "the signed decision does not allow to be carried over"
        raise CarryOverRefused(message)
    if request.expires_at <= moment_agreed():
        message = "the decision has expired meanwhile"
        raise CarryOverRefused(message)
    for decision in request.decisions:
        if decision.verdict == "approve" and decision.role not in roles_of(decision.person_id):
            message = f"an approver does not hold the role {decision.role} any more"
            raise CarryOverRefused(message)


def _intervening(project: ProjectData, repository: Repository, *, old: str, new: str) -> tuple[_Step, ...]:
    """Return the first-parent commits after ``old`` up to ``new``, oldest first, all of them logged."""
    merges = {merge.run_id: merge for merge in merges_of_project(actor=EXECUTOR, project_id=project.id)}
    known: dict[str, _Step] = {}
    for merge in merges.values():
        known[merge.merge_commit] = _Step(merge.merge_commit, "merge", merge.run_id)
        known[merge.state_commit] = _Step(merge.state_commit, "state", merge.run_id)
    steps: list[_Step] = []
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
    for run_id in {step.run_id for step in steps}:
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


def _gates_pass(reports: tuple[GateReport, ...]) -> None:
    passed = {report.name for report in reports if report.status.value == "pass"}
    lacking = sorted(set(GATES) - passed)
    if lacking:
        message = f"on the new base these gates do not pass: {', '.join(lacking)}"
        raise CarryOverRefused(message)


def _score_check(assessment: Assessment, request: RequestData) -> int:
    if assessment.score > CAB_ABOVE or assessment.policy.quorum != request.policy.quorum:
        message = f"on the new base the score is {assessment.score} and the quorum is another"
        raise CarryOverRefused(message)
    return assessment.score


def _union_check(
    project: ProjectData,
    run: RunData,
    moved: FrozenChange,
    *,
    steps: tuple[_Step, ...],
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
