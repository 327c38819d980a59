"""Exporting everything that a stranger needs to check the platform without it."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from countersign.approvals.selectors import request_get, request_list
from countersign.approvals.signing import decisions_unanswered
from countersign.audit.export import log_export
from countersign.audit.selectors import event_count, event_is_checkpointed, event_latest
from countersign.evidence.selectors import addenda_of_runs, pack_bytes, packs_of_project_runs
from countersign.plans.project_state import PATH
from countersign.plans.selectors import phase_proof_stored, plan_list
from countersign.projects.selectors import project_list
from countersign.runs.selectors import merge_of, run_list
from countersign.shared.env import demo_installation
from countersign.shared.errors import Conflict
from countersign.workflow.change import repository_of
from countersign.workflow.executor import EXECUTOR
from countersign.workflow.merging import approvals_of
from countersign.workflow.outcomes import Done, Next, StepContext, Workflow
from countersign.workflow.places import export_path
from countersign.workflow.trust import trust_document
from countersign_verify.canonical import canonical_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from countersign.projects.contracts import ProjectData
    from countersign.runs.contracts import RunData
    from countersign.sandbox.repository import Repository
    from countersign_verify.canonical import JsonInput

SETTLE_WAIT_SECONDS = 0.2


class ExportImpossible(Conflict):
    """The tables tell of something that can't have happened, so nothing honest can be written about it."""

    code = "export_impossible"


def moment_fix(_context: StepContext) -> Next:
    """Note what the newest event is: the export covers everything up to it."""
    return Next("settle", {"event_id": event_latest()}, summary="waiting for the checkpoint")


def checkpoint_await(context: StepContext) -> Next:
    """Wait until a signed checkpoint covers that event, and every decision before it is signed or refused."""
    if not event_is_checkpointed(context.text("event_id")):
        return Next("settle", wait_seconds=SETTLE_WAIT_SECONDS)
    if decisions_unanswered():
        return Next("settle", summary="waiting for the signer", wait_seconds=SETTLE_WAIT_SECONDS)
    return Next("write", summary="writing")


def export_write(context: StepContext) -> Done:
    """Write log, packs, decisions, addenda, proofs and the trust file into one directory."""
    directory = export_path(context.job.id)
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    projects = project_list(actor=EXECUTOR)
    runs = tuple(run for project in projects for run in run_list(actor=EXECUTOR, project_id=project.id))
    _packs_write(directory, runs)
    _decisions_write(directory)
    _addenda_write(directory, runs)
    _phases_write(directory, projects)
    merges = [
        merge for project in projects for run in runs if run.project_id == project.id
        for merge in _merge_json(project, run)
    ]  # fmt: skip
    head = log_export(directory)
    index: dict[str, JsonInput] = {
        "format": "countersign/export/v1",
        "origin": trust_document(allow_unattended=False)["origin"],
        "merges": merges,
    }
    (directory / "index.json").write_bytes(canonical_bytes(index))
    trust = directory / "trust.json"
    trust.write_bytes(canonical_bytes(trust_document(allow_unattended=demo_installation())))
    return Done(
        {
            "directory": str(directory),
            "trust": str(trust),
            "size": head.size,
            "events": event_count(),
            "root": head.root,
        }
    )


def _packs_write(directory: Path, runs: tuple[RunData, ...]) -> None:
    target = directory / "packs"
    target.mkdir(exist_ok=True)
    for pack in packs_of_project_runs(actor=EXECUTOR, run_ids=tuple(run.id for run in runs)):
        if pack.unmade:
            continue  # the log's own event says so
        name = f"{pack.digest.removeprefix('sha256:')}.tar"
        (target / name).write_bytes(pack_bytes(actor=EXECUTOR, digest=pack.digest))


def _decisions_write(directory: Path) -> None:
    target = directory / "decisions"
    target.mkdir(exist_ok=True)
    for request in request_list(actor=EXECUTOR):
        for decision in request.decisions:
            (target / f"{decision.id}.dsse.json").write_bytes(canonical_bytes(dict(decision.envelope)))
            if decision.assertion is not None:
                name = f"{decision.id}.webauthn.json"
                (target / name).write_bytes(canonical_bytes(dict(decision.assertion)))


def _addenda_write(directory: Path, runs: tuple[RunData, ...]) -> None:
    target = directory / "addenda"
    target.mkdir(exist_ok=True)
    for addendum in addenda_of_runs(actor=EXECUTOR, run_ids=tuple(run.id for run in runs)):
        (target / f"{addendum.id}.dsse.json").write_bytes(canonical_bytes(dict(addendum.envelope)))


def _phases_write(directory: Path, projects: tuple[ProjectData, ...]) -> None:
    target = directory / "phases"
    target.mkdir(exist_ok=True)
    for project in projects:
        for plan in plan_list(actor=EXECUTOR, project_id=project.id):
            for phase in plan.phases:
                if phase.proof_digest:
                    proof = phase_proof_stored(actor=EXECUTOR, phase_id=phase.id)
                    (target / f"{phase.id}.json").write_bytes(canonical_bytes(proof))


def _merge_json(project: ProjectData, run: RunData) -> list[dict[str, JsonInput]]:
    merge = merge_of(actor=EXECUTOR, run_id=run.id)
    if merge is None or merge.state != "delivered":
        return []
    repository = repository_of(project)
    request = request_get(actor=EXECUTOR, request_id=run.request_id)
    return [
        {
            "run_id": run.id,
            "pack": run.pack_digest,
            "decision_ids": sorted(decision.id for decision in approvals_of(request)),
            "addendum": merge.addendum_digest,
            "base_before": merge.base_before,
            "merge_commit": merge.merge_commit,
            "merge_commit_object": _base64(repository.commit_object(merge.merge_commit)),
            "state_commit": merge.state_commit,
            "state_commit_object": _base64(repository.commit_object(merge.state_commit)),
            "state_entry": _state_entry(repository, merge.state_commit),
            "tag": merge.tag,
            "result_tree": merge.result_tree,
            "entries": [entry.as_json() for entry in run.entries],
        }
    ]


def _state_entry(repository: Repository, state_commit: str) -> dict[str, JsonInput]:
    entry = {item.path: item for item in repository.tree_entries(state_commit)}.get(PATH)
    if entry is None:
        message = f"the table tells of a merge as {state_commit}, which was not made here: it has no {PATH}"
        raise ExportImpossible(message)
    return {"path": entry.path, "mode": entry.mode, "blob": entry.blob}


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


WORKFLOW = Workflow(
    kind="export.write",
    steps={"moment": moment_fix, "settle": checkpoint_await, "write": export_write},
)
