"""Proofs of phases, held against the merges and decisions of the log."""

from collections.abc import Callable
from typing import Any

import pytest

from countersign_verify.canonical import canonical_bytes
from tests.unit.countersign_verify.samples import (
    nothing,
)
from tests.unit.countersign_verify.worlds import (
    Case,
    failed,
    proof_of,
    signed_off,
    verify,
)


def phase_case(case: Case, proof_edit: Callable[[dict[str, Any]], object] = nothing) -> dict[str, Any]:
    """A merged change, and the proof of a phase that rests on it."""
    case.decide()
    case.world.merge(case.plan, case.pack, ["d1"])
    proof = proof_of(case.world.merges[0])
    proof_edit(proof)
    return proof


def record_edit(number: int, **changes: object) -> Callable[[dict[str, Any]], object]:
    return lambda proof: proof["evidence"][number]["record"]["changes"][0].update(changes)


def test_unfinished_phase_holds_as_such(case: Case) -> None:
    proof = phase_case(case)
    case.world.prove("phase-1", proof)
    report = verify(case.world.write(case.directory / "export"))
    assert failed(report) == {}
    assert any(check.detail.startswith("0 of 1 proofs") for check in report.checks)


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (record_edit(0, merge_commit="a" * 40), "a merge that the log does not have"),
        (record_edit(0, pack="sha256:" + "a" * 64), "a merge that the log does not have"),
        (record_edit(2, gates={"tests": "fail"}), "other gates than its pack"),
        (record_edit(2, gates={"secrets": "pass"}), "other gates than its pack"),
        (lambda proof: proof["phase"].update(id="phase-2"), "another phase"),
        (lambda proof: proof.pop("evidence"), "lacks 'evidence'"),
    ],
)
def test_proof_must_rest_on_the_log(case: Case, edit: Callable[[dict[str, Any]], object], words: str) -> None:
    case.world.prove("phase-1", phase_case(case, edit))
    assert words in case.verify()["phases"]


def test_proof_passes_over_changes_that_were_not_merged(case: Case) -> None:
    proof = phase_case(case, record_edit(2, merge_commit=None, gates={"tests": "fail"}))
    proof["evidence"].append({"digest": "x", "record": {"changes": ["odd"]}})
    case.world.prove("phase-1", proof)
    assert case.verify() == {}


def test_proof_must_be_the_newest_that_was_logged(case: Case) -> None:
    case.world.prove("phase-1", phase_case(case))
    case.world.log("phase.evaluated", ("phase", "phase-1"), {"proof_digest": "sha256:" + "a" * 64})
    assert "another proof" in case.verify()["phases"]


def sign_off_case(
    case: Case, decision: dict[str, Any], request: str = "rp", decision_id: str = "d2", **told: str
) -> dict[str, str]:
    proof = phase_case(case)
    digest = case.world.prove("phase-1", proof)
    approver = {**case.predicate()["approver"], **decision.pop("approver", {})}
    predicate = {
        **case.predicate(nonce="nonce-of-the-sign-off", request_id="rp", change=None, approver=approver),
        "subject": {"kind": "phase", "id": "phase-1", "digest": digest},
        **decision,
    }
    case.world.decide("d2", predicate)
    signed = signed_off(proof, request, decision_id)
    case.world.phases["phase-1"] = canonical_bytes({**signed, "signoff": {**signed["signoff"], **told}})
    return case.verify()


def test_signed_off_phase_holds(case: Case) -> None:
    assert sign_off_case(case, {}) == {}


@pytest.mark.parametrize(
    ("decision", "arguments", "words"),
    [
        ({"verdict": "reject"}, {}, "not a Director's approval"),
        ({"approver": {"role": "auditor"}}, {}, "not a Director's approval"),
        ({}, {"request": "other"}, "not a Director's approval"),
        ({}, {"decision_id": "d9"}, "is not in the log"),
        (
            {"subject": {"kind": "phase", "id": "phase-2", "digest": "sha256:" + "a" * 64}},
            {},
            "over another proof",
        ),
        ({}, {"proof_digest": "sha256:" + "a" * 64}, "over another proof"),
        ({}, {"by": "nobody knows"}, "the sign-off"),
    ],
)
def test_sign_off_must_be_a_logged_approval_of_this_proof(
    case: Case, decision: dict[str, Any], arguments: dict[str, str], words: str
) -> None:
    assert words in sign_off_case(case, dict(decision), **arguments)["phases"]
