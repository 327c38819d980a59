"""Decisions: what is signed, what makes one count, and what makes a quorum."""

from dataclasses import replace
from typing import Any

import pytest

from countersign_verify.canonical import canonical_bytes, canonical_object
from countersign_verify.decision import (
    Decision,
    decision_read,
    decision_statement,
    decision_valid,
    decision_verify,
    quorum_check,
    time_check,
)
from countersign_verify.dsse import APPROVAL_V1, statement_read
from countersign_verify.signing import key_id
from tests.unit.countersign_verify.samples import (
    AUTHOR,
    KEYS,
    decision_predicate,
    pack_plan,
    refused,
    sign,
    trust,
)

PACK = "sha256:" + "c" * 64
NOW = "2026-02-02T00:00:00.000000Z"


def predicate(**changes: object) -> dict[str, Any]:
    return decision_predicate(pack_plan(), PACK, **changes)


def read(**changes: object) -> Decision:
    content = statement_read(canonical_bytes(decision_statement(predicate(**changes))), APPROVAL_V1)
    return decision_read(content, PACK)


def people(*pairs: tuple[str, str]) -> list[Decision]:
    return [replace(read(), person_id=person, user_id=f"u-{person}", role=role) for person, role in pairs]


def test_decision_verify_reads_what_was_signed() -> None:
    decision = decision_verify(sign(decision_statement(predicate()), "decisions"), trust().roles["decisions"])
    assert decision.verdict == "approve"
    assert decision.change is not None
    assert decision.change.manifest_digest == PACK
    assert decision.excluded == {AUTHOR}


def test_decision_verify_refuses_another_key() -> None:
    content = decision_statement(predicate())
    with refused("dsse.key"):
        decision_verify(sign(content, "gates"), trust().roles["decisions"])
    with refused("json.canonical"):
        decision_verify(sign(content, "decisions") + b"\n", trust().roles["decisions"])


def test_decision_verify_refuses_a_key_that_did_not_sign() -> None:
    approver = {**predicate()["approver"], "key": key_id(KEYS["gates"].public_key())}
    with refused("decision.key"):
        decision_verify(
            sign(decision_statement(predicate(approver=approver)), "decisions"), trust().roles["decisions"]
        )


def test_decision_on_another_subject_names_it_by_kind() -> None:
    subject = {"kind": "phase", "id": "p1", "digest": PACK}
    decision = read(subject=subject, change=None)
    assert (decision.subject_kind, decision.change) == ("phase", None)


APPROVER = predicate()["approver"]
CHANGE = predicate()["change"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"v": 2}, "decision.version"),
        ({"more": 1}, "field.unknown"),
        ({"verdict": "maybe"}, "decision.verdict"),
        ({"reason_digest": ""}, "encoding.digest"),
        ({"nonce": "short"}, "decision.nonce"),
        ({"expires_at": "2026-01-01T00:00:00Z"}, "time.format"),
        ({"decided_at": 5}, "time.format"),
        ({"unattended": 0}, "field.type"),
        ({"carry_over_allowed": None}, "field.type"),
        ({"excluded": ["b", "a"]}, "decision.excluded"),
        ({"excluded": [1]}, "decision.excluded"),
        ({"request_id": ""}, "field.empty"),
        ({"change": None}, "decision.change"),
        ({"change": {**CHANGE, "more": 1}}, "field.unknown"),
        ({"change": {**CHANGE, "base_commit": "x"}}, "tree.id"),
        ({"change": {**CHANGE, "score": True}}, "field.type"),
        ({"subject": {"kind": "phase", "id": "p", "digest": PACK}}, "decision.change"),
        ({"subject": {"kind": "Change!", "id": "p", "digest": PACK}}, "decision.kind"),
        ({"subject": {"kind": "change", "id": "p"}}, "statement.subject"),
        ({"approver": {**APPROVER, "role": ""}}, "field.empty"),
        ({"approver": {**APPROVER, "person_id": None}}, "field.type"),
        ({"approver": {}}, "field.missing"),
    ],
)
def test_decision_read_refuses_with_the_reason(changes: dict[str, Any], code: str) -> None:
    with refused(code):
        read(**changes)


def test_decision_read_refuses_two_subjects() -> None:
    data = canonical_object(canonical_bytes(decision_statement(predicate())))
    data["subject"] = [{"name": "countersign-pack", "digest": {"sha256": "d" * 64}}]
    with refused("decision.subject"):
        decision_read(statement_read(canonical_bytes(data), APPROVAL_V1), PACK)


@pytest.mark.parametrize(
    ("changes", "logged_at", "code"),
    [
        ({}, "2026-03-02T00:00:00.000000Z", "decision.expired"),
        ({"decided_at": "2026-03-02T00:00:00.000000Z"}, NOW, "decision.expired"),
        ({"approver": {**APPROVER, "person_id": AUTHOR}}, NOW, "decision.excluded"),
        ({"unattended": True}, NOW, "decision.unattended"),
    ],
)
def test_decision_valid_refuses_with_the_reason(changes: dict[str, Any], logged_at: str, code: str) -> None:
    with refused(code):
        decision_valid(read(**changes), logged_at=logged_at, allow_unattended=False)


def test_decision_valid_at_the_moment_of_expiry_and_unattended_where_allowed() -> None:
    decision = read(unattended=True)
    decision_valid(decision, logged_at=decision.expires_at, allow_unattended=True)


def test_quorum_check_counts_different_people_in_the_roles_asked_for() -> None:
    board = [("director", 1), ("cab_member", 2)]
    three = people(("a", "director"), ("b", "cab_member"), ("c", "cab_member"))
    assert quorum_check(three, board) == 3
    assert quorum_check(three, [("cab_member", 1), ("cab_member", 1)]) == 3
    with refused("quorum.short"):
        quorum_check(three[:2], board)
    with refused("quorum.short"):
        quorum_check(people(("a", "director"), ("b", "director"), ("c", "cab_member")), board)


def test_quorum_check_refuses_what_is_no_quorum() -> None:
    one = people(("a", "director"))
    with refused("quorum.person"):
        quorum_check(one * 2, [("director", 1)])
    with refused("quorum.person"):
        quorum_check([one[0], replace(one[0], person_id="b")], [("director", 1)])
    with refused("quorum.verdict"):
        quorum_check([replace(one[0], verdict="reject")], [("director", 1)])
    with refused("quorum.request"):
        quorum_check([*one, replace(one[0], person_id="b", request_id="r2")], [("director", 1)])
    with refused("quorum.empty"):
        quorum_check(one, [])
    with refused("quorum.empty"):
        quorum_check(one, [("director", 0)])
    with refused("quorum.short"):
        quorum_check([], [("director", 1)])


def test_time_check_accepts_one_form() -> None:
    assert time_check(NOW, "it") == NOW
    with refused("time.format"):
        time_check("2026-02-02T00:00:00.000000+00:00", "it")
