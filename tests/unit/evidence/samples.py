"""Contents of a pack as a run hands them in, bent by a test."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from countersign.evidence.contracts import GateEvidence, PackContents, SealedPack, TreeEntryData
from countersign.evidence.models import ContentKey
from countersign.evidence.sealing import pack_store
from countersign.shared.actor import service_actor
from countersign.shared.keys import public_keys
from countersign.shared.sealing import file_open
from countersign.shared.wrapping import key_unwrap
from countersign_verify.canonical import canonical_bytes, digest_bytes
from countersign_verify.notes import verifier_key
from countersign_verify.pack_verify import VerifiedPack, pack_verify
from countersign_verify.report import Report
from countersign_verify.risk import risk_evaluate
from countersign_verify.tree import MODE_FILE, Replacement, tree_id, tree_replace
from countersign_verify.trust import ROLES, Trust, trust_build, trust_read
from tests.unit.countersign_verify.samples import base_tree, blob, commit, diff_of, risk_inputs

STARTED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
RULESET = canonical_bytes([{"code": "R1", "text": "tests pass"}])
RUN = "66666666-6666-4666-8666-666666666666"
AUTHOR = "77777777-7777-4777-8777-777777777777"
# Put together here, so that no scanner takes this file for a leak.
AWS_KEY = "AKIA" + "IOSFODNN7EXAMPLQ"
GITHUB_TOKEN = "ghp_" + "wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx"
PRIVATE_KEY = "-----BEGIN " + "RSA PRIVATE KEY-----"


def gate(name: str, status: str, result_tree: str, **details: object) -> GateEvidence:
    report: dict[str, Any] = {"name": name, "status": status, "result_tree": result_tree, **details}
    return GateEvidence(name, status, "as it is", report)


def contents(**changes: object) -> PackContents:
    """Everything that a pack of a small change holds."""
    tree = base_tree()
    base_id, base_raw = commit(tree_id(tree), [], "base\n")
    entries = (Replacement("src/a.py", MODE_FILE, blob("src/a.py 1\n")),)
    result = tree_id(tree_replace(tree, entries))
    change_id, change_raw = commit(result, [base_id], "change\n")
    settings: dict[str, Any] = {
        "project": "sample",
        "run_id": RUN,
        "title": "Remove unused imports",
        "attempt": 1,
        "isolation": "bubblewrap",
        "base_commit": base_id,
        "base_commit_object": base_raw,
        "base_tree_id": tree_id(tree),
        "base_tree": tuple(TreeEntryData(item.path, item.mode, item.blob) for item in reversed(tree)),
        "change_commit": change_id,
        "change_commit_object": change_raw,
        "result_tree": result,
        "entries": tuple(TreeEntryData(item.path, item.mode, item.blob) for item in entries),
        "diff": diff_of(tree, entries),
        "prompt": "# Remove unused imports\n",
        "prompt_record": {"template": "fix", "version": 1},
        "transcript": b"Found 1 error (1 fixed, 0 remaining).\n",
        "agent_call": {"adapter": "ruff", "model": None, "argv": ["ruff", "check", "--fix"]},
        "gates": (gate("tests", "pass", result), gate("lint", "pass", result)),
        "ruleset": RULESET,
        "ruleset_digest": digest_bytes(RULESET),
        "violations": (),
        "risk_inputs": {name: tuple(inputs) for name, inputs in risk_inputs().items()},
        "score": int(str(risk_evaluate(risk_inputs())["score"])),
        "policy": {
            "tier": "director",
            "quorum": [{"role": "director", "count": 1}],
            "reasons": [],
            "blocked": False,
        },
        "rollback": "git revert -m 1 MERGE\n",
        "rollout": "merged to the default branch\n",
        "environment": ("requests==2.32.3", "pytest==8.4.0"),
        "environment_digest": digest_bytes(b"environment"),
        "dependency_change": False,
        "exceptions": (),
        "excluded": (AUTHOR,),
        "started_at": STARTED,
        "finished_at": STARTED + timedelta(seconds=9),
        **changes,
    }
    return PackContents(**settings)


def installation_trust() -> Trust:
    """What a stranger would be given to believe this installation's keys."""
    keys = public_keys()
    origin = "log.example/evidence"
    document = trust_build(
        origin=origin,
        log_keys=[verifier_key(origin, keys["log"].public)],
        roles={role: [keys[role].public] for role in ROLES},  # type: ignore[index]  # roles are names of keys
    )
    return trust_read(canonical_bytes(document))


def pack_checked(file: Path) -> tuple[VerifiedPack | None, Report]:
    report = Report()
    return pack_verify(file, installation_trust(), report), report


WORKER = service_actor("worker")


def pack_keep(made: PackContents) -> SealedPack:
    """Seal and store, as the worker does."""
    return pack_store(made, actor=WORKER)


def pack_readable(root: Path, sealed: SealedPack, target: Path) -> Path:
    """Decrypt a stored pack by hand: with its key, and nothing else of the platform."""
    row = ContentKey.objects.get(pk=sealed.sealed_with)
    key = key_unwrap(bytes(row.wrapped), name=sealed.digest)
    file_open(root / sealed.key, target, key=key, name=sealed.digest)
    return target
