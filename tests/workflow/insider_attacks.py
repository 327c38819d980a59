"""How somebody who rules the database would get a change merged that nobody approved, one way a function."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from countersign.shared.clock import now
from tests.passkeys import RP_ID, Passkey
from tests.unit.runs.samples import lease_take
from tests.workflow.insider import Insider
from tests.workflow.insider_rows import (
    acting,
    approved,
    checkpointed_event,
    decision_insert,
    event_insert,
    job_insert,
    request_set,
)
from tests.workflow.test_passkeys import sign
from tests.workflow.world import PLATFORM, World, drive, sequence

if TYPE_CHECKING:
    from countersign.approvals.contracts import RequestData
    from countersign.shared.actor import Actor

Act = Callable[[World, Insider], None]


@dataclass(frozen=True)
class Attack:
    """One attack on a decision, and what gives it away.

    Attributes:
        refused: what the executor says.
        check: the check of the offline verifier that fails once the executor was fooled; ``export`` where the
            platform can't even write what a stranger would be given.
        noticed: what it says.
    """

    act: Act
    refused: str
    check: str
    noticed: str


# --- who decides ----------------------------------------------------------------------------------


def role_by_sql(world: World, insider: Insider) -> None:
    insider.sql(
        "INSERT INTO accounts_roleassignment (person_id, role_id) VALUES (%s, 'director')",
        world.auditor.person_id,
    )
    world.decide(world.request("F401"), actor=acting(world, "ada", "director"))


def second_account_as_another_person(world: World, insider: Insider) -> None:
    """The initiator's second account becomes an account of somebody who does not exist."""
    from countersign.accounts.services import role_grant

    role_grant(actor=PLATFORM, person_id=str(world.operator.person_id), role="director")
    invented, user = str(uuid.uuid4()), str(uuid.uuid4())
    insider.sql("INSERT INTO accounts_person (id, name) VALUES (%s, 'Olu')", invented)
    insider.sql("INSERT INTO accounts_roleassignment (person_id, role_id) VALUES (%s, 'director')", invented)
    second = replace(world.operator, id=user, person_id=invented, roles=frozenset({"director"}))
    world.decide(world.request("F401"), actor=second)


def passkey_by_sql(world: World, insider: Insider) -> None:
    """A key of the insider's own is the director's passkey, as the table tells; nobody enrolled it."""
    from countersign.accounts.keys import material_digest

    passkey = Passkey()
    insider.sql(
        "INSERT INTO accounts_decidingcredential (id, person_id, user_id, label, rp_id, credential_id,"
        " public_key, material, sign_count, transports, state, confirmed_by, confirmed_event, confirmed_at)"
        " VALUES (%s, %s, %s, 'forged', %s, %s, %s, %s, 0, '[]', 'active', %s, %s, now())",
        str(uuid.uuid4()),
        world.director.person_id,
        world.director.id,
        RP_ID,
        passkey.id,
        passkey.cose,
        material_digest(passkey.cose),
        world.operator.person_id,
        checkpointed_event(insider),
    )
    sign(world, passkey)


def participant_taken_off_the_list(world: World, insider: Insider) -> None:
    from countersign.accounts.services import role_grant

    role_grant(actor=PLATFORM, person_id=str(world.operator.person_id), role="director")
    request = world.request("F401")
    assert world.operator.person_id in request.excluded
    request_set(insider, request, "excluded", [])
    world.decide(request, actor=acting(world, "olu", "operator", "director"))


def quorum_changed_by_sql(world: World, insider: Insider) -> None:
    request = world.request("F401")
    insider.sql(
        "UPDATE approvals_approvalrequest SET policy = policy || %s WHERE id = %s",
        {"quorum": [{"role": "security_reviewer", "count": 1}]},
        request.id,
    )
    world.decide(request, actor=world.person("sam", "security_reviewer"))


def attempted_again(world: World, before_sealing: Callable[[], None]) -> RequestData:
    """Another attempt at the change, for which the director asked; tables are changed before it is sealed."""
    world.decide(world.request("F401"), "request_changes")
    drive()
    before_sealing()
    if world.run("F401").state == "changes_requested":
        world.begin("F401", world.item("F401"))
    drive()
    return world.request("F401")


def participants_emptied_before_sealing(world: World, insider: Insider) -> None:
    """The run of the next attempt says that nobody took part, so its pack excludes nobody."""

    def empty() -> None:
        world.begin("F401", world.item("F401"))
        insider.sql("UPDATE runs_run SET participants = '[]' WHERE id = %s", world.runs["F401"])

    request = attempted_again(world, empty)
    assert request.excluded == ()
    world.decide(request)


def words_given_to_somebody_else(world: World, insider: Insider) -> None:
    """Whoever asked for the change approves it, once somebody else is said to have asked."""
    other = world.person("dora", "director")

    def give() -> None:
        insider.sql("UPDATE approvals_decision SET person_id = %s", other.person_id)

    request = attempted_again(world, give)
    assert world.director.person_id not in request.excluded
    world.decide(request)


def words_hidden_in_the_log(world: World, insider: Insider) -> None:
    """The same, and what the log tells of them is put where nobody looks."""
    other = world.person("dora", "director")

    def hide() -> None:
        sequence()
        insider.sql("UPDATE approvals_decision SET person_id = %s", other.person_id)
        insider.sql("UPDATE audit_auditevent SET subject_id = 'gone' WHERE type = 'decision.recorded'")
        insider.sql("UPDATE audit_auditevent SET type = 'gone.gone' WHERE type = 'approval.requested'")

    request = attempted_again(world, hide)
    assert world.director.person_id not in request.excluded
    world.decide(request)


def token_of_another_given_to_its_user(world: World, insider: Insider) -> None:
    """The operator decides with a token that they minted for the director, to whom the table gives it."""
    from countersign.accounts.selectors import token_authenticate
    from countersign.accounts.services import token_issue

    issued = token_issue(
        actor=world.operator, user_id=world.director.id, label="not mine", valid=timedelta(days=1)
    )
    insider.sql(
        "UPDATE accounts_apitoken SET minted_by_id = %s WHERE id = %s", world.director.person_id, issued.id
    )
    world.decide(world.request("F401"), actor=token_authenticate(issued.secret)[1])


def quorum_policy_hidden(world: World, insider: Insider) -> None:
    """A policy that asks for two directors is deleted, and its events are put where nobody looks."""
    from countersign.governance.quorum_policies import quorum_policy_propose

    tiers = {"cab": {"cab_member": 2}, "director": {"director": 2}}
    admin = world.person("alex", "admin")
    # An hour ago: what was being sealed while it was set may follow the one before for some minutes.
    with patch("countersign.audit.events.now", lambda: now() - timedelta(hours=1)):
        quorum_policy_propose(actor=admin, tiers=tiers, reason="two look", project="sample")
    world.person("dirk", "director")
    sequence()

    def hide() -> None:
        insider.sql("DELETE FROM governance_quorumpolicy")
        insider.sql(
            "UPDATE audit_auditevent SET (type, subject_id) = ('gone.gone', 'gone')"
            " WHERE type LIKE 'quorum_policy.%%'"
        )

    request = attempted_again(world, hide)
    assert [(rule.role, rule.count) for rule in request.policy.quorum] == [("director", 1)]
    world.decide(request, actor=world.person("dora", "director"))


# --- what was decided -----------------------------------------------------------------------------


def approved_by_sql(world: World, insider: Insider) -> None:
    approved(insider, world.request("F401"))


def forged_decision(world: World, insider: Insider) -> None:
    """Signed with a key of the insider's own."""
    request = world.request("F401")
    assert request.binding is not None
    decision_forge(world, insider, request)


def decision_forge(world: World, insider: Insider, request: RequestData) -> str:
    """Write the director's approval of a request into tables and log, and let the executor go."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from countersign.approvals.statements import decision_content
    from countersign_verify import dsse
    from countersign_verify.canonical import digest_of
    from countersign_verify.signing import key_id

    content = decision_content(
        request=request,
        actor=world.director,
        role="director",
        verdict="approve",
        reason="forged",
        decided_at=now(),
        nonce=uuid.uuid4().hex,
        passkey=False,
    )
    private = Ed25519PrivateKey.generate()
    envelope = dict(dsse.statement_sign(content, [(key_id(private.public_key()), private)]))
    return insert_with_event(insider, request, world.director, envelope, digest_of(content), request.id)


def copied_envelope(world: World, insider: Insider) -> None:
    """The director approved another change; the signature is real."""
    world.approve("E713")
    other = world.request("E713").decisions[0]
    insert_with_event(
        insider,
        world.request("F401"),
        world.director,
        dict(other.envelope),
        other.statement_digest + "0",
        other.request_id,
    )


def insert_with_event(
    insider: Insider, request: RequestData, person: Actor, envelope: dict[str, Any], digest: str, names: str
) -> str:
    """Write a decision and its event, and let the executor go; return the decision's id."""
    decision_id, event_id = decision_insert(insider, request, person, envelope, digest)
    # The column is unique; what counts is what the event and the envelope say.
    stated = digest.removesuffix("0") if len(digest) > len("sha256:") + 64 else digest
    data = {
        "decision_id": decision_id,
        "request_id": names,
        "statement_digest": stated,
        "verdict": "approve",
        "role": "director",
    }
    event_insert(insider, "decision.recorded", ("approval_request", request.id), data, person, event_id)
    sequence()
    approved(insider, request)
    return decision_id


def rejection_removed(world: World, insider: Insider) -> None:
    request = world.request("F401")
    world.decide(request, "reject")
    insider.sql("DELETE FROM approvals_decision WHERE request_id = %s", request.id)
    insider.sql("DELETE FROM jobs_job WHERE dedupe_key = %s", f"decision.execute:{request.id}")
    request_set(insider, request, "state", "pending")
    world.decide(request, actor=world.person("dora", "director"))


def void_request_revived(world: World, insider: Insider) -> None:
    from countersign.approvals.services import request_void
    from countersign.jobs.services import job_complete

    request = world.request("F401")
    world.decide(request)
    lease = lease_take(PLATFORM)
    request_void(actor=PLATFORM, lease=lease, request_id=request.id, why="the base moved")
    job_complete(actor=PLATFORM, lease=lease, result={})
    request_set(insider, request, "state", "approved")


def another_score_in_the_request(world: World, insider: Insider) -> None:
    """In the run as well, so that whoever decides is not told that the two disagree."""
    request = world.request("F401")
    insider.sql("UPDATE runs_run SET score = 0 WHERE id = %s", world.runs["F401"])
    insider.sql(
        "UPDATE approvals_approvalrequest SET binding = binding || %s WHERE id = %s", {"score": 0}, request.id
    )
    world.decide(request)


# --- what is merged -------------------------------------------------------------------------------


def another_result_in_the_run(world: World, insider: Insider) -> None:
    """The director approved F401; what is merged under its name is the change of E713."""
    other = world.run("E713")
    world.approve("F401")
    insider.sql(
        "UPDATE runs_run SET change_commit = %s, result_tree = %s, entries = (SELECT entries FROM runs_run"
        " WHERE id = %s) WHERE id = %s",
        other.change_commit,
        other.result_tree,
        other.id,
        world.runs["F401"],
    )
    # The request follows, so that nobody is told that the two disagree.
    insider.sql(
        "UPDATE approvals_approvalrequest SET binding = binding || %s WHERE id = %s",
        {"result_tree": other.result_tree},
        world.request("F401").id,
    )


def carry_over_flipped(world: World, insider: Insider) -> None:
    """The signed decision may not be carried over; the table says it may, and another merge comes first."""
    request = world.request("F401")
    request_set(insider, request, "carry_over_allowed", False)
    world.approve("E713")
    world.decide(request)
    request_set(insider, request, "carry_over_allowed", True)


def foreign_commit_as_a_merge(world: World, insider: Insider) -> None:
    """Somebody pushes a change that nobody decided on, and the table says that it was merged here."""
    world.approve("F401")
    other = world.run("E713")
    mended = world.source.text("src/sample/beta.py").replace("not name in names", "name not in names")
    pushed = world.source.commit("src/sample/beta.py", mended + "\n")
    insider.sql("UPDATE runs_run SET state = 'merged' WHERE id = %s", other.id)
    insider.sql(
        "INSERT INTO runs_merge (run_id, base_before, merge_commit, state_commit, tag, result_tree, event_id,"
        " delivered_at) VALUES (%s, %s, %s, %s, 'countersign/forged', %s, %s, now())",
        other.id,
        other.base_commit,
        pushed,
        pushed,
        other.result_tree,
        checkpointed_event(insider),
    )


def intent_by_sql(world: World, insider: Insider) -> None:
    """No decision at all: an intent to merge, and a job that is about to carry it out."""
    run, request = world.run("F401"), world.request("F401")
    insider.sql("UPDATE runs_run SET state = 'merging' WHERE id = %s", run.id)
    insider.sql(
        "UPDATE approvals_approvalrequest SET state = 'approved', decided_at = now() WHERE id = %s",
        request.id,
    )
    insider.sql(
        "INSERT INTO runs_merge (run_id, base_before, merge_commit, state_commit, tag, result_tree, event_id)"
        " VALUES (%s, %s, %s, %s, 'countersign/forged', %s, %s)",
        run.id,
        run.base_commit,
        run.change_commit,
        run.change_commit,
        run.result_tree,
        checkpointed_event(insider),
    )
    job_insert(insider, request, "act")


def merged_by_sql(world: World, insider: Insider) -> None:
    """The same, and the job believes that the branch holds it already."""
    intent_by_sql(world, insider)
    insider.sql("UPDATE jobs_job SET step = 'record' WHERE state = 'queued' AND step = 'act'")


ATTACKS: dict[str, Attack] = {
    "role_by_sql": Attack(
        role_by_sql,
        "the log does not say that the approver was 'director'",
        "decisions",
        "was 'director' then",
    ),
    "second_account_as_another_person": Attack(
        second_account_as_another_person,
        "the log does not say that the approver was 'director'",
        "decisions",
        "was 'director' then",
    ),
    "passkey_by_sql": Attack(
        passkey_by_sql,
        "the passkey could not decide for this person at that place",
        "decisions",
        "the passkey could not decide for this person",
    ),
    "participant_taken_off_the_list": Attack(
        participant_taken_off_the_list,
        "leaves out persons whom the pack excludes",
        "merges",
        "leaves out persons whom the pack excludes",
    ),
    "quorum_changed_by_sql": Attack(
        quorum_changed_by_sql, "0 of 1 approved in the role 'director'", "merges", "0 of 1 approved"
    ),
    "participants_emptied_before_sealing": Attack(
        participants_emptied_before_sealing,
        "not exclude everybody who took part",
        "participants",
        "not exclude everybody who took part",
    ),
    "words_given_to_somebody_else": Attack(
        words_given_to_somebody_else,
        "not exclude everybody who took part",
        "participants",
        "not exclude everybody who took part",
    ),
    "words_hidden_in_the_log": Attack(
        words_hidden_in_the_log,
        "not exclude everybody who took part",
        "participants",
        "not exclude everybody who took part",
    ),
    "token_of_another_given_to_its_user": Attack(
        token_of_another_given_to_its_user,
        "decided with a token that",
        "participants",
        "decided with a token that",
    ),
    "quorum_policy_hidden": Attack(
        quorum_policy_hidden, "its quorum lacks 1 x director", "quorums", "its quorum lacks 1 x director"
    ),
    "approved_by_sql": Attack(approved_by_sql, "0 of 1 approved", "merges", "names no decisions"),
    "forged_decision": Attack(forged_decision, "not trusted for this", "decisions", "not trusted for this"),
    "copied_envelope": Attack(copied_envelope, "made on another request", "decisions", "replayed"),
    "rejection_removed": Attack(rejection_removed, "somebody did not approve it", "decisions", "missing"),
    "void_request_revived": Attack(void_request_revived, "the request has ended", "merges", "had ended"),
    "another_score_in_the_request": Attack(
        another_score_in_the_request, "bound to another score", "merges", "bound to another score"
    ),
    "another_result_in_the_run": Attack(
        another_result_in_the_run, "not what its pack was sealed over", "merges", "other entries"
    ),
    "carry_over_flipped": Attack(
        carry_over_flipped,
        "the table says another thing of carrying it over",
        "merges",
        "may not be carried over",
    ),
    "foreign_commit_as_a_merge": Attack(
        foreign_commit_as_a_merge,
        "merged here only as the table tells",
        "export",
        "was not made here",
    ),
    "intent_by_sql": Attack(intent_by_sql, "0 of 1 approved", "export", "was not made here"),
    "merged_by_sql": Attack(merged_by_sql, "not the one of the signed log", "export", "was not made here"),
}
