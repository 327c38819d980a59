"""Whether a phase is complete is recomputed from evidence; a claim alone counts for nothing."""

from collections.abc import Callable
from typing import Any

import pytest

from countersign_verify.canonical import digest_of
from countersign_verify.phases import phase_complete, proof_unsigned
from tests.unit.countersign_verify.worlds import proof_of, signed_off


def complete_proof() -> dict[str, Any]:
    return signed_off(proof_of(), "request", "decision")


def with_record(number: int, change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """A proof, signed off, in which one record of evidence says something else and is named accordingly."""
    proof = proof_of()
    item = proof["evidence"][number]
    old = item["digest"]
    change(item["record"])
    item["digest"] = digest_of(item["record"])
    demands = [*proof["gates"], *(c for d in proof["deliverables"] for c in d["criteria"])]
    for demand in demands:
        if demand["evidence"] == old:
            demand["evidence"] = item["digest"]
    return signed_off(proof, "request", "decision")


def edited(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    proof = proof_of()
    change(proof)
    return signed_off(proof, "request", "decision")


def test_phase_complete_with_all_evidence_and_a_sign_off() -> None:
    assert phase_complete(complete_proof()) == (True, [])


def test_phase_without_sign_off_lacks_exactly_that() -> None:
    assert phase_complete(proof_of()) == (False, ["sign-off by a person"])
    assert proof_unsigned(complete_proof()) == proof_of()


def test_phase_complete_when_a_coverage_threshold_is_reached() -> None:
    reached = {"applies": True, "measured": 91, "threshold": 90}
    assert phase_complete(edited(lambda proof: proof.update(coverage=reached))) == (True, [])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda proof: proof.update(v=2), "no known version"),
        (lambda proof: proof.update(evidence=[]), "evidence is not in the proof"),
        (lambda proof: proof.update(evidence=None), "evidence are not listed"),
        (lambda proof: proof["evidence"].append({"digest": "x", "record": {}}), "is not the one"),
        (lambda proof: proof["evidence"].append({"digest": "x", "record": 1}), "is not the one"),
        (lambda proof: proof.update(dependencies=[{"code": "P0", "complete": False}]), "P0"),
        (lambda proof: proof.update(dependencies=[{"code": "P0", "complete": 1}]), "P0"),
        (lambda proof: proof.update(dependencies=["P0"]), "dependencies are not listed"),
        (lambda proof: proof.update(deliverables=[]), "there are no deliverables"),
        (lambda proof: proof["deliverables"][0].update(state="in_progress"), "D1 is not done"),
        (lambda proof: proof["deliverables"][0].update(criteria=[]), "there are no criteria"),
        (
            lambda proof: proof["deliverables"][0]["criteria"][0].update(met=False, reason="why"),
            "C1 of D1: why",
        ),
        (lambda proof: proof["deliverables"][0]["criteria"][0].update(met=1), "C1 of D1"),
        (lambda proof: proof["deliverables"][0]["criteria"][0].update(evidence=None), "C1 of D1"),
        (lambda proof: proof["gates"][0].update(evidence=[]), "gate G1"),
        (lambda proof: proof["gates"][0].update(met="yes"), "gate G1"),
        (lambda proof: proof.update(gates={}), "gates are not listed"),
        (lambda proof: proof.pop("coverage"), "coverage threshold applies"),
        (lambda proof: proof.update(coverage={"applies": False}), "why no coverage"),
        (lambda proof: proof.update(coverage={"applies": True}), "not shown"),
        (lambda proof: proof.update(coverage={"measured": 89, "threshold": 90}), "not shown"),
    ],
)
def test_phase_incomplete_says_what_is_missing(
    change: Callable[[dict[str, Any]], object], words: str
) -> None:
    complete, missing = phase_complete(edited(change))
    assert not complete
    assert any(words in text for text in missing)


@pytest.mark.parametrize(
    ("number", "change"),
    [
        (0, lambda record: record.update(changes=[])),
        (0, lambda record: record.update(kind="believe me")),
        (0, lambda record: record.pop("kind")),
        (0, lambda record: record["changes"][0].update(state="running")),
        (0, lambda record: record["changes"][0].update(merge_commit=None)),
        (0, lambda record: record["changes"][0].update(pack=None)),
        (1, lambda record: record.update(left=1)),
        (1, lambda record: record.update(left=False)),
        (1, lambda record: record.update(left=None)),
        (1, lambda record: record.update(analysis=None)),
        (2, lambda record: record.update(gates=[])),
        (2, lambda record: record.update(gates="tests")),
        (2, lambda record: record.update(gates=["tests", "lint"])),
        (2, lambda record: record["changes"][0].update(gates={"tests": "unknown"})),
        (2, lambda record: record["changes"][0].update(gates=None)),
        (2, lambda record: record["changes"].append("x")),
    ],
)
def test_phase_incomplete_when_the_evidence_does_not_show_what_is_said(
    number: int, change: Callable[[dict[str, Any]], object]
) -> None:
    complete, missing = phase_complete(with_record(number, change))
    assert not complete
    assert any("the evidence does not show it" in text for text in missing)


@pytest.mark.parametrize(
    ("signoff", "words"),
    [
        ({"request_id": "r", "decision_id": "d", "proof_digest": "sha256:0"}, "another proof"),
        ({"request_id": "", "decision_id": "d"}, "names no decision"),
        ({"request_id": "r", "decision_id": None}, "names no decision"),
        ("yes", "sign-off by a person"),
    ],
)
def test_phase_incomplete_without_a_sign_off_over_this_proof(signoff: object, words: str) -> None:
    complete, missing = phase_complete({**proof_of(), "signoff": signoff})  # type: ignore[dict-item]  # that is the test
    assert not complete
    assert any(words in text for text in missing)


@pytest.mark.parametrize("field", ["phase", "deliverables", "gates", "evidence"])
def test_phase_signed_off_and_then_changed_is_incomplete(field: str) -> None:
    proof = complete_proof()
    proof[field] = [*proof[field], {}] if isinstance(proof[field], list) else {"code": "P2"}
    assert phase_complete(proof)[0] is False


def test_phase_complete_does_not_raise_on_strange_input() -> None:
    assert phase_complete({})[0] is False
    odd: dict[str, Any] = {**complete_proof(), "phase": 1.5}
    assert "malformed" in str(phase_complete(odd)[1])
    evidence: dict[str, Any] = {**proof_of(), "evidence": [{"digest": "x", "record": {"left": 1.5}}]}
    assert phase_complete(evidence)[0] is False
