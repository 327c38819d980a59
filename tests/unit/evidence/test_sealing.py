import base64
import json
import tarfile
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from countersign.evidence.contracts import SealedPack, TreeEntryData
from countersign.evidence.errors import PackRefused, SecretInEvidence
from countersign.evidence.sealing import addendum_sign, gate_summaries, pack_parts, parts_store
from countersign.evidence.secrets import secrets_find
from countersign.shared.env import environment
from countersign.shared.keys import SigningKeyMissing, _load
from countersign.shared.storage import DirectoryStore, StorageRefused
from countersign_verify import vocabulary
from countersign_verify.addendum import addendum_verify
from countersign_verify.canonical import canonical_bytes, digest_bytes
from countersign_verify.container import Member
from countersign_verify.pack import PackDraft, pack_read
from tests.unit.evidence.samples import (
    AUTHOR,
    AWS_KEY,
    GITHUB_TOKEN,
    PRIVATE_KEY,
    RUN,
    WORKER,
    contents,
    gate,
    installation_trust,
    pack_checked,
    pack_keep,
    pack_readable,
)


def opened(store: DirectoryStore, sealed: SealedPack) -> Path:
    return pack_readable(store.root, sealed, store.root.parent / f"{uuid.uuid4()}.tar")


def member(store: DirectoryStore, sealed: SealedPack, path: str) -> Any:  # noqa: ANN401 - whatever the member says
    with tarfile.open(opened(store, sealed)) as archive:
        stream = archive.extractfile(path)
        assert stream is not None
        return json.load(stream)


def test_pack_store_makes_a_pack_that_a_stranger_can_verify(store: DirectoryStore) -> None:
    sealed = pack_keep(contents())
    assert sealed.key.startswith(f"packs/{sealed.digest.removeprefix('sha256:')}.")
    assert sealed.object_digest == digest_bytes((store.root / sealed.key).read_bytes())
    file = opened(store, sealed)
    assert (sealed.size, sealed.file_digest) == (file.stat().st_size, digest_bytes(file.read_bytes()))
    assert (sealed.locked, sealed.mode) == (False, "write-once-directory")
    verified, report = pack_checked(file)
    assert report.failures == ()
    assert verified is not None
    assert (verified.pack.digest, verified.pack.content_digest) == (sealed.digest, sealed.content_digest)
    assert (verified.pack.subject["run_id"], verified.pack.subject["excluded"]) == (RUN, [AUTHOR])
    assert verified.passed


def test_pack_store_twice_gives_the_same_pack(store: DirectoryStore) -> None:
    first = pack_keep(contents())
    stored = (store.root / first.key).read_bytes()
    assert pack_keep(contents()) == first
    assert (store.root / first.key).read_bytes() == stored
    assert len(list((store.root / "packs").iterdir())) == 1


def test_pack_store_does_not_depend_on_the_order_of_what_it_is_given(store: DirectoryStore) -> None:
    made = contents()
    turned = replace(
        made,
        base_tree=tuple(reversed(made.base_tree)),
        gates=tuple(reversed(made.gates)),
        environment=(*reversed(made.environment), made.environment[0]),
        risk_inputs=dict(reversed(list(made.risk_inputs.items()))),
        agent_call=dict(reversed(list(made.agent_call.items()))),
    )
    assert pack_keep(turned) == pack_keep(made)


@settings(max_examples=10, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(
    text=st.text(min_size=1, max_size=80).filter(lambda text: text.isprintable()), number=st.integers(1, 9)
)
def test_pack_store_is_a_function_of_its_contents(store: DirectoryStore, text: str, number: int) -> None:
    made = contents(transcript=text.encode(), attempt=number)
    sealed = pack_keep(made)
    assert pack_keep(replace(made)) == sealed
    assert pack_keep(replace(made, attempt=number + 1)).digest != sealed.digest
    assert pack_checked(opened(store, sealed))[1].failures == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("transcript", b"another"),
        ("prompt", "another"),
        ("rollback", "another"),
        ("rollout", "another"),
        ("isolation", "unconfined"),
        ("dependency_change", True),
        ("environment", ()),
        ("environment_digest", digest_bytes(b"another")),
        ("excluded", ()),
        ("finished_at", contents().started_at),
        ("agent_call", {"adapter": "other", "model": None}),
        ("violations", ({"rule": "R1", "text": "no"},)),
    ],
)
def test_pack_store_of_anything_else_is_another_pack(store: DirectoryStore, name: str, value: object) -> None:
    other = pack_keep(contents(**{name: value}))
    assert other.digest != pack_keep(contents()).digest
    assert pack_checked(opened(store, other))[1].failures == ()


def test_pack_says_which_fields_do_not_apply_and_why(store: DirectoryStore) -> None:
    exception = {
        "rule": "R1",
        "reason": "a known limitation",
        "expires_at": "2026-09-01T00:00:00.000000Z",
        "compensating_controls": "reviewed weekly",
    }
    plain, excepted = pack_keep(contents()), pack_keep(contents(exceptions=(exception,)))
    fields = member(store, plain, vocabulary.MANIFEST)["fields"]
    assert set(fields) == set(vocabulary.FIELDS)
    assert all(field["applies"] or field["reason"] for field in fields.values())
    assert not fields["exceptions"]["applies"]
    with_exception = member(store, excepted, vocabulary.MANIFEST)["fields"]["exceptions"]
    assert with_exception == {"applies": True, "members": [vocabulary.MEMBER_EXCEPTIONS]}
    assert pack_checked(opened(store, excepted))[1].failures == ()


@pytest.mark.parametrize(("changed", "status"), [(False, "no_dependency_change"), (True, "unknown")])
def test_pack_scan_of_dependencies_claims_nothing_that_did_not_run(
    store: DirectoryStore, changed: bool, status: str
) -> None:
    sealed = pack_keep(contents(dependency_change=changed))
    assert member(store, sealed, "scan/dependencies.json")["status"] == status


@pytest.mark.parametrize("status", ["fail", "unknown", None])
def test_pack_says_passed_only_when_the_tests_did(store: DirectoryStore, status: str | None) -> None:
    made = contents()
    lint = made.gates[1]
    gates = (lint, gate("tests", status, made.result_tree)) if status else (lint,)
    sealed = pack_keep(replace(made, gates=gates))
    envelope = member(store, sealed, vocabulary.STATEMENT_TESTS)
    predicate = json.loads(base64.b64decode(envelope["payload"]))["predicate"]
    assert (predicate["result"], predicate["passedTests"]) == ("FAILED", ["lint"])
    verified, report = pack_checked(opened(store, sealed))
    assert report.failures == ()
    assert verified is not None
    assert verified.passed == (status is None)


@pytest.mark.parametrize(
    ("changes", "check"),
    [({"score": 1}, "risk"), ({"result_tree": "0" * 40}, "change"), ({"ruleset": b"[]"}, "policy")],
)
def test_pack_store_refuses_contents_that_do_not_verify(
    store: DirectoryStore, changes: dict[str, Any], check: str
) -> None:
    with pytest.raises(PackRefused, match=f"does not verify, so it is not stored: .*{check}: "):
        pack_keep(contents(**changes))
    assert not store.root.exists()


@pytest.mark.parametrize(
    ("later", "why"), [(b"other", "changed while it was sealed"), (b"two", "not those of the manifest")]
)
def test_parts_store_refuses_files_that_change_meanwhile(
    store: DirectoryStore, tmp_path: Path, later: bytes, why: str
) -> None:
    parts, moving = pack_parts(contents()), tmp_path / "moving"
    moving.write_bytes(b"one")

    def statements(draft: PackDraft) -> list[Member]:
        moving.write_bytes(later)
        return parts.statements(draft)

    members = [*parts.members, Member("files/moving", moving, "text/plain")]
    with pytest.raises(PackRefused, match=why):
        parts_store(replace(parts, members=members, statements=statements), actor=WORKER)
    assert not store.root.exists()


def test_a_pack_that_was_touched_does_not_verify(store: DirectoryStore, tmp_path: Path) -> None:
    sealed = pack_keep(contents())
    data = bytearray(opened(store, sealed).read_bytes())
    data[data.index(b"# Remove unused imports")] ^= 1
    touched = tmp_path / "touched.tar"
    touched.write_bytes(data)
    assert pack_checked(touched)[0] is None


@pytest.mark.parametrize("secret", [AWS_KEY, GITHUB_TOKEN, PRIVATE_KEY])
@pytest.mark.parametrize(
    ("name", "wrap"),
    [
        ("prompt", lambda secret: f"# Use this\n{secret}\n"),
        ("transcript", lambda secret: f"read {secret}\n".encode()),
        ("diff", lambda secret: contents().diff + f"+key = '{secret}'\n".encode()),
        ("rollback", lambda secret: f"git push https://{secret}@host\n"),
        ("rollout", lambda secret: f"export KEY={secret}\n"),
        ("agent_call", lambda secret: {"adapter": "ruff", "argv": ["--token", secret]}),
        ("prompt_record", lambda secret: {"context": {"text": f"first\n{secret}"}}),
        ("violations", lambda secret: ({"rule": "R1", "text": secret},)),
        ("exceptions", lambda secret: ({"rule": "R1", "reason": secret},)),
        ("change_commit_object", lambda secret: contents().change_commit_object + secret.encode()),
        ("base_commit_object", lambda secret: contents().base_commit_object + secret.encode()),
        ("base_tree", lambda secret: (*contents().base_tree, TreeEntryData(secret, "100644", "0" * 40))),
        ("entries", lambda secret: (TreeEntryData(f"src/{secret}.py", "100644", "0" * 40),)),
        ("ruleset", lambda secret: canonical_bytes([{"code": "R1", "text": secret}])),
        ("policy", lambda secret: {"tier": "director", "reasons": [secret]}),
        (
            "risk_inputs",
            lambda secret: {"exploitability": ({"name": secret, "value": 0, "effect": 0, "source": "x"},)},
        ),
        ("environment", lambda secret: (f"package=={secret}",)),
        ("project", lambda secret: secret),
        ("isolation", lambda secret: secret),
        ("excluded", lambda secret: (secret,)),
    ],
)
def test_pack_store_refuses_a_secret_before_anything_is_stored(
    store: DirectoryStore, name: str, wrap: Callable[[str], object], secret: str
) -> None:
    with pytest.raises(SecretInEvidence) as caught:
        pack_keep(contents(**{name: wrap(secret)}))
    assert secret not in caught.value.message
    assert secret not in str(caught.value.data)
    assert not store.root.exists()


def test_pack_store_refuses_a_secret_in_a_gate_report(store: DirectoryStore) -> None:
    made = contents()
    leaking = gate("tests", "pass", made.result_tree, log=["collected", f"KEY={AWS_KEY}"])
    with pytest.raises(SecretInEvidence, match=r"gates/tests.json:\d+ \(AWS Access Key\)"):
        pack_keep(replace(made, gates=(leaking,)))
    assert not store.root.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"gates": (gate("../out", "pass", "0" * 40),)},
        {"gates": (gate("tests", "pass", "0" * 40, seconds=0.5),)},
        {"project": ""},
        {"excluded": (AUTHOR, AUTHOR)},
        {"risk_inputs": {"exploitability": ({"name": "x"},)}},
    ],
)
def test_pack_store_refuses_what_is_malformed(store: DirectoryStore, changes: dict[str, Any]) -> None:
    with pytest.raises(PackRefused, match="can't be sealed") as caught:
        pack_keep(contents(**changes))
    assert caught.value.data["run_id"] == RUN
    assert not (store.root / "packs").exists()


def test_pack_store_passes_on_that_the_store_refuses(store: DirectoryStore) -> None:
    sealed = pack_keep(contents())
    file = store.root / sealed.key
    file.chmod(0o644)
    file.write_bytes(b"something else under the same name")
    with pytest.raises(StorageRefused, match="never replaced"):
        pack_keep(contents())


def test_pack_store_where_nothing_can_be_written_is_refused(store: DirectoryStore) -> None:
    store.root.write_text("a file where the directory should be")
    with pytest.raises(StorageRefused, match="can't be written"):
        pack_keep(contents())


def test_sealing_without_a_key_is_refused(
    store: DirectoryStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from countersign.shared import keys

    without = replace(environment(), keys_directory=tmp_path / "none")
    monkeypatch.setattr(keys, "environment", lambda: without)
    _load.cache_clear()
    with pytest.raises(SigningKeyMissing):
        pack_keep(contents())
    with pytest.raises(SigningKeyMissing):
        addendum_sign(addendum_predicate())
    assert not store.root.exists()


def addendum_predicate() -> dict[str, Any]:
    made = contents()
    return {
        "v": 1,
        "run_id": RUN,
        "pack": "sha256:" + "a" * 64,
        "request_id": "88888888-8888-4888-8888-888888888888",
        "previous_base": made.base_commit,
        "new_base": "9" * 40,
        "intervening": [{"commit": "8" * 40, "kind": "merge", "run_id": "another"}],
        "entries": [entry.as_json() for entry in made.entries],
        "result_tree": made.result_tree,
        "gates": gate_summaries(made.gates),
        "risk": {"score": 30, "union_score": 31},
        "patch_digest": digest_bytes(made.diff),
        "touched_unchanged": True,
        "gate_configuration_unchanged": True,
    }


def test_addendum_is_signed_by_gates_and_scorer(store: DirectoryStore) -> None:
    digest, envelope = addendum_sign(addendum_predicate())
    read = addendum_verify(canonical_bytes(envelope), installation_trust())
    assert (read.statement_digest, read.run_id, read.union_score) == (digest, RUN, 31)
    assert read.gates == {"lint": "pass", "tests": "pass"}
    assert addendum_sign(addendum_predicate()) == (digest, envelope)


def test_gate_summaries_name_each_report_by_its_digest(store: DirectoryStore) -> None:
    made = contents()
    summaries: Any = gate_summaries(made.gates)
    assert [item["name"] for item in summaries] == ["lint", "tests"]
    sealed = pack_keep(made)
    packed = pack_read(opened(store, sealed))
    assert {item["report_digest"] for item in summaries} == {
        packed.members[f"gates/{name}.json"].digest for name in ("lint", "tests")
    }


def test_pack_store_scans_every_member_of_a_pack(
    store: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A member that is added later is scanned, too: all but the statements, which hold digests."""
    from countersign.evidence import sealing

    scanned: set[str] = set()

    def find(texts: Any) -> tuple[str, ...]:  # noqa: ANN401 - names and bytes
        scanned.update(texts)
        return secrets_find(texts)

    monkeypatch.setattr(sealing, "secrets_find", find)
    exception = {"expires_at": "2026-09-01T00:00:00.000000Z", "compensating_controls": "reviewed"}
    sealed = pack_keep(contents(exceptions=(exception,)))
    members = {
        path for path in pack_read(opened(store, sealed)).members if not path.startswith("attestations/")
    }
    assert scanned == {*members, vocabulary.MANIFEST}


def leak_removed(secret: str) -> bytes:
    """The diff of the sample, whose removed line shows a secret."""
    return contents().diff.replace(b"-old\n", f"-key = '{secret}'\n".encode())


@pytest.mark.parametrize("secret", [AWS_KEY, GITHUB_TOKEN, "https://deploy:hunter2hunter2@example.org/x.git"])
def test_pack_store_masks_a_secret_that_the_change_removes(store: DirectoryStore, secret: str) -> None:
    transcript = f"I removed {secret} from src/a.py\n".encode()
    sealed = pack_keep(contents(diff=leak_removed(secret), transcript=transcript))
    file = opened(store, sealed)
    assert pack_checked(file)[1].failures == ()
    value = "hunter2hunter2" if "hunter" in secret else secret
    assert value.encode() not in file.read_bytes()
    pack = pack_read(file)
    assert b"[masked: removed by this change]" in pack.read(vocabulary.MEMBER_TRANSCRIPT)
    assert pack.subject["masked"]
    assert secret not in str(pack.subject)
    assert "masked" not in pack_read(opened(store, pack_keep(contents()))).subject


def test_pack_store_refuses_a_secret_that_is_moved_or_added(store: DirectoryStore) -> None:
    moved = leak_removed(AWS_KEY).replace(b"+new\n", f"+other = '{AWS_KEY}'\n".encode())
    with pytest.raises(SecretInEvidence, match=r"change/diff\.patch"):
        pack_keep(contents(diff=moved))
