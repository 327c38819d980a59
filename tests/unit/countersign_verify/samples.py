"""A small world with everything an export holds, built with the verifier's own writing side."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from countersign_verify import dsse, vocabulary
from countersign_verify.canonical import canonical_bytes, digest_bytes
from countersign_verify.container import Member
from countersign_verify.errors import RefusedError
from countersign_verify.notes import verifier_key
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
