"""The platform's quorum against the verifier's: never may one be satisfied where the other is not."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countersign.approvals.contracts import DecisionData, QuorumRule, Verdict
from countersign.approvals.quorum import quorum_met, quorum_progress, role_wanted
from countersign.shared.clock import now
from countersign_verify.decision import Decision, quorum_check
from countersign_verify.errors import RefusedError

ROLES = ("director", "cab_member", "security_reviewer")

rules_made = st.lists(
    st.builds(QuorumRule, role=st.sampled_from(ROLES), count=st.integers(-1, 3)), max_size=4
)
votes_made = st.lists(
    st.tuples(st.integers(0, 6), st.sampled_from(ROLES), st.sampled_from(["approve", "approve", "reject"])),
    max_size=7,
    unique_by=lambda vote: vote[0],
)


def vote(person: int, role: str, verdict: str = "approve") -> DecisionData:
    return DecisionData(
        id=f"d{person}",
        request_id="r",
        person_id=f"p{person}",
        user_id=f"u{person}",
        role=role,
        verdict=verdict,
        reason="x",
        items=(),
        unattended=False,
        statement_digest="",
        envelope={},
        event_id="",
        decided_at=now(),
    )


def as_verified(decision: DecisionData) -> Decision:
    return Decision(
        statement_digest="",
        request_id="r",
        subject_kind="change",
        subject_id="s",
        subject_digest="d",
        change=None,
        verdict=decision.verdict,
        person_id=decision.person_id,
        user_id=decision.user_id,
        key="k",
        role=decision.role,
        nonce=decision.id,
        expires_at="",
        decided_at="",
        unattended=False,
        carry_over_allowed=False,
        excluded=frozenset(),
    )


@settings(deadline=None, database=None)
@given(rules=rules_made, votes=votes_made)
def test_quorum_is_met_exactly_where_the_verifier_says_so(
    rules: list[QuorumRule], votes: list[tuple[int, str, str]]
) -> None:
    decisions = [vote(*item) for item in votes]
    approvals = [as_verified(item) for item in decisions if item.verdict == "approve"]
    try:
        quorum_check(approvals, [(rule.role, rule.count) for rule in rules])
        verifiable = True
    except RefusedError:
        verifiable = False
    assert quorum_met(rules, decisions) == verifiable


@settings(deadline=None, database=None)
@given(rules=rules_made, votes=votes_made, role=st.sampled_from(ROLES))
def test_quorum_only_ever_grows_with_an_approval(
    rules: list[QuorumRule], votes: list[tuple[int, str, str]], role: str
) -> None:
    decisions = [vote(*item) for item in votes]
    more = [*decisions, vote(99, role)]
    for before, after in zip(quorum_progress(rules, decisions), quorum_progress(rules, more), strict=True):
        assert before.given <= after.given <= max(after.required, 0) or after.required < 0
    assert quorum_met(rules, more) or not quorum_met(rules, decisions)
    assert quorum_progress(rules, [*decisions, vote(99, role, "reject")]) == quorum_progress(rules, decisions)


@settings(deadline=None, database=None)
@given(rules=rules_made, votes=votes_made, roles=st.frozensets(st.sampled_from(ROLES)))
def test_role_wanted_always_helps_the_quorum_along(
    rules: list[QuorumRule], votes: list[tuple[int, str, str]], roles: frozenset[str]
) -> None:
    decisions = [vote(*item) for item in votes]
    role = role_wanted(rules, decisions, roles, "approve")
    given_before = {item.role: item.given for item in quorum_progress(rules, decisions)}
    if role is None:
        lacking = {i.role for i in quorum_progress(rules, decisions) if i.given < i.required}
        assert not lacking & roles
        return
    assert role in roles
    given_after = {item.role: item.given for item in quorum_progress(rules, [*decisions, vote(99, role)])}
    assert given_after == {**given_before, role: given_before[role] + 1}


def test_quorum_rules_for_one_role_add_up() -> None:
    rules = (QuorumRule("director", 1), QuorumRule("director", 2))
    two = [vote(1, "director"), vote(2, "director")]
    assert not quorum_met(rules, two)
    assert quorum_met(rules, [*two, vote(3, "director")])


def test_quorum_counts_a_person_once() -> None:
    assert not quorum_met([QuorumRule("director", 2)], [vote(1, "director"), vote(1, "director")])


def test_quorum_counts_a_key_once_whoever_signed_with_it() -> None:
    rules = [QuorumRule("director", 2)]
    signed = [replace(vote(number, "director"), assertion={"credential": "sha256:k"}) for number in (1, 2)]
    assert not quorum_met(rules, signed)
    assert quorum_met(rules, [signed[0], replace(signed[1], assertion={"credential": "sha256:other"})])
    assert quorum_met(rules, [signed[0], vote(2, "director")])


def test_quorum_counts_a_person_once_in_all_roles_together() -> None:
    rules = [QuorumRule("director", 1), QuorumRule("cab_member", 1)]
    assert not quorum_met(rules, [vote(1, "director"), vote(1, "cab_member")])
    assert quorum_met(rules, [vote(1, "director"), vote(2, "cab_member")])


@pytest.mark.parametrize("verdict", ["reject", "request_changes"])
def test_role_wanted_lets_a_role_that_has_its_number_still_say_no(verdict: Verdict) -> None:
    rules = [QuorumRule("director", 1), QuorumRule("cab_member", 1)]
    given = [vote(1, "director")]
    assert role_wanted(rules, given, frozenset({"director"}), verdict) == "director"
    assert role_wanted(rules, given, frozenset({"director", "cab_member"}), verdict) == "cab_member"
    assert role_wanted(rules, given, frozenset({"security_reviewer"}), verdict) is None
    assert role_wanted(rules, given, frozenset({"director"}), "approve") is None


def test_role_wanted_prefers_the_role_that_the_fewest_hold() -> None:
    rules = [QuorumRule("cab_member", 2), QuorumRule("director", 1)]
    both = frozenset({"cab_member", "director"})
    assert role_wanted(rules, [], both, "approve", {"cab_member": 3, "director": 1}) == "director"
    assert role_wanted(rules, [], both, "approve", {"cab_member": 1, "director": 3}) == "cab_member"
    assert role_wanted(rules, [vote(1, "director")], both, "approve", {"director": 1}) == "cab_member"
