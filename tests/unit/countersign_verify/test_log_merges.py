"""Packs, decisions and merges of an export, each held against the log."""

import base64
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from countersign_verify.canonical import canonical_bytes, canonical_object
from countersign_verify.decision import decision_statement
from countersign_verify.tree import MODE_FILE
from tests.unit.countersign_verify.samples import (
    AUTHOR,
    blob,
    commit,
    pack_plan,
    sign,
    trust,
    trust_bytes,
)
from tests.unit.countersign_verify.worlds import (
    Case,
    failed,
    person_actor,
    verify,
)

INTENT = ["base_before", "merge_commit", "result_tree", "state_commit", "tag"]


def test_case_holds_when_nothing_is_bent(case: Case) -> None:
    case.decide()
    case.world.merge(case.plan, case.pack, ["d1"])
    assert case.verify() == {}


def test_sealed_pack_must_be_there_and_be_the_one(case: Case) -> None:
    data = case.world.packs.pop(case.pack)
    assert "is missing" in case.verify()["packs"]
    other = pack_plan("run-9")
    digest = other.seal(case.directory / "other.tar").digest
    shutil.rmtree(case.directory / "export")
    case.world.packs = {case.pack: (case.directory / "other.tar").read_bytes()}
    assert f"holds the pack {digest}" in case.verify()["packs"]
    shutil.rmtree(case.directory / "export")
    case.world.packs = {case.pack: data}
    case.world.entries.clear()
    case.world.log("pack.sealed", ("run", "another"), {"pack": case.pack})
    assert "another run" in case.verify()["packs"]


def test_failed_pack_is_named_with_its_check(case: Case) -> None:
    bent = pack_plan("run-9", edit_subject=lambda subject: subject.update(score=1))
    case.world.pack(bent, case.directory)
    assert "risk: the pack states another score" in case.verify()["packs"]


def test_many_failures_are_counted(case: Case) -> None:
    for number in range(6):
        case.world.log("pack.sealed", ("run", "r"), {"pack": "sha256:" + str(number) * 64})
    assert "(and 3 more)" in case.verify()["packs"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"data": {"statement_digest": "sha256:" + "0" * 64}}, "another statement"),
        ({"data": {"request_id": "r"}}, "another statement, request"),
        ({"data": {"verdict": "reject"}}, "request or verdict"),
        ({"actor": person_actor("somebody")}, "another person"),
        ({"actor": person_actor(unattended=True)}, "whether a person decided"),
        ({"time": "2026-03-02T00:00:00.000000Z"}, "had expired"),
    ],
)
def test_decision_must_be_the_one_that_was_logged(case: Case, changes: dict[str, Any], words: str) -> None:
    case.decide()
    logged = canonical_object(case.world.entries[-1])
    data = logged["data"]
    assert isinstance(data, dict)
    merged: dict[str, Any] = {**logged, **changes, "data": {**data, **changes.get("data", {})}}
    case.world.entries[-1] = canonical_bytes(merged)
    assert words in case.verify()["decisions"]


def test_decision_replayed_is_refused(case: Case) -> None:
    case.decide()
    case.world.decide("d2", case.predicate(request_id="another"))
    assert "used before" in case.verify()["decisions"]


def test_decision_under_another_key_is_refused(case: Case) -> None:
    case.decide()

    case.world.decisions["d1"] = sign(decision_statement(case.predicate()), "stranger")
    assert "not trusted" in case.verify()["decisions"]


def test_unattended_decision_holds_only_where_the_trust_file_allows_it(case: Case) -> None:
    case.decide(unattended=True)
    case.world.trust_copy = trust_bytes(allow_unattended=True)
    trusted = trust(allow_unattended=True)
    export = case.world.write(case.directory / "export")
    report = verify(export, trusted)
    assert failed(report) == {}
    assert any("1 UNATTENDED" in check.detail for check in report.checks)
    assert "asks for one" in failed(verify(export))["decisions"]


def merge_edit(**changes: object) -> dict[str, Any]:
    return {"edit": lambda merge: merge.update(changes)}


BLOB = {"path": "docs/project_state.md", "mode": MODE_FILE, "blob": blob("x")}
OTHER_COMMIT, OTHER_RAW = commit("a" * 40, ["b" * 40], "x\n")
OTHER_OBJECT = base64.b64encode(OTHER_RAW).decode()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (merge_edit(merge_commit="a" * 40), "is not the one of that id"),
        (merge_edit(merge_commit=OTHER_COMMIT, merge_commit_object=OTHER_OBJECT), "other parents"),
        (
            merge_edit(state_commit=OTHER_COMMIT, state_commit_object=OTHER_OBJECT),
            "more than the project state",
        ),
        (merge_edit(state_entry=BLOB), "more than the project state"),
        (merge_edit(state_entry={**BLOB, "path": "src/a.py"}), "another file than"),
        (merge_edit(state_entry={**BLOB, "blob": None}), "another file than"),
        (merge_edit(result_tree="a" * 40), "do not give the tree"),
        (merge_edit(base_before="a" * 40), "no addendum says"),
        (merge_edit(addendum="sha256:" + "a" * 64), "its addendum is not in the export"),
        (merge_edit(entries=[{"path": "src/a.py", "mode": MODE_FILE, "blob": blob("y")}]), "other entries"),
        (merge_edit(pack="sha256:" + "a" * 64), "was sealed for this run before"),
        (merge_edit(decision_ids=["d1", "d9"]), "was not logged before it"),
        (merge_edit(decision_ids=["d1", "d1"]), "decided twice"),
        ({"edit_event": lambda data: data.update(tag="v9")}, "another tag"),
        ({"edit_event": lambda data: data.update(decision_ids=["d9"])}, "other decisions"),
        ({"edit_event": lambda data: data.update(addendum="x")}, "another addendum"),
        ({"edit_event": lambda data: data.update(merge_commit="x")}, "another merge commit"),
        ({"intend": False}, "intended before"),
    ],
)
def test_merge_must_be_what_was_decided_and_logged(case: Case, changes: dict[str, Any], words: str) -> None:
    case.decide()
    case.world.merge(case.plan, case.pack, ["d1"], **changes)
    assert words in case.verify()["merges"]


def test_merge_must_be_the_one_that_was_intended(case: Case) -> None:
    case.decide()
    case.world.log("merge.intended", ("run", "run-1"), dict.fromkeys(INTENT, "x"))
    case.world.merge(case.plan, case.pack, ["d1"])
    assert "another base before was intended" in case.verify()["merges"]


def test_merge_whose_intent_was_abandoned_is_refused(case: Case) -> None:
    case.decide()
    case.world.merge(case.plan, case.pack, ["d1"])
    merged = case.world.entries.pop()
    case.world.log("merge.abandoned", ("run", "run-1"), {}, id="00000000-0000-4000-8000-000000000000")
    case.world.entries.append(merged)
    assert "intended before" in case.verify()["merges"]


def test_merge_intended_anew_after_an_abandoned_intent_holds(case: Case) -> None:
    case.decide()
    case.world.log("merge.intended", ("run", "run-1"), dict.fromkeys(INTENT, "x"))
    case.world.log("merge.abandoned", ("run", "run-1"), {})
    case.world.merge(case.plan, case.pack, ["d1"])
    assert case.verify() == {}


def test_intent_logged_after_the_merge_does_not_count(case: Case) -> None:
    case.decide()
    case.world.merge(case.plan, case.pack, ["d1"])
    intent = case.world.entries.pop(-2)
    case.world.entries.append(intent)
    assert "intended before" in case.verify()["merges"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda merges: merges.pop(),
        lambda merges: merges.append(merges[0]),
        lambda merges: merges.append({**merges[0], "run_id": "r9"}),
    ],
)
def test_index_lists_exactly_the_merges_of_the_log(case: Case, damage: Callable[[list[Any]], object]) -> None:
    case.decide()
    case.world.merge(case.plan, case.pack, ["d1"])
    damage(case.world.merges)
    assert "exactly the merges" in case.verify()["merges"]


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda index: index.update(format="x"), "not of the format"),
        (lambda index: index.update(origin="x"), "another log"),
        (lambda index: index.update(more=1), "unknown fields"),
        (lambda index: index.update(merges=[1]), "not an object"),
        (lambda index: index["merges"][0].update(decision_ids=[]), "names no decisions"),
        (lambda index: index["merges"][0].update(decision_ids=[1]), "names no decisions"),
        (lambda index: index["merges"][0].pop("tag"), "lacks tag"),
    ],
)
def test_malformed_index_is_refused(
    export: Path, edit: Callable[[dict[str, Any]], object], words: str
) -> None:
    index: dict[str, Any] = canonical_object((export / "index.json").read_bytes())
    edit(index)
    (export / "index.json").write_bytes(canonical_bytes(index))
    assert words in failed(verify(export))["merges"]


def policy(tier: str, role: str, count: int, *, blocked: bool = False) -> dict[str, Any]:
    return {"tier": tier, "quorum": [{"role": role, "count": count}], "reasons": [], "blocked": blocked}


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ({"policy": policy("director", "director", 1, blocked=True)}, "stopped it"),
        ({"gates": {"lint": "fail", "tests": "pass"}}, "stopped it"),
        ({"gates": {"lint": "unknown", "tests": "pass"}}, "stopped it"),
        ({"policy": policy("cab", "cab_member", 2)}, "0 of 2"),
    ],
)
def test_merge_of_what_was_stopped_is_refused(tmp_path: Path, plan: dict[str, Any], words: str) -> None:
    bent = Case(tmp_path)
    bent.plan = pack_plan("run-7", **plan)
    bent.pack = bent.world.pack(bent.plan, tmp_path)
    bent.decide()
    bent.world.merge(bent.plan, bent.pack, ["d1"])
    assert words in bent.verify()["merges"]


def test_merge_without_a_good_decision_is_refused(case: Case) -> None:
    case.world.merge(case.plan, case.pack, ["d1"])
    assert "was not logged before it" in case.verify()["merges"]


def test_decision_logged_after_the_merge_does_not_count(case: Case) -> None:
    case.world.merge(case.plan, case.pack, ["d1"])
    case.decide()
    assert "was not logged before it" in case.verify()["merges"]


def test_merge_against_a_rejection_is_refused(case: Case) -> None:
    case.decide()
    other = {**case.predicate()["approver"], "person_id": "p2", "user_id": "u2"}
    rejection = case.predicate(verdict="reject", approver=other, nonce="nonce-of-the-rejection")
    case.world.decide("d2", rejection, actor={**person_actor("p2"), "id": "u2"})
    case.world.merge(case.plan, case.pack, ["d1"])
    assert "did not approve" in case.verify()["merges"]


@pytest.mark.parametrize("kind", ["approval.voided", "approval.expired"])
def test_merge_on_a_request_that_had_ended_is_refused(case: Case, kind: str) -> None:
    case.decide()
    case.world.log(kind, ("approval_request", "request-run-1"), {})
    case.world.merge(case.plan, case.pack, ["d1"])
    assert "had ended" in case.verify()["merges"]


def test_merge_after_a_decision_expired_is_refused(case: Case) -> None:
    case.decide(expires_at="2026-02-01T00:00:02.500000Z")
    case.world.filler(3)
    case.world.merge(case.plan, case.pack, ["d1"])
    assert "after a decision on it had expired" in case.verify()["merges"]


def test_excluded_person_cannot_decide(case: Case) -> None:
    author = {**case.predicate()["approver"], "person_id": AUTHOR, "user_id": f"user-{AUTHOR}"}
    case.decide(approver=author)
    assert "took part in the change" in case.verify()["decisions"]
