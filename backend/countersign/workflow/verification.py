"""The executor's own check before it merges: what a stranger would check offline, on what is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.accounts.deciding import credential_key
from countersign.approvals.quorum import quorum_met
from countersign.evidence.errors import PackDamaged
from countersign.evidence.selectors import pack_file
from countersign.projects.selectors import project_get
from countersign.shared.env import demo_installation
from countersign.workflow.executor import EXECUTOR
from countersign.workflow.merging import approvals_of
from countersign.workflow.trust import trust_current
from countersign_verify.canonical import canonical_bytes
from countersign_verify.decision import decision_valid, decision_verify
from countersign_verify.errors import RefusedError
from countersign_verify.pack_verify import decision_bound, pack_verify
from countersign_verify.report import Report
from countersign_verify.webauthn import assertion_read, assertion_verify

if TYPE_CHECKING:
    from countersign.approvals.contracts import DecisionData, RequestData
    from countersign.runs.contracts import RunData
    from countersign_verify.decision import Decision
    from countersign_verify.trust import Trust


def approved_pack_verify(run: RunData, request: RequestData) -> None:
    """Verify the stored pack and every decision on it.

    Raises:
        PackDamaged: something does not hold; the message names it.
        PackNotFound: there is no such pack.
        ObjectMissing: the store has lost it.
    """
    project = project_get(actor=EXECUTOR, project_id=run.project_id)
    trust = trust_current(allow_unattended=demo_installation())
    report = Report()
    with pack_file(actor=EXECUTOR, digest=run.pack_digest) as file:
        verified = pack_verify(file, trust, report)
        if verified is None or not verified.passed:
            message = f"the evidence pack does not verify: {_failures(report)}"
            raise PackDamaged(message, run_id=run.id)
        if request.subject_digest != verified.pack.digest or verified.policy.blocked:
            message = "the decision is on another pack, or the policy blocks it"
            raise PackDamaged(message, run_id=run.id)
        if verified.trial != project.trial_branch:
            message = "pack and project disagree on whether this is self-approved"
            raise PackDamaged(message, run_id=run.id)
        approvals: list[Decision] = []
        try:
            for decision in approvals_of(request):
                read = decision_verify(canonical_bytes(dict(decision.envelope)), trust.roles["decisions"])
                approvals.append(read)
                decision_bound(read, verified)
                decision_valid(read, logged_at=read.decided_at, allow_unattended=trust.allow_unattended)
                _passkey_verify(decision, read, trust, asked=verified.policy.passkey)
        except RefusedError as error:
            message = f"a decision does not verify: {error.message}"
            raise PackDamaged(message, run_id=run.id) from error
    signed = {decision.break_glass for decision in approvals}
    if signed != {decision.break_glass for decision in approvals_of(request)}:
        message = "a decision and its record disagree on break-glass"
        raise PackDamaged(message, run_id=run.id)
    if not any(signed) and not quorum_met(request.policy.quorum, request.decisions):
        message = "the decisions do not make the quorum"
        raise PackDamaged(message, run_id=run.id)


def _passkey_verify(decision: DecisionData, read: Decision, trust: Trust, *, asked: bool) -> None:
    """Check the signature of the approver's own passkey where there is one, or has to be.

    Raises:
        RefusedError: It is missing, of another passkey, or does not hold.
    """
    stored = decision.assertion
    if read.passkey != (stored is not None) or (asked and stored is None):
        raise RefusedError("decision.passkey", "the signature of the approver's passkey is missing")
    if stored is None:
        return
    key = credential_key(person_id=decision.person_id, credential=str(stored["credential"]))
    if key is None or trust.passkeys is None:
        raise RefusedError("passkey.person", "no such passkey of the approver's is known here")
    answer = assertion_read({str(name): str(value) for name, value in stored.items()})
    assertion_verify(answer, public_key=key, challenge=read.challenge, party=trust.passkeys)


def _failures(report: Report) -> str:
    return "; ".join(f"{check.name}: {check.detail}" for check in report.failures) or "a gate did not pass"
