"""What the signed log tells, read as a stranger reads it: the executor acts on that and on no table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from countersign.audit.proving import event_proved, events_proved
from countersign_verify.answers import used_read
from countersign_verify.break_glass import Window, windows_read
from countersign_verify.canonical import canonical_bytes
from countersign_verify.decision import APPROVE
from countersign_verify.errors import RefusedError
from countersign_verify.log_events import LogContent, LoggedEvent, event_read
from countersign_verify.log_evidence import decision_logged
from countersign_verify.participants import Participants, participants_read, token_own
from countersign_verify.people import People, people_read
from countersign_verify.quorum_policy import QuorumPolicies, policies_read
from countersign_verify.vocabulary import (
    EVENT_CREDENTIAL_CONFIRMED,
    EVENT_CREDENTIAL_PROPOSED,
    EVENT_CREDENTIAL_REVOKED,
    EVENT_DECISION,
    EVENT_GLASS_CLOSED,
    EVENT_GLASS_OPENED,
    EVENT_GLASS_REQUESTED,
    EVENT_GLASS_REVIEWED,
    EVENT_INPUT_ANSWERED,
    EVENT_PACK_SEALED,
    EVENT_PLAN_IMPORTED,
    EVENT_QUORUM_PROPOSED,
    EVENT_QUORUM_SET,
    EVENT_REQUEST_EXPIRED,
    EVENT_REQUEST_VOIDED,
    EVENT_REQUESTED,
    EVENT_ROLE_GRANTED,
    EVENT_ROLE_REVOKED,
    EVENT_RUN_CREATED,
    EVENT_TOKEN_ISSUED,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from countersign.approvals.contracts import DecisionData, RequestData
    from countersign.audit.reading import ProvedEvent
    from countersign_verify.merges import LoggedDecision
    from countersign_verify.trust import Trust

# Who may decide, and when, and how many of them, follows from these alone.
_STANDING = (
    EVENT_QUORUM_PROPOSED,
    EVENT_QUORUM_SET,
    EVENT_ROLE_GRANTED,
    EVENT_ROLE_REVOKED,
    EVENT_CREDENTIAL_PROPOSED,
    EVENT_CREDENTIAL_CONFIRMED,
    EVENT_CREDENTIAL_REVOKED,
    EVENT_GLASS_REQUESTED,
    EVENT_GLASS_OPENED,
    EVENT_GLASS_CLOSED,
    EVENT_GLASS_REVIEWED,
)
_OF_REQUEST = (EVENT_DECISION, EVENT_REQUEST_VOIDED, EVENT_REQUEST_EXPIRED)


@dataclass(frozen=True, slots=True)
class Standing:
    """Who held which role and passkey when, which break-glass windows were open, and who had to decide."""

    people: People
    windows: dict[str, Window]
    policies: QuorumPolicies


def standing_read(trust: Trust) -> Standing:
    """Read roles, passkeys, break-glass windows and quorum policies from the signed log.

    Raises:
        LogDamaged: the tables of the log are not what was signed.
        RefusedError: the log tells of a role, a passkey, a window or a policy that can't be.
    """
    content = _content(events_proved(types=_STANDING))
    people = people_read(content, trust)
    return Standing(people, windows_read(content, people, trust), policies_read(content, people, trust))


def participants_logged(run_id: str) -> Participants:
    """Return who took part in a run, and in the earlier attempts at its work item, as the signed log tells.

    Raises:
        LogDamaged: the tables of the log are not what was signed.
        RefusedError: the log does not tell how the run began, tells it twice, or badly.
    """
    begun = _content(events_proved(types=[EVENT_RUN_CREATED], subject=("run", run_id))).events
    found: dict[int, LoggedEvent] = {event.index: event for event in begun}

    def gather(events: Iterable[ProvedEvent]) -> list[LoggedEvent]:
        read = _content(events).events
        found.update({event.index: event for event in read})
        return read

    for event in begun:
        attempts = gather(events_proved(types=[EVENT_RUN_CREATED], mentions=event.text("work_item_id")))
        for attempt in attempts:
            for request in gather(events_proved(types=[EVENT_REQUESTED], mentions=attempt.subject_id)):
                gather(
                    events_proved(types=[EVENT_DECISION], subject=("approval_request", request.subject_id))
                )
            gather(_tokens([attempt]))
        plan = used_read(event).plan
        if plan[0]:
            said = events_proved(types=[EVENT_PLAN_IMPORTED, EVENT_INPUT_ANSWERED], mentions=plan[0])
            gather(_tokens(gather(said)))
    return participants_read(_in_order(found.values()))


def initiators_logged(run_ids: Iterable[str]) -> frozenset[str]:
    """Return who had these runs made, as the signed log tells.

    Raises:
        LogDamaged: the tables of the log are not what was signed.
        RefusedError: the log does not tell how one of them began, or tells it twice.
    """
    persons: set[str] = set()
    for run_id in run_ids:
        begun = _content(events_proved(types=[EVENT_RUN_CREATED], subject=("run", run_id))).events
        minted = _content(_tokens(begun)).events
        persons |= participants_read(_in_order([*begun, *minted])).initiators(run_id)
    return frozenset(persons)


def _tokens(events: Iterable[LoggedEvent]) -> list[ProvedEvent]:
    """The minting of every token that was used for these events."""
    used = {event.token_id for event in events if event.token_id is not None}
    return [
        found
        for token in sorted(used)
        for found in events_proved(types=[EVENT_TOKEN_ISSUED], subject=("token", token))
    ]


def sealed_logged(run_id: str, pack: str) -> LoggedEvent:
    """Return the event that first sealed a pack of a run.

    Raises:
        LogDamaged: the tables of the log are not what was signed.
        RefusedError: the signed log does not tell of it.
    """
    for event in _content(events_proved(types=[EVENT_PACK_SEALED], subject=("run", run_id))).events:
        if event.text("pack") == pack:
            return event
    raise RefusedError("pack.sealed", "the signed log does not tell that its pack was sealed for this run")


def event_logged(event_id: str) -> LoggedEvent:
    """Return one event of the signed log.

    Raises:
        LogDamaged: the tables of the log are not what was signed.
        RefusedError: the signed log has no such event, or none that anything is held against.
    """
    proved = event_proved(event_id)
    found = _content([proved] if proved is not None else []).events
    if not found:
        raise RefusedError("event.missing", "the signed log does not tell of it")
    return found[0]


def window_closed_logged(window_id: str) -> datetime | None:
    """Return when a break-glass window was ended before its time, as the signed log tells.

    Raises:
        LogDamaged: the tables of the log are not what was signed.
    """
    closed = events_proved(types=[EVENT_GLASS_CLOSED], subject=("break_glass", window_id))
    return min((datetime.fromisoformat(event.time) for event in _content(closed).events), default=None)


def role_lost_logged(request: RequestData, trust: Trust) -> str:
    """Say which role an approver has lost since, as the signed log tells; nothing where nobody has.

    A role that was taken away counts as lost although a table gives it back: only a grant in the log does.

    Raises:
        LogDamaged: the tables of the log are not what was signed.
        RefusedError: the log tells of a role that can't be.
    """
    content = _content(events_proved(types=[EVENT_ROLE_GRANTED, EVENT_ROLE_REVOKED]))
    people = people_read(content, trust)
    for decision in request.decisions:
        told = (decision.person_id, decision.role) in people.roles
        if told and not people.held(decision.person_id, decision.role, content.size):
            return decision.role
    return ""


def decisions_logged(request: RequestData, trust: Trust, standing: Standing) -> list[LoggedDecision]:
    """Return the approvals of a request, each as the signed log tells of it.

    Raises:
        LogDamaged: the tables of the log are not what was signed.
        RefusedError: table and log do not tell of the same decisions, one of them does not count, somebody
            did not approve, or the request has ended.
    """
    content = _content(events_proved(types=_OF_REQUEST, subject=("approval_request", request.id)))
    for event in content.events:
        if event.type != EVENT_DECISION:
            raise RefusedError("request.ended", f"the log says that the request has ended ({event.type})")
        if event.text("verdict") != APPROVE:
            raise RefusedError("request.rejected", "the log says that somebody did not approve it")
    logged = {event.text("decision_id"): event for event in content.events}
    stored = {decision.id: decision for decision in request.decisions}
    if logged.keys() != stored.keys():
        raise RefusedError("request.decisions", "the log does not tell of the decisions that the table has")
    minters = participants_read(_content(_tokens(content.events))).minters
    for event in content.events:
        token_own(event, minters)
    found = [_decision(stored[name], event, trust, standing) for name, event in logged.items()]
    if len({item.decision.nonce for item in found}) < len(found):
        raise RefusedError("decision.replayed", "its nonce was used before")
    return found


def _decision(row: DecisionData, event: LoggedEvent, trust: Trust, standing: Standing) -> LoggedDecision:
    """Hold a row against its signed statement and both against the log."""
    stored = row.assertion
    found = decision_logged(
        canonical_bytes(dict(row.envelope)),
        event,
        trust=trust,
        people=standing.people,
        windows=standing.windows,
        assertion=lambda: canonical_bytes(dict(stored or {})),
    )
    signed = found.decision
    if signed.request_id != row.request_id:
        raise RefusedError("decision.replayed", "it was made on another request")
    said = (signed.person_id, signed.user_id, signed.role, signed.verdict, signed.statement_digest)
    if said != (row.person_id, row.user_id, row.role, row.verdict, row.statement_digest):
        raise RefusedError("decision.row", "the table tells of another person, role, verdict or statement")
    if signed.break_glass != row.break_glass:
        raise RefusedError("decision.row", "a decision and its record disagree on break-glass")
    if (stored is not None) != signed.passkey:
        raise RefusedError("decision.passkey", "the signature of the approver's passkey is missing")
    return found


def _content(events: Iterable[ProvedEvent]) -> LogContent:
    read = [event_read(event.body, event.index)[1] for event in events]
    found = [event for event in read if event is not None]
    return LogContent(size=found[-1].index + 1 if found else 0, events=found)


def _in_order(events: Iterable[LoggedEvent]) -> LogContent:
    found = sorted(events, key=lambda event: event.index)
    return LogContent(size=found[-1].index + 1 if found else 0, events=found)
