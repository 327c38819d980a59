"""The parts of a decision page that a change, a phase and an executed decision bring."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from unidiff.patch import PatchSet

from countersign.audit.selectors import checkpoint_latest, event_is_checkpointed
from countersign.audit.sequencing import ORIGIN
from countersign.evidence.selectors import pack_file, pack_get
from countersign.findings.selectors import findings_by_ids
from countersign.governance.selectors import violations_for_run
from countersign.jobs.selectors import job_for_subject
from countersign.plans.selectors import phase_get, phase_proof_stored, work_item_get
from countersign.prompts.selectors import prompt_get
from countersign.runs.selectors import attempts_of, merge_of, run_get
from countersign.workflow.change import diff_line_counts
from countersign.workflow.contracts import (
    ChangedFileView,
    ChangeView,
    CheckpointView,
    DiffRef,
    ExecutionView,
    FindingView,
    PhaseProofView,
    PromptRef,
    ProofItem,
    ReceiptView,
    RollbackView,
    TranscriptView,
    ViolationView,
    WorkItemRef,
)
from countersign.workflow.executor import EXECUTOR
from countersign.workflow.gate_results import gate_results_on
from countersign.workflow.naming import merge_tag
from countersign.workflow.queries.packs import risk_of
from countersign_verify import vocabulary
from countersign_verify.pack import pack_read
from countersign_verify.phases import SIGNOFF_MISSING, phase_complete

if TYPE_CHECKING:
    from countersign.approvals.contracts import RequestData
    from countersign.gates.contracts import GateResultData
    from countersign.runs.contracts import RunData
    from countersign.shared.actor import Actor
    from countersign.workflow.contracts import RiskView

MAX_FINDINGS = 50
MAX_TRANSCRIPT = 100_000


@dataclass(frozen=True, slots=True)
class ChangeParts:
    """What the page shows about a change; all of it read from the sealed pack where the pack holds it."""

    run: RunData
    pack_size: int
    risk: RiskView
    results: tuple[GateResultData, ...]
    change: ChangeView
    diff: DiffRef
    rollback: RollbackView
    prompt: PromptRef
    transcript: TranscriptView
    work_item: WorkItemRef
    findings: tuple[FindingView, ...]
    violations: tuple[ViolationView, ...]
    isolation: str


def change_parts(actor: Actor, request: RequestData) -> ChangeParts:
    """Read the parts of a change's page from its pack and records."""
    run = run_get(actor=actor, run_id=request.subject_id)
    item = work_item_get(actor=actor, work_item_id=run.work_item_id)
    with pack_file(actor=actor, digest=request.subject_digest) as file:
        pack = pack_read(file)
        diff = pack.read(vocabulary.MEMBER_DIFF)
        transcript = pack.read(vocabulary.MEMBER_TRANSCRIPT)
        rollback = pack.read(vocabulary.MEMBER_ROLLBACK).decode()
        risk = risk_of(pack)
        isolation = pack.subject_text("isolation")
    prompt = prompt_get(actor=actor, prompt_id=run.prompt_id)
    binding = request.binding
    base, tree = (binding.base_commit, binding.result_tree) if binding else ("", "")
    return ChangeParts(
        run=run,
        pack_size=pack_get(actor=actor, digest=request.subject_digest).size,
        risk=risk,
        results=gate_results_on(actor=actor, run_id=run.id, result_tree=tree),
        change=ChangeView(
            branch=run.branch,
            base_commit=base,
            result_tree=tree,
            manifest_digest=request.subject_digest,
            ruleset_digest=run.ruleset_digest,
            commit=run.change_commit,
            agent_says=_agent_says(actor, run),
            files=diff_files(diff),
        ),
        diff=DiffRef(
            url=f"/api/v1/runs/{run.id}/diff/",
            digest=f"sha256:{hashlib.sha256(diff).hexdigest()}",
            size=len(diff),
        ),
        rollback=_rollback_view(run, rollback),
        prompt=PromptRef(
            id=prompt.id,
            digest=prompt.digest,
            text=prompt.text,
            persona=prompt.persona,
            template=prompt.template,
            template_version=str(prompt.template_version),
            adapter=run.adapter,
            model=None,
        ),
        transcript=TranscriptView(
            digest=f"sha256:{hashlib.sha256(transcript).hexdigest()}",
            text=transcript[:MAX_TRANSCRIPT].decode("utf-8", "replace"),
            truncated=len(transcript) > MAX_TRANSCRIPT,
        ),
        work_item=WorkItemRef(item.id, item.key, item.title, len(item.finding_ids), item.rules),
        findings=tuple(
            FindingView(
                finding.tool,
                finding.rule,
                finding.path,
                finding.line,
                finding.message,
                finding.severity.value,
            )
            for finding in findings_by_ids(actor=actor, finding_ids=item.finding_ids[:MAX_FINDINGS])
        ),
        violations=tuple(
            ViolationView(violation.rule, violation.what, violation.text)
            for violation in violations_for_run(actor=actor, run_id=run.id)
        ),
        isolation=isolation,
    )


def _agent_says(actor: Actor, run: RunData) -> str:
    attempts = attempts_of(actor=actor, run_id=run.id)
    return attempts[-1].summary if attempts else ""


@lru_cache(maxsize=4096)
def pack_lines(digest: str) -> tuple[int, int]:
    """Return how many lines a sealed change adds and removes; a digest never names anything else."""
    with pack_file(actor=EXECUTOR, digest=digest) as file:
        return diff_line_counts(pack_read(file).read(vocabulary.MEMBER_DIFF))


def diff_files(diff: bytes) -> tuple[ChangedFileView, ...]:
    """Return the files of a unified diff with their sizes."""
    return tuple(
        ChangedFileView(
            path=file.path,
            change=_kind(added=file.is_added_file, removed=file.is_removed_file),
            added=file.added,
            deleted=file.removed,
            binary=file.is_binary_file,
        )
        for file in PatchSet(diff.decode("utf-8", "replace"))
    )


def _kind(*, added: bool, removed: bool) -> Literal["added", "modified", "deleted"]:
    if added:
        return "added"
    return "deleted" if removed else "modified"


def _rollback_view(run: RunData, text: str) -> RollbackView:
    tag = merge_tag(run.phase_code, run.slug, run.work_item_id)
    return RollbackView(
        steps=(
            "Before the merge: nothing to do, the change exists in the platform's own repository only.",
            "After the merge: revert the merge commit in a clean checkout of the default branch.",
            "Run the project's tests.",
        ),
        command=f"git revert --no-edit -m 1 {tag}",
        text=text,
    )


def phase_proof_view(actor: Actor, request: RequestData) -> PhaseProofView:
    """Return the proof that a phase's sign-off is about."""
    phase = phase_get(actor=actor, phase_id=request.subject_id)
    proof = phase_proof_stored(actor=actor, phase_id=phase.id)
    items = [
        ProofItem(
            f"{deliverable['code']} {demand['code']}",
            f"{demand['text']} ({demand['reason']})",
            bool(demand["met"]),
        )
        for deliverable in proof["deliverables"]
        for demand in deliverable["criteria"]
    ]
    items += [
        ProofItem(f"gate {gate['code']}", f"{gate['text']} ({gate['reason']})", bool(gate["met"]))
        for gate in proof["gates"]
    ]
    # The sign-off itself is what is being asked for: everything else must be there.
    _complete, missing = phase_complete(proof)
    others = tuple(item for item in missing if item != SIGNOFF_MISSING)
    return PhaseProofView(complete=not others, missing=others, items=tuple(items))


def execution_of(actor: Actor, request: RequestData) -> ExecutionView | None:
    """Return what became of an approved change, or why its decision is void."""
    if request.state == "void":
        return ExecutionView("void", None, None, None, addendum=False, reason=request.void_reason)
    if request.state != "approved":
        return None
    subject = (request.subject_kind, request.subject_id)
    job = job_for_subject(actor=EXECUTOR, kind="decision.execute", subject=subject)
    # The phases are judged by the same job, at its end: only then has everything happened that follows.
    settled = job is None or job.state in {"succeeded", "failed"}
    if request.subject_kind != "change":
        return None if settled else ExecutionView("waiting", None, None, None, addendum=False, reason=None)
    run = run_get(actor=actor, run_id=request.subject_id)
    merge = merge_of(actor=actor, run_id=run.id)
    if merge is not None and merge.state == "delivered" and settled:
        return ExecutionView(
            "merged",
            merge.merge_commit,
            merge.state_commit,
            merge.tag,
            addendum=merge.addendum_digest is not None,
            reason=None,
        )
    if run.state == "failed":
        return ExecutionView(
            "failed", None, None, None, addendum=False, reason=str(run.failure.get("error", ""))
        )
    state: Literal["waiting", "merging"] = "merging" if run.state in {"merging", "merged"} else "waiting"
    # What hinders the merge for now, such as a checkout with changes; it goes on once that is gone.
    hindrance = str(job.error.get("error", "")) if job else ""
    return ExecutionView(state, None, None, None, addendum=False, reason=hindrance or None)


def receipt_of(actor: Actor, request: RequestData) -> ReceiptView | None:
    """Return the receipt of the viewer's own decision, or of the last one."""
    if not request.decisions:
        return None
    own = [decision for decision in request.decisions if decision.person_id == actor.person_id]
    decision = (own or list(request.decisions))[-1]
    checkpoint = None
    if event_is_checkpointed(decision.event_id):
        head = checkpoint_latest()
        checkpoint = CheckpointView(ORIGIN, head.size, head.root, head.note)
    name = request.subject_digest.removeprefix("sha256:")
    return ReceiptView(
        decision_id=decision.id,
        statement_digest=decision.statement_digest,
        checkpoint=checkpoint,
        verify_command=f"countersign-verify pack {name}.tar --trust trust.json"
        if request.subject_kind == "change"
        else "countersign-verify log EXPORT --trust trust.json",
        pack_url=f"/api/v1/packs/{name}/download/" if request.subject_kind == "change" else "",
    )
