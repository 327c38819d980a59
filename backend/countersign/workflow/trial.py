"""Trial mode: one person alone tries the product, and merges to a branch under ``trial/`` only."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from countersign.approvals.contracts import PolicySnapshot, QuorumRule
from countersign.approvals.selectors import request_envelopes
from countersign.projects.settings import TRIAL_BRANCHES
from countersign.shared.errors import Conflict
from countersign.workflow.trust import trust_current
from countersign_verify.decision import decision_verify
from countersign_verify.errors import RefusedError

if TYPE_CHECKING:
    from countersign.approvals.contracts import RequestData
    from countersign.projects.contracts import ProjectData

RULE: Final = "trial.one-person-decides"


class TrialMoved(Conflict):
    """What was approved in a trial would be merged elsewhere, or the other way round."""

    code = "trial_moved"


def trial_branch(branch: str) -> str:
    """Return the branch that a trial of ``branch`` merges to."""
    return branch if branch.startswith(TRIAL_BRANCHES) else f"{TRIAL_BRANCHES}{branch}"


def trial_policy(project: ProjectData, policy: PolicySnapshot) -> PolicySnapshot:
    """Return the policy that holds in the project: in a trial one person decides, and it says so."""
    if not project.trial:
        return policy
    usual = ", ".join(f"{rule.count} x {rule.role}" for rule in policy.quorum)
    text = (
        "This project is a trial: one person decides alone, also on their own change, and the merge goes to "
        f"{project.trial_branch} only. Otherwise this change needs: {usual}."
    )
    return replace(
        policy,
        quorum=(QuorumRule("director", 1),),
        reasons=(*policy.reasons, {"rule": RULE, "text": text}),
        trial=project.trial_branch,
    )


def target_require(project: ProjectData, request: RequestData) -> None:
    """Refuse a merge to another branch than the one that was signed: the signatures say it, not the tables.

    Raises:
        TrialMoved: what was approved in a trial would be merged elsewhere, or the other way round.
        SigningKeyMissing: the decision key can't be read.
    """
    keys = trust_current(allow_unattended=True).roles["decisions"]
    for envelope in request_envelopes(request):
        try:
            signed = decision_verify(envelope, keys).trial
        except RefusedError as error:
            message = f"a decision does not verify: {error.message}"
            raise TrialMoved(message, request_id=request.id) from error
        if signed != project.trial_branch or (signed and signed != project.default_branch):
            message = (
                f"the decision was signed for {signed or 'a project that is no trial'}, and the project "
                f"merges to {project.default_branch}: nothing is merged"
            )
            raise TrialMoved(message, request_id=request.id)
