"""Deciders at the same moment, with real commits: one word a person, one outcome a request."""

import pytest

from countersign.approvals.contracts import Verdict
from countersign.approvals.errors import ApproverExcluded, RequestNotPending, RoleMissing
from countersign.approvals.models import Decision
from countersign.approvals.services import request_void
from countersign.audit.selectors import event_list
from countersign.jobs.models import Job
from countersign.shared.actor import Actor
from tests.unit.approvals.samples import CAB, Requests
from tests.unit.runs.samples import lease_take, person, project_make, together

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def committed(committed_db: None, worker: Actor) -> Requests:
    return Requests(worker, lease_take(worker), project_make(worker))


@pytest.mark.parametrize("verdicts", [("approve", "reject"), ("approve", "approve")])
def test_two_directors_at_the_same_moment_give_one_outcome(
    committed: Requests, worker: Actor, verdicts: tuple[Verdict, Verdict]
) -> None:
    request = committed.open()
    outcomes = together(
        *(
            lambda verdict=verdict: committed.decide(request, person("director"), verdict)
            for verdict in verdicts
        )
    )
    refusals = [item for item in outcomes if isinstance(item, BaseException)]
    assert [type(item) for item in refusals] == [RequestNotPending]
    after = committed.get(request)
    assert after.state in {"approved", "rejected"}
    assert len(after.decisions) == 1
    assert Job.objects.filter(kind="decision.execute").count() == 1
    assert len(event_list(actor=worker, type="decision.recorded")) == 1


def test_two_members_at_the_same_moment_make_the_quorum_once(committed: Requests) -> None:
    request = committed.open(CAB)
    outcomes = together(*(lambda: committed.decide(request, person("cab_member")) for _ in range(2)))
    assert not [item for item in outcomes if isinstance(item, BaseException)]
    assert committed.get(request).state == "approved"
    assert Job.objects.filter(kind="decision.execute").count() == 1


def test_the_same_person_twice_at_the_same_moment_has_one_word(committed: Requests) -> None:
    member, request = person("cab_member"), committed.open(CAB)
    outcomes = together(*(lambda: committed.decide(request, member) for _ in range(3)))
    assert sum(isinstance(item, ApproverExcluded) for item in outcomes) == 2
    assert committed.get(request).state == "pending"
    assert Decision.objects.count() == 1


def test_a_third_member_at_the_same_moment_is_too_many(committed: Requests) -> None:
    request = committed.open(CAB)
    outcomes = together(*(lambda: committed.decide(request, person("cab_member")) for _ in range(3)))
    assert sum(isinstance(item, RequestNotPending | RoleMissing) for item in outcomes) == 1
    assert len(committed.get(request).decisions) == 2


def test_a_decision_and_the_moved_base_at_the_same_moment_do_not_both_hold(
    committed: Requests, worker: Actor
) -> None:
    request = committed.open()

    def decide() -> None:
        committed.decide(request, person("director"))

    def void() -> None:
        request_void(actor=worker, lease=committed.lease, request_id=request.id, why="the base moved")

    outcomes = together(decide, void)
    assert committed.get(request).state == "void"
    assert all(item is None or isinstance(item, RequestNotPending) for item in outcomes)
