"""Sealing packs and addenda: building, signing and storing, without the database."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from countersign.audit.sequencing import ORIGIN
from countersign.evidence.contracts import SealedPack
from countersign.evidence.errors import PackRefused, SecretInEvidence
from countersign.evidence.keys import content_key_ensure
from countersign.evidence.masking import diff_mask, text_mask
from countersign.evidence.sbom import sbom_build
from countersign.evidence.secrets import secrets_find, text_suspected
from countersign.shared.clock import isoformat
from countersign.shared.keys import public_keys, signing_key
from countersign.shared.sealing import object_seal
from countersign.shared.storage import object_store
from countersign_verify import dsse, vocabulary
from countersign_verify.addendum import addendum_statement
from countersign_verify.canonical import canonical_bytes, digest_bytes
from countersign_verify.container import Member
from countersign_verify.errors import RefusedError
from countersign_verify.notes import verifier_key
from countersign_verify.pack import PackDraft, pack_draft, pack_seal
from countersign_verify.pack_verify import pack_verify
from countersign_verify.report import Report
from countersign_verify.risk import risk_evaluate
from countersign_verify.together import Beside, together_predicate
from countersign_verify.trust import ROLES, trust_build, trust_read

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from countersign.evidence.contracts import GateEvidence, PackContents
    from countersign.shared.actor import Actor
    from countersign.shared.keys import KeyName
    from countersign.shared.types import JSON

RETAIN_DAYS = 365
BUILDER = "https://countersign.dev/runner/v1"
BUILD_TYPE = "https://countersign.dev/run/v1"
_JSON = "application/json"
_LONG_LIST = 40
_TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class PackParts:
    """A pack before it is sealed.

    Attributes:
        members: all but the statements.
        subject: what the pack is about.
        fields: the answers to what every pack must say.
        statements: signs them, over the measured members.
    """

    run_id: str
    members: Sequence[Member] = field(repr=False)
    subject: Mapping[str, JSON]
    fields: Mapping[str, JSON]
    statements: Callable[[PackDraft], list[Member]] = field(repr=False)


def _json_member(path: str, value: object) -> Member:
    return Member(path, canonical_bytes(value), _JSON)  # type: ignore[arg-type]  # checked by the encoder


def _not_applicable(reason: str) -> dict[str, JSON]:
    return {"applies": False, "reason": reason}


def _applies(*members: str) -> dict[str, JSON]:
    return {"applies": True, "members": sorted(members)}


def _members(contents: PackContents) -> list[Member]:
    tree = [entry.as_json() for entry in sorted(contents.base_tree, key=lambda item: item.path)]
    entries = [entry.as_json() for entry in sorted(contents.entries, key=lambda item: item.path)]
    members = [
        Member(vocabulary.MEMBER_BASE_COMMIT, contents.base_commit_object, "application/x-git-commit"),
        _json_member(vocabulary.MEMBER_BASE_TREE, tree),
        Member(vocabulary.MEMBER_COMMIT, contents.change_commit_object, "application/x-git-commit"),
        Member(vocabulary.MEMBER_DIFF, contents.diff, "text/x-diff"),
        _json_member(vocabulary.MEMBER_ENTRIES, entries),
        Member(vocabulary.MEMBER_PROMPT, contents.prompt.encode(), "text/markdown; charset=utf-8"),
        _json_member("prompt/record.json", contents.prompt_record),
        Member(vocabulary.MEMBER_TRANSCRIPT, contents.transcript, _TEXT),
        _json_member(vocabulary.MEMBER_CALL, contents.agent_call),
        _json_member(vocabulary.MEMBER_POLICY, contents.policy),
        Member(vocabulary.MEMBER_RULESET, contents.ruleset, _JSON),
        _json_member("governance/violations.json", list(contents.violations)),
        _json_member(
            vocabulary.MEMBER_RISK_INPUTS,
            {name: list(inputs) for name, inputs in contents.risk_inputs.items()},
        ),
        Member(vocabulary.MEMBER_ROLLBACK, contents.rollback.encode(), "text/markdown; charset=utf-8"),
        Member("rollout/plan.md", contents.rollout.encode(), "text/markdown; charset=utf-8"),
        Member("sbom/cyclonedx.json", sbom_build(contents.environment, subject=contents.project), _JSON),
        _json_member("scan/dependencies.json", _scan(contents)),
    ]
    members += [
        _json_member(f"{vocabulary.GATE_REPORTS}{gate.name}.json", dict(gate.report))
        for gate in contents.gates
    ]
    if contents.beside:
        members.append(_json_member(vocabulary.MEMBER_TOGETHER, [item.as_json() for item in contents.beside]))
    if contents.exceptions:
        members.append(_json_member(vocabulary.MEMBER_EXCEPTIONS, list(contents.exceptions)))
    return members


def _scan(contents: PackContents) -> dict[str, JSON]:
    if not contents.dependency_change:
        reason = "no dependency change: the resolved dependency set is identical to the base's"
        return {"status": "no_dependency_change", "reason": reason}
    reason = "dependencies changed and this installation has no vulnerability database"
    return {"status": "unknown", "reason": reason}


def _fields(contents: PackContents) -> dict[str, JSON]:
    gates = [f"{vocabulary.GATE_REPORTS}{gate.name}.json" for gate in contents.gates]
    library = "a source change to a repository: nothing is installed by this platform"
    return {
        "artifact_hashes": _applies(vocabulary.MEMBER_ENTRIES, vocabulary.MEMBER_COMMIT),
        "signatures": _applies(
            vocabulary.STATEMENT_GATES,
            vocabulary.STATEMENT_PROVENANCE,
            vocabulary.STATEMENT_RISK,
            vocabulary.STATEMENT_TESTS,
        ),
        "sbom": _applies("sbom/cyclonedx.json"),
        "scan_results": _applies("scan/dependencies.json"),
        "policy_decision": _applies(vocabulary.MEMBER_POLICY, vocabulary.MEMBER_RULESET),
        "install": _not_applicable(library),
        "uninstall": _not_applicable(library),
        "detection": _not_applicable("the merge commit named by the tag shows that the change is in"),
        "rollout_plan": _applies("rollout/plan.md"),
        "rollback_plan": _applies(vocabulary.MEMBER_ROLLBACK),
        "test_evidence": _applies(vocabulary.STATEMENT_TESTS, *gates),
        "exceptions": _applies(vocabulary.MEMBER_EXCEPTIONS)
        if contents.exceptions
        else _not_applicable("no exception is in force for this change"),
    }


def _subject(contents: PackContents) -> dict[str, JSON]:
    return {
        "project": contents.project,
        "run_id": contents.run_id,
        "attempt": contents.attempt,
        "isolation": contents.isolation,
        "base_commit": contents.base_commit,
        "base_tree": contents.base_tree_id,
        "change_commit": contents.change_commit,
        "result_tree": contents.result_tree,
        "ruleset_digest": contents.ruleset_digest,
        "score": contents.score,
        "excluded": sorted(contents.excluded),
        **({vocabulary.SESSION: contents.session} if contents.session else {}),
        **(
            {vocabulary.TRIAL: {"approval": vocabulary.SELF_APPROVED, "branch": contents.trial}}
            if contents.trial
            else {}
        ),
    }


def _statement(draft: PackDraft, path: str, predicate_type: str, key: KeyName, predicate: JSON) -> Member:
    signer = signing_key(key)
    subjects = [dsse.subject_entry(vocabulary.CONTENT_SUBJECT, draft.content_digest)]
    envelope = dsse.statement_sign(
        dsse.statement(subjects, predicate_type, predicate), [(signer.key_id, signer.private)]
    )
    return Member(path, dsse.envelope_bytes(envelope), "application/vnd.dsse+json")


def _statements(draft: PackDraft, contents: PackContents) -> list[Member]:
    names: tuple[tuple[str, str, KeyName, JSON], ...] = (
        (
            vocabulary.STATEMENT_GATES,
            dsse.GATES_V1,
            "gates",
            {
                "base_commit": contents.base_commit,
                "result_tree": contents.result_tree,
                "gates": gate_summaries(contents.gates),
            },
        ),
        (vocabulary.STATEMENT_TESTS, dsse.TEST_RESULT_V1, "gates", _test_result(contents)),
        (vocabulary.STATEMENT_RISK, dsse.RISK_V1, "scorer", _risk(contents)),
        (vocabulary.STATEMENT_PROVENANCE, dsse.PROVENANCE_V1, "runner", _provenance(contents)),
    )
    return [_statement(draft, path, kind, key, predicate) for path, kind, key, predicate in names]


def _risk(contents: PackContents) -> JSON:
    parts = [item.inputs for item in contents.beside]
    beside = [
        Beside(
            run_id=item.run_id,
            pack=item.pack,
            paths=item.paths,
            inputs=b"",
            score=int(str(risk_evaluate(item.inputs)["score"])),
        )
        for item in contents.beside
    ]
    return together_predicate(contents.risk_inputs, beside, parts)


def _test_result(contents: PackContents) -> JSON:
    tests = [gate for gate in contents.gates if gate.name == "tests"]
    passed = bool(tests) and all(gate.status == "pass" for gate in tests)
    return {
        "result": "PASSED" if passed else "FAILED",
        "configuration": [{"name": "environment", "digest": {"sha256": contents.environment_digest[7:]}}],
        "passedTests": sorted(gate.name for gate in contents.gates if gate.status == "pass"),
        "failedTests": sorted(gate.name for gate in contents.gates if gate.status == "fail"),
        "warnedTests": sorted(gate.name for gate in contents.gates if gate.status == "unknown"),
    }


def _provenance(contents: PackContents) -> JSON:
    return {
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": {
                "project": contents.project,
                "prompt": digest_bytes(contents.prompt.encode()),
                "adapter": contents.agent_call.get("adapter"),
                "isolation": contents.isolation,
            },
            "resolvedDependencies": [
                {"uri": "git", "digest": {"gitCommit": contents.base_commit}},
                {"uri": "environment", "digest": {"sha256": contents.environment_digest[7:]}},
            ],
        },
        "runDetails": {
            "builder": {"id": BUILDER},
            "metadata": {
                "invocationId": contents.run_id,
                "startedOn": isoformat(contents.started_at),
                "finishedOn": isoformat(contents.finished_at),
            },
        },
    }


def _require_no_secrets(members: Sequence[Member], subject: Mapping[str, JSON]) -> None:
    texts = {member.path: _scannable(member) for member in members}
    found = secrets_find({**texts, vocabulary.MANIFEST: _lines_of(dict(subject))})
    if found:
        message = f"what was to be sealed holds {len(found)} secret(s): {'; '.join(found[:5])}"
        raise SecretInEvidence(message, found=list(found[:50]))


def _scannable(member: Member) -> bytes | Path:
    if member.media_type != _JSON:
        return member.data
    value = json.loads(member.data if isinstance(member.data, bytes) else member.data.read_bytes())
    # Every line that follows stands in this one too; it is made much faster.
    return _lines_of(value) if text_suspected(json.dumps(value, ensure_ascii=False)) else b""


def _lines_of(value: object) -> bytes:
    """One value a line, so that a finding says where; of long lists many entries a line: it is faster."""
    if isinstance(value, list) and len(value) > _LONG_LIST:
        groups = (value[begin : begin + _LONG_LIST] for begin in range(0, len(value), _LONG_LIST))
        return b"\n".join(json.dumps(group, ensure_ascii=False).encode() for group in groups)
    return json.dumps(value, indent=0, ensure_ascii=False).encode()


def pack_store(contents: PackContents, *, actor: Actor) -> SealedPack:
    """Seal the contents into a pack, verify it as a stranger would, and store it encrypted.

    The same contents give the same pack and the same object.

    Raises:
        SecretInEvidence: the secret scanner found something in a text.
        PackRefused: something a pack must hold is missing or malformed, or the pack does not verify.
        EvidenceUnmade: this very pack was made before, and its key destroyed.
        SigningKeyMissing: a signing key can't be read.
        WrappingKeyMissing: the pack's key can't be closed or opened.
        StorageRefused: the store can't keep it.
    """
    try:
        parts = pack_parts(contents)
    except RefusedError as error:
        raise _refused(error, contents.run_id) from error
    return parts_store(parts, actor=actor)


def pack_parts(contents: PackContents) -> PackParts:
    """Return what the contents come to in a pack, with secrets masked that the change does not add.

    Raises:
        RefusedError: something in it can't be said in a pack.
    """
    masked = diff_mask(contents.diff)
    contents = replace(contents, diff=masked.diff, transcript=text_mask(contents.transcript, masked.values))
    return PackParts(
        run_id=contents.run_id,
        members=_members(contents),
        subject={**_subject(contents), **({"masked": list(masked.masked)} if masked.masked else {})},
        fields=_fields(contents),
        statements=lambda draft: _statements(draft, contents),
    )


def parts_store(parts: PackParts, *, actor: Actor) -> SealedPack:
    """Do what :func:`pack_store` does with parts that were made already; members that are files are streamed.

    Raises:
        SecretInEvidence: the secret scanner found something in a text.
        PackRefused: something a pack must hold is missing or malformed, or the pack does not verify.
        EvidenceUnmade: this very pack was made before, and its key destroyed.
        SigningKeyMissing: a signing key can't be read.
        WrappingKeyMissing: the pack's key can't be closed or opened.
        StorageRefused: the store can't keep it.
    """
    with tempfile.TemporaryDirectory(prefix="countersign-seal-") as directory:
        file = Path(directory) / "pack.tar"
        try:
            _require_no_secrets(parts.members, parts.subject)
            draft = pack_draft(parts.members, parts.subject, parts.fields)
            sealed = pack_seal(file, draft, parts.statements(draft))
        except RefusedError as error:
            raise _refused(error, parts.run_id) from error
        _require_verified(file, parts.run_id)
        key = content_key_ensure(actor=actor, digest=sealed.digest, kind="pack")
        name = f"packs/{sealed.digest.removeprefix('sha256:')}.{key.object_suffix}"
        with file.open("rb") as stream:
            stored = object_store().put_made(
                name,
                lambda target: object_seal(stream, target, key=key.secret, name=key.digest),
                retain_days=RETAIN_DAYS,
            )
    return SealedPack(
        digest=sealed.digest,
        content_digest=sealed.content_digest,
        file_digest=sealed.file_digest,
        size=sealed.size,
        key=stored.key,
        locked=stored.locked,
        mode=stored.mode,
        object_digest=stored.digest,
        sealed_with=key.id,
    )


def _refused(error: RefusedError, run_id: str) -> PackRefused:
    return PackRefused(f"the evidence pack can't be sealed: {error}", run_id=run_id)


def _require_verified(file: Path, run_id: str) -> None:
    """Check the pack against this installation's own keys, from its file."""
    keys = public_keys()
    own = trust_build(
        origin=ORIGIN,
        log_keys=[verifier_key(ORIGIN, keys["log"].public)],
        roles={role: [key.public for name, key in keys.items() if name == role] for role in ROLES},
    )
    report = Report()
    if pack_verify(file, trust_read(canonical_bytes(own)), report) is None:
        failed = "; ".join(f"{check.name}: {check.detail}" for check in report.failures)
        message = f"the evidence pack does not verify, so it is not stored: {failed}"
        raise PackRefused(message, run_id=run_id)


def addendum_digest(predicate: Mapping[str, JSON]) -> str:
    """Return the digest by which the addendum of a re-verification is named."""
    return digest_bytes(canonical_bytes(addendum_statement(predicate)))


def addendum_sign(predicate: Mapping[str, JSON]) -> tuple[str, dict[str, JSON]]:
    """Sign a re-verification with the keys of the gates and of the scorer; return its digest and envelope.

    Raises:
        SigningKeyMissing: a signing key can't be read.
    """
    content = addendum_statement(predicate)
    signers = [signing_key("gates"), signing_key("scorer")]
    envelope = dsse.statement_sign(content, [(key.key_id, key.private) for key in signers])
    return digest_bytes(canonical_bytes(content)), dict(envelope)


def gate_summaries(gates: tuple[GateEvidence, ...]) -> list[JSON]:
    """Return ``name``, ``status`` and ``report_digest`` of each gate, as statements and addenda list them."""
    return [
        {
            "name": gate.name,
            "status": gate.status,
            "report_digest": digest_bytes(canonical_bytes(dict(gate.report))),
        }
        for gate in sorted(gates, key=lambda item: item.name)
    ]
