import base64
import json
import uuid
from dataclasses import replace
from datetime import timedelta

import pytest

from countersign.approvals.contracts import Verdict
from countersign.approvals.errors import (
    ApprovalBlocked,
    ApproverExcluded,
    DigestMismatch,
    ReasonRequired,
    RequestExpired,
    RequestNotPending,
    RoleMissing,
    UnattendedRefused,
)
from countersign.approvals.models import ApprovalRequest, Decision
from countersign.approvals.services import LAST_MOMENT, MAX_REASON, request_void
from countersign.audit.selectors import event_count, event_list
from countersign.jobs.models import Job
from countersign.shared.actor import Actor
from countersign.shared.clock import isoformat, now
from countersign.shared.errors import DomainError
from countersign_verify.canonical import digest_bytes
from countersign_verify.decision import decision_valid
from tests.passkeys import Passkey
from tests.unit.accounts.test_enrolment import member
from tests.unit.accounts.test_keys import logs_in_with
from tests.unit.approvals.samples import CAB, DIGEST, OTHER_DIGEST, Requests, verified
from tests.unit.runs.samples import person, rows_of


def refused(
    requests: Requests,
    error: type[DomainError],
    request_id: str,
    actor: Actor,
    verdict: Verdict = "approve",
    *,
    reason: str = "reads well",
    digest: str = DIGEST,
) -> DomainError:
    """Expect a refusal that leaves nothing behind."""
    before = (rows_of(ApprovalRequest, Decision, Job), event_count())
    with pytest.raises(error) as caught:
        requests.decide(request_id, actor, verdict, reason=reason, digest=digest)
    assert (rows_of(ApprovalRequest, Decision, Job), event_count()) == before
    return caught.value


def test_decision_is_signed_over_exactly_what_was_looked_at(
    requests: Requests, worker: Actor, director: Actor
) -> None:
    author = person("operator")
    request = requests.open(excluded=[author])
    taken, after = requests.decide(request, director)
    assert (after.state, after.decisions) == ("approved", (taken,))
    assert after.decided_at == taken.decided_at
    read = verified(taken)
    assert (read.request_id, read.subject_kind, read.subject_id) == (request.id, "change", request.subject_id)
    assert read.subject_digest == DIGEST
    assert read.change is not None
    assert request.binding is not None
    assert (read.change.run_id, read.change.manifest_digest) == (request.subject_id, DIGEST)
    assert (read.change.base_commit, read.change.score) == (request.binding.base_commit, 12)
    assert (read.verdict, read.role, read.unattended) == ("approve", "director", False)
    assert (read.person_id, read.user_id) == (director.person_id, director.id)
    assert (read.expires_at, read.carry_over_allowed) == (isoformat(request.expires_at), True)
    assert read.excluded == {author.person_id}
    decision_valid(read, logged_at=isoformat(now()), allow_unattended=False)
    recorded, settled = reversed(event_list(actor=worker, subject=("approval_request", request.id))[:2])
    assert (recorded.type, recorded.id) == ("decision.recorded", taken.event_id)
    assert recorded.data == {
        "decision_id": taken.id,
        "request_id": request.id,
        "statement_digest": taken.statement_digest,
        "verdict": "approve",
        "role": "director",
    }
    assert (settled.type, settled.data["digest"]) == ("approval.approved", DIGEST)


def test_decision_keeps_the_reason_by_digest_in_the_statement(requests: Requests, director: Actor) -> None:
    taken, _ = requests.decide(requests.open(), director, reason="because")
    payload = base64.b64decode(str(taken.envelope["payload"]))
    assert taken.reason == "because"
    assert b"because" not in payload
    assert json.loads(payload)["predicate"]["reason_digest"] == digest_bytes(b"because")


def test_two_decisions_never_share_a_nonce(requests: Requests, director: Actor) -> None:
    nonces = {verified(requests.decide(requests.open(), director)[0]).nonce for _ in range(3)}
    assert len(nonces) == 3


@pytest.mark.parametrize(
    ("verdict", "state"),
    [("approve", "approved"), ("reject", "rejected"), ("request_changes", "changes_requested")],
)
def test_decision_puts_its_consequence_in_line_once(
    requests: Requests, director: Actor, verdict: Verdict, state: str
) -> None:
    request = requests.open()
    _, after = requests.decide(request, director, verdict)
    assert after.state == state
    job = Job.objects.get(kind="decision.execute")
    assert (job.payload, job.subject_id) == ({"request_id": request.id}, request.subject_id)


def test_decision_on_a_phase_names_its_proof(requests: Requests, director: Actor) -> None:
    request = requests.open(subject=("phase", str(uuid.uuid4())))
    read = verified(requests.decide(request, director)[0])
    assert (read.subject_kind, read.change) == ("phase", None)


def test_decision_of_one_of_two_waits_for_the_other(requests: Requests) -> None:
    first, second = person("cab_member"), person("cab_member")
    request = requests.open(CAB)
    _, after = requests.decide(request, first)
    assert (after.state, after.decided_at) == ("pending", None)
    assert not Job.objects.filter(kind="decision.execute").exists()
    _, after = requests.decide(request, second)
    assert (after.state, len(after.decisions)) == ("approved", 2)
    assert Job.objects.filter(kind="decision.execute").count() == 1


def test_decision_to_reject_needs_no_second(requests: Requests) -> None:
    request = requests.open(CAB)
    requests.decide(request, person("cab_member"))
    assert requests.decide(request, person("cab_member"), "reject")[1].state == "rejected"


def test_decision_is_taken_in_the_role_that_is_still_waited_for(requests: Requests) -> None:
    request = requests.open({"director": 1, "cab_member": 1})
    assert requests.decide(request, person("director"))[0].role == "director"
    taken, after = requests.decide(request, person("director", "cab_member"))
    assert (taken.role, after.state) == ("cab_member", "approved")


@pytest.mark.parametrize("reason", ["", " \n\t", "x" * (MAX_REASON + 1)])
def test_decision_needs_a_reason(requests: Requests, director: Actor, reason: str) -> None:
    refused(requests, ReasonRequired, requests.open().id, director, reason=reason)


def test_decision_takes_the_longest_reason(requests: Requests, director: Actor) -> None:
    assert requests.decide(requests.open(), director, reason="x" * MAX_REASON)[1].state == "approved"


@pytest.mark.parametrize("digest", [OTHER_DIGEST, "", "sha256:", DIGEST.upper()])
def test_decision_on_another_digest_is_refused(requests: Requests, director: Actor, digest: str) -> None:
    error = refused(requests, DigestMismatch, requests.open().id, director, digest=digest)
    assert error.data["expected"] == DIGEST


def test_decision_on_what_is_decided_or_void_is_refused(
    requests: Requests, worker: Actor, director: Actor
) -> None:
    other = person("director")
    for verdict in ("approve", "reject", "request_changes"):
        request = requests.open()
        requests.decide(request, director, verdict)
        refused(requests, RequestNotPending, request.id, other)
        refused(requests, RequestNotPending, request.id, director)
    void = requests.open()
    request_void(actor=worker, lease=requests.lease, request_id=void.id, why="the base moved")
    error = refused(requests, RequestNotPending, void.id, director)
    assert error.data["state"] == "void"


def test_decision_on_what_is_superseded_is_refused(requests: Requests, director: Actor) -> None:
    old = requests.open()
    new = requests.open(subject=(old.subject_kind, old.subject_id), digest=OTHER_DIGEST)
    refused(requests, RequestNotPending, old.id, director)
    refused(requests, DigestMismatch, new.id, director)
    assert requests.decide(new, director, digest=OTHER_DIGEST)[1].state == "approved"


@pytest.mark.parametrize("left", [timedelta(days=-1), timedelta(0), LAST_MOMENT - timedelta(seconds=1)])
def test_decision_after_the_time_is_over_is_refused(
    requests: Requests, director: Actor, left: timedelta
) -> None:
    """Also when it could not be in the log before then: nobody could verify it afterwards."""
    request = requests.open()
    ApprovalRequest.objects.filter(pk=request.id).update(expires_at=now() + left)
    refused(requests, RequestExpired, request.id, director)


def test_decision_of_a_participant_is_refused(requests: Requests, director: Actor) -> None:
    request = requests.open(excluded=[director])
    for verdict in ("approve", "reject", "request_changes"):
        refused(requests, ApproverExcluded, request.id, director, verdict)


def test_decision_through_somebody_elses_token_is_refused(requests: Requests, director: Actor) -> None:
    """Or who made tokens for two directors could decide twice, and a participant through one of them."""
    author = person("operator")
    request = requests.open(excluded=[author])
    for minter in (author.person_id, str(uuid.uuid4())):
        through = replace(director, token_id=str(uuid.uuid4()), minted_by=minter)
        refused(requests, ApproverExcluded, request.id, through)
    own = replace(director, token_id=str(uuid.uuid4()), minted_by=director.person_id)
    assert requests.decide(request, own)[1].state == "approved"


def test_decision_of_the_same_person_twice_is_refused(requests: Requests) -> None:
    member = person("cab_member")
    request = requests.open(CAB)
    requests.decide(request, member)
    refused(requests, ApproverExcluded, request.id, member)
    refused(requests, ApproverExcluded, request.id, replace(member, id=str(uuid.uuid4())))


def test_decision_of_what_is_no_person_is_refused(requests: Requests, worker: Actor) -> None:
    request = requests.open()
    roles = frozenset({"director"})
    agent = Actor(kind="agent", id="a", label="agent", person_id=str(uuid.uuid4()), roles=roles)
    nobody = person("director", person_id=None)
    for actor in (worker, replace(worker, roles=roles), agent, nobody):
        refused(requests, ApproverExcluded, request.id, actor)


@pytest.mark.parametrize("roles", [(), ("operator", "admin", "auditor"), ("cab_member",)])
def test_decision_without_the_role_is_refused(requests: Requests, roles: tuple[str, ...]) -> None:
    error = refused(requests, RoleMissing, requests.open().id, person(*roles))
    assert error.data["roles"] == ["director"]


def test_decision_in_a_role_that_has_its_number_is_refused(requests: Requests) -> None:
    request = requests.open({"director": 1, "cab_member": 1})
    requests.decide(request, person("director"))
    error = refused(requests, RoleMissing, request.id, person("director"))
    assert error.message.startswith("this request waits for: cab_member; your role has its number already")


@pytest.mark.parametrize(
    ("verdict", "state"), [("reject", "rejected"), ("request_changes", "changes_requested")]
)
def test_decision_of_a_role_that_has_its_number_may_still_be_no(
    requests: Requests, verdict: Verdict, state: str
) -> None:
    request = requests.open({"director": 1, "cab_member": 1})
    requests.decide(request, person("director"))
    taken, after = requests.decide(request, person("director"), verdict)
    assert (taken.role, after.state) == ("director", state)
    assert verified(taken).role == "director"


def test_decision_with_the_key_of_somebody_who_decided_is_refused(requests: Requests) -> None:
    first, second, passkey = member("cab_member"), member("cab_member"), Passkey()
    for actor in (first, second):
        logs_in_with(actor, Passkey(passkey.private))
    request = requests.open(CAB)
    requests.decide(request, first)
    error = refused(requests, ApproverExcluded, request.id, second)
    assert "one key counts once" in error.message
    assert requests.decide(request, member("cab_member"))[1].state == "approved"


def test_decision_with_the_key_of_somebody_who_took_part_is_refused(requests: Requests) -> None:
    author, second, passkey = member("operator"), member("director"), Passkey()
    for actor in (author, second):
        logs_in_with(actor, Passkey(passkey.private))
    refused(requests, ApproverExcluded, requests.open(excluded=[author]).id, second)


def test_decision_of_who_holds_several_roles_counts_where_it_is_rarest(requests: Requests) -> None:
    both = member("cab_member", "director")
    member("cab_member")
    taken, _ = requests.decide(requests.open({"cab_member": 1, "director": 1}), both)
    assert taken.role == "director"


def test_decision_where_the_policy_asks_for_nobody_is_refused(requests: Requests) -> None:
    everyone = person("director", "cab_member", "security_reviewer", "admin")
    for quorum in ({}, {"director": 0}, {"director": -1}):
        refused(requests, RoleMissing, requests.open(quorum).id, everyone)


def test_decision_to_approve_what_the_policy_blocks_is_refused(requests: Requests, director: Actor) -> None:
    request = requests.open(blocked=True)
    error = refused(requests, ApprovalBlocked, request.id, director)
    assert "a gate is unknown" in error.message
    assert requests.decide(request, director, "request_changes")[1].state == "changes_requested"


def test_decision_unattended_only_where_the_demo_lives(requests: Requests, director: Actor) -> None:
    unattended = replace(director, unattended=True)
    request = requests.open()
    refused(requests, UnattendedRefused, request.id, unattended)
    refused(requests, UnattendedRefused, request.id, unattended, "reject")
    taken, after = requests.decide(request, unattended, unattended_allowed=True)
    assert (taken.unattended, after.state) == (True, "approved")
    assert verified(taken).unattended
