"""The executor's own check before it acts: what a stranger would check offline, on what is stored.

Nothing here believes a table. Who decided what, in which role and when, is read from the signed log; what was
decided on is read from the sealed pack; rows are only held against both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.audit.errors import LogDamaged
from countersign.evidence.errors import PackDamaged
from countersign.evidence.selectors import pack_file
from countersign.plans.selectors import phase_get, phase_proof_stored
from countersign.projects.selectors import project_get
from countersign.shared.env import demo_installation
from countersign.workflow.executor import EXECUTOR
from countersign.workflow.logged import (
    decisions_logged,
    initiators_logged,
    participants_logged,
    sealed_logged,
    standing_read,
)
from countersign.workflow.relaxing import relaxations_logged
from countersign.workflow.trust import trust_current
from countersign_verify.break_glass import window_project_check
from countersign_verify.canonical import canonical_object, digest_of
from countersign_verify.decision import quorum_check
from countersign_verify.encoding import field
from countersign_verify.errors import RefusedError
from countersign_verify.merges import approvals_check
from countersign_verify.pack_facts import gate_reports
from countersign_verify.pack_verify import VerifiedPack, decision_bound, pack_verify
from countersign_verify.participants import HAD_MADE, decider_apart, pack_excludes
from countersign_verify.phases import merged_runs, proof_unsigned
from countersign_verify.relaxed import late_grants, relaxers_excluded
from countersign_verify.report import Report

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from countersign.approvals.contracts import RequestData
    from countersign.runs.contracts import RunData
    from countersign.workflow.logged import Standing
    from countersign_verify.canonical import Json
    from countersign_verify.merges import LoggedDecision
    from countersign_verify.pack import Pack
    from countersign_verify.relaxed import Relaxations
    from countersign_verify.trust import Trust

SIGN_OFF = (("director", 1),)
_BOUND = ("base_commit", "change_commit", "result_tree", "ruleset_digest")


def approved_pack_verify(run: RunData, request: RequestData) -> VerifiedPack:
    """Verify the stored pack and every decision on it, and that the run's row tells of this very pack.

    Raises:
        PackDamaged: something does not hold; the message names it.
        PackNotFound: there is no such pack.
        ObjectMissing: the store has lost it.
    """
    project = project_get(actor=EXECUTOR, project_id=run.project_id)
    trust = trust_current(allow_unattended=demo_installation())
    verified = _pack(run, trust)
    if request.subject_digest != verified.pack.digest or verified.policy.blocked:
        message = "the decision is on another pack, or the policy blocks it"
        raise PackDamaged(message, run_id=run.id)
    if verified.trial != project.trial_branch:
        message = "pack and project disagree on whether this is self-approved"
        raise PackDamaged(message, run_id=run.id)
    _run_check(run, verified)
    try:
        _approvals_check(request, verified, trust)
    except RefusedError as error:
        message = f"a decision does not verify: {error.message}"
        raise PackDamaged(message, run_id=run.id) from error
    except LogDamaged as error:
        message = f"the log does not verify: {error.message}"
        raise PackDamaged(message, run_id=run.id) from error
    return verified


def signoff_verify(request: RequestData) -> None:
    """Verify the decisions by which a phase is signed off, as the signed log tells of them.

    Raises:
        PackDamaged: something does not hold; the message names it.
    """
    trust = trust_current(allow_unattended=demo_installation())
    try:
        _signoff_check(request, trust)
    except (RefusedError, LogDamaged) as error:
        message = f"the sign-off does not verify: {error.message}"
        raise PackDamaged(message, request_id=request.id) from error


def phase_initiators(proof: Mapping[str, Json]) -> frozenset[str]:
    """Return who had the changes made that a phase's proof rests on: they can't sign the phase off.

    Raises:
        PackDamaged: the signed log does not tell who it was.
    """
    try:
        return initiators_logged(merged_runs(proof))
    except (RefusedError, LogDamaged) as error:
        message = f"nobody can be asked to sign the phase off: {error.message}"
        raise PackDamaged(message) from error


def gates_sealed(run: RunData) -> tuple[dict[str, Json], ...]:
    """Return the reports of the gates in a run's sealed pack, which is verified, whoever decided on it.

    Raises:
        PackDamaged: something does not hold, or it is another run's; the message names it.
        PackNotFound: there is no such pack.
        EvidenceUnmade: its key was destroyed.
        ObjectMissing: the store has lost it.
    """
    trust = trust_current(allow_unattended=demo_installation())
    with pack_file(actor=EXECUTOR, digest=run.pack_digest) as file:
        pack = _file_verify(file, run, trust).pack
        pack_of_run_require(pack, run)
        return tuple(canonical_object(pack.read(path)) for path in sorted(gate_reports(pack)))


def pack_of_run_require(pack: Pack, run: RunData) -> None:
    """Require that a verified pack is the one that was sealed for a run and its result.

    Raises:
        PackDamaged: it is another one.
    """
    named = (pack.digest, pack.subject["run_id"], pack.subject["result_tree"])
    if named != (run.pack_digest, run.id, run.result_tree):
        message = "the evidence pack is another one than the run's"
        raise PackDamaged(message, run_id=run.id)


def _pack(run: RunData, trust: Trust) -> VerifiedPack:
    with pack_file(actor=EXECUTOR, digest=run.pack_digest) as file:
        return _file_verify(file, run, trust)


def _file_verify(file: Path, run: RunData, trust: Trust) -> VerifiedPack:
    report = Report()
    verified = pack_verify(file, trust, report)
    if verified is None or not verified.passed:
        failures = "; ".join(f"{check.name}: {check.detail}" for check in report.failures)
        message = f"the evidence pack does not verify: {failures or 'a gate did not pass'}"
        raise PackDamaged(message, run_id=run.id)
    return verified


def _run_check(run: RunData, verified: VerifiedPack) -> None:
    """What is merged is made from the run's row: it must say what the pack says."""
    subject = verified.pack.subject
    moved = [name for name in _BOUND if subject[name] != getattr(run, name)]
    if subject["run_id"] != run.id:
        moved.append("run")
    entries = [(entry.path, entry.mode, entry.blob) for entry in run.entries]
    if sorted(entries, key=str) != sorted(
        ((entry.path, entry.mode, entry.blob) for entry in verified.change.entries), key=str
    ):
        moved.append("entries")
    if moved:
        names = ", ".join(name.replace("_", " ") for name in moved)
        message = f"the run's record is not what its pack was sealed over: {names}"
        raise PackDamaged(message, run_id=run.id)


def _approvals_check(request: RequestData, verified: VerifiedPack, trust: Trust) -> None:
    run_id = verified.pack.subject_text("run_id")
    standing = standing_read(trust)
    approvals = decisions_logged(request, trust, standing)
    participants = participants_logged(run_id)
    pack_excludes(run_id, _excluded(verified), participants)
    relaxations = _relaxations(verified)
    if not verified.trial:
        _quorum_policy_check(verified, standing)
    approvals_bound_check(approvals, request, verified, standing)
    for logged in [] if verified.trial else approvals:
        decider_apart(logged.decision.person_id, participants.of_run(run_id))
        decider_apart(
            logged.decision.person_id, relaxations.relaxers(run_id, verified.relaxed, logged.event.index)
        )


def approvals_bound_check(
    approvals: Sequence[LoggedDecision], request: RequestData, verified: VerifiedPack, standing: Standing
) -> None:
    """Check that approvals are on this pack, are what the table tells, and are enough.

    Raises:
        RefusedError: one is on another pack, or in a window of another project, or they are too few.
    """
    for logged in approvals:
        decision_bound(logged.decision, verified)
        if logged.decision.carry_over_allowed != request.carry_over_allowed:
            raise RefusedError("decision.row", "the table says another thing of carrying it over")
    windows = {logged.decision.break_glass for logged in approvals if logged.decision.break_glass}
    for name in windows:
        window_project_check(standing.windows[name], verified.pack.subject_text("project"))
    approvals_check(approvals, verified, under_glass=bool(windows))


def _relaxations(verified: VerifiedPack) -> Relaxations:
    """What the log tells of exceptions and rules; the pack must bear it out and exclude who let it pass."""
    relaxations, relaxed = relaxations_logged(), verified.relaxed
    run_id = verified.pack.subject_text("run_id")
    if relaxed is not None:
        sealed = sealed_logged(run_id, verified.pack.digest)
        relaxations.pack_check(run_id, relaxed, sealed)
        relaxers_excluded(
            _excluded(verified),
            relaxations.relaxers(run_id, relaxed, sealed.index),
            late_grants(relaxations, run_id, relaxed, sealed),
        )
        relaxations.held_check(relaxed)
    return relaxations


def _quorum_policy_check(verified: VerifiedPack, standing: Standing) -> None:
    """What the pack asks for is no less than what the log says was asked for when it was sealed."""
    subject, policy = verified.pack.subject_text, verified.policy
    sealed = sealed_logged(subject("run_id"), verified.pack.digest)
    standing.policies.check(subject("project"), policy.tier, policy.quorum, sealed)


def _excluded(verified: VerifiedPack) -> list[str]:
    return [str(person) for person in field(verified.pack.subject, "excluded", list, "the subject")]


def _proof_signed(request: RequestData) -> Mapping[str, Json]:
    """The proof that was signed; one without content where the phase was judged anew since then."""
    phase = phase_get(actor=EXECUTOR, phase_id=request.subject_id)
    proof = phase_proof_stored(actor=EXECUTOR, phase_id=request.subject_id)
    if digest_of(proof_unsigned(proof)) == request.subject_digest:
        return proof
    if phase.proof_digest == request.subject_digest:
        raise RefusedError("phase.digest", "the proof in the table is not the one that was signed")
    return {"evidence": []}


def _signoff_check(request: RequestData, trust: Trust) -> None:
    approvals = decisions_logged(request, trust, standing_read(trust))
    initiators = initiators_logged(merged_runs(_proof_signed(request)))
    for logged in approvals:
        decision = logged.decision
        if not decision.trial:
            decider_apart(decision.person_id, dict.fromkeys(initiators, HAD_MADE))
        signed = (decision.subject_kind, decision.subject_id, decision.subject_digest)
        if signed != (request.subject_kind, request.subject_id, request.subject_digest):
            raise RefusedError("phase.signoff", "the sign-off is over another proof")
    quorum_check([logged.decision for logged in approvals], SIGN_OFF)
