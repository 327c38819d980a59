"""A small world with everything an export holds, built with the verifier's own writing side."""

import base64
import copy
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from countersign_verify import dsse, vocabulary
from countersign_verify.addendum import addendum_statement
from countersign_verify.canonical import canonical_bytes, digest_bytes, digest_of
from countersign_verify.container import Member
from countersign_verify.decision import decision_statement
from countersign_verify.errors import RefusedError
from countersign_verify.log import export_checkpoints, export_tiles
from countersign_verify.merkle import leaf_hash, root_of
from countersign_verify.notes import Checkpoint, checkpoint_sign, verifier_key
from countersign_verify.pack import PackDigest, pack_draft, pack_seal
from countersign_verify.risk import WEIGHTS, risk_evaluate
from countersign_verify.signing import key_id
from countersign_verify.tree import (
    MODE_FILE,
    Replacement,
    TreeEntry,
    git_object_id,
    tree_id,
    tree_replace,
)
from countersign_verify.trust import ROLES, Trust, trust_build, trust_read

ORIGIN = "log.example/test"
IDENTITY = "Countersign <countersign@example.org> 1767225600 +0000"
RULESET = canonical_bytes([{"code": "R1", "text": "tests pass"}])
DIRECTOR = "person-director"
AUTHOR = "person-author"
LATER = "2026-03-01T00:00:00.000000Z"

Edit = Callable[[dict[str, Any]], None]


def nothing(_: dict[str, Any]) -> None:
    """Leave what would be edited as it is."""


@contextmanager
def refused(code: str, reason: str = "") -> Iterator[None]:
    """Expect a refusal for exactly this reason, with these words in its message."""
    with pytest.raises(RefusedError) as refusal:
        yield
    assert refusal.value.code == code, refusal.value
    assert reason in refusal.value.message


def private_key(name: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(name.encode().ljust(32, b"."))


KEYS = {name: private_key(name) for name in (*ROLES, "log", "witness", "stranger")}


def sign(content: Mapping[str, Any], *names: str) -> bytes:
    signers = [(key_id(KEYS[name].public_key()), KEYS[name]) for name in names]
    return dsse.envelope_bytes(dsse.statement_sign(content, signers))


def trust_bytes(**changes: object) -> bytes:
    settings: dict[str, Any] = {
        "origin": ORIGIN,
        "log_keys": [verifier_key(ORIGIN, KEYS["log"].public_key())],
        "roles": {role: [KEYS[role].public_key()] for role in ROLES},
    }
    settings.update(changes)
    return canonical_bytes(trust_build(**settings))


def trust(**changes: object) -> Trust:
    return trust_read(trust_bytes(**changes))


def blob(text: str) -> str:
    return git_object_id("blob", text.encode())


def base_tree() -> tuple[TreeEntry, ...]:
    paths = [
        "README.md",
        "pyproject.toml",
        "src/a.py",
        "src/b.py",
        "src/c.py",
        "src/pkg/d.py",
        "tests/test_a.py",
    ]
    return tuple(TreeEntry(path, MODE_FILE, blob(f"{path} 0\n")) for path in paths)


def commit(tree: str, parents: Iterable[str], message: str) -> tuple[str, bytes]:
    lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
    lines += [f"author {IDENTITY}", f"committer {IDENTITY}", "", message]
    raw = "\n".join(lines).encode()
    return git_object_id("commit", raw), raw


def diff_of(base: Sequence[TreeEntry], entries: Sequence[Replacement]) -> bytes:
    before = {entry.path: entry for entry in base}
    zero = "0" * 40
    parts = []
    for entry in entries:
        old = before.get(entry.path)
        parts.append(f"diff --git a/{entry.path} b/{entry.path}\n")
        if old is None:
            parts.append(f"new file mode {entry.mode}\nindex {zero}..{entry.blob}\n--- /dev/null\n")
            parts.append(f"+++ b/{entry.path}\n@@ -0,0 +1 @@\n+new\n")
        elif entry.blob is None:
            parts.append(f"deleted file mode {old.mode}\nindex {old.blob}..{zero}\n--- a/{entry.path}\n")
            parts.append("+++ /dev/null\n@@ -1 +0,0 @@\n-old\n")
        else:
            parts.append(f"index {old.blob}..{entry.blob} {entry.mode}\n--- a/{entry.path}\n")
            parts.append(f"+++ b/{entry.path}\n@@ -1 +1 @@\n-old\n+new\n")
    return "".join(parts).encode()


def risk_inputs(effect: int = 300) -> dict[str, list[dict[str, Any]]]:
    return {
        name: [{"name": "paths", "value": 3, "effect": effect, "source": "change/diff.patch"}]
        for name in WEIGHTS
    }


def as_json(entries: Iterable[TreeEntry | Replacement]) -> list[dict[str, Any]]:
    return [{"path": entry.path, "mode": entry.mode, "blob": entry.blob} for entry in entries]


@dataclass
class PackPlan:
    """Everything that goes into a pack, to be bent before it is sealed."""

    run_id: str
    base_commit: str
    base_raw: bytes
    tree: tuple[TreeEntry, ...]
    entries: tuple[Replacement, ...]
    effect: int = 300
    gates: dict[str, str] = field(default_factory=lambda: {"lint": "pass", "tests": "pass"})
    policy: dict[str, Any] = field(
        default_factory=lambda: {
            "tier": "director",
            "quorum": [{"role": "director", "count": 1}],
            "reasons": [],
            "blocked": False,
        }
    )
    edit_members: Edit = nothing
    edit_subject: Edit = nothing
    edit_fields: Edit = nothing
    edit_statements: Edit = nothing
    edit_attestations: Edit = nothing
    signers: dict[str, str] = field(default_factory=dict)

    @property
    def result_tree(self) -> str:
        return tree_id(tree_replace(self.tree, self.entries))

    @property
    def change(self) -> tuple[str, bytes]:
        return commit(self.result_tree, [self.base_commit], f"change {self.run_id}\n")

    @property
    def score(self) -> int:
        return int(str(risk_evaluate(risk_inputs(self.effect))["score"]))

    def seal(self, destination: Path) -> PackDigest:
        members = self._members()
        self.edit_members(members)
        subject: dict[str, Any] = {
            "project": "sample",
            "run_id": self.run_id,
            "attempt": 1,
            "isolation": "bubblewrap",
            "base_commit": self.base_commit,
            "base_tree": tree_id(self.tree),
            "change_commit": self.change[0],
            "result_tree": self.result_tree,
            "ruleset_digest": digest_bytes(RULESET),
            "score": self.score,
            "excluded": [AUTHOR],
        }
        self.edit_subject(subject)
        fields = self._fields()
        self.edit_fields(fields)
        content = [Member(path, data, "application/octet-stream") for path, data in members.items()]
        draft = pack_draft(content, subject, fields)
        return pack_seal(destination, draft, self._attestations(draft.content_digest, members))

    def _members(self) -> dict[str, bytes]:
        members = {
            vocabulary.MEMBER_BASE_COMMIT: self.base_raw,
            vocabulary.MEMBER_BASE_TREE: canonical_bytes(as_json(self.tree)),
            vocabulary.MEMBER_COMMIT: self.change[1],
            vocabulary.MEMBER_DIFF: diff_of(self.tree, self.entries),
            vocabulary.MEMBER_ENTRIES: canonical_bytes(as_json(self.entries)),
            vocabulary.MEMBER_PROMPT: b"# Fix it\n",
            vocabulary.MEMBER_TRANSCRIPT: b"fixed\n",
            vocabulary.MEMBER_CALL: canonical_bytes({"adapter": "ruff", "model": None}),
            vocabulary.MEMBER_POLICY: canonical_bytes(self.policy),
            vocabulary.MEMBER_RULESET: RULESET,
            vocabulary.MEMBER_RISK_INPUTS: canonical_bytes(risk_inputs(self.effect)),
            vocabulary.MEMBER_ROLLBACK: b"git revert\n",
        }
        for name, status in self.gates.items():
            report = {"name": name, "status": status, "result_tree": self.result_tree, "reason": "sample"}
            members[f"gates/{name}.json"] = canonical_bytes(report)
        return members

    def _fields(self) -> dict[str, Any]:
        answers: dict[str, Any] = {
            name: {"applies": False, "reason": "a library"} for name in vocabulary.FIELDS
        }
        for name, path in {
            "artifact_hashes": vocabulary.MEMBER_ENTRIES,
            "signatures": vocabulary.STATEMENT_GATES,
            "policy_decision": vocabulary.MEMBER_POLICY,
            "rollback_plan": vocabulary.MEMBER_ROLLBACK,
            "test_evidence": vocabulary.STATEMENT_TESTS,
        }.items():
            answers[name] = {"applies": True, "members": [path]}
        return answers

    def _attestations(self, content_digest: str, members: Mapping[str, bytes]) -> list[Member]:
        predicates: dict[str, Any] = {
            vocabulary.STATEMENT_GATES: {
                "base_commit": self.base_commit,
                "result_tree": self.result_tree,
                "gates": [
                    {
                        "name": name,
                        "status": status,
                        "report_digest": digest_bytes(members.get(f"gates/{name}.json", b"")),
                    }
                    for name, status in sorted(self.gates.items())
                ],
            },
            vocabulary.STATEMENT_TESTS: {
                "result": "PASSED" if self.gates.get("tests") == "pass" else "FAILED"
            },
            vocabulary.STATEMENT_RISK: risk_evaluate(risk_inputs(self.effect)),
            vocabulary.STATEMENT_PROVENANCE: {"runDetails": {"builder": {"id": "sample"}}},
        }
        statements: dict[str, Any] = {
            path: dsse.statement(
                [dsse.subject_entry(vocabulary.CONTENT_SUBJECT, content_digest)],
                vocabulary.STATEMENTS[path][1],
                predicate,
            )
            for path, predicate in predicates.items()
        }
        self.edit_statements(statements)
        envelopes = {
            path: sign(statement, self.signers.get(path, vocabulary.STATEMENTS[path][0]))
            for path, statement in statements.items()
        }
        self.edit_attestations(envelopes)
        return [Member(path, data, "application/json") for path, data in envelopes.items()]


def pack_plan(run_id: str = "run-1", **changes: object) -> PackPlan:
    tree = base_tree()
    base_id, base_raw = commit(tree_id(tree), [], "base\n")
    entries = (Replacement("src/a.py", MODE_FILE, blob("src/a.py 1\n")),)
    settings: dict[str, Any] = {"entries": entries, **changes}
    return PackPlan(run_id=run_id, base_commit=base_id, base_raw=base_raw, tree=tree, **settings)


def decision_predicate(plan: PackPlan, pack: str, **changes: object) -> dict[str, Any]:
    predicate: dict[str, Any] = {
        "v": 1,
        "request_id": f"request-{plan.run_id}",
        "subject": {"kind": "change", "id": plan.run_id, "digest": pack},
        "change": {
            "run_id": plan.run_id,
            "base_commit": plan.base_commit,
            "result_tree": plan.result_tree,
            "manifest_digest": pack,
            "score": plan.score,
            "ruleset_digest": digest_bytes(RULESET),
        },
        "verdict": "approve",
        "reason_digest": digest_bytes(b"reads well"),
        "approver": {
            "person_id": DIRECTOR,
            "user_id": f"user-{DIRECTOR}",
            "key": key_id(KEYS["decisions"].public_key()),
            "role": "director",
        },
        "nonce": f"nonce-of-the-decision-on-{plan.run_id}",
        "expires_at": LATER,
        "decided_at": "2026-02-01T00:00:00.000000Z",
        "unattended": False,
        "carry_over_allowed": True,
        "excluded": [AUTHOR],
    }
    return {**predicate, **changes}


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

    def pack(self, plan: PackPlan, directory: Path) -> str:
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
