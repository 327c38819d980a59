import uuid
from datetime import timedelta

import pytest

from countersign.approvals import services
from countersign.approvals.contracts import QuorumRule
from countersign.approvals.errors import RequestNotFound
from countersign.approvals.models import ApprovalRequest, Decision
from countersign.approvals.selectors import request_get, request_list
from countersign.approvals.services import request_void, requests_expire
from countersign.audit.selectors import event_count, event_list
from countersign.jobs.errors import LeaseLost
from countersign.shared.actor import Actor
from countersign.shared.clock import now
from countersign.shared.errors import PermissionDenied
from tests.unit.approvals.samples import CAB, OTHER_DIGEST, Requests, binding
from tests.unit.runs.samples import GONE, BrokenOff, broken_off, person, rows_of


def test_request_open_waits_for_a_decision_on_exactly_this_digest(requests: Requests, worker: Actor) -> None:
    author = person("operator")
    request = requests.open(CAB, excluded=[author], title="t" * 400)
    assert (request.state, request.subject_kind, request.decisions) == ("pending", "change", ())
    assert request.binding == binding(request.subject_id)
    assert request.policy.quorum == (QuorumRule("cab_member", 2),)
    assert (request.excluded, request.superseded_by) == ((author.person_id,), None)
    assert len(request.title) == 300
    # Seven working days of eight hours: nine to eleven days with week-ends.
    assert timedelta(days=8) < request.expires_at - now() < timedelta(days=12)
    assert requests.get(request) == request
    (event,) = event_list(actor=worker, subject=("approval_request", request.id))
    assert event.type == "approval.requested"
    assert event.data == {
        "about": ["change", request.subject_id],
        "digest": request.subject_digest,
        "tier": "cab",
        "blocked": False,
        "excluded": [author.person_id],
    }


def test_request_open_again_for_the_same_digest_is_the_same_request(requests: Requests) -> None:
    request = requests.open()
    before = event_count()
    again = requests.open(subject=(request.subject_kind, request.subject_id))
    assert again == request
    assert event_count() == before


def test_request_open_for_another_digest_supersedes_what_waits(requests: Requests, worker: Actor) -> None:
    first = requests.open()
    about = (first.subject_kind, first.subject_id)
    second = requests.open(subject=about, digest=OTHER_DIGEST)
    old = requests.get(first)
    assert (old.state, old.superseded_by) == ("void", second.id)
    assert old.void_reason == "something newer waits for a decision"
    assert [item.id for item in request_list(actor=worker, states=["pending"], subject=about)] == [second.id]
    (event,) = event_list(actor=worker, type="approval.voided")
    assert event.subject_id == first.id


def test_request_open_after_the_time_was_over_asks_anew(requests: Requests, worker: Actor) -> None:
    first = requests.open()
    requests.let_expire(first)
    requests_expire(actor=worker)
    second = requests.open(subject=(first.subject_kind, first.subject_id))
    assert second.id != first.id
    assert requests.get(first).superseded_by == second.id
    assert requests.get(first).state == "expired"


def test_request_void_ends_what_waits_or_is_approved(
    requests: Requests, worker: Actor, director: Actor
) -> None:
    pending, approved = requests.open(), requests.open()
    requests.decide(approved, director)
    for request in (pending, approved):
        request_void(actor=worker, lease=requests.lease, request_id=request.id, why="the base moved")
        assert (requests.get(request).state, requests.get(request).void_reason) == ("void", "the base moved")
    before = event_count()
    request_void(actor=worker, lease=requests.lease, request_id=pending.id, why="once more")
    assert event_count() == before
    assert requests.get(pending).void_reason == "the base moved"


def test_request_void_leaves_a_rejection(requests: Requests, worker: Actor, director: Actor) -> None:
    request = requests.open()
    requests.decide(request, director, "reject")
    request_void(actor=worker, lease=requests.lease, request_id=request.id, why="the base moved")
    assert requests.get(request).state == "rejected"


def test_requests_expire_ends_what_is_due_as_not_approved(
    requests: Requests, worker: Actor, director: Actor
) -> None:
    due, later, decided = requests.open(), requests.open(), requests.open()
    requests.decide(decided, director)
    for request in (due, decided):
        requests.let_expire(request)
    assert requests_expire(actor=worker) == 1
    assert requests_expire(actor=worker) == 0
    states = [requests.get(request).state for request in (due, later, decided)]
    assert states == ["expired", "pending", "approved"]
    assert requests.get(due).decided_at is not None
    (event,) = event_list(actor=worker, type="approval.expired")
    assert event.subject_id == due.id


def test_services_record_nothing_without_the_lease(requests: Requests, worker: Actor) -> None:
    request = requests.open()
    before = (rows_of(ApprovalRequest), event_count())
    with pytest.raises(LeaseLost):
        requests.open(lease=GONE)
    with pytest.raises(LeaseLost):
        request_void(actor=worker, lease=GONE, request_id=request.id, why="the base moved")
    assert (rows_of(ApprovalRequest), event_count()) == before


@pytest.mark.parametrize("name", ["open", "supersede", "decide", "settle", "void", "expire"])
def test_every_write_is_undone_with_its_event(
    requests: Requests, worker: Actor, director: Actor, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    request = requests.open({"director": 1 if name == "settle" else 2})
    if name == "expire":
        requests.let_expire(request)
    before = (rows_of(ApprovalRequest, Decision), event_count())

    def call() -> None:
        if name == "open":
            requests.open()
        elif name == "supersede":
            requests.open(subject=(request.subject_kind, request.subject_id), digest=OTHER_DIGEST)
        elif name in {"decide", "settle"}:
            requests.decide(request, director)
        elif name == "void":
            request_void(actor=worker, lease=requests.lease, request_id=request.id, why="moved")
        else:
            requests_expire(actor=worker)

    with broken_off(monkeypatch, services) as recorded, pytest.raises(BrokenOff):
        call()
    assert len(recorded) == 1
    assert (rows_of(ApprovalRequest, Decision), event_count()) == before


def test_a_decision_without_its_consequence_is_undone(
    requests: Requests, director: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_: object) -> str:
        raise BrokenOff

    request = requests.open()
    before = (rows_of(ApprovalRequest, Decision), event_count())
    monkeypatch.setattr(services, "job_enqueue", broken)
    with pytest.raises(BrokenOff):
        requests.decide(request, director)
    assert (rows_of(ApprovalRequest, Decision), event_count()) == before


def test_request_list_shows_what_expires_first_at_the_top(requests: Requests, worker: Actor) -> None:
    first, second = requests.open(), requests.open(subject=("phase", str(uuid.uuid4())))
    ApprovalRequest.objects.filter(pk=second.id).update(expires_at=now() + timedelta(days=1))
    assert [item.id for item in request_list(actor=worker)] == [second.id, first.id]
    assert [item.id for item in request_list(actor=worker, subject=("phase", second.subject_id))] == [
        second.id
    ]
    assert len(request_list(actor=worker, project_id=requests.project_id)) == 2
    assert request_list(actor=worker, project_id=str(uuid.uuid4())) == ()
    assert request_list(actor=worker, states=["approved", "void"]) == ()
    assert requests.get(second).binding is None


def test_request_get_of_nothing_is_not_found(requests: Requests, worker: Actor, director: Actor) -> None:
    for missing in (str(uuid.uuid4()), "no-id", ""):
        with pytest.raises(RequestNotFound):
            request_get(actor=worker, request_id=missing)
        with pytest.raises(RequestNotFound):
            requests.decide(missing, director)


def test_selectors_refuse_who_may_not_read(requests: Requests, stranger: Actor) -> None:
    request = requests.open()
    agent = Actor(kind="agent", id="agent", label="agent", roles=frozenset({"agent"}))
    for actor in (stranger, agent):
        with pytest.raises(PermissionDenied):
            request_get(actor=actor, request_id=request.id)
        with pytest.raises(PermissionDenied):
            request_list(actor=actor)


def test_models_are_named_for_people(requests: Requests, director: Actor) -> None:
    request = requests.open()
    decision, _ = requests.decide(request, director)
    assert str(ApprovalRequest.objects.get()) == request.title
    assert str(Decision.objects.get(pk=decision.id)) == f"approve on {request.id}"
