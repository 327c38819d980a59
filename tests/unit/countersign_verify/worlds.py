"""Whole exports in the making, and one-change cases to bend."""

import base64
import copy
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from countersign_verify import vocabulary
from countersign_verify.addendum import addendum_statement
from countersign_verify.canonical import canonical_bytes, digest_bytes, digest_of
from countersign_verify.decision import decision_statement
from countersign_verify.log import export_checkpoints, export_tiles, log_verify
from countersign_verify.merkle import leaf_hash, root_of
from countersign_verify.notes import Checkpoint, checkpoint_sign
from countersign_verify.report import Report
from countersign_verify.tree import MODE_FILE, Replacement, TreeEntry, tree_id, tree_replace
from countersign_verify.trust import Trust
from tests.unit.countersign_verify.samples import (
    AUTHOR,
    DIRECTOR,
    KEYS,
    ORIGIN,
    Edit,
    PackPlan,
    as_json,
    blob,
    commit,
    decision_predicate,
    diff_of,
    nothing,
    pack_plan,
    sign,
    trust,
    trust_bytes,
)
from tests.unit.countersign_verify.second import Second, log_case

# The time of the first event of a world, in seconds since the epoch; every event comes a second later.
FIRST_SECOND = 1_769_904_000
STEPS: list[dict[str, Any]] = [{"commit": "a" * 40, "kind": "merge", "run_id": "r"}]


def event_bytes(
    number: int, kind: str, subject: tuple[str, str], data: Mapping[str, Any], **changes: object
) -> bytes:
    event: dict[str, Any] = {
        "v": 1,
        "id": str(uuid.UUID(int=number + 1)),
        "time": f"2026-02-01T{number // 3600 % 24:02d}:{number // 60 % 60:02d}:{number % 60:02d}.000000Z",
        "type": kind,
        "actor": {
            "kind": "service",
            "id": "service-executor",
            "person_id": None,
            "label": "executor",
            "token_id": None,
            "unattended": False,
            "roles": [],
        },
        "subject": {"type": subject[0], "id": subject[1]},
        "correlation_id": "c",
        "data": dict(data),
    }
    event.update(changes)
    return canonical_bytes(event)


def person_actor(person: str = DIRECTOR, *, unattended: bool = False) -> dict[str, Any]:
    sealed = {"key": "k", "nonce": base64.b64encode(b"n" * 12).decode(), "ciphertext": "AAAA"}
    return {
        "kind": "person",
        "id": f"user-{person}",
        "person_id": person,
        "label": sealed,
        "token_id": None,
        "unattended": unattended,
        "roles": ["director"],
    }


@dataclass
class World:
    """An export in the making. What is edited before it is written is signed and logged as edited."""

    entries: list[bytes] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    packs: dict[str, bytes] = field(default_factory=dict)
    decisions: dict[str, bytes] = field(default_factory=dict)
    addenda: dict[str, bytes] = field(default_factory=dict)
    phases: dict[str, bytes] = field(default_factory=dict)
    merges: list[dict[str, Any]] = field(default_factory=list)
    origin: str = ORIGIN
    trust_copy: bytes = field(default_factory=trust_bytes)

    def log(self, kind: str, subject: tuple[str, str], data: Mapping[str, Any], **changes: object) -> None:
        self.entries.append(event_bytes(len(self.entries), kind, subject, data, **changes))

    def filler(self, count: int) -> None:
        for number in range(count):
            self.log("run.claimed", ("run", f"other-{number}"), {"n": number})

    def checkpoint(self) -> None:
        self.sizes.append(len(self.entries))

    def begin(self, run_id: str, *, by: str = AUTHOR, **changes: object) -> None:
        data = {"work_item_id": f"item-{run_id}", "prompters": []}
        self.log("run.created", ("run", run_id), data, **{"actor": person_actor(by), **changes})

    def pack(self, plan: PackPlan, directory: Path, *, begin: bool = True) -> str:
        if begin:
            self.begin(plan.run_id)
        file = directory / f"{plan.run_id}.tar"
        sealed = plan.seal(file)
        self.packs[sealed.digest] = file.read_bytes()
        self.log("pack.sealed", ("run", plan.run_id), {"pack": sealed.digest})
        return sealed.digest

    def decide(self, decision_id: str, predicate: dict[str, Any], **changes: object) -> str:
        content = decision_statement(predicate)
        self.decisions[decision_id] = sign(content, "decisions")
        data = {
            "decision_id": decision_id,
            "request_id": predicate["request_id"],
            "statement_digest": digest_of(content),
            "verdict": predicate["verdict"],
        }
        actor = person_actor(predicate["approver"]["person_id"], unattended=predicate["unattended"])
        self.log(
            "decision.recorded",
            ("approval_request", predicate["request_id"]),
            data,
            **{"actor": actor, **changes},
        )
        return decision_id

    def merge(
        self,
        plan: PackPlan,
        pack: str,
        decision_ids: list[str],
        *,
        base: tuple[str, tuple[TreeEntry, ...]] | None = None,
        addendum: str | None = None,
        edit: Edit = nothing,
        edit_event: Edit = nothing,
        intend: bool = True,
    ) -> tuple[str, tuple[TreeEntry, ...]]:
        """Merge a plan; returns the state commit and its tree, the base of what comes next."""
        base_id, tree = base or (plan.base_commit, plan.tree)
        result = tree_replace(tree, plan.entries)
        merge_id, merge_raw = commit(tree_id(result), [base_id, plan.change[0]], f"merge {plan.run_id}\n")
        state = Replacement("docs/project_state.md", MODE_FILE, blob(f"state {plan.run_id}\n"))
        with_state = tree_replace(result, [state])
        state_id, state_raw = commit(tree_id(with_state), [merge_id], "docs: state\n")
        merge: dict[str, Any] = {
            "run_id": plan.run_id,
            "pack": pack,
            "decision_ids": decision_ids,
            "addendum": addendum,
            "base_before": base_id,
            "merge_commit": merge_id,
            "merge_commit_object": base64.b64encode(merge_raw).decode(),
            "state_commit": state_id,
            "state_commit_object": base64.b64encode(state_raw).decode(),
            "state_entry": as_json([state])[0],
            "tag": f"merge/{plan.run_id}",
            "result_tree": tree_id(result),
            "entries": as_json(plan.entries),
        }
        edit(merge)
        data = {name: merge[name] for name in vocabulary.EVENT_DATA["run.merged"]}
        edit_event(data)
        if intend:
            intent = {name: merge[name] for name in vocabulary.EVENT_DATA["merge.intended"]}
            self.log("merge.intended", ("run", plan.run_id), intent)
        self.log("run.merged", ("run", plan.run_id), data)
        self.merges.append(merge)
        return state_id, with_state

    def carry_over(
        self,
        plan: PackPlan,
        pack: str,
        base: tuple[str, tuple[TreeEntry, ...]],
        steps: list[dict[str, Any]],
        *,
        edit: Edit = nothing,
        signers: tuple[str, ...] = ("gates", "scorer"),
    ) -> str:
        result = tree_id(tree_replace(base[1], plan.entries))
        predicate: dict[str, Any] = {
            "v": 1,
            "run_id": plan.run_id,
            "pack": pack,
            "request_id": f"request-{plan.run_id}",
            "previous_base": plan.base_commit,
            "new_base": base[0],
            "intervening": steps,
            "entries": as_json(plan.entries),
            "result_tree": result,
            "gates": [
                {"name": name, "status": "pass", "report_digest": digest_bytes(name.encode())}
                for name in sorted(plan.gates)
            ],
            "risk": {"score": plan.score, "union_score": plan.score},
            "patch_digest": digest_bytes(diff_of(plan.tree, plan.entries)),
            "touched_unchanged": True,
            "gate_configuration_unchanged": True,
        }
        edit(predicate)
        content = addendum_statement(predicate)
        addendum_id = f"addendum-{plan.run_id}"
        self.addenda[addendum_id] = sign(content, *signers)
        data = {"addendum_id": addendum_id, "pack": pack, "statement_digest": digest_of(content)}
        self.log("addendum.sealed", ("run", plan.run_id), data)
        return digest_of(content)

    def prove(self, phase_id: str, proof: Mapping[str, Any]) -> str:
        digest = digest_of({**proof, "signoff": None})
        self.phases[phase_id] = canonical_bytes(proof)
        self.log("phase.evaluated", ("phase", phase_id), {"proof_digest": digest})
        return digest

    def note(self, size: int) -> str:
        root = root_of(leaf_hash(entry) for entry in self.entries[:size])
        return checkpoint_sign(Checkpoint(self.origin, size, root), ORIGIN, KEYS["log"])

    def write(self, directory: Path) -> Path:
        sizes = sorted({*self.sizes, len(self.entries)})
        directory.mkdir(parents=True)
        export_tiles(directory, self.entries)
        export_checkpoints(directory, [(size, self.note(size)) for size in sizes])
        (directory / "trust.json").write_bytes(self.trust_copy)
        index: dict[str, Any] = {"format": "countersign/export/v1", "origin": ORIGIN, "merges": self.merges}
        (directory / "index.json").write_bytes(canonical_bytes(index))
        files = {f"packs/{digest[7:]}.tar": data for digest, data in self.packs.items()}
        files |= {f"decisions/{name}.dsse.json": data for name, data in self.decisions.items()}
        files |= {f"addenda/{name}.dsse.json": data for name, data in self.addenda.items()}
        files |= {f"phases/{name}.json": data for name, data in self.phases.items()}
        for name, data in files.items():
            target = directory / name
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(data)
        return directory


def steps_of(*merges: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The commits that these merges put on the branch, as an addendum lists them."""
    return [
        {"commit": merge[f"{kind}_commit"], "kind": kind, "run_id": merge["run_id"]}
        for merge in merges
        for kind in ("merge", "state")
    ]


def proof_of(merge: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A proof that lacks only the sign-off."""
    change = {
        "work_item": "w1",
        "key": "F401",
        "state": "merged",
        "run": merge["run_id"] if merge else "run-1",
        "pack": merge["pack"] if merge else "sha256:" + "0" * 64,
        "merge_commit": merge["merge_commit"] if merge else "0" * 40,
    }
    records: list[dict[str, Any]] = [
        {"kind": "merged", "changes": [change]},
        {"kind": "findings_zero", "commit": "0" * 40, "analysis": "sha256:" + "1" * 64, "left": 0},
        {"kind": "gate_passed", "gates": ["tests"], "changes": [{**change, "gates": {"tests": "pass"}}]},
    ]
    merged, findings, gates = (digest_of(record) for record in records)

    def demand(code: str, digest: str) -> dict[str, Any]:
        return {"code": code, "text": code, "met": True, "evidence": digest, "reason": "it is"}

    return {
        "v": 1,
        "phase": {"id": "phase-1", "code": "P1", "title": "Hygiene"},
        "dependencies": [],
        "deliverables": [
            {
                "code": "D1",
                "title": "no unused imports",
                "state": "done",
                "criteria": [demand("C1", merged), demand("C2", findings)],
            }
        ],
        "gates": [demand("G1", gates)],
        "coverage": {"applies": False, "reason": "no threshold"},
        "signoff": None,
        "evidence": [{"digest": digest_of(record), "record": record} for record in records],
    }


def signed_off(proof: Mapping[str, Any], request_id: str, decision_id: str) -> dict[str, Any]:
    digest = digest_of({**proof, "signoff": None})
    signoff = {"request_id": request_id, "decision_id": decision_id, "proof_digest": digest}
    return {**copy.deepcopy(dict(proof)), "signoff": signoff}


def second_plan() -> PackPlan:
    """A change of other files, from the same base as the first."""
    entries = (
        Replacement("src/b.py", MODE_FILE, None),
        Replacement("src/new.py", MODE_FILE, blob("new\n")),
    )
    return pack_plan("run-2", entries=entries)


def full_world(directory: Path, *, filler: int = 600) -> World:
    """Two merges, the second carried over to a moved base, and a phase that was signed off."""
    world = World()
    world.filler(3)
    world.checkpoint()
    first, second = pack_plan(), second_plan()
    pack_1, pack_2 = world.pack(first, directory), world.pack(second, directory)
    world.decide("decision-1", decision_predicate(first, pack_1))
    world.decide("decision-2", decision_predicate(second, pack_2))
    world.filler(filler)
    world.checkpoint()
    base = world.merge(first, pack_1, ["decision-1"])
    addendum = world.carry_over(second, pack_2, base, steps_of(world.merges[0]))
    world.merge(second, pack_2, ["decision-2"], base=base, addendum=addendum)
    proof = proof_of(world.merges[0])
    digest = world.prove("phase-1", proof)
    phase_decision = {
        **decision_predicate(first, pack_1, nonce="nonce-of-the-sign-off", request_id="request-phase"),
        "subject": {"kind": "phase", "id": "phase-1", "digest": digest},
        "change": None,
    }
    world.decide("decision-3", phase_decision)
    world.phases["phase-1"] = canonical_bytes(signed_off(proof, "request-phase", "decision-3"))
    world.log("phase.completed", ("phase", "phase-1"), {"proof_digest": digest})
    return world


# The browser's verifier, where there is one: it judges the exports that tests make, and has to agree.
beside: list[Second] = []


def verify(
    directory: Path, trusted: Trust | None = None, known: list[bytes] | None = None, *, alone: bool = False
) -> Report:
    """Check an export; ``alone`` where it is too large to be judged by both hundreds of times."""
    by = trusted or trust()
    report = Report("", by.describe())
    log_verify(directory, by, report, known=known or [])
    if not alone:
        agree(log_case(directory, by.raw, known or []), report)
    return report


def agree(case: dict[str, Any], report: Report) -> None:
    """Fail where the browser's verifier says something else of this case."""
    for second in beside:
        second.agree(case, report)


def failed(report: Report) -> dict[str, str]:
    return {check.name: check.detail for check in report.failures}


class Case:
    """A world with one change, bent in one place."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.world = World()
        self.plan = pack_plan()
        self.pack = self.world.pack(self.plan, directory)

    def predicate(self, **changes: object) -> dict[str, Any]:
        return decision_predicate(self.plan, self.pack, **changes)

    def decide(self, **changes: object) -> None:
        self.world.decide("d1", self.predicate(**changes))

    def verify(self, trusted: Trust | None = None) -> dict[str, str]:
        return failed(verify(self.world.write(self.directory / "export"), trusted))
