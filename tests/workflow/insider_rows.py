"""Rows that somebody who rules the database writes: requests, decisions, events and jobs that never were."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from countersign.shared.clock import isoformat, now
from tests.workflow.insider import Insider
from tests.workflow.world import PLATFORM, World, sequence

if TYPE_CHECKING:
    from countersign.approvals.contracts import RequestData
    from countersign.shared.actor import Actor


def acting(world: World, name: str, *roles: str) -> Actor:
    """A person as the session or the token of that person acts after the tables were changed."""
    return replace(world.people[name], roles=frozenset(roles))


def request_set(insider: Insider, request: RequestData, column: str, value: object) -> None:
    statement = f"UPDATE approvals_approvalrequest SET {column} = %s WHERE id = %s"  # noqa: S608 - of this file
    insider.sql(statement, value, request.id)


def job_insert(insider: Insider, request: RequestData, step: str = "") -> None:
    """Put the execution in line, as a decision would."""
    from countersign.jobs.selectors import actor_dump

    insider.sql("DELETE FROM jobs_job WHERE dedupe_key = %s", f"decision.execute:{request.id}")
    insider.sql(
        "INSERT INTO jobs_job (id, kind, state, step, subject_type, subject_id, payload, memory, progress,"
        " result, error, actor, correlation_id, dedupe_key, attempts, fencing_token, lease_owner)"
        " VALUES (%s, 'decision.execute', 'queued', %s, 'change', %s, %s, '{}', '{}', '{}', '{}', %s, '', %s,"
        " 0, 0, '')",
        str(uuid.uuid4()),
        step,
        request.subject_id,
        {"request_id": request.id},
        actor_dump(PLATFORM),
        f"decision.execute:{request.id}",
    )


def decision_insert(
    insider: Insider, request: RequestData, person: Actor, envelope: dict[str, Any], digest: str
) -> tuple[str, str]:
    """Write a decision into the table; return its id and that of the event it names."""
    decision_id, event_id = str(uuid.uuid4()), str(uuid.uuid4())
    insider.sql(
        "INSERT INTO approvals_decision (id, request_id, person_id, user_id, role, verdict, reason, items,"
        " unattended, nonce, statement_digest, envelope, event_id, decided_at)"
        " VALUES (%s, %s, %s, %s, 'director', 'approve', 'forged', '[]', false, %s, %s, %s, %s, now())",
        decision_id,
        request.id,
        person.person_id,
        person.id,
        uuid.uuid4().hex,
        digest,
        envelope,
        event_id,
    )
    return decision_id, event_id


def event_insert(
    insider: Insider, kind: str, subject: tuple[str, str], data: dict[str, Any], person: Actor, event_id: str
) -> None:
    """Write an event that never happened; the sequencer will put it into the tree like any other."""
    from countersign.audit.bodies import event_body

    body = event_body(
        event_id=event_id,
        time=isoformat(now()),
        type=kind,
        actor=person,
        subject=subject,
        correlation_id="",
        data=data,
    )
    insider.sql(
        "INSERT INTO audit_auditevent (event_id, recorded_at, type, actor_kind, actor_id, person_id,"
        " subject_type, subject_id, correlation_id, body)"
        " VALUES (%s, now(), %s, 'person', %s, %s, %s, %s, '', %s)",
        event_id,
        kind,
        person.id,
        person.person_id,
        *subject,
        body,
    )


def checkpointed_event(insider: Insider) -> str:
    """Some event that a signed checkpoint covers."""
    sequence()
    return str(insider.one("SELECT event_id FROM audit_auditevent ORDER BY id LIMIT 1"))


def approved(insider: Insider, request: RequestData) -> None:
    """Mark a request as approved and let the executor go."""
    insider.sql(
        "UPDATE approvals_approvalrequest SET state = 'approved', decided_at = now() WHERE id = %s",
        request.id,
    )
    job_insert(insider, request)
